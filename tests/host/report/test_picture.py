"""The picture: the right size, each part of it shows what it says, and nothing is left behind by a failure.

Mutations tried on the code, one at a time, are named in the docstrings of the tests that caught them.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

import eqprop
from eqprop_host.errors import DataError, LogError
from eqprop_host.report import picture
from eqprop_host.runlog import Log

pytestmark = pytest.mark.slow

WIDTH = 1320


def make(layers="3-4-2", data="xor", epochs=2, logged=(0, 8), change=()):
    """Return the Log of a run of made-up numbers.

    change: ((moment, crossbar, row, column), steps) ... to set instead; moment 0 is before training, 1 after.
    """
    rng = np.random.default_rng(5)
    shapes = eqprop.plan(layers, "resistive").shapes
    snapshots = {sample: [rng.integers(16, 9000, shape, np.uint16) for shape in shapes] for sample in logged}
    for steps in (steps for snapshot in snapshots.values() for steps in snapshot):
        steps[0, :2] = 16, 9000  # so that the range of colours stays as it is
    for (moment, c, row, column), steps in change:
        snapshots[logged[moment]][c][row, column] = steps
    metrics = [
        {"epoch": k + 1, "sample": 4 * (k + 1), "train_error_percent": 50.0 / (k + 1), "test_error_percent": 25.0}
        for k in range(epochs)
    ]
    return Made({"layers": layers, "model": "resistive", "data": data}, metrics, snapshots)


class Made(Log):
    """A log that never was in a file."""

    def __init__(self, configuration, metrics=(), snapshots=()):
        self.path, self.configuration, self.metrics = Path("made.jsonl"), configuration, list(metrics)
        self.logged, self._snapshots = sorted(snapshots), snapshots

    def snapshot(self, sample):
        return self._snapshots[sample]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A function that draws a Log and returns the pixels, (height, width, 3) in 0..1."""
    folder = tmp_path_factory.mktemp("drawn")

    def drawn(log):
        picture.draw(folder / "run.png", log)
        assert (folder / "run.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        assert os.listdir(folder) == ["run.png"]
        return imread(folder / "run.png")[:, :, :3]

    return drawn


@pytest.fixture(scope="module")
def plain(drawn):
    """The pixels of make()."""
    return drawn(make())


def difference(a, b):
    """Return rows and columns of the pixels in which two pictures of one size differ."""
    assert a.shape == b.shape
    return np.nonzero((a != b).any(axis=2))


@pytest.mark.parametrize("layers", ["5-3", "4-4-4-4-2", "100-200-3"])
def test_any_network_is_drawn_as_wide_as_any_other(drawn, layers):
    height, width, _ = drawn(make(layers)).shape
    assert width == WIDTH
    assert height > 330 + 200 * (layers.count("-"))


def test_each_crossbar_and_an_image_of_the_inputs_take_their_place(drawn):
    """Caught: a crossbar left out; receptive fields of inputs that are no square."""
    heights = [drawn(make(layers)).shape[0] for layers in ("65-10", "64-10", "65-10-10", "49-10")]
    assert heights[0] == heights[3] < heights[1]
    assert heights[0] < heights[2]


def test_the_same_run_is_the_same_picture(drawn, plain):
    assert np.array_equal(drawn(make()), plain)


@pytest.mark.parametrize(("crossbar", "part"), [(0, "middle"), (1, "last")])
@pytest.mark.parametrize("moment", [0, 1])
def test_a_conductance_changes_its_own_heat_map_alone(drawn, plain, crossbar, part, moment):
    """Caught: before and after swapped, or the same; one crossbar drawn twice; a heat map of something else."""
    rows, columns = difference(plain, drawn(make(change=[((moment, crossbar, 1, 1), 16)])))
    assert len(rows) > 500
    assert (columns < WIDTH / 2 - 50).all() if moment == 0 else (columns > WIDTH / 2 - 50).all()
    top, cut = plain.shape[0] * 0.4, plain.shape[0] * 0.69  # learning curve, crossbar 0, crossbar 1
    assert (rows > cut).all() if part == "last" else ((rows < cut) & (rows > top)).all()


@pytest.mark.parametrize(("crossbar", "cells"), [(0, [(2, 5), (3, 5)]), (1, [(5, 0), (5, 1)])])
def test_a_node_is_a_row_and_a_wire_a_column(drawn, plain, crossbar, cells):
    """Caught: a crossbar drawn as it is stored, whether node by node or wire by wire."""
    (above, left), (below, same) = (
        difference(plain, drawn(make(change=[((1, crossbar, *cell), 16)]))) for cell in cells
    )
    assert above.max() <= below.min()
    assert (left.min(), left.max()) == (same.min(), same.max())


def test_before_and_after_share_their_colours(drawn):
    """Caught: a range of colours of its own for each heat map."""
    change = [((0, 0, row, column), 20) for row in range(4) for column in range(8)]
    a, b = (drawn(make(change=[*change, ((0, 0, 2, 3), steps), ((1, 0, 2, 3), steps)])) for steps in (20, 8000))
    rows, columns = difference(a, b)
    middle = (columns.min() + columns.max()) / 2
    before, after = columns[columns < middle], columns[columns > middle]
    # The middle pixel of the cell that changed, in each of the two.
    row = (rows.min() + rows.max()) // 2
    assert np.array_equal(b[row, (before.min() + before.max()) // 2], b[row, (after.min() + after.max()) // 2])
    assert not np.array_equal(a[row, (before.min() + before.max()) // 2], b[row, (before.min() + before.max()) // 2])


def test_an_error_changes_the_curve_alone(drawn, plain):
    """Caught: one error drawn twice."""
    for key in ("train_error_percent", "test_error_percent"):
        other = make()
        other.metrics[0][key] -= 9
        rows, _ = difference(plain, drawn(other))
        assert len(rows) > 50
        assert (rows < plain.shape[0] * 0.4).all()


def test_the_title_says_what_was_learnt(drawn, plain):
    rows, _ = difference(plain, drawn(make(data="iris")))
    assert len(rows)
    assert (rows < 50).all()


def test_signed_weights_are_plus_less_minus_without_the_bias():
    """Caught: minus less plus; unsigned arithmetic; the bias pair taken for an input."""
    steps = np.array([[5, 30000, 7, 6, 1, 2], [32767, 16, 16, 32767, 3, 4]], np.uint16)
    assert picture.signed_weights(steps).tolist() == [[-29995, 1], [32751, -32751]]


def test_the_image_of_a_node_shows_its_inputs(drawn):
    """Caught: tiles of the conductances before training, of another node, or transposed."""
    # Node 0's input at row 0, column 7 of the 8 x 8 image: its + wire is column 14 of the crossbar.
    quiet = [((moment, 0, row, column), 100) for moment in (0, 1) for row in range(2) for column in range(130)]
    a, b = (drawn(make("64-2", change=[*quiet, ((1, 0, 0, 14), steps)])) for steps in (100, 9000))
    rows, columns = difference(a, b)
    pixels = b[rows, columns]
    red = (pixels[:, 0] > 0.3) & (pixels[:, 1] < 0.1) & (pixels[:, 2] < 0.2)
    left = red & (columns < 500) & (columns > 20)
    y, x = rows[left], columns[left]
    assert len(y) > 200
    # Two tiles side by side: the changed pixel is the first tile's upper right one.
    size = np.ptp(x) + 1
    assert abs(np.ptp(y) + 1 - size) <= 2
    assert 6 < x.min() / size < 8


@pytest.mark.parametrize("log", [make(logged=(0,)), make(epochs=0, logged=())])
def test_a_run_that_was_cut_short_is_drawn(drawn, log):
    assert drawn(log).shape[1] == WIDTH


@pytest.mark.parametrize("data", ["a$x^$.csv", "caf\u00e9\u6570\u5b57\n.csv", "n" * 500])
def test_any_name_of_data_fits_the_title(drawn, data):
    """Caught: a name read as mathematics; a letter that the font lacks, which warns; a title wider than the picture."""
    pixels = drawn(make("1-1", data=data))
    assert pixels.shape[1] == WIDTH
    assert (pixels[:50, :5] == 1).all()
    assert (pixels[:50, 200:-200] < 0.5).any()


@pytest.mark.parametrize("run", [{}, {"layers": None}, {"layers": "3"}, {"layers": "a-b"}])
def test_a_log_that_does_not_say_its_layers_is_refused(tmp_path, run):
    log = Made(run)
    with pytest.raises(DataError, match="^made.jsonl: the log does not give the layers: "):
        picture.draw(tmp_path / "run.png", log)
    assert not os.listdir(tmp_path)


def test_a_picture_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    """Caught: drawing straight into the file."""
    with pytest.raises(LogError, match="/none/run.png: cannot be written: No such file or directory"):
        picture.draw(tmp_path / "none" / "run.png", make("1-1"))
    old = tmp_path / "run.png"
    old.write_bytes(b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(LogError, match="run.png: cannot be written: No space left on device"):
        picture.draw(old, make("1-1"))
    assert old.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["run.png"]


def test_drawing_touches_no_global_state_of_matplotlib(tmp_path):
    """Caught: matplotlib loaded by importing the module; pyplot used."""
    program = """
import sys
from eqprop_host.report import picture
from eqprop_host.runlog import RunLog, open_log
assert "matplotlib" not in sys.modules
RunLog(sys.argv[2], {"layers": "1-1"}).close()
picture.draw(sys.argv[1], open_log(sys.argv[2]))
assert "matplotlib.pyplot" not in sys.modules
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run(
        [sys.executable, "-c", program, tmp_path / "run.png", tmp_path / "run.arrow"], env=environment, check=True
    )
