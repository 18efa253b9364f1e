"""Microchip's MCP3208, a converter of 12 bits and 8 channels on SPI.

DS21298E, section 6.1 (three bytes): 00000 1 SGL D2, D1 D0 and six bits that do not count, then eight more; what comes
back ends with a null bit and 12 bits, the highest first. SGL is 1 for a single channel against AGND. Modes 0,0 and
1,1, at most 2 MHz at 5 V, and at least 10 kHz. Full scale is V_REF, here the supply: code 2048 is Vmid.
"""

from .._compat import const

CHANNELS = const(8)
LSB_NV = const(1220703)  # 5 V / 4096
_NULL = const(0x10)
_MIDDLE = const(2048)


class MCP3208:
    """One chip. Allocates nothing after construction, except for errors."""

    lsb_nv = LSB_NV
    convert_us = 0  # converts while its frame is clocked
    channels = CHANNELS
    reads = 8
    lowest, highest = -_MIDDLE, _MIDDLE - 1

    def __init__(self, bus, select, name):
        """Use chip `select` of a `SelectedSPI`. name: as in the layout, for errors."""
        self._bus = bus
        self._select = select
        self.name = name
        self._out = bytearray(3)
        self._back = bytearray(3)

    def begin(self):
        """Do nothing: the chip has no settings to lose without power."""

    def start(self, channel):
        """Choose the channel, 0..7, that `fetch` converts. Raises ValueError for another."""
        if not 0 <= channel < CHANNELS:
            raise ValueError("{}: channel {} is not in 0..7".format(self.name, channel))
        self._out[0] = 0x06 | channel >> 2
        self._out[1] = (channel & 3) << 6

    def fetch(self):
        """Convert the chosen channel; return its voltage from Vmid in codes of 1.22 mV, -2048..2047.

        Raises OSError naming the chip if none answers.
        """
        back = self._back
        self._bus.transfer(self._select, self._out, back)
        if back[1] & _NULL:
            text = "{}: no answer, check its CS, CLK, DIN, DOUT, supply and V_REF"
            raise OSError(text.format(self.name))
        return ((back[1] & 0x0F) << 8 | back[2]) - _MIDDLE
