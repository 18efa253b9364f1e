"""`Network`: a plan, a crossbar and a learner, as one object to train and to query."""

from array import array
from binascii import crc32

from ._compat import collect, const, free_heap, threshold
from .crossbar import FREE, Rot, check_bytes
from .layers import ITEM_BYTES
from .learner import Learner

_LOSS = const(0)  # items of a learner's tally
_PREDICTION = const(1)
_SAMPLE = const(2)


def zeros(typecode, items):
    """Return a zeroed array of `items` elements. A long one doubles in place on the heap, without a second copy."""
    size = ITEM_BYTES[typecode]
    if items <= 64:
        return array(typecode, bytes(size * items))
    rest = array(typecode, bytes(size * (items & 15)))  # made first: after the array, it would keep that from growing
    made = array(typecode, bytes(size * (items >> 4)))
    for _ in range(4):
        made.extend(made)
    made.extend(rest)
    return made


DEFAULT = "hopfield"  # the energy model of networks that name none


def parts(model=None, bits=16):
    """Return (plan type, crossbar type) of an energy model's name; None for the default, hopfield.

    bits: of a weight, 16, or 8 of hopfield, whose name is then hopfield8. A model is a package with modules `planning`
    and `tiers`: plan_type(layers) makes a plan; its `model` is the name, and its sizes, scales and rates are all that
    a crossbar, a learner and a host need to know of the model. crossbar_type(plan, allocate, seed) makes the
    emulated crossbar. `eqprop.protocol.messages.MODELS` has the models' numbers in formats. Raises ValueError for an
    unknown model, or one that has no weights of so many bits.
    """
    model = model or DEFAULT
    if bits != 16:
        if bits != 8 or model != DEFAULT:
            raise ValueError("bits: expected 16, or 8 of hopfield, got {} of {}".format(bits, model))
        model = "hopfield8"
    before = threshold()
    threshold(4096)  # as `tiers.crossbar_type` does
    try:  # imported here, as all of a model, for boards without it
        if model == "resistive":
            from .crossbar.resistive import emulated_crossbar
            from .planning import Plan

            return Plan, emulated_crossbar
        if model == "hopfield":
            from .hopfield import planning, tiers
        elif model == "hopfield8":
            from .hopfield8 import planning, tiers  # type: ignore[no-redef]
        elif model == "differential":
            from .differential import planning, tiers  # type: ignore[no-redef]
        else:
            raise ValueError("model: expected hopfield, resistive or differential, got {!r}".format(model))
        return planning.Plan, tiers.emulated_crossbar
    except ImportError as error:
        raise ValueError("model: {} is not on this board: deploy it".format(model)) from error
    finally:
        threshold(before)


def _saving():
    """Return the module of what a board that serves does not need, which is loaded on first use."""
    from . import saving

    return saving


