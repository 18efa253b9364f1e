"""How long this processor takes to learn and to infer, and for each of a crossbar's verbs while it learns."""

from ._compat import free_heap, ticks_diff
from .learning import Learner
from .planning import Plan

VERBS = ("settle", "pull", "nudge", "program")  # settle: of the free phase; a training sample nudges twice
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


class _Timed:
    """A crossbar as the learner sees it, that sums the ticks of each verb."""

    def __init__(self, crossbar, passed):
        self._crossbar = crossbar
        self._passed = passed
        self.totals = [0] * len(VERBS)
        self.set_rate = crossbar.set_rate

    def settle(self, x):
        self._passed()
        answer = self._crossbar.settle(x)
        self.totals[0] += self._passed()
        return answer

    def pull(self, label):
        self._passed()
        loss = self._crossbar.pull(label)
        self.totals[1] += self._passed()
        return loss

    def nudge(self, phase):
        self._passed()
        self._crossbar.nudge(phase)
        self.totals[2] += self._passed()

    def program(self):
        self._passed()
        self._crossbar.program()
        self.totals[3] += self._passed()


def measure_samples(network, rows, ticks):
    """Learn `rows`, pairs of features and label; return the ticks in all to learn them, and to infer each once learnt.

    What was forgotten is collected before each sample, and not counted.
    """
    passed = Stopwatch(ticks)
    learn = infer = 0
    for x, label in rows:
        free_heap()
        passed()
        network.learn(x, label)
        learn += passed()
        network.infer(x)
        infer += passed()
    return learn, infer


def measure_verbs(network, rows, ticks):
    """Learn `rows` as `measure_samples` does; return the ticks in all of each of VERBS."""
    timed = _Timed(network.crossbar, Stopwatch(ticks))
    learner = Learner(timed, network.plan, network.halve_every)
    learner.go_on(network.sample)
    try:
        for x, label in rows:
            free_heap()
            learner.learn(x, label)
    finally:
        network.learner.go_on(learner.sample)
    return tuple(timed.totals)


def widest(layers, free):
    """Return how many hidden nodes between these inputs and outputs fit `free` bytes of heap; 0 for no limit (None)."""
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
