"""The port of a program's prints, without waiting: standard input and output of this interpreter."""

import sys

_CAN_READ = 1  # as `select.POLLIN` and `select.POLLOUT`
_CAN_WRITE = 4
_GONE = 24  # `select.POLLERR`, `select.POLLHUP`


class Port:
    """Reads and writes what standard input and output are ready for; neither ready where they cannot be asked."""

    def __init__(self):
        """Allocate all that is needed later."""
        self._ask = None
        self._byte = bytearray(1)
        try:
            from select import poll  # imported here, because Windows lacks it

            source, sink = sys.stdin.buffer, sys.stdout.buffer
            asked = poll()
            asked.register(sys.stdin, _CAN_READ)
            asked.register(sys.stdout, _CAN_WRITE)
            # CPython buffers both, MicroPython neither
            self._read = getattr(source, "raw", source).readinto  # type: ignore[union-attr]
            self._write = getattr(sink, "raw", sink).write
            self._ask = getattr(asked, "ipoll", None) or asked.poll
        except (AttributeError, ImportError, OSError, ValueError):
            pass

    def ready(self):
        """Return 1 if a byte can be read, plus 4 if bytes can be written; 0 for neither, and at the input's end."""
        found = 0
        if self._ask:
            for each in self._ask(0):
                found |= each[1]
            if found & _GONE:
                self._ask = None
                found = 0
        return found

    def read(self):
        """Return the next byte, once `ready` says that there is one; -1 at the end."""
        if not self._read(self._byte):
            self._ask = None
            return -1
        return self._byte[0]

    if sys.implementation.name == "micropython":

        def write(self, ring, start, count):
            """Write `count` bytes of `ring`, from byte `start`, in one piece."""
            self._write(ring, start, count)  # type: ignore[call-overload]

    else:

        def write(self, ring, start, count):
            """Write `count` bytes of `ring`, from byte `start`, in one piece."""
            sys.stdout.flush()
            self._write(ring[start : start + count])
