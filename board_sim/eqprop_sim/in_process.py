"""Boards inside this process, without link or service: `eqprop_host.boards.interface.AnyBoard` at full speed."""

import eqprop
from eqprop.protocol import host_messages, messages

from .emulator.compiled_network import Network
from .sample_order import SampleOrder

_PART = 512  # samples between two looks at whether to stop: a fraction of a second
_DEVICES = 2**25  # the same for the emulator, in samples times devices


def totalled(progress, epoch, samples, correct, loss):
    """Return `progress` after a part of `SampleOrder.parts` was learnt: its totals are those of the part's `epoch`."""
    if epoch and progress.sample % epoch == 0:
        progress = host_messages.Progress(progress.sample, 0, 0, 0, 0)
    sample, cached, counted, before, total = progress
    return host_messages.Progress(sample + samples, cached, counted + samples, before + correct, total + loss)


class EmulatedBoard:
    """A network of this process, by default the bit-exact emulator, trained and asked as a board behind a link is.

    - state: its `eqprop.protocol.host_messages.State` when last asked; `sample` is always that of this moment
    - identity: what it says it is
    - emulated: whether its crossbar is the bit-exact emulator
    - sent, sample_bytes: 0, as no line leads to it; line: None, and restarts: none, for the same reason
    """

    sent = sample_bytes = 0
    line = None
    restarts = ()

    def __init__(self, network_type=Network, name="emulator"):
        """Hold no network yet: `configure` comes first.

        network_type: with the methods of `eqprop_sim.emulator.compiled_network.Network`. name: the physics, for
        `identity`.
        """
        self.identity = f"eqprop {eqprop.__version__} {name}"
        self.emulated = network_type is Network
        self._network_type = network_type
        self._network = None
        self._run_number = self._epoch = self._part = 0
        self._progress = None
        self.state: host_messages.State = None

    @property
    def crossbar(self):
        """The network's crossbar."""
        return self._network.crossbar

    def refresh(self):
        """Return the state: `crc` and `sample` are those of this moment."""
        network = self._network
        self.state = host_messages.State(
            protocol=messages.PROTOCOL,
            session=0,
            limit=0,
            credit=0,
            free_heap=messages.UNKNOWN_HEAP,
            run_number=self._run_number,
            sample=network.sample,
            crc=network.crc(),
            seed=network.seed,
            lr_halving_samples=network.lr_halving_samples,
            saved=messages.NEVER_SAVED,
            written=0,
            failed=0,
            slots=0,
            model=messages.MODELS.index(network.model) | (messages.NUMBERS if network.regression else 0),
            layers=network.layers,
            identity=self.identity,
        )
        return self.state

    def configure(
        self,
        layers,
        seed,
        lr_halving_samples,
        *,
        run_number=0,
        epoch=0,
        alphabet=b"",
        model=None,
        regression=False,
    ):
        """Build a new network: as `Board.configure`, but that nothing is packed, so that `alphabet` changes nothing.

        model: None for what the network type is by default. Raises ValueError for impossible layers, and for a model
        that cannot learn numbers.
        """
        self._run_number, self._epoch = run_number, epoch
        self._progress = host_messages.Progress(0, 0, 0, 0, 0)
        self._network = self._network_type(layers, seed, lr_halving_samples, model)
        devices = sum(rows * columns for rows, columns in self._network.plan.shapes)
        self._part = max(_PART, _DEVICES // devices) if self.emulated else _PART
        if regression:
            self._network.regress()
        self._network.warm_up()  # before anybody looks at the clock
        return self.refresh()

    def train(self, x, y, until=None, order=None, stop=lambda: False):
        """Learn samples in order; yield a `Progress` now and then: as `Board.train`. x may be larger than memory."""
        order = order or SampleOrder(len(x))
        first = self._progress.sample
        until = order.pass_end(first) if until is None else until
        for part in order.parts(first, until, self._part, self._epoch):
            if stop():
                return
            correct, loss = self._network.learn_all(x[part], y[part])
            self._progress = totalled(self._progress, self._epoch, len(part), correct, loss)
            self.state = self.state._replace(sample=self._progress.sample)
            yield self._progress

    def progress(self):
        """Return the `Progress` of this moment."""
        return self._progress

    def recover(self, error=None):
        """Return the state: a board in this process loses nothing."""
        return self.refresh()

    def repeat(self, work):
        """Return work(): this board never restarts."""
        return work()

    def save(self):
        """Return the state, as nothing is kept of it when this process ends."""
        return self.refresh()

    def write_user_data(self, user_data):
        """Keep `user_data` (bytes) with the network."""
        self._network.user_data = bytes(user_data)

    def infer(self, x):
        """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs)."""
        return self._network.infer_all(x)

    def conductances(self):
        """Return every crossbar's conductances in steps, uint16 or signed int16, flat: `shapes` of `eqprop.plan`."""
        return [self._network.conductances(c).copy() for c in range(self._network.crossbar_count)]

    def put_back(self, conductances, sample):
        """As `restore`, for the network of this run: a board behind a link would start a session."""
        return self.restore(conductances, sample)

    def restore(self, conductances, sample):
        """Set every crossbar's conductances, as `conductances` returns them, and go on with sample `sample`."""
        for c, g in enumerate(conductances):
            kind = self._network.conductances(c).dtype.newbyteorder("<")
            self._network.restore(c, 0, g.astype(kind).tobytes())
        self._network.resume_at(sample)
        self._progress = self._progress._replace(sample=sample)
        return self.refresh()
