"""Simulated boards, and the physics of real crossbars."""
