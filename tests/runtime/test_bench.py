"""What the benchmark counts, and what it leaves out."""

import eqprop
import eqprop.hopfield.planning
from eqprop import bench
from eqprop.hopfield.plain import PlainCrossbar
from eqprop_host.commands.boards.bench import _remaining


class Counter:
    """A tick counter that moves on when it is read, and when told."""

    def __init__(self, step):
        self.now, self.step = 0, step

    def __call__(self):
        self.now += self.step
        return self.now


def test_a_stopwatch_leaves_its_own_time_out():
    counter = Counter(7)
    passed = bench.Stopwatch(counter)
    assert passed() == 0
    counter.now += 100
    assert (passed(), passed()) == (100, 0)


class Slow(eqprop.Network):
    """A network whose crossbar's verbs take known times."""

    counter = Counter(3)
    cost = {"settle": 200, "set_nudge": 3000, "nudge": 40000, "program": 500000}

    @staticmethod
    def parts(model=None, bits=16):
        return eqprop.hopfield.planning.Plan, lambda *given: Costly(PlainCrossbar(*given))


class Costly:
    """Every verb of a crossbar, at a price."""

    def __init__(self, crossbar):
        self.crossbar = crossbar

    def __getattr__(self, verb):
        def paid(*arguments):
            Slow.counter.now += Slow.cost[verb]
            return getattr(self.crossbar, verb)(*arguments)

        return paid if verb in Slow.cost else getattr(self.crossbar, verb)


X = [bytes([100, 0, 200, 50]), bytes([0, 0, 127, 90]), bytes([1, 2, 3, 4])]
ROWS = [(x, label) for label, x in enumerate(X)]
PRICES = (200, 3000, 2 * 40000, 500000)


def test_samples_are_timed_whole():
    """Catches a stopwatch that counts what lies between samples, and an inference that learns."""
    network, twin = Slow((4, 3, 3)), eqprop.Network((4, 3, 3))
    ticks = bench.measure_samples(network, ROWS, Slow.counter)
    assert ticks == (3 * sum(PRICES), 3 * PRICES[0])
    for x, label in ROWS:
        twin.learn(x, label)
    assert (network.crc(), network.sample) == (twin.crc(), twin.sample)


def test_each_verb_is_timed_by_itself():
    """The run is the same. Catches verbs that change places, and a sample that is learnt otherwise."""
    network, twin = Slow((4, 3, 3), 0, 2), eqprop.Network((4, 3, 3), 0, 2)
    assert bench.measure_verbs(network, ROWS, Slow.counter) == tuple(3 * price for price in PRICES)
    for x, label in ROWS:
        twin.learn(x, label)
    assert (network.crc(), network.sample) == (twin.crc(), twin.sample)
    network.learn(*ROWS[0])
    twin.learn(*ROWS[0])
    assert network.crc() == twin.crc()


def test_the_widest_network_just_fits():
    """Catches a node too many or too few."""
    n = bench.widest((64, 1, 10), 50000)
    assert eqprop.plan((64, n, 10)).bytes <= 50000 < eqprop.plan((64, n + 1, 10)).bytes
    assert bench.widest((64, 1, 10), None) == bench.widest((64, 1, 10), 100) == 0


def test_measures_travel_whole():
    measures = bench.Measures(5, 8, 9, 128, "thumb", "instructions", (3, 4, 5, 6, 7, 8))
    assert bench.unpack_measures(bench.pack_measures(measures)) == measures
    assert bench.unpack_bench(bench.pack_bench(True, 70000, [(1, b"abc")]), 3) == (True, 70000)


def test_a_long_measurement_says_what_is_left():
    """Samples that take 3 s each, after a first that starts the clock. Catches a bench that seems to hang."""
    said = []
    seconds = iter(range(1000, 2000, 3))
    moved = _remaining(40, said.append, lambda: next(seconds))
    for _ in range(40):
        moved()
    assert said == [
        "4 of 40 samples measured, 108 s left",
        "10 of 40 samples measured, 90 s left",
        "28 of 40 samples measured, 36 s left",
    ]
