"""Learning what is normal, with no label and no example of anything else.

A network with two outputs learns to tell what was measured from what is made up (noise-contrastive estimation: Gutmann
& Hyvarinen, AISTATS 2010). Half of what is made up has each feature from another of the last windows: every one is as
usual, together they are not. The other half is a window with every feature shaken: near what is usual, but not there.
How much more a window looks made up than measured is its score. Each feature is spread over eight units, so that a
network sees at a glance where a feature is usually found.

Integer only; allocates nothing after construction.
"""

import struct
from array import array

from eqprop.extras.reservoir import Reservoir
from eqprop.features.population import Population
from eqprop.features.scale import Scaler

MEASURED, MADE_UP = 0, 1
UNITS = 8
SCALED = 8  # log2 of the windows that the scale is made of
_KEPT = 64  # windows, of all that were learnt
_SHAKEN = 80  # steps of a scaled feature, which has 32 to its mean distance from its mean


class Novelty:
    """Scores windows of `features` numbers by how far from normal they are.

    - scaled: whether the scale is made; `learn` makes it of its first 256 windows.
    """

    def __init__(self, network, features):
        """Learn with `network`, of UNITS * features inputs and two outputs."""
        self.network = network
        self._features = features
        self._scaler = Scaler(features, SCALED)
        self._population = Population(features, UNITS, -112, 32)
        self._x = array("b", bytearray(features))
        self._kept = Reservoir(features, 1, 24 + features + _KEPT * (features + 22))

    @property
    def scaled(self):
        """Whether the scale is made."""
        return self._scaler.count == 1 << SCALED

    def learn(self, levels):
        """Let a window, of `features` numbers within int16, count as normal."""
        if not self.scaled:
            self._scaler.update(levels)
            return
        self._kept.keep(self.scale(levels), 0)
        self._learn(self._x, MEASURED)
        self._shuffle()
        self._learn(self._x, MADE_UP)
        self._take()
        self._learn(self._x, MEASURED)
        self._take()
        self._shake()
        self._learn(self._x, MADE_UP)

    def score(self, levels):
        """Return how much more a window looks made up than measured: volts of the outputs, -65535..65535."""
        self.network.infer(self.code(levels))
        outputs = self.network.outputs
        return int(outputs[MADE_UP]) - int(outputs[MEASURED])

    def scale(self, levels):
        """Return a window's features scaled: int8, memory that is used again."""
        self._scaler.scale(levels, self._x)
        return self._x

    def code(self, levels):
        """Return a window's features as the network sees them: int8, memory that is used again."""
        return self._population.encode(self.scale(levels))

    def pack(self):
        """Return the scale as bytes."""
        return bytes(self._scaler.mean) + bytes(self._scaler.mean_abs_deviation)

    def unpack(self, data):
        """Take up a scale that was packed, at the beginning of `data`; return what is behind it."""
        n = self._features
        scale = struct.unpack_from("<{}i".format(2 * n), data, 0)
        for i in range(n):
            self._scaler.mean[i] = scale[i]
            self._scaler.mean_abs_deviation[i] = scale[n + i]
        self._scaler.count = 1 << SCALED
        return data[8 * n :]

    def _learn(self, x, label):
        self.network.learn(self._population.encode(x), label)

    def _shuffle(self):
        """Make one up, of which every feature was measured, each at another time."""
        for i in range(self._features):
            self._x[i] = self._any()[i]

    def _take(self):
        """Take one of the windows that are kept."""
        x = self._any()
        for i in range(self._features):
            self._x[i] = x[i]

    def _shake(self):
        """Shake the window that was taken: every feature is off by less than _SHAKEN steps."""
        for i in range(self._features):
            v = self._x[i] + self._kept.below(2 * _SHAKEN - 1) - _SHAKEN + 1
            self._x[i] = -127 if v < -127 else 127 if v > 127 else v

    def _any(self):
        """Return one of the windows that are kept: int8."""
        return self._kept.sample(self._kept.draw())
