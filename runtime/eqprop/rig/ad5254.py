"""Analog Devices' AD5254, four non-volatile potentiometers of 256 taps on I2C, as rheostats between W and B.

Data sheet AD5253/AD5254 Rev. D, "I2C interface": slave address 2C..2F by AD1 and AD0; the instruction byte's bit 7 is
0 for a register and 1 for a command, bit 5 is 0 for the wiper (RDAC) and 1 for its EEPROM, bits 4..0 are the number;
command 2 (bits 6..3) stores a wiper in its EEPROM, in 26 ms. R_WB = R_AB * code / 256 + R_W, codes 0..255. Wipers
start at what the EEPROM holds.
"""

from .._compat import const

CODES = const(256)
WIPERS = const(4)
_STORE = const(0x90)


class AD5254:
    """One chip. Allocates nothing after construction, except for errors and on `read`."""

    codes = CODES

    def __init__(self, i2c, address, name):
        """Use the chip at `address` of a `machine.I2C`. name: as in the layout, for errors."""
        self._i2c = i2c
        self._address = address
        self.name = name
        self._out = bytearray(2)
        self._register = bytearray(1)
        self._back = bytearray(1)

    def write(self, wiper, code):
        """Set a wiper, 0..3, to a code in 0..255. Raises ValueError for others, OSError if the chip does not answer."""
        self._check(wiper)
        if not 0 <= code < CODES:
            raise ValueError("{} W{}: code {} is not in 0..255".format(self.name, wiper, code))
        self._out[0], self._out[1] = wiper, code
        self._send(self._out)

    def read(self, wiper):
        """Return a wiper's code. Raises as `write`."""
        self._check(wiper)
        self._register[0] = wiper
        self._send(self._register)
        try:
            self._i2c.readfrom_into(self._address, self._back)
        except OSError as error:
            raise self._silent() from error
        return self._back[0]

    def store(self, wiper):
        """Keep a wiper's code in its EEPROM: the chip does not answer for 26 ms, and endures 100,000 stores."""
        self._check(wiper)
        self._register[0] = _STORE | wiper
        self._send(self._register)

    def _check(self, wiper):
        if not 0 <= wiper < WIPERS:
            raise ValueError("{}: wiper {} is not in 0..3".format(self.name, wiper))

    def _send(self, out):
        try:
            self._i2c.writeto(self._address, out)
        except OSError as error:
            raise self._silent() from error

    def _silent(self):
        text = "{}: no answer at I2C address {:02x}, check its SDA, SCL, AD0, AD1 and supply"
        return OSError(text.format(self.name, self._address))
