"""The simulated rig: its circuit against the analog solver and Kirchhoff's law, its chips by their registers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqprop.rig.layout import Layout
from eqprop_sim.analog import Circuit, Nodal
from eqprop_sim.rig import circuit as rig_circuit
from eqprop_sim.rig.bench import PERFECT, Bench, Spread
from eqprop_sim.rig.converters import ADS1115
from eqprop_sim.rig.noise import Noise
from eqprop_sim.rig.pots import AD5254, MCP4251
from eqprop_sim.rig.sources import MCP4728


def transfer(bench, select, frame):
    """Send a frame, in hex, to a chip select; return what comes back."""
    for bit, pin in enumerate(bench.address):
        pin.value(select >> bit & 1)
    enable = bench.enables[select >> len(bench.address)]
    enable.value(0)
    back = bytearray(len(frame) // 2)
    bench.write_readinto(bytes.fromhex(frame), back)
    enable.value(1)
    return back.hex()


def stirred(layers, seed, spread=PERFECT):
    """Return a bench with wipers and rows at random."""
    layout = Layout(layers)
    bench, random = Bench(layout, seed, spread), np.random.default_rng(seed)
    for pot in bench.pots:
        for wiper in range(2):
            pot.set(wiper, int(random.integers(1, 257)))
    for dac in bench.dacs:
        dac.written(b"\x80")
    for n in range(0, layout.nudge(0), 2):
        code = int(random.integers(-1229, 1230))
        for sign in (1, -1):
            chip, channel = layout.source(n + (sign < 0))
            codes = bench.dacs[chip].codes
            bench.dacs[chip].codes = codes[:channel] + [2048 + sign * code] + codes[channel + 1 :]
            bench.dacs[chip].changed(channel)
    return bench


def analog(bench):
    """Return the analog solver's `Circuit` of a bench: the nudges' resistances lie between 0 V and the outputs."""
    layout = bench.layout
    sizes = layout.layers
    g = np.array(bench.g)
    first = g[: 2 * (sizes[0] + 1) * sizes[1]].reshape(sizes[1], sizes[0] + 1, 2).transpose(2, 1, 0)
    upper = [
        g[at : at + (sizes[c] + 2) * sizes[c + 1]].reshape(-1, sizes[c + 1]).copy()
        for c, at in enumerate(layout.first)
        if c
    ]
    upper[-1][-2:] += 1 / 22000 / 2
    bias = [bench._source[layout.bias(c, 0)] for c in range(len(sizes) - 1)]
    clamps = np.array(bench.circuit.low[: layout.first_node(len(sizes) - 1)], float)
    low = np.split(clamps, np.cumsum(sizes[1:-2])) if len(sizes) > 2 else []
    infinite = [np.full(n, np.inf) for n in sizes[1:]]
    made = Circuit([first.copy(), *upper], [*low, -infinite[-1]], infinite, bias_v=bias, drive_v=1.5)
    x = np.array([[bench._source[layout.row(i, 0)] / 1.5 for i in range(sizes[0])]])
    return made, x


@pytest.mark.parametrize("layers", ["2-4-2", "4-4-3", "3-5-4-2"])
@pytest.mark.parametrize("seed", range(3))
def test_the_circuit_settles_where_the_analog_solver_does(layers, seed):
    """Within 1e-9 V. Catches a device on another node, a row of the wrong sign, a clamp that lets go too late."""
    bench = stirred(layers, seed, Spread(source_v=0))
    made, x = analog(bench)
    nodal = Nodal(made)
    expected = nodal.settle(nodal.source(x, 0.0))[0]
    assert np.abs(np.array(bench.settled()) - expected).max() < 1e-9
    assert np.abs(expected).max() > 0.05


@pytest.mark.parametrize("seed", range(3))
def test_with_real_diodes_the_currents_at_every_node_cancel(seed):
    """Kirchhoff's law, each device's current by Ohm's. Catches Newton's method stopped too early."""
    bench = stirred("2-4-2", seed, Spread(diode="bat54"))
    v = bench.settled()
    layout = bench.layout
    out = np.zeros(layout.nodes)
    for n, g in enumerate(bench.g):
        c, row, j = layout.device_ends(n)
        node = layout.first_node(c + 1) + j
        if c and row < layout.layers[c]:
            below = layout.first_node(c) + row
            out[below] += g * (v[below] - v[node])
            out[node] += g * (v[node] - v[below])
        else:
            out[node] += g * (v[node] - bench._source[row if c == 0 else layout.bias(c, row - layout.layers[c])])
    for k in range(2):
        out[4 + k] += (v[4 + k] - bench._source[layout.nudge(k)]) / 22000
    for j in range(4):
        out[j] -= 2e-7 * np.expm1((bench.circuit.low[j] + 0.2 - v[j]) / (1.05 * 0.02585))
    assert np.abs(out).max() < 1e-8


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.integers(0, 2**31))
def test_elimination_solves_what_numpy_solves(n, seed):
    random = np.random.default_rng(seed)
    a = random.uniform(-1, 0, (n, n))
    np.fill_diagonal(a, 1 + np.abs(a).sum(1))
    b = random.uniform(-1, 1, n)
    assert np.allclose(rig_circuit.eliminate(a.tolist(), b.tolist()), np.linalg.solve(a, b), atol=1e-12)


def test_a_pot_by_its_registers():
    """Catches a wiper beyond the scale, an address that is not there, a read in another format."""
    moved = []
    pot = MCP4251(moved.append)
    assert pot.frame(bytes.fromhex("0c00")) == bytes.fromhex("fe80")  # half of the scale
    assert pot.frame(bytes.fromhex("1100")) == b"\xff\xff"
    assert pot.frame(bytes.fromhex("1c00")) == bytes.fromhex("ff00")
    pot.frame(b"\x14")  # increment at the end of the scale
    pot.frame(b"\x08")  # decrement
    assert pot.codes == [127, 256] and moved == [1, 0]
    assert pot.frame(bytes.fromhex("2000"))[0] & 2 == 0
    pot.stuck.add(0)
    pot.frame(bytes.fromhex("0020"))
    assert pot.codes[0] == 127


def test_a_non_volatile_pot_keeps_what_was_stored():
    pot = AD5254(lambda wiper: None)
    pot.written(b"\x01\xc8")
    pot.written(b"\x91")
    pot.written(b"\x01\x07")
    pot.power_up()
    assert pot.codes == [128, 200, 128, 128]


def test_a_source_starts_with_its_internal_reference():
    """Catches a program that forgets to set the references: it would be right in a simulation alone."""
    source = MCP4728(lambda channel: None)
    assert source.volts(0) == pytest.approx(1.024)
    source.written(b"\x80")
    source.written(bytes.fromhex("0fff0800"))
    assert [source.volts(n) for n in range(3)] == pytest.approx([4095 * 5 / 4096, 2.5, 2.5])


def test_a_conversion_takes_its_time():
    time = [0]
    part = ADS1115(lambda channel: 2.5 + 0.001 * channel, lambda: 0.0, lambda: time[0])
    part.written(bytes.fromhex("01b5e3"))
    buffer = bytearray(2)
    part.written(b"\x01")
    for now, done in ((1100, False), (1200, True)):
        time[0] = now
        part.read_into(buffer)
        assert bool(buffer[0] & 0x80) == done
    part.written(b"\x00")
    part.read_into(buffer)
    assert int.from_bytes(buffer, "big") == 32  # 2 mV of 62.5 uV


def test_a_frame_reaches_the_selected_chip_alone():
    bench = Bench(Layout("2-4-2"))
    transfer(bench, 17, "0020")
    assert [pot.codes[0] for pot in bench.pots] == [128] * 17 + [32]
    assert transfer(bench, 17, "0c00") == "fe20"
    assert transfer(bench, 30, "0c00") == "ffff"  # no chip


def test_faults_are_what_they_say():
    """A dead chip, two selects that are swapped, a chip that does not acknowledge, power that is cut."""
    bench = Bench(Layout("2-4-2"))
    bench.dead.add("U2")
    assert transfer(bench, 1, "0c00") == "ffff"
    bench.swapped = {3: 4, 4: 3}
    transfer(bench, 3, "0020")
    assert (bench.pots[3].codes[0], bench.pots[4].codes[0]) == (128, 32)
    bench.nacks[0x60] = 1
    with pytest.raises(OSError):
        bench.writeto(0x60, b"\x80")
    bench.writeto(0x60, b"\x80")
    bench.cut_at = bench.frames
    transfer(bench, 3, "0c00")
    assert bench.pots[4].codes[0] == 128 and bench.dacs[0].internal == [True] * 4


def test_noise_is_what_it_says():
    noise = Noise(5)
    drawn = np.array([noise.bell() for _ in range(20000)])
    assert abs(drawn.mean()) < 0.03 and 0.97 < drawn.std() < 1.03
    uniform = np.array([noise.uniform() for _ in range(20000)])
    assert abs(uniform.mean()) < 0.02 and -1 <= uniform.min() < -0.99 and 0.99 < uniform.max() <= 1
    assert [Noise(6).bell() for _ in range(3)] != [Noise(7).bell() for _ in range(3)]


def test_spread_is_that_of_chips_and_of_their_halves():
    bench = Bench(Layout("4-4-3"), 3, Spread())
    ohms = np.array(bench.pot_ohm).reshape(-1, 2)
    assert 0.06 < ohms.mean(1).std() / 50000 < 0.16 and ohms.min() > 40000 * 0.95
    assert 0.005 < (ohms[:, 0] / ohms[:, 1]).std() < 0.03
