"""MicroPython firmware on emulated processors."""
