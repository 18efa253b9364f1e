"""The crossbar contract: a crossbar written from its text alone learns, is saved, loaded, served and logged."""

import numpy as np
import pytest

import eqprop
from eqprop.bench import pack_bench, unpack_measures
from eqprop.checkpoint import Checkpoints
from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.crossbar.plain import PlainCrossbar
from eqprop.network import zeros
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop_host.training.run import RunConfig, train
from support.boards.direct_host import DirectHost, configure
from support.boards.faulty_line import Line, connect
from support.boards.memory_flash import MemoryFlash
from support.references.float_crossbar import FloatCrossbar, NoisyCrossbar, UnreadableCrossbar

LAYERS = (2, 8, 2)
XOR = [(bytes((a, b)), int(a != b)) for a in (127, 129) for b in (127, 129)]
KINDS = {"whole": FloatCrossbar, "unreadable": UnreadableCrossbar, "noisy": NoisyCrossbar}


def made(kind=FloatCrossbar, layers=LAYERS):
    return kind(eqprop.plan(layers, "resistive"))


def learn(network, samples):
    for n in range(samples):
        network.learn(*XOR[n * 7 % 4])


def within_a_step(a, b):
    """Return whether two crossbars hold the same conductances."""
    return all(np.abs(np.subtract(x, y)).max() <= 1 for x, y in zip(a._g, b._g, strict=True))


@pytest.mark.parametrize("layers", [(2, 8, 2), (3, 5, 4, 2), (4, 3)])
def test_the_text_says_what_the_emulated_crossbar_does(layers):
    """Voltages of all phases, and the changes of 40 samples. Catches a wrong formula, order or unit in the text."""
    plan = eqprop.plan(layers, "resistive")
    plan.sweeps = 60  # all the way to equilibrium, as parts do
    emulated = eqprop.Network(layers, seed=3, crossbar=PlainCrossbar(plan, zeros, 0))
    network = eqprop.Network(layers, seed=3, crossbar=made(layers=layers))
    random = np.random.default_rng(1)
    ours, theirs = network.crossbar, emulated.crossbar
    assert [list(network.conductances(c)) for c in range(network.crossbar_count)] == [list(g) for g in theirs.circuit.g]
    before = [np.array(g, float) for g in theirs.circuit.g]
    for n in range(40):
        x, label = random.integers(-127, 128, layers[0]).astype(np.int8).tobytes(), n % layers[-1]
        emulated.learn(x, label)
        network.learn(x, label)
        for phase in (FREE, PLUS, MINUS):
            v = np.array(theirs.voltages(len(layers) - 1, phase), float)
            assert np.abs(v - ours.voltages(len(layers) - 1, phase)).max() <= 0.01 * np.abs(v).max() + 40, (n, phase)
    for c in range(network.crossbar_count):
        changes = [np.array(each.conductances(c), float) - before[c] for each in (ours, theirs)]
        assert np.corrcoef(*changes)[0, 1] > 0.99
        assert 0.95 < np.std(changes[0]) / np.std(changes[1]) < 1.05


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_it_learns_and_is_kept(kind, tmp_path):
    """Saved after 300 samples, loaded into the same parts or into new ones. Catches a save that wants more."""
    rig = made(kind)
    network = eqprop.Network("2-8-2", seed=1, lr_halving_samples=200, crossbar=rig)
    learn(network, 300)
    network.user_data = b"calibrated"
    assert [network.infer(x) for x, _ in XOR] == [label for _, label in XOR]
    assert (network.crc() is None) == (kind is not FloatCrossbar)
    network.inspect()
    assert network.save(str(tmp_path))
    parts = rig if kind is UnreadableCrossbar else made(kind)
    again = eqprop.load(LAYERS, str(tmp_path), crossbar=parts)
    assert (again.sample, again.seed, again.user_data) == (300, 1, b"calibrated")
    assert list(parts.rate_shifts) == [shift + 1 for shift in parts.plan.rate_shifts]
    assert within_a_step(parts, rig) or kind is NoisyCrossbar
    assert [again.infer(x) for x, _ in XOR] == [label for _, label in XOR]
    learn(again, 1)
    assert again.sample == 301 and again.save(str(tmp_path), force=True)


