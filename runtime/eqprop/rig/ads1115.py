"""Texas Instruments' ADS1115, a converter of 16 bits on I2C; its input AIN3 is at Vmid, which leaves three channels.

SBAS444D, section 9.6: register 0 is the conversion, register 1 the configuration: OS (start), MUX (001, 010, 011 for
AIN0, AIN1, AIN2 against AIN3), PGA (010: +-2.048 V), MODE (1: single), DR (111: 860/s), COMP_QUE (11: no comparator).
95E3 starts AIN0 against AIN3. Addresses 48..4B by ADDR. The clock is exact to 10 % (section 7.5), so a conversion
takes up to 1.28 ms; OS reads 0 until it is done.
"""

from .._compat import const

CHANNELS = const(3)
LSB_NV = const(62500)  # 2.048 V / 32768
CONVERT_US = const(1300)
_CONFIGURE = const(1)
_HIGH = const(0x85)  # OS, PGA and MODE
_LOW = const(0xE3)  # DR and COMP_QUE
_DONE = const(0x80)


class ADS1115:
    """One chip. Allocates nothing after construction, except for errors."""

    lsb_nv = LSB_NV
    convert_us = CONVERT_US
    channels = CHANNELS
    reads = 1
    lowest, highest = -32768, 32767

    def __init__(self, i2c, address, name):
        """Use the chip at `address` of a `machine.I2C`. name: as in the layout, for errors."""
        self._i2c = i2c
        self._address = address
        self.name = name
        self._out = bytearray((_CONFIGURE, 0, _LOW))
        self._register = bytearray(1)
        self._back = bytearray(2)

    def begin(self):
        """Do nothing: the chip has no settings to lose without power."""

    def start(self, channel):
        """Start the conversion of channel 0..2; `fetch` its result `convert_us` later.

        Raises ValueError for another channel, OSError naming the chip if none answers.
        """
        if not 0 <= channel < CHANNELS:
            raise ValueError("{}: channel {} is not in 0..2".format(self.name, channel))
        self._out[1] = _HIGH | channel + 1 << 4
        self._send(self._out)

    def fetch(self):
        """Return the started conversion: the voltage from Vmid in codes of 62.5 uV, int16.

        Raises OSError naming the chip if none answers, or if its conversion is not done.
        """
        if not self._read(_CONFIGURE) & _DONE << 8:
            raise OSError("{}: not done after {} us, check its supply".format(self.name, CONVERT_US))
        return ((self._read(0)) ^ 0x8000) - 0x8000

    def _read(self, register):
        self._register[0] = register
        self._send(self._register)
        try:
            self._i2c.readfrom_into(self._address, self._back)
        except OSError as error:
            raise self._silent() from error
        return self._back[0] << 8 | self._back[1]

    def _send(self, out):
        try:
            self._i2c.writeto(self._address, out)
        except OSError as error:
            raise self._silent() from error

    def _silent(self):
        text = "{}: no answer at I2C address {:02x}, check its SDA, SCL, ADDR and supply"
        return OSError(text.format(self.name, self._address))
