"""Devices that hold a conductance: how they respond to pulses, spread, drift and fail."""
