"""The runtime on its way to a board and back: compiled, sent by MicroPython's own prompt, verified."""
