"""ST's LIS3DH accelerometer by its registers, after its datasheet (DocID17530).

WHO_AM_I 0Fh, CTRL_REG1 20h (rate, axes), CTRL_REG4 23h (full scale, high resolution), CTRL_REG5 24h (FIFO on),
STATUS_REG 27h, OUT_X_L 28h to OUT_Z_H 2Dh, FIFO_CTRL_REG 2Eh (bypass, FIFO, stream) and FIFO_SRC_REG 2Fh; the highest
bit of a register's number makes it advance, and within the outputs wrap, so that one transfer reads several samples
from the FIFO (sections 6 and 8).

Samples are 12 bits, left-justified in 16 (high resolution), of 1, 2, 4 or 12 mg.
"""

from clock import clock

from .noise import Noise

_RATES_HZ = (0, 1, 10, 25, 50, 100, 200, 400, 0, 1344)  # rates 8 and above 9 exist only in low-power mode, with 8 bits
_MG = (1, 2, 4, 12)
_DEPTH = 32
_WHO_AM_I, _CTRL_1, _CTRL_4, _CTRL_5 = 0x0F, 0x20, 0x23, 0x24
_STATUS, _OUT, _FIFO_CTRL, _FIFO_SRC = 0x27, 0x28, 0x2E, 0x2F


class LIS3DH:
    """The part; it measures acceleration(us), an (x, y, z) in mg, at each sample.

    noise_mg: standard deviation. fault: None, or its samples are "stuck" (all the same), "saturated" (at full scale) or
    "garbage" (a floating wire).
    """

    def __init__(self, acceleration, seed=0, noise_mg=4):
        self.acceleration = acceleration
        self.fault = None
        self._noise = Noise(seed)
        self._noise_mg = noise_mg
        self._registers = bytearray(64)
        self._registers[_WHO_AM_I] = 0x33
        self._registers[_CTRL_1] = 0x07
        self._pointer = 0
        self._count_on = False
        self._fifo = []
        self._overrun = False
        self._last = (0, 0, 0)
        self._next = None

    # ---- the bus

    def written(self, data):
        """Handle a write: a register's number, then data."""
        self._pointer = data[0] & 0x3F
        self._count_on = data[0] & 0x80
        for value in data[1:]:
            self._update()
            if self._pointer >= _CTRL_1:
                self._registers[self._pointer] = value
            if self._pointer == _CTRL_1:
                self._next = None
                self._update()
            if self._pointer == _FIFO_CTRL and not value >> 6:
                self._fifo = []
            self._step()

    def read_into(self, buffer):
        """Handle a read from the last given register on."""
        self._update()
        for i in range(len(buffer)):
            buffer[i] = self._read(self._pointer)
            self._step()

    def _step(self):
        if self._count_on:
            self._pointer = _OUT if self._pointer == _OUT + 5 else self._pointer + 1

    def _read(self, register):
        if self.fault == "garbage":
            return self._noise.below(256)
        if _OUT <= register < _OUT + 6:
            return self._output(register - _OUT)
        if register == _STATUS:
            return (0x0F if self._fifo else 0) | (0xF0 if self._overrun else 0)
        if register == _FIFO_SRC:
            held = len(self._fifo)
            return (0x40 if held == _DEPTH else 0) | (0 if held else 0x20) | min(held, _DEPTH - 1)
        return self._registers[register] if register < 64 else 0

    def _output(self, at):
        """Return byte `at` of the oldest sample; reading its last byte removes it."""
        sample = self._fifo[0] if self._fifo else self._last
        value = sample[at >> 1]
        if at == 5:
            self._last = sample
            if self._fifo:
                self._fifo.pop(0)
            self._overrun = False
        return value >> (8 if at & 1 else 0) & 0xFF

    # ---- measurement

    def _update(self):
        """Measure the samples that are due by now."""
        rate = _RATES_HZ[min(self._registers[_CTRL_1] >> 4, 9)]
        if not rate:
            self._next = None
            return
        now = clock.now()
        period = 1000000 // rate
        if self._next is None:
            self._next = now + period
        if now - self._next > 2 * _DEPTH * period:
            self._next += (now - self._next) // period * period - _DEPTH * period
        depth = _DEPTH if self._registers[_CTRL_5] & 0x40 and self._registers[_FIFO_CTRL] >> 6 else 1
        while self._next <= now:
            self._fifo.append(self._sample(self._next))
            if len(self._fifo) > depth:
                self._fifo.pop(0)
                self._overrun = True
            self._next += period

    def _sample(self, us):
        if self.fault == "stuck":
            return self._fifo[-1] if self._fifo else self._last
        if self.fault == "saturated":
            return (0x7FF0, 0x7FF0, -0x8000)
        scale = _MG[self._registers[_CTRL_4] >> 4 & 3]
        x, y, z = self.acceleration(us)
        return (self._converted(x, scale), self._converted(y, scale), self._converted(z, scale))

    def _converted(self, mg, scale):
        value = (mg + self._noise.bell(self._noise_mg)) // scale
        return max(-2048, min(2047, value)) << 4
