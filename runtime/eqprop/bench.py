"""How long this processor takes to learn, to infer, and for each of the circuit's laws."""

from . import circuit
from ._compat import free_heap, ticks_diff
from .circuit import MINUS, PLUS
from .fixed import Xorshift32
from .planning import Plan

LAWS = ("drive", "settle", "pull", "nudge", "program")  # a training sample nudges twice
_WIDEST = 8191


class Stopwatch:
    """Tells the ticks between two calls, its own time left out."""

    def __init__(self, ticks):
        """Go by `ticks()`, a counter as MicroPython's `time.ticks_us`."""
        self._ticks = ticks
        self._own = 0
        self._last = ticks()
        self()
        self._own = min(self(), self(), self())

    def __call__(self) -> int:
        """Return the ticks since the last call."""
        passed = ticks_diff(self._ticks(), self._last) - self._own
        self._last = self._ticks()
        return passed


def measure(build, layers, samples, ticks):
    """Return (tier, ticks to learn, to infer, for each of LAWS, heap bytes planned, widest hidden layer that fits).

    Of a network made by `build(layers, 0, 0)`; the ticks are means over `samples`, rounded down, and half the features
    are zero. The last is how many nodes fit between these inputs and outputs; 0 where the heap has no limit.
    """
    network = build(layers, 0, 0)
    random = Xorshift32(1)
    x = network.allocate("b", network.layers[0])
    out = network.allocate("h", network.layers[-1])
    passed = Stopwatch(ticks)
    totals = [0] * (2 + len(LAWS))
    for n in range(-1, samples):  # the first one, in which a compiler may be at work, does not count
        for i in range(len(x)):
            x[i] = (random.below(255) - 127) * random.below(2)
        for i, spent in enumerate(_sample(network, x, max(n, 0) % len(out), out, passed)):
            totals[i] += spent if n >= 0 else 0
    means = [total // samples for total in totals]
    return circuit.tier, means[0], means[1], means[2:], network.plan.bytes, _widest(network.layers)


def _sample(network, x, label, out, passed):
    """Return the ticks to learn a sample, to infer it, and for each of LAWS."""
    crossbar, learner = network.crossbar, network.learner
    rates = tuple(learner.rates)
    passed()
    network.learn(x, label)
    learn = passed()
    network.infer(x, out)
    infer = passed()
    crossbar.drive(x)
    drive = passed()
    crossbar.settle()
    settle = passed()
    crossbar.pull(learner.targets, label, learner.beta)
    pull = passed()
    crossbar.nudge(MINUS)
    passed()
    crossbar.nudge(PLUS)
    nudge = passed()
    crossbar.program(rates)
    return learn, infer, drive, settle, pull, nudge, passed()


def _widest(layers):
    free = free_heap()
    if free is None:
        return 0
    low, high = 0, _WIDEST
    while low < high:
        middle = (low + high + 1) // 2
        if Plan((layers[0], middle, layers[-1])).bytes <= free:
            low = middle
        else:
            high = middle - 1
    return low
