"""What the compiled crossbars of all energy models share: verbs on NumPy arrays, one sample or many in a call."""

from typing import Any

import numpy as np

from eqprop.crossbar import CheckedCrossbar, Rot
from eqprop.learner import Learner

ROT = -1
"""In place of a loss: a total conductance is out of range, so memory rotted."""


class Rows(CheckedCrossbar):
    """A compiled crossbar's verbs; features may be any buffer of int8.

    A subclass has compiled functions: settle_sample(circuit, x) -> prediction; learn_sample(circuit, x, label) ->
    (prediction, loss or ROT); learn_rows(circuit, x, labels) -> (correct predictions, total loss, last prediction, last
    loss or ROT); learn_target_rows(circuit, x, targets, beta, scale, limit) -> (total loss, last loss or ROT), if its
    model learns numbers; infer_rows(circuit, x, classes, outputs).
    """

    circuit: Any
    settle_sample: Any
    learn_sample: Any

    def checked(self, x):
        """Return `x` as a NumPy array. Raises as `check`."""
        try:
            if memoryview(x).itemsize != 1:
                raise TypeError(f"x: expected an int8 buffer, got {type(x).__name__} of larger items")
            codes = np.frombuffer(x, np.int8)
        except (TypeError, ValueError):
            self.check(x)
            raise
        if len(codes) != self.features:
            self.check(codes.tobytes())
        return codes

    def settle(self, x):
        """As the plain crossbar's."""
        return self.settle_sample(self.circuit, self.checked(x))


class RowsLearner(Learner):
    """Trains a compiled crossbar, a sample in one call; any other crossbar as `Learner` does."""

    def learn(self, x, label, replay=0):
        """As `Learner.learn`."""
        crossbar = self._crossbar
        if replay or not isinstance(crossbar, Rows):
            super().learn(x, label, replay)
            return
        x = crossbar.checked(x)
        crossbar.check_label(label)
        prediction, loss = crossbar.learn_sample(crossbar.circuit, x, label)
        if loss == ROT:
            raise Rot("total conductance")
        self.count(prediction, loss)
