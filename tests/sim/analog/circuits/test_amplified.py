"""The hopfield model's amplifiers against ngspice: a chip of differential pairs, with op-amps, at rest and nudged."""

import numpy as np
import pytest

import eqprop
from eqprop_sim.analog import PhysicsError
from eqprop_sim.analog.circuits import amplified, spice
from eqprop_sim.analog.devices.devices import Device
from eqprop_sim.analog.hopfield import HopfieldTrainer
from support.surroundings import IN_CI

DEVICE = Device(levels=256, on_off=100.0, dw_min_dtod=0.3, w_max_dtod=0.3)


@pytest.fixture(scope="module")
def trained():
    """Return small networks on uneven devices that learnt which of their first features is largest."""
    networks = []
    for layers in ("4-6-3", "8-12-8-4"):
        network = HopfieldTrainer(eqprop.plan(layers, "hopfield"), DEVICE, seed=1, dtype=np.float64)
        random = np.random.default_rng(0)
        for _ in range(200):
            x = random.uniform(-1, 1, (4, network.plan.layers[0]))
            network.step(x, x[:, :3].argmax(1))
        networks.append(network)
    return networks


def test_ngspice_settles_where_the_solver_does(trained):
    """Settled states within 1e-4 of the right class's target, and how far a nudge moves each node within 1e-5."""
    if IN_CI:
        spice.ngspice()
    try:
        spice.ngspice()
    except spice.Unavailable as error:
        pytest.skip(str(error))
    random = np.random.default_rng(1)
    moved = 0.0
    for network in trained:
        for _ in range(3):
            x = random.uniform(-1, 1, (1, network.plan.layers[0]))
            nudge = random.uniform(-0.5, 0.5, (1, network.plan.layers[-1]))
            for ours, theirs in zip(network.settle(x), amplified.operating_point(network, x[0]), strict=True):
                assert np.allclose(ours[0], theirs, rtol=0, atol=1e-4)
            ours = [a - b for a, b in zip(network.settle(x, nudge), network.settle(x, -nudge), strict=True)]
            both = (amplified.operating_point(network, x[0], sign * nudge[0]) for sign in (1, -1))
            theirs = [a - b for a, b in zip(*both, strict=True)]
            for a, b in zip(ours, theirs, strict=True):
                assert np.allclose(a[0], b, rtol=0, atol=1e-5)
            moved = max(moved, np.abs(theirs[0]).max())
    assert moved > 0.01  # hidden nodes feel the nudge through the feedback


def test_a_netlist_has_each_device_twice_but_the_driven_ones(trained):
    network = trained[0]
    text = amplified.write(network, np.zeros(4))
    assert text.count("\nRp0_") + text.count("\nRn0_") == 2 * 5 * 6
    assert text.count("\nRp1_") + text.count("\nRn1_") == 2 * 7 * 3
    assert text.count("\nRfp1_") + text.count("\nRfn1_") == 2 * 6 * 3
    with pytest.raises(PhysicsError, match=r"x\[1\]: nan is not finite"):
        amplified.write(network, np.array([0, np.nan, 0, 0]))
