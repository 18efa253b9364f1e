"""The LIS3DH accelerometer over I2C: 50 samples a second of +-4 g, from its FIFO, and whether they can be believed."""

from array import array

_WHO_AM_I = 0x0F
_CTRL_REG1 = 0x20
_OUT_X_L = 0x28
_FIFO_CTRL_REG = 0x2E
_FIFO_SRC_REG = 0x2F
_MANY = 0x80  # with it, a register's number counts on from byte to byte
# CTRL_REG1 to 5: 50 Hz and all axes; no filter; no interrupt; whole samples, 4 g, high resolution; the FIFO
_SETTINGS = b"\x47\x00\x00\x98\x40"
_BYPASS, _STREAM = b"\x00", b"\x80"  # empty the FIFO; let its oldest sample make room for a new one

MOST = 8  # samples of a reading: 1.2 ms on the bus

_STUCK = 50  # equal samples: a real sensor flickers
_PINNED = 10  # samples at full scale, one after another
_FULL_SCALE = 32700
_JUMP = 32000  # 4 g within 20 ms: no hand does that
_JUMPS = 3  # in one reading


class Accelerometer:
    """samples: x, y, z, x, ... after `read`; array of int16, in 1/8 mg."""

    def __init__(self, i2c, address=0x18):
        self.samples = array("h", bytes(2 * 3 * MOST))
        self._i2c = i2c
        self._address = address
        self._parts = [memoryview(self.samples)[: 3 * n] for n in range(MOST + 1)]
        self._settings = bytearray(len(_SETTINGS))
        self._byte = bytearray(1)
        self._last = [0, 0, 0]

    def start(self):
        """Set the sensor up. Raises OSError when nothing answers, ValueError when something else does."""
        i2c = self._i2c
        i2c.readfrom_mem_into(self._address, _WHO_AM_I, self._byte)
        if self._byte[0] != 0x33:
            raise ValueError("it is no LIS3DH, or garbage: WHO_AM_I is {}".format(self._byte[0]))
        i2c.writeto_mem(self._address, _CTRL_REG1 | _MANY, _SETTINGS)
        i2c.writeto_mem(self._address, _FIFO_CTRL_REG, _BYPASS)
        i2c.writeto_mem(self._address, _FIFO_CTRL_REG, _STREAM)
        self._equal = self._pinned = 0
        self._last[0] = self._last[1] = self._last[2] = 0

    def read(self):
        """Fetch the oldest samples that there are, MOST at most; return how many. 32 are held, 0.6 s of them.

        Raises OSError when the sensor does not answer, ValueError when it says what cannot be: `start` it again.
        """
        i2c = self._i2c
        i2c.readfrom_mem_into(self._address, _CTRL_REG1 | _MANY, self._settings)
        if self._settings != _SETTINGS:
            raise ValueError("it has lost its settings, or garbage")
        i2c.readfrom_mem_into(self._address, _FIFO_SRC_REG, self._byte)
        held = min(MOST, 32 if self._byte[0] & 0x40 else self._byte[0] & 31)
        if held:
            i2c.readfrom_mem_into(self._address, _OUT_X_L | _MANY, self._parts[held])
        self._check(held)
        return held

    def _check(self, held):
        samples, last = self.samples, self._last
        equal, pinned, jumps = self._equal, self._pinned, 0
        for i in range(0, 3 * held, 3):
            same = True
            full = jump = False
            for axis in range(3):
                v = samples[i + axis]
                d = v - last[axis]
                last[axis] = v
                same = same and not d
                full = full or not -_FULL_SCALE < v < _FULL_SCALE
                jump = jump or not -_JUMP < d < _JUMP
            equal = equal + 1 if same else 0
            pinned = pinned + 1 if full else 0
            jumps += jump
        self._equal, self._pinned = equal, pinned
        if pinned >= _PINNED:
            raise ValueError("it is saturated: {} samples at full scale".format(pinned))
        if equal >= _STUCK:
            raise ValueError("it is stuck: {} equal samples".format(equal))
        if jumps >= _JUMPS:
            raise ValueError("garbage: {} jumps of 4 g".format(jumps))
