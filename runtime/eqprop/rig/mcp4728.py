"""Microchip's MCP4728, four converters of 12 bits from I2C to volts.

DS22187E. Fast write (section 5.6.1): two bytes for each channel from A on, 0 0 PD1 PD0 D11..D8 and D7..D0; the outputs
change with the acknowledge of the last byte while LDAC is low. References (section 5.6.6): 1 0 0 x and a bit for each
channel, 0 for the supply; a new chip uses its internal 2.048 V. Addresses 60..67, by order number or programmed.
Full scale is the supply: code 2048 is Vmid, a code is 1.22 mV.
"""

from .._compat import const

CHANNELS = const(4)
CODES = const(4096)
MIDDLE = const(2048)
_REFERENCES = const(0x80)


class MCP4728:
    """One chip: `codes` for channels A to D, which `apply` sends. Allocates nothing after construction, but errors."""

    def __init__(self, i2c, address, name):
        """Use the chip at `address` of a `machine.I2C`, with the supply as reference and all outputs at Vmid.

        name: as in the layout, for errors. Raises OSError naming the chip if none answers.
        """
        self._i2c = i2c
        self._address = address
        self.name = name
        self._dirty = True
        self._out = bytearray(2 * CHANNELS)
        self._references = bytearray((_REFERENCES,))
        for channel in range(CHANNELS):
            self.set(channel, MIDDLE)
        self.begin()

    def begin(self):
        """Set the references and the codes again, which the chip lost without power. Raises OSError as `apply`."""
        self._send(self._references)
        self._dirty = True
        self.apply()

    def set(self, channel, code):
        """Set channel 0..3 to a code in 0..4095, for the next `apply`. Raises ValueError for others."""
        if not 0 <= channel < CHANNELS:
            raise ValueError("{}: channel {} is not in 0..3".format(self.name, channel))
        if not 0 <= code < CODES:
            raise ValueError("{} VOUT{}: code {} is not in 0..4095".format(self.name, "ABCD"[channel], code))
        out = self._out
        at = channel + channel
        if code != out[at] << 8 | out[at + 1]:
            out[at], out[at + 1] = code >> 8, code & 0xFF
            self._dirty = True

    def apply(self):
        """Send the codes if one has changed. Raises OSError naming the chip if none answers."""
        if self._dirty:
            self._send(self._out)
            self._dirty = False

    def _send(self, out):
        try:
            self._i2c.writeto(self._address, out)
        except OSError as error:
            text = "{}: no answer at I2C address {:02x}, check its SDA, SCL and supply"
            raise OSError(text.format(self.name, self._address)) from error
