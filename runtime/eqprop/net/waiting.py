"""`Port`: what the service and `eqprop.Telemetry` use in place of standard input and output."""

try:
    from time import sleep_ms
except ImportError:
    from time import sleep

    def sleep_ms(ms):  # type: ignore[misc]
        """Wait."""
        sleep(ms / 1000)


_ROOM = 256


class Port:
    """A port of which a transport has `_has`, `take` and `_push`.

    - credit: bytes that it holds while the board is busy
    - name: as `eqprop.net.port` takes it
    - feed: called while the service waits, unless None; for a watchdog
    """

    credit = 512
    name = ""

    def __init__(self):
        """Allocate the room for bytes that wait to be sent; it grows if a program writes longer frames."""
        self.feed = None
        self._byte = bytearray(1)
        self._drop(_ROOM)

    def _drop(self, room):
        self._out = bytearray(room)
        self._at = self._end = 0

    def _has(self):
        """Return whether bytes can be read."""
        raise NotImplementedError

    def take(self, buffer):
        """Fill `buffer` with what has come, and return the number of bytes, which may be 0."""
        raise NotImplementedError

    def _push(self, data, start, count):
        """Send some of `count` bytes of `data`, from byte `start`, without waiting; return how many."""
        raise NotImplementedError

    def ready(self):
        """Return 1 if a byte can be read, plus 4 if bytes can be written."""
        has = self._has()
        if self._end:
            self._at += self._push(self._out, self._at, self._end - self._at)
            if self._at >= self._end:
                self._at = self._end = 0
        return (1 if has else 0) | (0 if self._end else 4)

    def read(self):
        """Return the next byte, once `ready` says that there is one; -1 for none."""
        return self._byte[0] if self.take(self._byte) else -1

    def write(self, data, start, count):
        """Send `count` bytes of `data`, from byte `start`: what cannot be sent at once is sent by later `ready`."""
        if not self._end:
            sent = self._push(data, start, count)
            start += sent
            count -= sent
        if self._end + count > len(self._out):
            self._out += bytes(self._end + count - len(self._out))
        for n in range(count):
            self._out[self._end + n] = data[start + n]
        self._end += count

    # ---- for the service, which waits

    def _wait(self):
        if self.feed:
            self.feed()
        sleep_ms(1)

    def readinto(self, buffer):
        """Fill `buffer` with what has come, waiting for the first byte; return the number of bytes."""
        count = 0
        while not count:
            while not self.ready() & 1:
                self._wait()
            count = self.take(buffer)
        return count

    def send(self, data):
        """Send all of `data`; wait until all before it is sent."""
        while not self.ready() & 4:
            self._wait()
        self.write(data, 0, len(data))
