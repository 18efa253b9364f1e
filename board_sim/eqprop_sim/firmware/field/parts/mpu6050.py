"""TDK InvenSense's MPU-6050 by its registers, after its register map (RM-MPU-6000A, revision 4.2).

SMPLRT_DIV 19h and CONFIG 1Ah (rate: 1 kHz, 8 kHz without filter, over 1 + SMPLRT_DIV), GYRO_CONFIG 1Bh and ACCEL_CONFIG
1Ch (full scale in bits 3 and 4), INT_STATUS 3Ah, ACCEL_XOUT_H 3Bh to GYRO_ZOUT_L 48h (big-endian: three accelerations,
the temperature, three rates), PWR_MGMT_1 6Bh (asleep after power-up: 40h) and WHO_AM_I 75h (68h). A register's number
advances from byte to byte.
"""

from clock import clock

from .noise import Noise

_RATE, _CONFIG, _GYRO, _ACCEL, _STATUS = 0x19, 0x1A, 0x1B, 0x1C, 0x3A
_OUT, _END, _POWER, _ID = 0x3B, 0x49, 0x6B, 0x75
_RESET, _SLEEP = 0x80, 0x40
_G = 16384  # counts for 1 g at full scale 2 g
_TURN = 131  # counts for 1 degree/s at full scale 250 degrees/s
_TEMPERATURE = -3920  # 25 degrees Celsius: (25 - 36.53) * 340


class MPU6050:
    """The part; it measures motion(us): (x, y, z) in mg and (x, y, z) in degrees a second, six integers.

    noise: standard deviation, in counts at the smallest full scale. fault: None, or its samples are "stuck" (all the
    same), "saturated" (at full scale) or "garbage" (a floating wire).
    """

    def __init__(self, motion, seed=0, noise=40):
        self.motion = motion
        self.fault = None
        self._noise = Noise(seed)
        self._deviation = noise
        self._registers = bytearray(128)
        self._reset()
        self._pointer = 0

    def _reset(self):
        for n in range(128):
            self._registers[n] = 0
        self._registers[_POWER] = _SLEEP
        self._registers[_ID] = 0x68
        self._sampled = None

    def written(self, data):
        """Handle a write: a register's number, then data."""
        self._pointer = data[0] & 0x7F
        for value in data[1:]:
            if self._pointer == _POWER and value & _RESET:
                self._reset()
            elif not _STATUS <= self._pointer < _END and self._pointer != _ID:
                self._registers[self._pointer] = value
            self._step()

    def read_into(self, buffer):
        """Handle a read from the last given register on."""
        self._measure()
        for i in range(len(buffer)):
            garbage = self.fault == "garbage"
            buffer[i] = self._noise.below(256) if garbage else self._registers[self._pointer]
            if self._pointer == _STATUS:
                self._registers[_STATUS] = 0  # reading clears it
            self._step()

    def _step(self):
        self._pointer = (self._pointer + 1) & 0x7F

    def _measure(self):
        """Measure if a sample is due."""
        registers = self._registers
        if registers[_POWER] & _SLEEP or self.fault == "stuck":
            return
        rate_hz = (1000 if 0 < registers[_CONFIG] & 7 < 7 else 8000) // (1 + registers[_RATE])
        sample = clock.now() * rate_hz // 1000000
        if sample == self._sampled:
            return
        self._sampled = sample
        registers[_STATUS] |= 1
        motion = self.motion(sample * 1000000 // rate_hz)
        ranges = registers[_ACCEL] >> 3 & 3, registers[_GYRO] >> 3 & 3
        for n in range(7):
            if n == 3:
                value = _TEMPERATURE
            elif self.fault == "saturated":
                value = 32767
            elif n < 3:
                value = (motion[n] * _G // 1000 + self._noise.bell(self._deviation)) >> ranges[0]
            else:
                value = (motion[n - 1] * _TURN + self._noise.bell(self._deviation)) >> ranges[1]
            value = max(-32768, min(32767, value))
            registers[_OUT + 2 * n] = value >> 8 & 0xFF
            registers[_OUT + 2 * n + 1] = value & 0xFF
