"""`eqprop.Network` as its users see it: what it refuses, and what it keeps."""

import binascii
import struct
from array import array

import pytest

import eqprop
from eqprop.xorshift import Xorshift32
from eqprop_sim.emulator import compiled_network

LAYERS = "6-5-4-3"


@pytest.fixture(params=[eqprop.Network, compiled_network.Network], ids=["plain", "emulator"])
def build(request):
    """Both networks that run on a workstation: all below holds for either."""
    return request.param


def lessons(count, seed=1):
    """Return (features, label) pairs for `LAYERS`."""
    random = Xorshift32(seed)
    return [(array("b", [random.below(256) - 128 for _ in range(6)]), random.below(3)) for _ in range(count)]


def teach(network, samples):
    """Learn all samples in order."""
    for x, label in samples:
        network.learn(x, label)


def test_wrong_number_of_features_is_refused(build):
    """Both numbers in the message, and nothing learnt."""
    network = build(LAYERS)
    before = network.crc()
    for call in (lambda x: network.learn(x, 0), network.infer):
        for count in (0, 5, 7):
            with pytest.raises(ValueError, match=f"^x: {count} features for 6 inputs$"):
                call(array("b", [1] * count))
    assert (network.sample, network.crc()) == (0, before)


@pytest.mark.parametrize("label", [-1, 3, 1000, 1.0])
def test_label_outside_the_classes_is_refused(build, label):
    """The label and its range in the message, and nothing learnt. Catches: `<=` for `<`."""
    network = build(LAYERS)
    before = network.crc()
    with pytest.raises(ValueError, match=f"^label: {label} is not a whole number in 0..2$"):
        network.learn(bytes(6), label)
    assert (network.sample, network.crc()) == (0, before)


@pytest.mark.parametrize("x", [[1] * 6, (1,) * 6, (), "abcdef", 6, None])
def test_what_is_no_buffer_is_refused(build, x):
    """Its type in the message, and nothing learnt. Catches: a list that only the plain kernels could read.

    Caught: an empty tuple, taken for the buffer before.
    """
    network = build(LAYERS)
    before = network.crc()
    for call in (lambda: network.learn(x, 0), lambda: network.infer(x)):
        with pytest.raises(TypeError, match=f"^x: expected an int8 buffer, got {type(x).__name__}$"):
            call()
    assert (network.sample, network.crc()) == (0, before)


@pytest.mark.parametrize("code", "hHiIf")
@pytest.mark.parametrize("view", [array, memoryview], ids=["array", "memoryview"])
def test_larger_items_are_refused(build, code, view):
    """As many items as features, or as many bytes; nothing learnt. Catches: items that one tier reads byte by byte."""
    network = build(LAYERS)
    network.infer(bytes(6))
    before = network.crc()
    x = array(code, [1, 2, 3, 4, 5, 6])
    x = x if view is array else memoryview(x)
    for call in (lambda: network.learn(x, 0), lambda: network.infer(x), lambda: list(network.learn_steps(x, 0))):
        with pytest.raises(TypeError, match=f"^x: expected an int8 buffer, got {view.__name__} of larger items$"):
            call()
    with pytest.raises(TypeError, match="^restore: expected bytes, got array of larger items$"):
        network.restore(0, 0, array(code, [1] * 4))
    assert (network.sample, network.crc()) == (0, before)
    assert isinstance(network.infer(array("B", bytes(6))), int)


def test_a_sample_without_an_error_changes_nothing(build):
    """Once every output is beyond its target a sample is counted, and no more. Catches: a nudge by nothing that rounds.

    Learning one sample again and again must come to that, but for a hopfield network, whose changes are too small then.
    """
    network = build(LAYERS, seed=3, model="resistive")
    x, label = lessons(1)[0]
    while network.sample == 0 or network.loss:
        before = network.crc()
        network.learn(x, label)
        assert network.sample < 1000
    assert network.crc() == before


def test_features_may_be_integers_or_their_bytes(build):
    """int8 or the same bytes unsigned, and -128 counts as -127. Catches: the sign of a byte lost in `load`."""
    x = array("b", [-128, -127, -1, 0, 1, 127])
    seen = []
    for features in (x, x.tobytes(), memoryview(x), array("b", [-127, -127, -1, 0, 1, 127])):
        network = build(LAYERS, seed=2)
        network.learn(features, 1)
        seen.append((network.infer(features), list(network.outputs), network.loss, network.crc()))
    assert seen[0] == seen[1] == seen[2] == seen[3]


