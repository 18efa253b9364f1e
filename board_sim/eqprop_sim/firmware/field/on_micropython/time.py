"""MicroPython's `time` in a simulated field; CPython's own cannot be replaced, and `start` changes it."""

from utime import ticks_cpu  # noqa: F401

from ticks import sleep, sleep_ms, sleep_us, ticks_add, ticks_diff, ticks_ms, ticks_us  # noqa: F401
