"""The colour sensor TCS34725 on I2C, and what the network sees of a colour.

Registers: ams-OSRAM, TCS3472 datasheet, section "Register Description".
"""

from array import array

from eqprop.features.arithmetic import log2
from eqprop.features.population import Population

ADDRESS = 0x29
IDS = (0x44, 0x4D)  # TCS34721 and 34725; TCS34723 and 34727
FULL = 10240  # counts: 1024 for each of the ten cycles of 2.4 ms that one reading takes

_COMMAND = 0x80
_NEXT = 0x20  # added to the command: go on with the register behind it
_ENABLE, _ATIME, _CONTROL, _ID, _STATUS, _DATA = 0x00, 0x01, 0x0F, 0x12, 0x13, 0x14
_STUCK = 16  # readings with the very same counts: light that is measured is never so still


class ColourSensor:
    """Reads a TCS34725: `counts` of clear, red, green and blue light, in 24 ms each time."""

    def __init__(self, i2c):
        """Use the sensor on this bus; `start` it before it is read."""
        self.i2c = i2c
        self.counts = array("H", (0, 0, 0, 0))
        self._bytes = bytearray(8)
        self._one = bytearray(1)
        self._last = array("H", (0, 0, 0, 0))
        self._same = 0

    def start(self):
        """Switch the sensor on. Raises OSError where none answers, ValueError for another part at its address."""
        self.i2c.readfrom_mem_into(ADDRESS, _COMMAND | _ID, self._one)
        if self._one[0] not in IDS:
            raise ValueError("id 0x{:02x} is no TCS3472's".format(self._one[0]))
        self._write(_ATIME, 256 - 10)
        self._write(_CONTROL, 1)  # gain 4
        self._write(_ENABLE, 3)  # power, colour

    def read(self):
        """Read `counts`; return None, or what is wrong with them. Raises OSError where no sensor answers."""
        self.i2c.readfrom_mem_into(ADDRESS, _COMMAND | _NEXT | _DATA, self._bytes)
        counts = self.counts
        last = self._last
        self._same += 1
        for i in range(4):
            counts[i] = self._bytes[2 * i] | self._bytes[2 * i + 1] << 8
            if counts[i] != last[i]:
                last[i] = counts[i]
                self._same = 0
        highest = max(counts[1], counts[2], counts[3])
        # The clear channel sees all that the others see
        if max(counts[0], highest) > FULL or counts[0] < highest:
            return "garbage: {}".format(list(counts))
        if counts[0] == FULL:
            return "saturated"
        if self._same >= _STUCK:
            return "stuck"
        return None

    def _write(self, register, value):
        self._one[0] = value
        self.i2c.writeto_mem(ADDRESS, _COMMAND | register, self._one)


class Colour:
    """What the network sees of `counts`: three ratios, the same near and far, spread over 8 units each."""

    def __init__(self):
        self._ratios = array("h", (0, 0, 0))
        self._population = Population(3, 8, -448, 128)  # units half an octave apart

    def see(self, counts):
        """Take the colour of clear, red, green and blue `counts`; return `features`."""
        red, green, blue = log2(counts[1]), log2(counts[2]), log2(counts[3])
        # About the middle of what fruit has
        self._ratios[0] = red - green - 192
        self._ratios[1] = green - blue - 352
        self._ratios[2] = red - blue - 576
        return self._population.encode(self._ratios)
