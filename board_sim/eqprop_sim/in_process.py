"""Boards inside this process, without link or service: the verbs of `eqprop_host.board.Board`, at full speed."""

import numpy as np

import eqprop
from eqprop import messages

from .emulator import Network

_PART = 512  # samples between two looks at whether to stop: a fraction of a second


class EmulatedBoard:
    """A network of this process, by default the bit-exact emulator, trained and asked as a board behind a link is.

    - state: its `eqprop.messages.State` when last asked; `sample` is always that of this moment
    - identity: what it says it is
    """

    def __init__(self, network_type=Network, name="emulator"):
        """Hold no network yet: `configure` comes first.

        network_type: with the methods of `eqprop_sim.emulator.Network`. name: of the physics, for `identity`.
        """
        self.identity = f"eqprop {eqprop.__version__} {name}"
        self._network_type = network_type
        self._network = None
        self.state = None

    @property
    def crossbar(self):
        """The network's crossbar."""
        return self._network.crossbar

    def refresh(self):
        """Return the state: `crc` and `sample` are those of this moment."""
        network = self._network
        self.state = messages.State(
            protocol=messages.PROTOCOL,
            limit=0,
            credit=0,
            free_heap=messages.UNKNOWN_HEAP,
            sample=network.sample,
            crc=network.crc(),
            seed=network.seed,
            halve_every=network.halve_every,
            layers=network.layers,
            identity=self.identity,
        )
        return self.state

    def configure(self, layers, seed, halve_every):
        """Build a new network: its sizes, seed of the conductances, samples to each halving of the rates.

        Raises ValueError for impossible layers.
        """
        self._network = self._network_type(layers, seed, halve_every)
        self._network.warm_up()  # before anybody looks at the clock
        return self.refresh()

    def train(self, x, y, stop=lambda: False):
        """Learn samples in order; yield a `Progress` now and then, its totals counted from the first of these.

        x: int8 (samples, inputs), or what gives it by slices. y: labels (samples,). Once `stop()` is true no more are
        learnt.
        """
        right = loss = 0
        for start in range(0, len(x), _PART):
            if stop():
                return
            part = slice(start, start + _PART)
            more_right, more_loss = self._network.learn_all(x[part], y[part])
            right, loss = right + more_right, loss + more_loss
            self.state = self.state._replace(sample=self._network.sample)
            yield messages.Progress(self.state.sample, right, loss)

    def infer(self, x):
        """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs)."""
        return self._network.infer_all(x)

    def conductances(self):
        """Return every crossbar's conductances: uint16 steps, flat as `eqprop.Plan.shapes` says."""
        return [self._network.conductances(c).copy() for c in range(self._network.crossbars)]

    def restore(self, conductances, sample):
        """Set every crossbar's conductances, as `conductances` returns them, and go on with sample `sample`."""
        for c, g in enumerate(conductances):
            self._network.restore(c, 0, g.astype(np.dtype("<u2")).tobytes())
        self._network.settle_restored(sample)
        return self.refresh()
