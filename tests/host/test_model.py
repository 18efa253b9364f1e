"""The model file: a network comes back as it was saved, and nothing else passes for one.

Mutations tried on the code, one at a time, are named in the docstrings of the tests that caught them.
"""

import contextlib
import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eqprop
from eqprop_host import Model, model
from eqprop_host.datasets import Scaling
from eqprop_host.errors import DataError, LogError, RestartError
from eqprop_sim.in_process import EmulatedBoard

unhurried = settings(deadline=None)  # a busy machine is no failure


def make(layers=(4, 3, 2), seed=1):
    """Return the model of an untrained network."""
    net = eqprop.Network(layers, seed, model="resistive")
    return Model(
        layers=net.layers,
        seed=seed,
        lr_halving_samples=400,
        sample=12345,
        conductances=[np.array(net.conductances(c), np.uint16) for c in range(net.crossbar_count)],
        model="resistive",
        scaling=Scaling(layers[0], (0.5,), tuple(float(i) for i in range(layers[0]))).to_dict(),
        data="some/where.csv",
        classes=layers[-1],
        version=eqprop.__version__,
    )


def fields_of(saved):
    """Return all that a model holds, in a form that can be compared."""
    return {**vars(saved), "conductances": [(g.dtype.str, g.tolist()) for g in saved.conductances]}


def message(path):
    """Return the one line that `load` complains with: it names the path."""
    with pytest.raises(DataError) as caught:
        Model.load(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


def tamper(path, keys=None, without=(), **arrays):
    """Change keys of a saved model's header, and whole arrays."""
    with np.load(path) as archive:
        members = dict(archive)
    header = {**json.loads(members["header"].tobytes()), **(keys or {})}
    for key in without:
        del header[key]
    members["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **{**members, **arrays})


@pytest.fixture
def path(tmp_path):
    """The path of a saved model."""
    make().save(tmp_path / "run.npz")
    return tmp_path / "run.npz"


@settings(unhurried, max_examples=30)
@given(st.lists(st.integers(1, 12), min_size=2, max_size=5), st.integers(0, 2**32 - 1))
def test_what_was_saved_is_loaded(layers, seed):
    """Caught: crossbars in another order; conductances left in two dimensions."""
    saved = make(tuple(layers), seed)
    with tempfile.TemporaryDirectory() as folder:
        saved.save(Path(folder) / "any.suffix")
        assert os.listdir(folder) == ["any.suffix"]
        loaded = Model.load(Path(folder) / "any.suffix")
    assert fields_of(loaded) == fields_of(saved)
    assert loaded.crc == saved.crc == eqprop.Network(tuple(layers), seed, model="resistive").crc()


def test_the_file_opens_without_us(path):
    with np.load(path, allow_pickle=False) as archive:
        header = json.loads(archive["header"].tobytes())
        assert archive["conductances_0"].shape == (3, 10)
        assert archive["conductances_1"].shape == (5, 2)
    assert header["format"] == model.FORMAT
    assert header["layers"] == [4, 3, 2]
    assert header["crc"] == f"{make().crc:08x}"


def test_the_same_model_is_the_same_file(path, tmp_path):
    make().save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_a_model_cut_short_is_refused(path):
    """Caught: zipfile's BadZipFile getting through."""
    content = path.read_bytes()
    for size in (*range(1, 40), *range(40, len(content) - 40, 7), *range(len(content) - 40, len(content))):
        path.write_bytes(content[:size])
        reason = message(path)
        if size > 1:
            assert reason.startswith("is truncated or damaged: ")
    path.write_bytes(b"")
    assert message(path) == "is empty"


@pytest.mark.slow
def test_a_flipped_bit_is_refused_or_harmless(path):
    """Every third bit of the file. Caught: zipfile's other exceptions, such as EOFError, getting through."""
    content = bytearray(path.read_bytes())
    saved = fields_of(make())
    for at in range(0, 8 * len(content), 3):
        content[at // 8] ^= 1 << at % 8
        path.write_bytes(content)
        content[at // 8] ^= 1 << at % 8
        try:
            loaded = Model.load(path)
        except DataError as error:
            assert "\n" not in str(error)
        else:
            assert fields_of(loaded) == saved


def test_conductances_other_than_those_saved_are_refused(path):
    """Caught: the CRC written but not compared."""
    g = make().conductances[1].reshape(5, 2).copy()
    g[4, 1] ^= 1
    tamper(path, conductances_1=g)
    assert message(path).startswith("conductances: CRC ")


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (
            {"format": 1, "version": "0.1.0"},
            f"format 1, saved by eqprop 0.1.0; this one, {eqprop.__version__}, reads 2",
        ),
        ({"format": 3, "version": "9.0"}, f"format 3, saved by eqprop 9.0; this one, {eqprop.__version__}, reads 2"),
        ({"model": "perceptron"}, "model: expected resistive, hopfield, differential, hopfield8, got 'perceptron'"),
        ({"model": None}, "model: expected resistive, hopfield, differential, hopfield8, got 'None'"),
        ({"format": "x"}, "is not a saved network: format 'x'"),
        ({"format": 0}, "is not a saved network: format 0"),
        ({"layers": "4-3-2"}, "layers: '4-3-2' is not a list of sizes"),
        ({"layers": [4]}, "layers: 2..16 sizes of 1..8191, such as 64-32-10, not (4,)"),
        ({"layers": [4, float("inf")]}, "cannot convert float infinity to integer"),
        ({"layers": [4, 4, 2]}, "conductances_0: uint16 (3, 10), expected uint16 (4, 10)"),
        ({"layers": [4, 3, 2, 2]}, "is not a saved network: has no array conductances_2"),
        ({"seed": -1}, "seed: -1 is not in 0..4294967295"),
        ({"sample": 1.5}, "sample: 1.5 is not in 0..2147483647"),
        ({"lr_halving_samples": True}, "lr_halving_samples: True is not in 0..2147483647"),
        ({"classes": 3}, "classes: 3 for 2 outputs"),
        ({"data": None}, "data: None is not text"),
        ({"scaling": {}}, "scaling: expected features, offset and span: KeyError: 'features'"),
        ({"scaling": 3}, "scaling: expected features, offset and span: TypeError: 'int' object is not subscriptable"),
        ({"scaling": Scaling(5, (0.0,), (1.0,)).to_dict()}, "scaling: for 5 features, but there are 4 inputs"),
        ({"crc": "0"}, f"conductances: CRC {make().crc:08x}, but 0 was saved"),
    ],
)
def test_a_header_that_makes_no_sense_is_named(path, header, reason):
    tamper(path, header)
    assert message(path) == reason


def test_a_header_that_lacks_a_key_names_it(path):
    tamper(path, without=["seed", "crc"])
    assert message(path) == "header: lacks seed, crc"


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"conductances_0": np.zeros((3, 10), np.int16)}, "conductances_0: int16 (3, 10), expected uint16 (3, 10)"),
        ({"conductances_0": np.ones(30, np.uint16)}, "conductances_0: uint16 (30,), expected uint16 (3, 10)"),
        ({"conductances_1": np.full((5, 2), 32768, np.uint16)}, "conductances_1: 32768..32768 are not in"),
        ({"conductances_1": np.zeros((5, 2), np.uint16)}, "conductances_1: 0..0 are not in"),
        ({"header": np.zeros(3)}, "is not a saved network: its header is invalid"),
        ({"header": np.frombuffer(b"[1]", np.uint8)}, "is not a saved network: its header is invalid"),
        ({"header": np.frombuffer(b"{}", np.uint8)}, "is not a saved network: its header is invalid"),
        ({"header": np.array([{}], object)}, "is not a saved network: header: Object arrays cannot be loaded"),
    ],
)
def test_arrays_that_are_not_a_networks_are_named(path, arrays, reason):
    """Caught: reading pickles; conductances that a board would refuse."""
    tamper(path, **arrays)
    assert message(path).startswith(reason)