class Network:
    """A network that learns by Equilibrium Propagation, on a crossbar that this processor emulates or on another one.

    - layers: sizes, inputs first. plan: its `Plan`. crossbar_count: one fewer than layers. model: its energy model.
    - g_min, g_max: limits of a conductance, steps.
    - memory, regression, confidence: what `remember`, `regress`, `calibrate` made, or None; extras: all of them.
    - sample: training samples learnt; prediction, loss: of the last one, before it was learnt (see `Learner`).

    On an emulated crossbar, `learn` and `infer` allocate nothing, and the conductances after any run are the same bits
    on every interpreter.
    """

    learner_type = Learner
    allocate = staticmethod(zeros)
    parts = staticmethod(parts)
    memory = None
    regression = None
    confidence = None
    extras: tuple = ()

    def __init__(self, layers, seed=0, lr_halving_samples=0, model=None, crossbar=None, bits=16):
        """Build a network of `layers` ("64-32-10" or a tuple) with initial conductances drawn from `seed`.

        lr_halving_samples: samples after which the learning rate halves; 0 for never. model: an energy model, as for
        `parts`. crossbar: a crossbar of your own for these layers, with the contract of `eqprop.crossbar`; None to
        emulate one. With one of your own, seed None keeps the conductances that it has. bits: of a weight, 16, or 8 for
        a hopfield network in half the memory, whose `model` is then "hopfield8" (`eqprop.hopfield8`).
        Raises ValueError for impossible layers, an unknown model or a crossbar of others, MemoryError with the numbers
        if the free heap is too small.
        """
        if lr_halving_samples < 0:
            raise ValueError("lr_halving_samples: {} is negative".format(lr_halving_samples))
        if crossbar is None:
            collect()  # garbage would scatter the model's code and the arrays over the heap
            plan_type, crossbar_type = self.parts(model, bits)
            plan = plan_type(layers)
            try:
                crossbar = crossbar_type(plan, self.allocate, seed)
            except MemoryError as error:
                free = free_heap()
                words = "layers: {} needs {} bytes of heap, {} are free".format(plan, plan.bytes, free)
                if free is not None and plan.bytes <= free:
                    words += ", but in pieces: {}".format(error)
                raise MemoryError(words) from error
        else:
            from .crossbar.external import checked  # imported here, so that most boards do not load it

            plan = checked(crossbar, layers, model if bits == 16 else "{} bits".format(bits)).plan
            if seed is not None:
                crossbar.initialise(seed)
        self.plan = plan
        self.layers = plan.layers
        self.model = plan.model
        self.seed = seed
        self.lr_halving_samples = lr_halving_samples
        self.crossbar_count = len(plan.shapes)
        self.g_min = plan.g_min
        self.g_max = plan.g_max
        self.crossbar = crossbar
        self._checkpoints = None
        self.user_data = b""
        self.learner = learner = self.learner_type(crossbar, plan, lr_halving_samples)
        self.use(learner.learn, crossbar.settle)

    def use(self, learn, infer):
        """Learn and infer by these functions of one sample from now on.

        They replace the methods, except those of a subclass: a call costs a board as much as ten lines.
        """
        self._learn = learn
        self._infer = infer
        if type(self) is Network:
            self.learn = learn  # type: ignore[method-assign]
            self.infer = infer  # type: ignore[method-assign]

    @property
    def sample(self):
        """Number of training samples learnt."""
        return self.learner.tally[_SAMPLE]

    @property
    def prediction(self):
        """Class predicted for the last learnt sample, before it was learnt."""
        return self.learner.tally[_PREDICTION]

    @property
    def loss(self):
        """Loss of the last learnt sample, before it was learnt (see `Learner`)."""
        return self.learner.tally[_LOSS]

    @property
    def outputs(self):
        """Voltages of the output nodes in the last free phase: int16, its own memory, valid until the next one."""
        return self.crossbar.voltages(self.crossbar_count, FREE)

    @property
    def margin_percent(self):
        """How far the highest output was above the next in the last free phase, in percent: 0..100.

        100 is the distance between the learning targets, or more. With a single output it is always 100.
        """
        return _saving().margin_percent(self.outputs, self.plan.targets)

    @property
    def user_data(self):
        """Data that the program keeps with the conductances: a scale, a limit, a count. Bytes, b"" at first.

        `save` writes them into the same checkpoint, and `eqprop.load` restores them; loading takes their size of heap
        in addition. Assign a buffer of bytes to change them (TypeError for anything else), and assign it a second time
        after writing to it: reading or saving a buffer that changed since raises RuntimeError.
        """
        if crc32(self._user_data) != self._sealed:
            raise Rot("user_data")
        return self._user_data

    @user_data.setter
    def user_data(self, user_data):
        check_bytes("user_data", user_data)
        self._sealed = crc32(user_data)
        self._user_data = user_data
        if self._checkpoints:
            self._checkpoints.saved = None  # the newest checkpoint has other user data

    @property
    def save_failures(self):
        """How many times `save` failed on a full, read-only or broken flash; being too early does not count."""
        return self._checkpoints.failed if self._checkpoints else 0

    def learn(self, x, label, replay=0):
        """Learn one sample: features `x` (int8 or their bytes, one for each input; 127 is full scale), class `label`.

        replay: how many samples of the network's memory to learn again after it (`remember`), 0..255.
        Raises TypeError for anything but a buffer, ValueError for a wrong number of features, a label outside
        0..outputs - 1, or a replay without a memory; it then learns nothing.
        """
        self._learn(x, label, replay)

    def infer(self, x):
        """Return the class of features `x` (as for `learn`): the highest of `outputs`, which are updated.

        A network with a memory (`remember`) returns the class of the nearest kept sample while that class is new.
        """
        return self._infer(x)

    def remember(self, size_bytes):
        """Keep samples in `size_bytes` of heap from now on, so that `learn` can rehearse them (`eqprop.extras.memory`).

        Every sample that `learn` gets may be kept; each class has its share of the room. On a board, a sample takes 22
        bytes and its features: 8,700 bytes keep 100 samples of the digits. Checkpoints hold the memory too, so call it
        for a new network only. A class may come at any time: with outputs to spare, a network learns one that it has
        never seen from a few samples. Until a class has had ten samples, and until the network is right as often, the
        nearest kept sample decides whether a sample is of that class.

        Raises ValueError if not one sample fits, or for a network that has a memory; MemoryError with the
        numbers if the free heap is too small.
        """
        _saving().remember(self, size_bytes)

    def regress(self):
        """Learn numbers from now on, not classes: `learn(x, target)`, `learn_steps(x, target)`, and `predict(x)`.

        A target is an int16 for each output, such as array("h", [-1200, 300]); of a network with one output also the
        number alone. Scale yours so that they fill -32768..32767, or most of it. `learn` raises TypeError or ValueError
        for any other target, and learns nothing. `loss` is of the squared error (`eqprop.extras.regression`).
        Checkpoints keep that a network learns numbers, so call it for a new network only. Raises ValueError for a
        network that has learnt, or that remembers samples of classes.
        """
        _saving().regress(self)

    def calibrate(self):
        """Learn from now on how likely an answer is right: `confidence_percent` (`eqprop.extras.confidence`).

        Each sample that `learn` gets was asked first, so it costs no sample of its own. Checkpoints keep the table, so
        call it for a new network only. Raises ValueError for a network that learns numbers, or is calibrated already.
        """
        _saving().calibrate(self)

    @property
    def confidence_percent(self):
        """How often the network was right when its highest output led by as much as in the last free phase: 0..100.

        Of the samples that it learnt, before it learnt them. Raises ValueError before `calibrate`.
        """
        return _saving().confidence_percent(self)

    def predict(self, x):
        """Return the numbers predicted for features `x`: int16, own memory, valid until the next call.

        Raises ValueError if the network learns classes (`regress`).
        """
        raise ValueError("predict: call regress first")

    def use_memory(self, memory):
        """Learn and infer with a memory from now on."""
        _saving().use_memory(self, memory)

    def learn_steps(self, x, label, replay=0):
        """Return an iterator that learns one sample as `learn` does, to the same bits, in at most four steps.

        A program with other work takes one step at a time; in asyncio `for _ in network.learn_steps(x, label): await
        asyncio.sleep(0)`. Do not use the network between the steps. Only the last step changes conductances. The
        longest step of 64-32-10 takes 55,000 instructions on a Cortex-M3, 70,000 on an M0. With a memory there are five
        steps, and four more for each `replay`. Raises as `learn` does.
        """
        return _saving().learn_steps(self, x, label, replay)

    def inspect(self):
        """Raise RuntimeError, naming what changed, if memory changed by itself: a flipped bit, or a stray write.

        It finds any single flipped bit in a conductance, a rate shift, the user data, the sample number, the fixed
        values, and what the network remembers. `save` calls it first, so a rotten network never becomes a checkpoint.
        In machine code, `learn` and `infer` find at once any change that could lead them outside their arrays. After
        such an error, `eqprop.load()` resumes from the last checkpoint. Takes the time of a few samples.
        """
        from .crossbar.network_rot import inspect  # loaded on first use, as in `save`

        inspect(self)
        for extra in self.extras:
            extra.inspect()

    def save(self, folder="", force=False):
        """Save the network in this folder of the flash ("" for the current one); return whether it is now saved.

        Call it as often as you like: it writes only as often as flash endures for years, and a power cut at any byte
        leaves this checkpoint or the one before (`eqprop.checkpoint`). Returns False if it was saved too recently, or
        the flash is full or fails. Raises RuntimeError as `inspect` does, writing nothing. `load` reads the checkpoint,
        and so does the service, for `eqprop pull`. Takes 300 bytes of heap meanwhile.

        force: write even if it was saved recently, for a person's request, because people are slow: 200,000 presses of
        a button wear out a flash without wear levelling.
        """
        return _saving().save(self, folder, force)

    def conductances(self, c):
        """Return crossbar c's conductances in steps, flat, row by row as in `plan.shapes[c]`; its own memory.

        Raises ValueError for a crossbar that cannot be read back.
        """
        return self.crossbar.conductances(c)

    def crc(self):
        """Return the CRC-32 of all conductances in order, as little-endian uint16.

        None for a crossbar that cannot be read back, or whose reading is noisy.
        """
        crossbar = self.crossbar
        if not (crossbar.readable and crossbar.exact):
            return None
        crc = 0
        for c in range(self.crossbar_count):
            crc = crc32(self.conductances(c), crc)
        return crc

    def restore(self, c, start, data):
        """Write conductances from little-endian uint16 bytes, from device `start` of crossbar c on.

        Call `resume_at` after the last piece. Raises ValueError, writing nothing, if they do not fit.
        """
        self.crossbar.restore(c, start, data)

    def resume_at(self, sample):
        """Use the restored conductances, and resume at training sample number `sample`."""
        if not 0 <= sample <= 1073741823:  # 2**30 - 1: a small integer on every port
            raise ValueError("sample: {} is not in 0..1073741823".format(sample))
        self.crossbar.refresh()
        self.learner.resume_at(sample)


def load(layers=None, folder="", crossbar=None):
    """Return the network last saved in this folder of the flash, ready to resume, or None if there is none.

    layers: the expected layers, "64-32-10" or a tuple; None for any. crossbar: as for `Network`; it gets the saved
    conductances, or keeps its own if it cannot be read back. Raises ValueError if the saved layers differ,
    MemoryError if the heap is too small, OSError if the flash fails; the checkpoint stays there.
    """
    return _saving().load(Network, layers, folder, crossbar)
