"""A row of lamps that show something for a while, timed by the blocks that the program listens to."""

ALL = -1
_BLINK = 8  # blocks of light, then as many without


class Lamps:
    """One lamp for each word, and all of them for what is wrong."""

    def __init__(self, pins):
        """Use these output pins."""
        self.pins = pins
        self._which = 0
        self._left = 0
        self._blinks = False

    def show(self, which, blocks, blinking=False):
        """Light lamp number `which`, or ALL, for so many blocks, and no other."""
        self._which = which
        self._left = blocks
        self._blinks = blinking
        self._light(True)

    def off(self):
        """Show nothing."""
        self._left = 0
        self._light(False)

    def tick(self):
        """Let a block pass."""
        if self._left:
            self._left -= 1
            if not self._left:
                self._light(False)
            elif self._blinks and self._left % _BLINK == 0:
                self._light(self._left // _BLINK % 2 == 0)

    def _light(self, lit):
        for i in range(len(self.pins)):
            self.pins[i].value(lit and self._which in (ALL, i))