def test_other_files_are_told_apart(tmp_path):
    path = tmp_path / "other.npz"
    path.write_text("a,b\n1,2\n")
    assert message(path) == "is not a saved network"
    np.savez(path, x=np.zeros(3), y=np.zeros(3))
    assert message(path) == "is not a saved network: has no array header"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.npy", "text")
    assert message(path).startswith("is not a saved network: header: ")
    assert message(tmp_path) == "cannot be read: Is a directory"
    assert message(tmp_path / "none.npz") == "cannot be read: No such file or directory"


def test_an_array_larger_than_memory_is_refused(path):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<u2", "fortran_order": False, "shape": (2**50,)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.npy", file.getvalue())
    assert message(path).startswith("is not a saved network: header: ")


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_old_file(path, monkeypatch, step):
    """Caught: writing to the file itself."""
    before = path.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(LogError, match="run.npz: cannot be written: No space left on device"):
        make(seed=2).save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_board_that_resets_meanwhile_keeps_the_answers_that_it_gave(monkeypatch):
    """It resets within each dozen answers. Catches answers that are asked for again, and a network not put back."""
    monkeypatch.setattr("eqprop_host.model.AT_ONCE", 10)

    class ShortLived(EmulatedBoard):
        left, asked, put = 12, 0, 0

        def configure(self, *about, **options):
            self.put += 1
            return super().configure(*about, **options)

        def infer(self, x):
            self.asked += 1
            if len(x) > self.left:
                self.left = 12
                self.restarts.append("it resets")
                raise RestartError("it resets")
            self.left -= len(x)
            return super().infer(x)

        def repeat(self, work):
            while self.asked < 50:
                with contextlib.suppress(RestartError):
                    return work()
            raise AssertionError("it asks for the same answers over and over")

    board, x = ShortLived(), np.random.default_rng(1).normal(size=(35, 4))
    board.restarts = []
    classes, outputs = make().infer(x, board)
    whole = make().infer(x)
    assert (classes == whole[0]).all() and (outputs == whole[1]).all()
    assert board.asked == 4 + 3 == board.put + 3
