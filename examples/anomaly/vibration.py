"""The accelerometer LIS3DH on I2C, in windows of vibration, and what there is to know about a window.

Registers: ST, LIS3DH datasheet DocID17530, section 8.
"""

from array import array

from eqprop.features.arithmetic import log2
from eqprop.features.spectrum import Bands
from eqprop.features.window import Statistics, Window

ADDRESS = 0x18
RATE_HZ = 1344
SAMPLES = 256  # in a window: 190 ms
BANDS = 16  # of 42 Hz each
FEATURES = BANDS + 2

_NEXT = 0x80  # added to a register's number: go on with the one behind it
_WHO_AM_I, _CTRL_1, _CTRL_4, _CTRL_5, _OUT, _FIFO_CTRL, _FIFO_SRC = 0x0F, 0x20, 0x23, 0x24, 0x28, 0x2E, 0x2F
_ID = 0x33
_FULL = 2047  # mg: the most that 12 bits hold at 2 g
_TAKEN = 16  # samples in one transfer: half of what the FIFO holds
_PATIENCE = 25  # times 4 ms, for samples that take 12


class Accelerometer:
    """Fills `window` with samples of the x axis, in mg."""

    def __init__(self, i2c, wait_ms):
        """Use the sensor on this bus; `start` it first. wait_ms: sleeps, as `machine.lightsleep`."""
        self.window = Window(SAMPLES)
        self._i2c = i2c
        self._wait_ms = wait_ms
        self._bytes = bytearray(6 * _TAKEN)
        self._one = bytearray(1)

    def start(self):
        """Set the sensor up. Raises OSError where none answers, ValueError for another part at its address."""
        self._i2c.readfrom_mem_into(ADDRESS, _WHO_AM_I, self._one)
        if self._one[0] != _ID:
            raise ValueError("id 0x{:02x} is no LIS3DH's".format(self._one[0]))
        self._write(_CTRL_1, 0x97)  # 1344 Hz, three axes
        self._write(_CTRL_4, 0x88)  # whole samples, 2 g, high resolution: 12 bits of 1 mg
        self._write(_CTRL_5, 0x40)  # FIFO

    def listen(self):
        """Fill the window; return None, or what keeps it from being filled. Raises OSError where no sensor answers."""
        self._write(_FIFO_CTRL, 0)  # empties it
        self._write(_FIFO_CTRL, 0x80)  # what comes from now on, in a stream
        samples = self.window.samples
        data = self._bytes
        at = waited = 0
        while at < SAMPLES:
            self._i2c.readfrom_mem_into(ADDRESS, _FIFO_SRC, self._one)
            if self._one[0] & 0x40:
                return "samples are lost"
            if self._one[0] & 0x1F < _TAKEN:
                waited += 1
                if waited > _PATIENCE:
                    return "no samples"
                self._wait_ms(4)
                continue
            waited = 0
            self._i2c.readfrom_mem_into(ADDRESS, _NEXT | _OUT, data)
            for n in range(0, 6 * _TAKEN, 6):
                samples[at] = (((data[n] | data[n + 1] << 8) ^ 0x8000) - 0x8000) >> 4
                at += 1
        return None

    def _write(self, register, value):
        self._one[0] = value
        self._i2c.writeto_mem(ADDRESS, register, self._one)


class Vibration:
    """What is known about a window: 256 steps of a feature are a doubling of power.

    - features: the levels of 16 bands of 42 Hz; the deviation; and the sample that is farthest from the mean, of which
      knocks have more.
    """

    def __init__(self, window):
        """Describe this window, of SAMPLES samples in mg."""
        self._statistics = Statistics(window)
        self._bands = Bands(window, range(1, 8 * BANDS + 2, 8))
        self.features = array("h", bytearray(2 * FEATURES))

    def check(self):
        """Look at the samples; return None, or what is wrong with them."""
        statistics = self._statistics
        statistics.measure()
        if statistics.high >= _FULL or statistics.low < -_FULL:
            return "saturated"
        if statistics.low == statistics.high:
            return "stuck"
        return None

    def describe(self):
        """Return the `features` of the window that was checked."""
        bands = self._bands
        statistics = self._statistics
        features = self.features
        bands.measure()
        for b in range(BANDS):
            features[b] = bands.levels[b]
        features[BANDS] = 2 * log2(statistics.deviation)
        features[BANDS + 1] = 2 * log2(max(statistics.high - statistics.mean, statistics.mean - statistics.low))
        return features
