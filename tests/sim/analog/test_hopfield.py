"""The hopfield model on differential pairs: its phases and its rule are those of the energy, whatever the devices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop_host import datasets
from eqprop_host.studies import mismatch
from eqprop_sim.analog.devices.devices import Device
from eqprop_sim.analog.devices.presets import PRESETS
from eqprop_sim.analog.hopfield import HopfieldTrainer
from eqprop_sim.analog.learning import features
from support.references.float_hopfield import FloatHopfield
from support.references.random_circuits import layer_sizes

LEVELS = Device(levels=256, on_off=100.0, dw_min_dtod=0.3, w_max_dtod=0.3)


def reference(trainer):
    """Return the float reference with a trainer's weights."""
    weights = trainer.weights()
    biases = [w[-1] * (1.0 if c else 127 / 128) for c, w in enumerate(weights)]
    return FloatHopfield([w[:-1].T for w in weights], biases, trainer.feedback)


@given(layer_sizes(), st.integers(0, 2**32 - 1))
def test_ideal_devices_change_by_the_energys_rule(layers, seed):
    """Catches a phase without its feedback, a rate of the wrong layer, a half of a pair that moves the wrong way."""
    trainer = HopfieldTrainer(eqprop.plan(layers, "hopfield"), seed=seed, dtype=np.float64)
    random = np.random.default_rng(seed)
    trainer.write([random.uniform(-0.2, 0.2, shape) for shape in trainer.plan.shapes])
    x = random.uniform(-1, 1, layers[0])
    label = int(random.integers(0, layers[-1]))
    energy = reference(trainer)
    free, plus, minus = energy.quick(x, label, trainer.plan.sweeps)
    before = trainer.weights()
    assert np.allclose(trainer.step(x[None], np.array([label]))[0], free[-1])
    for c, expected in enumerate(energy.contrast(plus, minus, x, 1.0)):
        rate = trainer.eta[c] * 2 / energy.scale[c]
        found = trainer.weights()[c] - before[c]
        assert np.allclose(found, rate * expected.T, atol=1e-9)
    at_rest = trainer.settle(x[None])
    assert all(np.allclose(a[0], b, atol=1e-9) for a, b in zip(at_rest, reference(trainer).equilibrium(x), strict=True))


def test_pairs_hold_what_is_written_to_them():
    trainer = HopfieldTrainer(eqprop.plan("8-6-4", "hopfield"), PRESETS["rram"], seed=3)
    wanted = [np.random.default_rng(0).uniform(-0.3, 0.3, shape) for shape in trainer.plan.shapes]
    trainer.write(wanted, verify=10)
    for found, expected in zip(trainer.weights(), wanted, strict=True):
        # Devices whose range ends before do what they can
        assert np.median(np.abs(found - expected)) < 0.03


@pytest.mark.slow
def test_in_place_it_learns_on_devices_to_which_weights_cannot_be_copied():
    """One seed; `eqprop study mismatch --model hopfield` has the means."""
    data = datasets.prepare(datasets.load("digits"), 1)
    spread = mismatch.Point("spread", 50, LEVELS.varied(dw_min_dtod=0.5, w_max_dtod=0.5))
    noisy = mismatch.Point("cases", "rram", PRESETS["rram"])
    rows = mismatch.compare(datasets.load("digits"), (64, 32, 10), 4, (1,), (spread, noisy), model="hopfield")
    for row in rows:
        in_place, copied = row["in_place_error_percent"][0], row["transferred_error_percent"][0]
        assert in_place <= 7 and in_place + 5 <= copied
    trainer = HopfieldTrainer(eqprop.plan("64-32-10", "hopfield"), LEVELS, seed=1)
    assert trainer.predict(features(data.test_x).astype(np.float32)).shape == data.test_y.shape
