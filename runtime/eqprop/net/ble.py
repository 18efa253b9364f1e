"""Bluetooth Low Energy as a port: Nordic's UART service, which any BLE terminal speaks: `ble:NAME`.

A host writes to one characteristic and is notified of another. One host is connected at a time; while none is, the
board advertises its name. The interrupt copies what was written into a ring and allocates only what MicroPython's
`gatts_read` does. A notification that the radio has no room for now is tried again.
"""

import bluetooth  # type: ignore[import-not-found]

from .._compat import const
from .waiting import Port

_IRQ_CONNECT = const(1)
_IRQ_DISCONNECT = const(2)
_IRQ_WRITE = const(3)
_IRQ_MTU = const(21)
_READ_FLAG = const(2)
_WRITE_NO_RESPONSE = const(4)
_WRITE = const(8)
_NOTIFY = const(16)
_MTU = const(23)  # until the two ends agree on another; a notification holds three bytes less
_MTU_MOST = const(247)
_OF_ATT = const(3)
_RING = const(1024)
_INTERVAL_US = const(100000)
_NAME_MOST = const(26)  # bytes that an advertisement has beside its flags

SERVICE = "6E400001-B5A3-F393-E0A9-E50E24DCCA9E"
TO_BOARD = "6E400002-B5A3-F393-E0A9-E50E24DCCA9E"
TO_HOST = "6E400003-B5A3-F393-E0A9-E50E24DCCA9E"


def ble(name):
    """Return the `Ble` of a name, `eqprop` for "". Raises ValueError for one that is too long to be advertised."""
    if len(name.encode()) > _NAME_MOST:
        raise ValueError("port ble:{}: expected a name of up to {} bytes".format(name, _NAME_MOST))
    return Ble(name or "eqprop")


class Ble(Port):
    """The service, advertised by a name.

    - lost: bytes that found the ring full
    """

    credit = 512

    def __init__(self, name="eqprop"):
        """Switch the radio on, and advertise."""
        super().__init__()
        self.name = "ble:{}".format(name)
        self.lost = 0
        self._ring = bytearray(_RING)
        self._head = self._tail = 0
        self._line = None  # the connection's handle
        self._gone = False
        self._room = _MTU - _OF_ATT
        self._packet = memoryview(bytearray(_MTU_MOST - _OF_ATT))
        self._ble = radio = bluetooth.BLE()
        radio.active(True)
        try:
            radio.config(mtu=_MTU_MOST)
        except ValueError:  # a port with a size of its own
            pass
        uuid = bluetooth.UUID
        up = (uuid(TO_BOARD), _WRITE | _WRITE_NO_RESPONSE)
        down = (uuid(TO_HOST), _READ_FLAG | _NOTIFY)
        ((self._down, self._up),) = radio.gatts_register_services(((uuid(SERVICE), (down, up)),))
        radio.gatts_set_buffer(self._up, _MTU_MOST * 2, True)  # what comes before it is read is appended
        name = name.encode()
        self._advertised = b"\x02\x01\x06" + bytes((len(name) + 1, 9)) + name
        # In the answer to a scan: the service, its UUID backwards
        digits = SERVICE.replace("-", "")
        service = bytes(int(digits[n : n + 2], 16) for n in range(30, -2, -2))
        self._found = bytes((17, 7)) + service
        radio.irq(self._irq)
        self._advertise()

    def _advertise(self):
        self._ble.gap_advertise(_INTERVAL_US, adv_data=self._advertised, resp_data=self._found)

    def _irq(self, event, data):
        if event == _IRQ_WRITE and data[1] == self._up:
            for byte in self._ble.gatts_read(self._up):
                after = (self._tail + 1) % _RING
                if after == self._head:
                    self.lost += 1
                else:
                    self._ring[self._tail] = byte
                    self._tail = after
        elif event == _IRQ_CONNECT:
            self._line = data[0]
            self._room = _MTU - _OF_ATT
        elif event == _IRQ_DISCONNECT:
            self._line = None
            self._gone = True
        elif event == _IRQ_MTU:
            self._room = min(data[1], _MTU_MOST) - _OF_ATT

    def _has(self):
        if self._gone:  # what waits is for the host that has gone
            self._gone = False
            self._drop(len(self._out))
            if self._line is None:
                self._advertise()
        return self._head != self._tail

    def take(self, buffer):
        """As `Port.take`."""
        count = 0
        while count < len(buffer) and self._head != self._tail:
            buffer[count] = self._ring[self._head]
            self._head = (self._head + 1) % _RING
            count += 1
        return count

    def _push(self, data, start, count):
        line = self._line
        if line is None:
            return count
        count = min(count, self._room)
        for n in range(count):
            self._packet[n] = data[start + n]
        try:
            self._ble.gatts_notify(line, self._down, self._packet[:count])
        except OSError:  # no room, or the host has just gone
            return 0
        return count
