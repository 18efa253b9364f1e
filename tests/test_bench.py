"""What the benchmark counts, and what it leaves out."""

import eqprop
from eqprop import bench
from eqprop import messages as m


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
    """A network whose laws take known times, and the first sample far longer: a compiler is at work."""

    counter = Counter(3)
    cost = {"drive": 10, "settle": 200, "pull": 3000, "nudge": 40000, "program": 500000}

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.crossbar = self.learner.crossbar = Costly(self.crossbar, self)


class Costly:
    """Every verb of a crossbar, at a price."""

    def __init__(self, crossbar, network):
        self.crossbar, self.network = crossbar, network

    def __getattr__(self, verb):
        def paid(*arguments):
            Slow.counter.now += Slow.cost.get(verb, 0) + (10**6 if self.network.sample == 0 else 0)
            return getattr(self.crossbar, verb)(*arguments)

        return paid if verb in Slow.cost else getattr(self.crossbar, verb)


def test_each_law_is_counted_by_itself_and_the_first_sample_not_at_all():
    """Catches laws that change places, a compiler's time that counts, and a sum in place of a mean."""
    tier, learn, infer, laws, heap_bytes, widest = bench.measure(Slow, (4, 3, 2), 5, Slow.counter)
    prices = [Slow.cost[law] for law in bench.LAWS]
    assert laws == prices
    assert learn == sum(prices) + Slow.cost["nudge"] and infer == Slow.cost["drive"] + Slow.cost["settle"]
    assert (tier, heap_bytes, widest) == ("plain", eqprop.plan((4, 3, 2)).bytes, 0)


def test_measures_travel_whole():
    measures = m.Measures(1, 2, (3, 4, 5, 6, 7), 8, 9, "instructions", "thumb")
    assert m.unpack_measures(m.pack_measures(measures)) == measures
    assert m.unpack_bench(m.pack_bench(300, (64, 32, 10))) == (300, (64, 32, 10))
