"""An ear: a microphone's samples become words, 96 features each, and it is noticed when something is wrong with it."""

import time
from array import array

from eqprop.features.mel import FilterBank
from eqprop.features.utterance import TOO_LONG, WORD, Utterance
from eqprop.features.window import Window

RATE_HZ = 8000
HOP = 128  # samples of a block: 16 ms
BANDS, STEPS = 12, 8
FEATURES = BANDS * STEPS

_PATIENCE = 63  # blocks: a second
_LOUD = 6000  # of a band's level: 20 dB below full scale


class Ear:
    """Listens block by block, and allocates nothing.

    - word: int8 (FEATURES,), of the last word heard.
    - fault: "" while all is well; "absent" when the microphone cannot be read, "stuck" after a second of one and the
      same value, "saturated" after as long at the ends of its range, "noisy" when the background drowns any voice.
    """

    def __init__(self, microphone, window_type=Window):
        """Listen to a `machine.I2S`, or what has its `readinto`, of 16-bit samples at RATE_HZ."""
        self.microphone = microphone
        self.window = window_type(2 * HOP, HOP)
        self.bank = FilterBank(self.window, BANDS, RATE_HZ, 80, 3800)
        self.utterance = Utterance(BANDS, STEPS)
        self.word = array("b", bytes(FEATURES))
        self.fault = ""
        self._still = 0  # blocks at a stretch without any sound
        self._clipped = 0  # and with both ends of the range in them
        self._spoiled = False

    def listen(self):
        """Hear the next block, 16 ms; return whether a word has just ended. `word` and `fault` tell the rest.

        A word that was too loud for the microphone, or came while something was wrong, is passed over.
        """
        window = self.window
        window.slide()
        try:
            self.microphone.readinto(window.fresh)
        except OSError:
            self.fault = "absent"
            time.sleep_ms(16)
            self.utterance.restart()
            return False
        self.bank.measure()
        said = self.utterance.push(self.bank.levels)
        self._look(said)
        if said != WORD or self.fault or self._spoiled:
            return False
        self.utterance.write(self.word)
        return True

    def _look(self, said):
        """See whether the microphone works."""
        samples = self.window.fresh
        low, high = min(samples), max(samples)
        self._still = self._still + 1 if low == high else 0
        clipped = low < -32000 and high > 32000
        self._clipped = self._clipped + 1 if clipped else 0
        if self._still > _PATIENCE:
            self.fault = "stuck"
        elif self._clipped > _PATIENCE:
            self.fault = "saturated"
        else:
            if self.fault in ("stuck", "saturated"):
                self.utterance.restart()
            self.fault = "noisy" if max(self.utterance.background) > _LOUD else ""
        # From its first clipped block until it is over
        if clipped:
            self._spoiled = True
        elif said in (WORD, TOO_LONG) or self.utterance.loudness < self.utterance.rise:
            self._spoiled = False