def test_answer_is_the_first_of_the_highest_outputs(build):
    """`infer` returns the class whose voltage it reports as highest, and `learn` the same before it learns."""
    network = build(LAYERS, seed=3)
    answers = set()
    for x, label in lessons(60):
        answer = network.infer(x)
        assert answer == list(network.outputs).index(max(network.outputs))
        network.learn(x, label)
        assert network.prediction == answer
        answers.add(answer)
    assert len(answers) > 1


def test_loss_is_of_the_outputs_before_learning(build):
    """Sum of (error >> 4)**2 of the outputs short of their targets. Catches: the loss of a nudged phase."""
    network = build(LAYERS, seed=3)
    right, other = network.plan.targets
    for x, label in lessons(5):
        network.infer(x)
        errors = [
            max(right - v, 0) if k == label else min(other - v, 0) for k, v in enumerate(map(int, network.outputs))
        ]
        network.learn(x, label)
        assert network.loss == sum((error >> 4) ** 2 for error in errors)


def test_inferring_changes_nothing_that_is_learnt(build):
    """Conductances, sample and what is learnt next are the same with and without inferences between."""
    asked, unasked = build(LAYERS, seed=4), build(LAYERS, seed=4)
    for x, label in lessons(10):
        before = asked.crc()
        asked.infer(x)
        assert asked.crc() == before
        asked.learn(x, label)
        asked.infer(x)
    teach(unasked, lessons(10))
    assert (asked.crc(), asked.sample, asked.loss) == (unasked.crc(), unasked.sample, unasked.loss)


def test_seeds_make_networks(build):
    """The same seed gives the same network, another one another."""
    crcs = [build(LAYERS, seed).crc() for seed in (0, 0, 1, 2)]
    assert crcs[0] == crcs[1]
    assert len(set(crcs)) == 3


def test_weights_start_as_the_plan_says(build):
    """Spread to `Plan.initial` on either side of zero, those of the bias zero, in the shapes of the plan."""
    network = build("64-32-10")
    plan = network.plan
    for c in range(network.crossbar_count):
        w = [int(value) for value in network.conductances(c)]
        rows, columns = plan.shapes[c]
        assert len(w) == rows * columns and not any(w[-columns:])
        assert 0.9 * plan.initial[c] < max(w) <= plan.initial[c]
        assert -0.9 * plan.initial[c] > min(w) >= -plan.initial[c]
        assert abs(sum(w)) < 0.1 * plan.initial[c] * len(w)


def test_conductances_start_as_the_plan_says(build):
    """Half of them g_min, the rest spread up to `Plan.initial` above it, in the shapes of the plan."""
    network = build("64-32-10", model="resistive")
    plan = network.plan
    for c in range(network.crossbar_count):
        g = [int(value) for value in network.conductances(c)]
        rows, columns = network.plan.shapes[c]
        assert len(g) == rows * columns
        assert plan.g_min == min(g)
        assert plan.g_min + 0.9 * plan.initial[c] < max(g) <= plan.g_min + plan.initial[c]
        assert 0.4 < g.count(plan.g_min) / len(g) < 0.6


@pytest.mark.parametrize(("model", "code"), [("hopfield", "h"), ("resistive", "H")])
def test_crc_is_of_all_conductances_in_order(build, model, code):
    """CRC-32 of little-endian 16-bit numbers. Catches: a crossbar left out."""
    network = build(LAYERS, model=model)
    data = b"".join(
        struct.pack(f"<{len(g)}{code}", *g) for g in map(network.conductances, range(network.crossbar_count))
    )
    assert network.crc() == binascii.crc32(data)


def test_rates_cannot_double(build):
    with pytest.raises(ValueError, match="lr_halving_samples: -4 is negative"):
        build("2-2", 0, -4)


