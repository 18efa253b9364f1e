"""Words in the sound of a microphone, by the runtime's own features."""

from array import array

from eqprop.features.mel import FilterBank
from eqprop.features.utterance import WORD, Utterance
from eqprop.features.window import Window

RATE_HZ = 8000
BANDS = 16
STEPS = 8


class Ear:
    """Listens for words: `BANDS` * `STEPS` features each, ready to learn.

    - words: how many were heard. features: of the last one, bytes of int8
    """

    def __init__(self):
        """Listen to samples at RATE_HZ."""
        self.words = 0
        self.features = bytes(BANDS * STEPS)
        self._window = Window(256, hop=128)
        self._bank = FilterBank(self._window, BANDS, RATE_HZ, 80, 3800)
        self._utterance = Utterance(BANDS, STEPS)

    @property
    def loudness(self):
        """How far the last frame was above the background, in 3 dB / 256."""
        return self._utterance.loudness

    def hear(self, samples):
        """Take samples: bytes of little-endian int16."""
        window = self._window
        for i in range(0, len(samples) - 1, 2):
            if window.push(((samples[i] | samples[i + 1] << 8) ^ 0x8000) - 0x8000):
                self._bank.measure()
                if self._utterance.push(self._bank.levels) == WORD:
                    features = array("b", bytes(BANDS * STEPS))
                    self._utterance.write(features)
                    self.features = bytes(features)
                    self.words += 1
