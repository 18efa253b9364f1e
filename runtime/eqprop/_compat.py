"""The few things in which CPython and MicroPython differ, in one place."""

try:
    from micropython import const  # folds `_X = const(1)` into the bytecode
except ImportError:

    def const(value):
        """Return `value`: CPython has no constant folding to ask for."""
        return value


try:
    from gc import mem_free as free_heap  # bytes the MicroPython heap still has
except ImportError:

    def free_heap():
        """Return None: CPython's heap has no limit of its own."""
        return None
