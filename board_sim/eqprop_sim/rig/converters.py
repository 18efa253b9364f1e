"""Converters by their registers, after their datasheets (as in `eqprop.rig.mcp3208`, `ads1115` and `ads8688`).

- sample(channel): the voltage at an input from ground, volts. noise(): standard deviation 1.
"""

VMID = 2.5


def _convert(volts, lsb, noise, low, high):
    code = volts / lsb + noise
    code = int(code + 0.5) if code >= 0 else -int(0.5 - code)
    return max(low, min(high, code))


class MCP3208:
    """DS21298E: a start bit, SGL and a channel in the first bits; a null bit, then 12 bits, from bit 11 on."""

    noise_lsb = 0.5
    lsb = 5 / 4096

    def __init__(self, sample, noise, _now):
        self._sample, self._noise = sample, noise

    def power_up(self):
        """Do nothing: there are no settings."""

    def frame(self, out):
        """Return what comes back for a frame of three bytes."""
        if len(out) != 3 or out[0] >> 1 != 0b11:  # start bit in another place, or not single-ended
            return b"\xff" * len(out)
        channel = (out[0] & 1) << 2 | out[1] >> 6
        code = _convert(self._sample(channel), self.lsb, self.noise_lsb * self._noise(), 0, 4095)
        return bytes((0xFF, 0xE0 | code >> 8, code & 0xFF))


class ADS8688:
    """SBAS582C: a command selects the channel of the next frame; program registers by frames of 24 bits."""

    noise_lsb = 1.5
    _SPANS = {0: (-10.24, 20.48), 1: (-5.12, 10.24), 2: (-2.56, 5.12), 5: (0, 10.24), 6: (0, 5.12)}

    def __init__(self, sample, noise, _now):
        self._sample, self._noise = sample, noise
        self.power_up()

    def power_up(self):
        """Start with +-10.24 V and channel 0."""
        self._ranges = [0] * 8
        self._channel = 0

    def frame(self, out):
        """Return what comes back for a frame."""
        if len(out) == 3:
            register = out[0] >> 1
            if out[0] & 1 and 5 <= register < 13:
                self._ranges[register - 5] = out[1] & 7
                return bytes((0, 0, out[1]))
            return b"\x00" * 3
        low, span = self._SPANS[self._ranges[self._channel]]
        volts = self._sample(self._channel) - low
        code = _convert(volts, span / 65536, self.noise_lsb * self._noise(), 0, 65535)
        if out[0] & 0xC0 == 0xC0 and not out[1]:
            self._channel = out[0] >> 2 & 7
        return bytes((0, 0, code >> 8, code & 0xFF))


class ADS1115:
    """SBAS444D: a register's number, then data. A conversion takes its time; its input AIN3 is at Vmid."""

    noise_lsb = 1.0
    _RATES = (8, 16, 32, 64, 128, 250, 475, 860)
    _FULL_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)

    def __init__(self, sample, noise, now):
        """now(): microseconds. The clock is slow by the noise, up to 10 %."""
        self._sample, self._noise, self._now = sample, noise, now
        self._slow = 1 + 0.03 * noise()
        self.power_up()

    def power_up(self):
        """Start with 8583 in the configuration (section 9.6.3)."""
        self._registers = [0, 0x8583, 0x8000, 0x7FFF]
        self._register = 0
        self._ready = 0

    def written(self, data):
        """Handle a write."""
        self._register = data[0] & 3
        if len(data) < 3:
            return
        value = data[1] << 8 | data[2]
        if self._register == 1:
            self._registers[1] = value & 0x7FFF
            if value & 0x8000:
                self._convert(value)
        elif self._register:
            self._registers[self._register] = value

    def _convert(self, value):
        multiplexer = value >> 12 & 7
        if multiplexer >= 4:
            volts = self._input(multiplexer - 4)
        elif multiplexer:
            volts = self._input(multiplexer - 1) - self._input(3)
        else:
            volts = self._input(0) - self._input(1)
        lsb = self._FULL_V[value >> 9 & 7] / 32768
        code = _convert(volts, lsb, self.noise_lsb * self._noise(), -32768, 32767)
        self._registers[0] = code & 0xFFFF
        self._ready = self._now() + int(1000000 / self._RATES[value >> 5 & 7] * self._slow)

    def _input(self, channel):
        return VMID if channel == 3 else self._sample(channel)

    def read_into(self, buffer):
        """Handle a read of the register last named."""
        value = self._registers[self._register]
        if self._register == 1 and self._now() >= self._ready:
            value |= 0x8000
        buffer[0] = value >> 8
        buffer[1] = value & 0xFF
