"""The ways through the house: a reader who follows one sample, or one log record, opens no module more than twice.

How it is counted: `support.followed` notes each call that has the sample, or the record, among its arguments, in any of
its forms: a row of an array, a packed record, a frame. A run of calls of one module is one entry into it. The board's
service runs in this process, behind a line.
"""

import numpy as np

import eqprop
from eqprop.protocol.records import Code
from eqprop_host import datasets
from eqprop_host.boards.records import alphabet_of, pack
from eqprop_host.runlog import RunLog, open_log
from eqprop_host.training import loop
from eqprop_host.training.recorder import Recorder
from support.boards.faulty_line import Line, connect
from support.followed import Follower
from support.scripted_interrupt import ScriptedInterrupt

LAYERS = (6, 4, 3)
ITERATION = ("eqprop_host.datasets.blocks", "eqprop.protocol.bytes_plain")
"""Go through the parts of an array, or the bytes of a frame, for any module: no more of a way than NumPy is."""

SAMPLE_PASSES = (
    "eqprop_host.datasets.formats.numpy_files",
    "eqprop_host.datasets.scaling",
    "eqprop_host.training.loop",
    "eqprop_host.boards.stream",
    "eqprop_host.link.link",
    "eqprop.protocol.frames",
    "eqprop.service.sampling",
    "eqprop.learner",
    "eqprop.hopfield.dynamics",
)
RECORD_PASSES = (
    "eqprop.protocol.frames",
    "eqprop_host.link.link",
    "eqprop_host.link.answers",
    "eqprop_host.training.recorder",
    "eqprop_host.runlog.writer",
    "eqprop_host.runlog.formats.arrow_stream",
)
"""Some of the modules on each way: a follower that saw nothing would find no module entered too often."""


def check_way(way, passes):
    """Assert that no module was entered more than twice, and that these were entered."""
    entries = way.entries(ITERATION)
    assert [module for module in passes if module not in entries] == []
    assert {module: count for module, count in entries.items() if count > 2} == {}, way


def write_data(folder):
    """Write a data set whose samples differ in every feature, and hold no zero, which a frame would replace."""
    x = np.random.default_rng(0).permutation(np.arange(1, 127))[: 6 * 21].reshape(21, 6)
    x[0], x[1] = 1, 127
    np.savez(folder / "data.npz", x=x.astype(np.uint8), y=np.arange(21) % 3)
    return folder / "data.npz"


def holds_sample(raw, features, record):
    """Return what recognises a sample: its row as the file has it, as the board gets it, or packed."""
    forms = [raw.astype(np.uint8).tobytes(), features.tobytes(), record]

    def holds(value):
        if isinstance(value, bytes):
            return any(form in value for form in forms)
        if value.ndim not in (1, 2) or value.shape[-1] != len(raw) or value.dtype.kind not in "iuf":
            return value.dtype == np.uint8 and holds(value.tobytes())
        return bool((np.atleast_2d(value) == raw).all(1).any() or (np.atleast_2d(value) == features).all(1).any())

    return holds


def test_a_sample(tmp_path):
    """Catches a module between the file of the data and the conductances that is entered again and again."""
    path = write_data(tmp_path)
    data = datasets.prepare(datasets.load(str(path)), 0)
    count = len(data.train_y)
    schedule = loop.Schedule(1, 0, 1)
    row = schedule.order(count).indices(0, 1)[0]
    features = data.train_x[row]
    code = Code(LAYERS[0], LAYERS[-1], alphabet_of(data.train_x, data.test_x))
    record = pack(code, data.train_x[row : row + 1], data.train_y[row : row + 1]).tobytes().rstrip(b"\0")
    assert 0 not in record
    with np.load(path) as file:
        scaled = data.scaling.quantise(file["x"])
        raw = file["x"][np.flatnonzero((scaled == features).all(1))[0]]
    board = connect(Line())
    board.configure(**loop.configuration(LAYERS, 0, 0, data))
    before = board.refresh().crc
    end = ("eqprop.learner", "count")  # which counts the sample once the conductances have changed
    with Follower(holds_sample(raw, features, record), end) as way:
        data = datasets.prepare(datasets.load(str(path)), 0)
        loop.learn(board, data, schedule, ScriptedInterrupt(10**6))
    assert board.refresh().crc != before
    check_way(way, SAMPLE_PASSES)


STEPS = [1111, 2222, 3333, 4444]
"""Conductances that hold no zero byte, which a frame would replace."""


class NotEmulated(eqprop.Network):
    """A network whose conductances are nobody's but its own, so that they are read from the board."""

    def __init__(self, layers, seed, lr_halving_samples, model):
        super().__init__(layers, seed, lr_halving_samples, model)
        for device, step in enumerate(STEPS):
            self.conductances(0)[device] = step
        self.crossbar.refresh()


def test_a_log_record(tmp_path):
    """Catches a module between the board and the file of its log that is entered again and again."""
    data = datasets.prepare(datasets.load(str(write_data(tmp_path))), 0)
    board = connect(Line(build=NotEmulated))
    board.configure(**loop.configuration((6, 3), 0, 0, data))
    mark = np.array(STEPS, "<u2").tobytes()

    def holds(value):
        return mark in (value if isinstance(value, bytes) else value.tobytes())

    with RunLog(tmp_path / "run.arrow", {"layers": "6-3", "model": "hopfield", "seed": 0}) as log:
        recorder = Recorder(log, data, 10.0)
        recorder.begin(board, data.train_x, data.train_y, loop.Schedule(1, 0).order(len(data.train_y)), None)
        with Follower(holds) as way:
            recorder.interval(board, complete=True)
    assert open_log(tmp_path / "run.arrow").snapshot(0)[0].ravel()[:4].tolist() == STEPS
    check_way(way, RECORD_PASSES)
