"""What a run does where its configuration leaves the choice: blanks, halvings and the inputs' range."""

import contextlib
import json
from dataclasses import replace

import numpy as np
import pytest

from eqprop_host import Model, RunConfig, datasets, open_log, resume, train
from eqprop_host.runlog.verify import verify
from eqprop_host.training import config as choosing
from eqprop_host.training import preparing
from eqprop_host.training import run as training_run
from eqprop_host.training.config import Choices
from eqprop_host.training.preparing import prepared, recognised
from support.scripted_interrupt import ScriptedInterrupt
from support.typed_command import run

MNIST = (784, 100, 10)


@pytest.fixture
def small(monkeypatch):
    """Let runs on the digits be large ones."""
    monkeypatch.setattr(choosing, "WIDE", 64)
    monkeypatch.setattr(preparing, "WIDE", 64)
    monkeypatch.setattr(choosing, "LARGE", 5000)


def test_a_large_run_blanks_features_and_halves_its_rates_when_that_ends():
    assert RunConfig().choices(MNIST, 5000) == Choices(0.2, 8, 2)
    assert RunConfig(epochs=20).choices((784, 256, 256, 10), 60000) == Choices(0.2, 16, 1)


@pytest.mark.parametrize(
    ("config", "layers", "samples", "numbers"),
    [
        (RunConfig(), MNIST, 4999, False),
        (RunConfig(), (511, 100, 10), 60000, False),
        (RunConfig(), MNIST, 60000, True),
        (RunConfig(epochs=4), MNIST, 60000, False),
        (RunConfig(limit=9 * 60000), MNIST, 60000, False),
        (RunConfig(model="resistive"), MNIST, 60000, False),
        (RunConfig(model="hopfield8"), MNIST, 60000, False),
    ],
    ids=["few", "narrow", "numbers", "short", "limited", "resistive", "8 bits"],
)
def test_other_runs_do_neither(config, layers, samples, numbers):
    """Catches a rule that reaches beyond the runs that it was chosen on."""
    found = config.choices(layers, samples, numbers)
    assert (found.blank, found.headroom) == (0, 1) and found.halving_epochs == (2 if config.epochs == 4 else 4)


def test_the_rates_of_a_deep_network_halve_late():
    """In any run that learns classes; of `hopfield` alone."""
    deep = (64, 32, 32, 32, 10)
    assert [RunConfig(epochs=n).choices(deep, 100).halving_epochs for n in (2, 4, 5, 10)] == [2, 2, 4, 8]
    assert RunConfig(model="resistive").choices(deep, 100).halving_epochs == 4
    assert RunConfig().choices((64, 32, 32, 10), 100).halving_epochs == 4
    assert RunConfig().choices(deep, 100, numbers=True).halving_epochs == 4


def test_what_is_typed_goes_before():
    assert RunConfig(blank=0, lr_halving_epochs=0).choices(MNIST, 60000) == Choices(0, 0, 2)
    assert RunConfig(blank=0.5, lr_halving_epochs=3).choices((64, 32, 10), 1437) == Choices(0.5, 3, 1)


def test_the_inputs_of_a_large_run_take_half_their_range(small):
    """And the scale that is kept with the network is that of its inputs. Catches samples that differ from the scale."""
    task = prepared(RunConfig())
    plain = prepared(RunConfig(epochs=4))
    assert task.choices.headroom == 2 and np.abs(task.data.train_x).max() == 64
    assert np.abs(2 * task.data.test_x.astype(int) - plain.data.test_x).max() <= 1
    assert task.data.scaling.span == (32.0,) and plain.data.scaling.span == (16.0,)
    assert task.lines[1].endswith("0..16 scaled to 0..64") and plain.lines[1].endswith("0..16 scaled to 0..127")


def test_the_data_of_a_large_run_are_known_again(small, capsys, tmp_path):
    """By what fetches its network from the board. Catches: other blanks, or none; another range, other epochs."""
    port = f"--port=sim:?flash={tmp_path}"
    about = ["--epochs=6", "--hidden=8", f"--json={tmp_path}/run.json"]
    assert run(capsys, "train", port, *about)[0] == 0
    assert run(capsys, "pull", tmp_path / "pulled.npz", port, "--data=digits")[0] == 0
    pulled, told = Model.load(tmp_path / "pulled.npz"), json.loads((tmp_path / "run.json").read_text())
    assert told["blank"] == 0.2 and f"{pulled.crc:08x}" == told["conductance_crc"]
    assert pulled.crc == train(RunConfig(epochs=6, hidden="8", blank=0.2)).model.crc
    assert pulled.scaling["span"] == [32.0]
    dataset = datasets.load("digits")
    data, about = recognised(dataset, 0.2, pulled, pulled.model)
    assert about["run_number"] == pulled.run_number and np.abs(data.train_x).max() == 64
    assert recognised(dataset, 0.25, pulled, pulled.model) is None
    assert recognised(dataset, 0.2, replace(pulled, lr_halving_samples=4 * 1437), pulled.model) is None


@pytest.mark.parametrize(
    "about",
    [{"blank": 0}, {"lr_halving_epochs": 2}, {"lr_halving_epochs": 0}, {"limit": 6000}, {"hidden": "8-8"}],
    ids=str,
)
def test_a_run_with_other_choices_is_known_again(small, about):
    """By its saved network. Catches data that `evaluate` takes for changed, and `push` for a run without an end."""
    config = RunConfig(**{"hidden": "8", "epochs": 6, **about})
    model = train(config).model
    assert recognised(datasets.load("digits"), 0.2, model, model.model)


def test_an_interrupted_run_has_no_average(small, monkeypatch):
    monkeypatch.setattr(training_run, "on_ctrl_c", lambda: contextlib.nullcontext(ScriptedInterrupt(5)))
    result = train(RunConfig(data="iris", hidden="5"), board="sim:")
    assert result.interrupted and result.average == 0


def test_a_large_run_goes_on_as_it_began(small, capsys, tmp_path):
    """After its host was interrupted. Catches choices that are not made anew from the same configuration."""
    whole = train(RunConfig(epochs=5, hidden="8"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(training_run, "on_ctrl_c", lambda: contextlib.nullcontext(ScriptedInterrupt(5)))
        part = train(RunConfig(epochs=5, hidden="8"), board="sim:", log=tmp_path / "run.arrow")
    assert part.interrupted
    result = resume(tmp_path / "run.arrow", "sim:")
    assert (result.blank, result.conductance_crc) == (0.2, whole.conductance_crc)
    assert verify(open_log(tmp_path / "run.arrow")) == []