def test_config_builds_an_equal_network(build):
    """Layers, seed and halving of the rates, whatever way the layers were given."""
    network = build(LAYERS, seed=5, lr_halving_samples=7)
    twin = build(network.layers, network.seed, network.lr_halving_samples)
    for each in (network, twin):
        teach(each, lessons(20))
    assert network.crc() == twin.crc()


def snapshot(network):
    """Return all conductances as bytes, by crossbar."""
    return [network.conductances(c).tobytes() for c in range(network.crossbar_count)]


def test_training_goes_on_from_restored_conductances(build):
    """Restored after n samples into another network, the rest gives the same bits as without interruption.

    Over several halvings of the rates, in pieces of any length. Catches: totals not recomputed, the rates' sample
    number not taken up.
    """
    samples = lessons(40)
    whole = build(LAYERS, seed=6, lr_halving_samples=15)
    teach(whole, samples)
    first = build(LAYERS, seed=6, lr_halving_samples=15)
    teach(first, samples[:22])
    second = build(LAYERS, seed=99, lr_halving_samples=15)
    for c, data in enumerate(snapshot(first)):
        for start in range(0, len(data), 10):
            second.restore(c, start // 2, data[start : start + 10])
    second.resume_at(22)
    assert (second.sample, second.crc()) == (22, first.crc())
    teach(second, samples[22:])
    assert (second.sample, second.crc(), second.loss) == (40, whole.crc(), whole.loss)
    assert snapshot(second) == snapshot(whole)


def test_halving_changes_the_training(build):
    """The rates do halve, so that the test above means something; 0 never halves."""
    crcs = []
    for lr_halving_samples in (0, 1000, 15):
        network = build(LAYERS, seed=6, lr_halving_samples=lr_halving_samples)
        teach(network, lessons(40))
        crcs.append(network.crc())
    assert crcs[0] == crcs[1] != crcs[2]


@pytest.mark.parametrize(
    ("start", "size"), [(0, 1), (0, 3), (-1, 2), (10**6, 2), (34, 4)], ids=["byte", "odd", "before", "beyond", "across"]
)
def test_restoring_what_does_not_fit_is_refused(build, start, size):
    """Bytes that are no whole devices, or lie outside the crossbar; nothing is written."""
    network = build(LAYERS)
    devices = len(network.conductances(0))
    assert devices == 35
    before = network.crc()
    data = struct.pack("<h", network.g_max) * 2
    with pytest.raises(ValueError, match=f"^restore: {size} bytes at {start} of {devices} devices$"):
        network.restore(0, start, data[:size])
    assert network.crc() == before


def test_restoring_conductances_beyond_their_limits_is_refused(build):
    """Named with the limits; nothing is written, not even the good ones before it. Catches: writing while checking."""
    network = build(LAYERS, model="resistive")
    low, high = network.g_min, network.g_max
    before = network.crc()
    for value in (0, low - 1, high + 1, 65535):
        with pytest.raises(ValueError, match=f"^restore: conductance {value} is not in {low}..{high}$"):
            network.restore(1, 0, struct.pack("<2H", high, value))
        assert network.crc() == before
    network.restore(1, 0, struct.pack("<2H", low, high))
    assert list(network.conductances(1)[:2]) == [low, high]


def test_negative_sample_is_refused(build):
    """The number in the message, and the one before it kept."""
    network = build(LAYERS)
    with pytest.raises(ValueError, match=r"^sample: -1 is not in 0\.\.1073741823$"):
        network.resume_at(-1)
    assert network.sample == 0


@pytest.mark.parametrize("items", [1, 32, 33, 100, 1024, 5000])
def test_an_array_grows_with_nothing_behind_it(items, monkeypatch):
    """Every piece is made before it. Catches: one that a board's heap places behind the array, which then must move."""
    made = []

    class Recorded(array):
        def __new__(cls, *given):
            made.append("array")
            return super().__new__(cls, *given)

        def __getitem__(self, at):
            made.append("slice")
            return super().__getitem__(at)

        def extend(self, piece):
            made.append("grown")
            super().extend(piece)

    monkeypatch.setattr("eqprop.network.array", Recorded)
    zeros = eqprop.network.zeros("h", items)
    grown = made.index("grown") if "grown" in made else len(made)
    assert set(made[grown:]) <= {"grown"}
    assert zeros.tolist() == [0] * items
