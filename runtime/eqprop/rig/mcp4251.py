"""Microchip's MCP4251, two volatile potentiometers of 257 taps on SPI, as rheostats between B and W.

DS22060B. Frames have 16 bits (section 7.0): address AAAA, command CC (00 write, 11 read), data of 10 bits. Wiper 0 has
address 0, wiper 1 address 1. CMDERR is the seventh bit that comes back: 1 for a valid command, 0 otherwise. The
resistance between B and W is R_AB * code / 256 + R_W, codes 0..256 (section 5.2; between A and W it falls with the
code). Modes 0,0 and 1,1, at most 10 MHz, 250 kHz for reading over a multiplexed SDI/SDO. A chip starts at code 128.
"""

from .._compat import const

CODES = const(257)
WIPERS = const(2)
_READ = const(0x0C)
_CMDERR = const(0x02)


class MCP4251:
    """One chip. Allocates nothing after construction, except for errors."""

    codes = CODES

    def __init__(self, bus, select, name):
        """Use chip `select` of a `SelectedSPI`. name: as in the layout, for errors."""
        self._bus = bus
        self._select = select
        self.name = name
        self._out = bytearray(2)
        self._back = bytearray(2)

    def write(self, wiper, code):
        """Set a wiper, 0 or 1, to a code in 0..256.

        Raises ValueError for another wiper or code, OSError naming the chip if it refuses the command.
        """
        self._check(wiper)
        if not 0 <= code < CODES:
            raise ValueError("{} P{}W: code {} is not in 0..256".format(self.name, wiper, code))
        self._send(wiper << 4 | code >> 8, code & 0xFF)

    def read(self, wiper):
        """Return a wiper's code. Raises ValueError for another wiper, OSError naming the chip if none answers."""
        self._check(wiper)
        self._send(wiper << 4 | _READ, 0)
        code = (self._back[0] & 1) << 8 | self._back[1]
        if code >= CODES:
            raise OSError("{} P{}W: no answer, check its CS, SCK, SDI, SDO and supply".format(self.name, wiper))
        return code

    def _check(self, wiper):
        if not 0 <= wiper < WIPERS:
            raise ValueError("{}: wiper {} is not 0 or 1".format(self.name, wiper))

    def _send(self, first, second):
        out = self._out
        out[0], out[1] = first, second
        self._bus.transfer(self._select, out, self._back)
        if not self._back[0] & _CMDERR:
            text = "{}: command {:02x}{:02x} refused, check its CS, SCK, SDI and SDO"
            raise OSError(text.format(self.name, first, second))
