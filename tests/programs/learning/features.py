"""Print all that the features make of random signals, loud and quiet; the heap is locked while they do.

micropython features.py TIER
"""

import sys
from array import array

import eqprop  # noqa: F401
from eqprop.features.mel import FilterBank
from eqprop.features.population import Population
from eqprop.features.scale import Scaler, fit
from eqprop.features.spectrum import Bands
from eqprop.features.utterance import Utterance
from eqprop.features.window import Statistics, Window
from eqprop.hopfield import selection
from eqprop.network import zeros
from eqprop.xorshift import Xorshift32

try:
    from micropython import heap_lock, heap_unlock
except ImportError:

    def heap_lock():
        """Do nothing: CPython has no such heap."""

    heap_unlock = heap_lock


class Ears:
    """All features of windows of one size."""

    def __init__(self, size, window_type):
        """Take windows of `size` samples."""
        self.window = window = window_type(size, size // 2)
        self.statistics = Statistics(window)
        self.bands = Bands(window, (1, 3, size // 4, size // 2 + 1))
        self.mel = FilterBank(window, size // 20 + 1)
        self.scaler = Scaler(3, 2)
        self.utterance = Utterance(3, 2, frames=20, pause=3)
        self.out = array("b", bytes(9))
        self.population = Population(3, 5, 0, 1500)
        self.word = None

    def hear(self, signal, shift):
        """Push a signal, shifted right, sample by sample."""
        for value in signal:
            if self.window.push(value >> shift):
                self.statistics.measure()
                self.mel.measure()
                self.bands.measure()
                levels = self.bands.levels
                self.scaler.update(levels)
                self.scaler.scale(levels, self.out)
                fit(levels, 1000, 6000, self.out, 3)
                self.population.encode(levels)
                self.word = self.utterance.push(levels)

    def write(self):
        """Write a word, whether there was one or not."""
        self.utterance.length = 5
        self.utterance.write(self.out, 3)


def report(window_type=Window):
    """Return lines of what comes out, for sizes and loudnesses of all kinds."""
    random = Xorshift32(5)
    lines = []
    for size in (16, 64, 256, 1024):
        ears = Ears(size, window_type)
        signal = zeros("i", size)
        for turn in range(8):
            # Noise, a step, the ends of the range, noise, silence
            for i in range(size):
                signal[i] = random.below(65536) - 32768
                if turn == 2:
                    signal[i] = 32767 if i < size // 3 else -32768
            shift = (0, 3, 0, 7, 11, 15, 14, 16)[turn]
            heap_lock()
            ears.hear(signal, shift)
            heap_unlock()
            s = ears.statistics
            power = 0
            for k in range(size // 2 + 1):
                power = (power * 3 + int(ears.mel.spectrum.power[k])) % 1000003
            line = [size, turn, s.low, s.high, s.mean, s.deviation, s.crossings, s.step, power, ears.word]
            line += [ears.mel.spectrum.exponent, ears.utterance.loudness]
            scaler, code = ears.scaler, ears.population.code
            for part in (ears.mel.levels, ears.bands.levels, scaler.mean, scaler.mean_abs_deviation, ears.out, code):
                line += [int(each) for each in part]
            lines.append(" ".join(str(each) for each in line))
        heap_lock()
        ears.write()
        heap_unlock()
        lines.append(" ".join(str(each) for each in ears.out))
    return lines


if __name__ == "__main__":
    selection.use(sys.argv[1])
    for line in report():
        print(line)
