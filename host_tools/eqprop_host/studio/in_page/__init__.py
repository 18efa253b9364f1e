"""The studio's Python, which MicroPython runs in the page: imports of `eqprop` and of its own modules only."""
