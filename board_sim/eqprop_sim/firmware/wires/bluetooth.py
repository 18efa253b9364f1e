"""MicroPython's `bluetooth` of a simulated board, as a peripheral; its air is this interpreter's standard streams.

A packet on the air is the byte A5, a kind, a length u16 up to 600, and as many bytes. Between packets anything else is
skipped, so 600 zeros end a packet whose sender was reset in its midst. From the host: C connects, M the size that both
ends agreed on (u16), W a write, D disconnects, with two bytes that the next A begins with: so a scan finds those that
advertise now. From the board: A advertises a name, N notifies, and P is what the program prints. As on a real radio,
few notifications find room until the program next waits, a write that is longer than the buffer is cut, and interrupts
come while the program waits: `sleep_ms` lets them.
"""

import builtins
import sys
import time
from select import POLLIN, poll

_IRQ_CONNECT = 1
_IRQ_DISCONNECT = 2
_IRQ_WRITE = 3
_IRQ_MTU = 21
_NO_ROOM = 12  # ENOMEM
_NOT_CONNECTED = 128  # ENOTCONN
_ROOM = 3  # notifications
_LONGEST = 600  # bytes of a packet
_LINE = 64


class UUID:
    """A UUID."""

    def __init__(self, text):
        """Keep its text."""
        self.text = text


class BLE:
    """The methods that `eqprop.net.ble` uses."""

    def __init__(self):
        """Prepare the radio."""
        global _radio
        _radio = self
        self._irq = None
        self._line = None
        self._values = {}
        self._sizes = {}
        self._appends = set()
        self._mtu = 23
        self._scan = bytes(2)
        self._name = b""
        self._under_way = 0
        self._poll = poll()
        self._poll.register(sys.stdin, POLLIN)
        self._byte = bytearray(1)
        self._heard = bytearray()
        sys.stdout.buffer.write(bytes(_LONGEST))
        builtins.print = lambda text: self._say(b"P", text.encode())

    def active(self, on):
        """Switch it on."""

    def config(self, mtu):
        """Set the size that the board wishes."""

    def irq(self, handler):
        """Call handler(event, data) for events."""
        self._irq = handler

    def gatts_register_services(self, services):
        """Return handles of the characteristics."""
        handles, number = [], 8
        for _, characteristics in services:
            of_service = []
            for _ in characteristics:
                number += 3
                of_service.append(number)
                self._values[number] = b""
                self._sizes[number] = 20
            handles.append(tuple(of_service))
        return tuple(handles)

    def gatts_set_buffer(self, handle, size, append=False):
        """Set the size of a characteristic's value."""
        self._sizes[handle] = size
        if append:
            self._appends.add(handle)

    def gatts_read(self, handle):
        """Return the value, and forget it if it is one that grows."""
        value = self._values[handle]
        if handle in self._appends:
            self._values[handle] = b""
        return value

    def gap_advertise(self, interval_us, adv_data=None, resp_data=None):
        """Advertise. Raises OSError while a host is connected."""
        if self._line is not None:
            raise OSError(_NO_ROOM)
        if len(adv_data) > 31 or len(resp_data) > 31:
            raise OSError(22)
        self._name = bytes(adv_data[5:])
        self._say(b"A", self._scan + self._name)

    def gatts_notify(self, line, handle, data):
        """Notify the host. Raises OSError for no room and for no host."""
        if line != self._line:
            raise OSError(_NOT_CONNECTED)
        if self._under_way >= _ROOM:
            raise OSError(_NO_ROOM)
        self._under_way += 1
        self._say(b"N", bytes(data[: self._mtu - 3]))  # the rest of a longer one is cut off

    def _say(self, kind, data):
        sys.stdout.buffer.write(b"\xa5" + kind + len(data).to_bytes(2, "little") + data)

    def listen(self):
        """Let events happen."""
        self._under_way = 0
        while self._poll.poll(0):
            if not sys.stdin.buffer.readinto(self._byte):
                raise OSError(5)
            self._heard += self._byte
            heard = self._heard
            if heard[0] != 0xA5 or len(heard) == 4 and heard[2] + 256 * heard[3] > _LONGEST:
                self._heard = bytearray()
            elif len(heard) >= 4 and len(heard) == 4 + heard[2] + 256 * heard[3]:
                self._heard = bytearray()
                self._happens(heard[1], bytes(heard[4:]))

    def _happens(self, kind, data):
        if kind == ord("C") and self._line is None:
            self._line = _LINE
            self._mtu = 23
            self._irq(_IRQ_CONNECT, (_LINE, 0, b"host"))
        elif kind == ord("D"):
            self._scan = data
            if self._line is None:
                self._say(b"A", self._scan + self._name)
            else:
                self._line = None
                self._irq(_IRQ_DISCONNECT, (_LINE, 0, b"host"))
        elif kind == ord("M"):
            self._mtu = int.from_bytes(data, "little")
            self._irq(_IRQ_MTU, (_LINE, self._mtu))
        elif kind == ord("W") and self._line is not None:
            handle = max(self._values)  # of the last characteristic, that of writes
            before = self._values[handle] if handle in self._appends else b""
            self._values[handle] = (before + data)[: self._sizes[handle]]
            self._irq(_IRQ_WRITE, (_LINE, handle))


_radio = None


def sleep_ms(ms):
    """Wait, and let interrupts come."""
    time.sleep_ms(ms)
    _radio.listen()
