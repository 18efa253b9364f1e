"""Simulated parts, for scenes to wire to a board."""