def test_parts_that_cannot_be_read_keep_their_conductances():
    """Catches a restart that draws new ones, and an emulated crossbar that takes their checkpoint for its own."""
    flash = MemoryFlash()
    rig = made(UnreadableCrossbar)
    desk = served(rig, flash)
    desk.progress(0, [(n % 2, XOR[n % 4][0] * 2) for n in range(9)])
    kept = [list(g) for g in rig._g]
    assert desk.state(m.SAVE, b"").saved == 9
    again = DirectHost(build=on(rig), checkpoints=Checkpoints(open_file=flash.open))
    assert (again.status().sample, again.status().seed, again.status().crc) == (9, 5, m.UNREADABLE)
    assert rig._g == kept
    assert DirectHost(checkpoints=Checkpoints(open_file=flash.open)).status().layers == ()
    again.state(m.CONFIGURE, configure((4, 3, 2), 5, 0, model="resistive"))
    assert rig._g != kept


def test_each_says_in_one_line_what_it_cannot_do(tmp_path):
    """Catches an AttributeError, and conductances of zeros in place of those that nothing can read."""
    network = eqprop.Network(LAYERS, crossbar=made(UnreadableCrossbar))
    with pytest.raises(ValueError, match="^crossbar: its conductances cannot be read back$"):
        network.conductances(0)
    desk = served(made(UnreadableCrossbar))
    kind, answer = desk.ask(m.READ, host_messages.pack_read(0, 0, 4))
    assert (kind, answer) == (m.ERROR, b"\0crossbar: its conductances cannot be read back")
    with pytest.raises(ValueError, match=r"^crossbar: is of 2-8-2 \(resistive\), expected \(2, 9, 2\)$"):
        eqprop.Network((2, 9, 2), crossbar=made())
    with pytest.raises(ValueError, match="^model: expected resistive, as the crossbar is, got hopfield$"):
        eqprop.Network(LAYERS, model="hopfield", crossbar=made())
    with pytest.raises(ValueError, match="^model: expected hopfield, resistive or differential, got 'ising'$"):
        eqprop.Network(LAYERS, model="ising")
    assert network.save(str(tmp_path))
    with pytest.raises(ValueError, match="^crossbar: the checkpoint needs the one that was saved, "):
        eqprop.load(folder=str(tmp_path))


def on(crossbar):
    """Return what builds a service's networks on these parts."""
    return lambda *given: eqprop.Network(*given, crossbar=crossbar)


def served(crossbar, flash=None, layers=(4, 3, 2)):
    """Return a host at a service of a network on these parts, which it has configured."""
    if crossbar.plan.layers != layers:
        crossbar.__init__(eqprop.plan(layers, "resistive"))
    desk = DirectHost(build=on(crossbar), checkpoints=Checkpoints(open_file=(flash or MemoryFlash()).open))
    desk.state(m.CONFIGURE, configure(layers, 5, 0, epoch=20, model="resistive"))
    return desk


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_service_serves_it(kind):
    """Samples, inference, reading, writing, a benchmark. Catches a use that the contract does not name."""
    rig = made(kind, (4, 3, 2))
    desk = served(rig)
    low = rig.plan.g_min.to_bytes(2, "little")
    assert desk.ask(m.WRITE, host_messages.pack_write(1, 0, low * 4)) == (m.DONE, b"")
    assert rig._g[1][:4] == [rig.plan.g_min] * 4
    assert desk.state(m.RESUME, bytes(4)).sample == 0
    rows = [(n % 2, bytes((n, 90, 3, 60 * n % 120))) for n in range(20)]
    assert desk.progress(0, rows).sample == 20
    state = desk.status()
    assert state.crc == {FloatCrossbar: desk.service.network.crc(), NoisyCrossbar: m.NO_CRC}.get(kind, m.UNREADABLE)
    assert desk.ask(m.INFER, b"\0" + rows[0][1])[0] == m.CLASSES
    if kind is not UnreadableCrossbar:
        assert desk.ask(m.READ, host_messages.pack_read(1, 0, 4))[0] == m.DEVICES
    measures = unpack_measures(desk.ask(m.BENCH, pack_bench(True, 20, [(1, rows[0][1])]))[1])
    assert (measures.sample, measures.tier) == (21, "float")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_host_trains_and_logs_it(kind, tmp_path, monkeypatch):
    """As `eqprop train --log` does. Catches a host that compares a CRC or reads conductances where there are none."""
    line = Line(build=lambda layers, *given: eqprop.Network(layers, *given, crossbar=made(kind, layers)))
    told = []
    config = RunConfig(data="xor", hidden="4", epochs=3, model="resistive")
    result = train(config, board=connect(line), log=tmp_path / "run.jsonl", tell=told.append)
    assert result.training_samples == 3 * len(result.data.train_y)
    if kind is UnreadableCrossbar:
        assert "the board's crossbar cannot be read back: this run logs and returns no conductances" in told
        assert (result.model, result.conductance_crc) == (None, None)
    else:
        assert result.model.sample == result.training_samples
        assert (result.conductance_crc is None) == (kind is NoisyCrossbar)
