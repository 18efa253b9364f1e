"""A UART's pins as a port: `uart:ID,BAUD`, such as `uart:0,115200` or `uart:1,9600,tx=8,rx=9`."""

from machine import UART

from .waiting import Port

_BUFFER = 512  # bytes, in each direction
_UNBUFFERED = 16  # bytes at a time on a board whose UART waits until they are sent: 1.4 ms at 115200 baud


def uart(text):
    """Return the `Uart` of a text behind `uart:`. Raises ValueError for one that says something else."""
    number, *rest = text.split(",")
    about = {}
    for each in rest:
        name, is_, value = each.partition("=")
        if not is_:
            name, value = "baudrate", name
        if name not in ("baudrate", "tx", "rx") or name in about or not value.isdigit():
            about = {}
            break
        about[name] = int(value)
    if not number.isdigit() or not about.get("baudrate"):
        raise ValueError("port uart:{}: expected such as uart:0,115200 or uart:0,9600,tx=0,rx=1".format(text))
    return Uart(int(number), **about)


class Uart(Port):
    """A `machine.UART`, whose buffers this port makes large enough."""

    credit = _BUFFER

    def __init__(self, id, baudrate=115200, **pins):
        """Open UART number `id`. pins: tx and rx, numbers, for others than the board's own. Raises ValueError."""
        super().__init__()
        self.name = "uart:{},{}".format(id, baudrate)
        if pins:
            from machine import Pin

            pins = {name: Pin(number) for name, number in pins.items()}
        try:
            self._uart = UART(id, baudrate, rxbuf=_BUFFER, txbuf=_BUFFER, timeout=0, **pins)
            self._most = _BUFFER
        except TypeError:  # its port has no txbuf
            self._uart = UART(id, baudrate, rxbuf=_BUFFER, timeout=0, **pins)
            self._most = _UNBUFFERED

    def _has(self):
        return self._uart.any()

    def take(self, buffer):
        """As `Port.take`."""
        return self._uart.readinto(buffer, min(len(buffer), self._uart.any())) or 0

    def _push(self, data, start, count):
        """As `Port._push`: only once all before has left, because a full buffer lets some boards wait."""
        if not self._uart.txdone():
            return 0
        return self._uart.write(data, start, min(count, self._most)) or 0
