"""Texas Instruments' ADS8688, a converter of 16 bits and 8 channels on SPI.

SBAS582C, section 8.5. Frames have 32 bits: command C000 + 400 * n (MAN_Ch_n) selects channel n, and the next frame
brings its conversion in the last 16 bits; 0000 (NO_OP) goes on with the selected channel. A program register is written
by 24 bits, (address << 1 | 1) and the data, which the last 8 bits repeat on SDO; register 5 + n is the range of channel
n, and 6 there means 0..1.25 V_REF, 0..5.12 V with the internal reference: code 32000 is Vmid. Mode 0,1, at most 17 MHz.
"""

from .._compat import const

CHANNELS = const(8)
LSB_NV = const(78125)  # 5.12 V / 65536
_MIDDLE = const(32000)
_RANGE = const(5)
_0_TO_5_V = const(6)
_MANUAL = const(0xC0)


class ADS8688:
    """One chip. Allocates nothing after construction, except for errors."""

    lsb_nv = LSB_NV
    convert_us = 0  # converts between two frames
    channels = CHANNELS
    reads = 2
    lowest, highest = -_MIDDLE, 65535 - _MIDDLE

    def __init__(self, bus, select, name):
        """Use chip `select` of a `SelectedSPI`, and set the ranges. name: as in the layout, for errors.

        Raises OSError naming the chip if it does not keep a range.
        """
        self._bus = bus
        self._select = select
        self.name = name
        self._out = bytearray(4)
        self._back = bytearray(4)
        self._register = bytearray(3)
        self._kept = bytearray(3)
        self.begin()

    def begin(self):
        """Set the ranges, which the chip loses without power. Raises OSError as the constructor."""
        register, kept = self._register, self._kept
        for channel in range(CHANNELS):
            register[0], register[1] = (_RANGE + channel) << 1 | 1, _0_TO_5_V
            self._bus.transfer(self._select, register, kept)
            if kept[2] != _0_TO_5_V:
                text = "{}: no answer, check its CS, SCLK, SDI, SDO and supplies"
                raise OSError(text.format(self.name))

    def start(self, channel):
        """Select the channel, 0..7, that `fetch` reads. Raises ValueError for another."""
        if not 0 <= channel < CHANNELS:
            raise ValueError("{}: channel {} is not in 0..7".format(self.name, channel))
        self._send(_MANUAL | channel << 2, 0)

    def fetch(self):
        """Return the selected channel's voltage from Vmid in codes of 78.125 uV, and convert it again."""
        self._send(0, 0)
        return (self._back[2] << 8 | self._back[3]) - _MIDDLE

    def _send(self, first, second):
        out = self._out
        out[0], out[1] = first, second
        self._bus.transfer(self._select, out, self._back)
