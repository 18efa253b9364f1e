"""Recorder programs that boards run: a sensor's part, which defines `sensor()`, before `recorder`.

The host sends `SETTINGS`, a dict, first. `sensor()` starts the sensor, and returns a function that fills an array of
int16.
"""
