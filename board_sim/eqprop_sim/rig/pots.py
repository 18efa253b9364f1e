"""Potentiometers by their registers, after their datasheets (as in `eqprop.rig.mcp4251` and `ad5254`).

- codes: of the wipers. stuck: wipers that ignore what is written. changed(wiper): called when a code changes.
"""


class _Pot:
    wipers = middle = most = 0

    def __init__(self, changed):
        self.changed = changed
        self.stuck = set()
        self.codes = [self.middle] * self.wipers
        self.writes = 0

    def set(self, wiper, code):
        """Move a wiper, as far as it goes."""
        self.writes += 1
        code = max(0, min(self.most, code))
        if wiper not in self.stuck and code != self.codes[wiper]:
            self.codes[wiper] = code
            self.changed(wiper)


class MCP4251(_Pot):
    """DS22060B: 16-bit frames AAAA CC DD DDDDDDDD; write, increment, decrement, read; SDO is high while it listens."""

    wipers, middle, most = 2, 128, 256

    def power_up(self):
        """Start at half of the scale (section 4.2.2)."""
        for wiper in range(self.wipers):
            self.codes[wiper] = self.middle if wiper not in self.stuck else self.codes[wiper]
            self.changed(wiper)

    def frame(self, out):
        """Return what comes back for a frame. CMDERR, bit 9, falls for an address without a wiper or register."""
        if len(out) == 1:  # increment and decrement have 8 bits
            out = bytes((out[0], 0))
        address, command = out[0] >> 4, out[0] >> 2 & 3
        if address > 1 and address not in (4, 5):
            return b"\xfc\x00"
        if address > 1:
            return b"\xff\xff" if command == 0 else b"\xff\xff"  # TCON and status: as after power-up
        if command == 3:
            code = self.codes[address]
            return bytes((0xFE | code >> 8, code & 0xFF))
        if command == 0:
            self.set(address, (out[0] & 3) << 8 | out[1])
        else:
            self.set(address, self.codes[address] + (1 if command == 1 else -1))
        return b"\xff\xff"


class AD5254(_Pot):
    """Rev. D: an instruction byte, then data; the EEPROM keeps codes without power."""

    wipers, middle, most = 4, 128, 255

    def __init__(self, changed):
        super().__init__(changed)
        self.kept = [self.middle] * self.wipers
        self._register = 0

    def power_up(self):
        """Take the codes of the EEPROM."""
        self.codes[:] = self.kept
        for wiper in range(self.wipers):
            self.changed(wiper)

    def written(self, data):
        """Handle a write: a register's number, or a command, then data."""
        instruction = data[0]
        if instruction & 0x80:
            wiper = instruction & 3
            if instruction >> 3 & 15 == 2:
                self.kept[wiper] = self.codes[wiper]
            return
        self._register = instruction & 0x23
        for value in data[1:]:
            if self._register & 0x20:
                self.kept[self._register & 3] = value
            else:
                self.set(self._register & 3, value)

    def read_into(self, buffer):
        """Handle a read of the register last named."""
        kept = self.kept if self._register & 0x20 else self.codes
        for i in range(len(buffer)):
            buffer[i] = kept[self._register & 3]
