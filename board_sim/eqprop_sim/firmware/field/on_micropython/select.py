"""MicroPython's `select` in a simulated field, where nothing is to be read and waiting is simulated: for asyncio."""

from clock import clock

POLLIN = 1
POLLOUT = 4


class poll:  # noqa: N801 (MicroPython's name)
    """Waits for no stream."""

    def ipoll(self, ms):
        """Let so many milliseconds pass; return no stream. Raises OSError when they would never end."""
        if ms < 0:
            raise OSError("nothing to wait for")
        clock.advance(1000 * ms)
        return ()
