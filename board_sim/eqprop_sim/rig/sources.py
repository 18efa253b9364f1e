"""Microchip's MCP4728 by its registers, after DS22187E (as in `eqprop.rig.mcp4728`).

- codes, internal: of channels A to D, and whether each uses the internal reference. changed(channel): called when an
  output changes.
"""


class MCP4728:
    """Fast write, multi-write and the reference bits; its EEPROM is that of a new chip."""

    def __init__(self, changed):
        self.changed = changed
        self.codes = [2048] * 4
        self.internal = [True] * 4

    def power_up(self):
        """Take the EEPROM of a new chip: the internal reference, half of the scale."""
        for channel in range(4):
            self.codes[channel] = 2048
            self.internal[channel] = True
            self.changed(channel)

    def volts(self, channel):
        """Return an output's voltage from ground with a supply of 5 V."""
        return self.codes[channel] * (2.048 if self.internal[channel] else 5.0) / 4096

    def written(self, data):
        """Handle a write."""
        if data[0] >> 5 == 0b100:
            for channel in range(4):
                self.internal[channel] = bool(data[0] >> (3 - channel) & 1)
                self.changed(channel)
        elif data[0] >> 6 == 0:
            for at in range(0, len(data) - 1, 2):
                self._set(at // 2, (data[at] & 15) << 8 | data[at + 1])
        elif data[0] >> 3 == 0b01000:
            for at in range(0, len(data) - 2, 3):
                channel = data[at] >> 1 & 3
                self.internal[channel] = bool(data[at + 1] >> 7)
                self._set(channel, (data[at + 1] & 15) << 8 | data[at + 2])

    def _set(self, channel, code):
        if code != self.codes[channel]:
            self.codes[channel] = code
            self.changed(channel)

    def read_into(self, buffer):
        """Answer as ready, with zeros."""
        for i in range(len(buffer)):
            buffer[i] = 0x80 if not i else 0
