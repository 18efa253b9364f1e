"""The colour sensor TCS3472 of ams by its registers, after its datasheet (section "Register Description").

ENABLE 00h (power, colour), ATIME 01h (cycles of 2.4 ms in a reading: 256 - ATIME), CONTROL 0Fh (gain), ID 12h,
STATUS 13h and the counts of clear, red, green and blue light, 14h to 1Bh. The highest bit of a command selects a
register; bit 20h makes the register advance.
"""

from .noise import Noise

_GAINS = (1, 4, 16, 60)
_ENABLE, _ATIME, _CONTROL, _ID, _STATUS, _DATA = 0x00, 0x01, 0x0F, 0x12, 0x13, 0x14


class TCS3472:
    """The part; it measures light(): (clear, red, green, blue), in counts of 10 cycles at gain 4.

    noise: noise of a count, in thousandths. fault: None, or its counts are "stuck" (all the same), "saturated" (at the
    maximum) or "garbage" (a floating wire).
    """

    def __init__(self, light, seed=0, noise=10):
        self.light = light
        self.fault = None
        self._noise = Noise(seed)
        self._deviation = noise
        self._registers = bytearray(32)
        self._registers[_ATIME] = 0xFF
        self._registers[_ID] = 0x44
        self._pointer = 0
        self._count_on = False

    def written(self, data):
        """Handle a write: a register's number, then data."""
        self._pointer = data[0] & 0x1F
        self._count_on = data[0] & 0x20
        for value in data[1:]:
            if self._pointer < _ID:
                self._registers[self._pointer] = value
            self._step()

    def read_into(self, buffer):
        """Handle a read from the last given register on; reading the counts starts a new measurement."""
        if self._pointer == _DATA and self.fault != "stuck":
            self._measure()
        for i in range(len(buffer)):
            garbage = self.fault == "garbage"
            buffer[i] = self._noise.below(256) if garbage else self._registers[self._pointer]
            self._step()

    def _step(self):
        if self._count_on:
            self._pointer = (self._pointer + 1) & 0x1F

    def _measure(self):
        registers = self._registers
        if registers[_ENABLE] & 3 != 3:
            return
        cycles = 256 - registers[_ATIME]
        gain = _GAINS[registers[_CONTROL] & 3]
        full = min(65535, 1024 * cycles)
        light = self.light()
        for i in range(4):
            counts = full
            if self.fault != "saturated":
                counts = light[i] * gain * cycles // 40
                counts = max(0, min(full, counts + counts * self._noise.bell(self._deviation) // 1000))
            registers[_DATA + 2 * i] = counts & 255
            registers[_DATA + 2 * i + 1] = counts >> 8
        registers[_STATUS] = 1
