"""Devices that store a conductance: pulse response, spread, drift and failure."""
