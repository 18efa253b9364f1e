"""The few differences between CPython and MicroPython, in one place."""

import sys

if sys.implementation.name == "micropython":  # the only branch that a compiled runtime has
    from gc import collect, mem_free
    from time import ticks_diff, ticks_us

    from micropython import const, kbd_intr  # const folds `_X = const(1)` into the bytecode

    try:
        from gc import threshold
    except ImportError:

        def threshold(_=0):  # type: ignore[no-redef]
            """Return 0: the samd port collects garbage when the heap is full."""
            return 0

    def free_heap(enough=1 << 29):
        """Return the free bytes of the heap, collecting garbage first if fewer than `enough` are free.

        Collecting costs a Pico 2 million instructions.
        """
        free = mem_free()
        if free < enough:
            collect()
            free = mem_free()
        return free

    class _Slices:
        def __getitem__(self, all_items):
            return all_items

    _ALL = _Slices()[:]  # made once, because a slice takes heap
    del _Slices  # a class takes heap, too

    try:
        from uctypes import addressof
    except ImportError:
        pass  # a board without machine code

    def byte_row(inputs):
        """Return a view of all but the last item, for `has_byte_items`."""
        return memoryview(inputs)[: len(inputs) - 1]

    def has_byte_items(x, row):
        """Return whether the items of buffer `x` have one byte each. row: a view of as many items; `x` overwrites it.

        Allocates nothing if they do. An array does not tell its type, but it cannot be copied to items of another size.
        """
        try:
            row[_ALL] = x
        except ValueError:
            return False
        return True

    def copy_bytes(x, row):
        """Copy the items of buffer `x`, of one byte each, into `row`, a view of as many int8."""
        row[_ALL] = x

else:
    from array import array

    def const(value):
        """Return `value`: CPython does not fold such constants."""
        return value

    try:
        from time import ticks_diff, ticks_us  # those of a simulated board
    except ImportError:
        from time import perf_counter_ns

        def ticks_us():
            """Return microseconds since an arbitrary moment."""
            return perf_counter_ns() // 1000

        def ticks_diff(now, then):
            """Return now - then: this counter does not wrap."""
            return now - then

    def collect():
        """Do nothing: CPython collects garbage itself."""

    def threshold(_=0):  # type: ignore[no-redef]
        """Return 0: CPython collects garbage itself."""
        return 0

    def free_heap(_enough=0):
        """Return None: CPython does not limit its heap."""
        return None

    def kbd_intr(_):
        """Do nothing: on CPython only a terminal turns Ctrl-C into an interrupt."""

    def byte_row(_):
        """Return None: CPython needs no row to find out."""

    def has_byte_items(x, _):
        """Return whether the items of buffer `x` have one byte each."""
        return memoryview(x).itemsize == 1

    def copy_bytes(x, row):
        """Copy the items of buffer `x`, of one byte each, into `row`, a view of as many int8."""
        row[:] = array("b", bytes(x))


def table_words(parts):
    """Yield the words of machine code's table, from its parts: (words, arrays whose two-word addresses follow) each.

    The last word makes the sum of all 0 modulo 2**32.
    """
    low = high = 0  # sums of 16-bit halves: a board would allocate larger numbers
    for words, buffers in parts:
        for word in words:
            low += word
            yield word
        for buffer in buffers:
            word = addressof(buffer)
            above = word >> 32
            if above:  # a board would make a large number of 0 << 32
                word -= above << 32
            low += (word & 0xFFFF) + above
            high += word >> 16
            yield word
            yield above
    yield -(low + (high << 16)) & 0xFFFFFFFF
