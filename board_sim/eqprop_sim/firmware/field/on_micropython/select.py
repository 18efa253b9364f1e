"""MicroPython's `select` in a simulated field, for asyncio: there are no streams, and waiting is simulated."""

from clock import clock

POLLIN = 1
POLLOUT = 4


class poll:  # noqa: N801 (MicroPython's name)
    """Waits without streams."""

    def ipoll(self, ms):
        """Let milliseconds pass; return no stream. Raises OSError if they would never end."""
        if ms < 0:
            raise OSError("nothing to wait for")
        clock.advance(1000 * ms)
        return ()
