"""The runs of `eqprop study rig`: the runtime's learner on simulated rigs, through their frames alone.

Every rig is spread as real parts are (`eqprop_sim.rig.bench.Spread`), and calibrated by its own board first. A run
depends on its seed alone, which is that of the parts, of the initial conductances and of the order of the samples.
"""

import random
from dataclasses import dataclass

import numpy as np

from eqprop.learner import Learner
from eqprop.rig.calibration import Calibration
from eqprop.rig.planning import RigPlan
from eqprop_sim.rig.assembly import assemble
from eqprop_sim.rig.bench import Spread
from eqprop_sim.sample_order import SampleOrder

from .. import datasets

XOR_EPOCHS = 200
RECOVERY_EPOCHS = 50
IRIS_EPOCHS = 60
IRIS_TARGET = 15000
IRIS_RATE_SHIFT = 14
IRIS_HALVING_EPOCHS = 24
XOR = tuple((bytes((a & 255, b & 255)), int(a != b)) for a in (-127, 127) for b in (-127, 127))
SEEDS = {"xor": 20, "stuck": 10, "spoilt": 10, "iris": 5}
"""Runs of a row, by its task."""
_ASKED = 5  # times that each sample is asked for, as readings are noisy


@dataclass(frozen=True)
class Row:
    """A row of the study's table."""

    name: str
    """What is learnt, and how."""

    task: str
    """xor, stuck, spoilt or iris."""

    converter: str = "ads1115"
    """The part that reads the nodes."""

    shadow: bool = True
    """Whether the board keeps the conductances; otherwise the wipers are the only memory."""

    diode: str = "ideal"
    """The clamps: ideal, or bat54."""


ROWS = (
    Row("XOR 2-4-2, ADS1115", "xor"),
    Row("XOR 2-4-2, MCP3208, 8 readings", "xor", "mcp3208"),
    Row("XOR 2-4-2, ADS1115, wipers the only memory", "xor", shadow=False),
    Row("XOR 2-4-2, ADS1115, clamps of BAT54", "xor", diode="bat54"),
    Row("XOR 2-4-2, a wiper stuck at any code, 50 epochs later", "stuck"),
    Row("XOR 2-4-2, a wiper stuck where it spoils an answer, 50 epochs later", "spoilt"),
    Row("iris 4-4-3, ADS1115", "iris"),
    Row("iris 4-4-3, MCP3208, 8 readings", "iris", "mcp3208"),
)


def _learner(row, layers, seed, plan, lr_halving_samples=0):
    bench, crossbar = assemble(layers, seed, Spread(diode=row.diode), row.converter, plan=plan, shadow=row.shadow)
    problems = Calibration(crossbar).run()
    if problems:
        raise AssertionError(f"seed {seed}: {problems[0]}")
    return bench, crossbar, Learner(crossbar, plan, lr_halving_samples)


def _right(crossbar, times=1):
    return sum(crossbar.settle(x) == y for x, y in XOR for _ in range(times))


def _train_xor(crossbar, learner, order, epochs, until_right=False):
    """Learn for some epochs; return the first after which all four were right, or None."""
    first = None
    for epoch in range(epochs):
        for n in order.sample(range(4), 4):
            learner.learn(*XOR[n])
        if first is None and _right(crossbar) == 4:
            first = epoch + 1
            if until_right:
                break
    return first


def xor(row, seed):
    """Learn exclusive-or; return {"solved", "first_epoch"}."""
    _, crossbar, learner = _learner(row, "2-4-2", seed, RigPlan("2-4-2"))
    first = _train_xor(crossbar, learner, random.Random(seed), XOR_EPOCHS)
    return {"solved": _right(crossbar, _ASKED) == 4 * _ASKED, "first_epoch": first}


def stuck(row, seed, spoilt=False):
    """Learn exclusive-or, let a wiper stick at a code at random, and learn on until all answers are right.

    spoilt: let it stick where an answer becomes wrong: most devices may stick anywhere.
    """
    plan = RigPlan("2-4-2")
    bench, crossbar, learner = _learner(row, "2-4-2", seed, plan)
    order = random.Random(seed)
    _train_xor(crossbar, learner, order, XOR_EPOCHS)
    while True:
        chip, wiper = crossbar.layout.device(order.randrange(crossbar.layout.devices))
        bench.pots[chip].set(wiper, order.randrange(257))
        wrong = 4 - _right(crossbar)
        if wrong or not spoilt:
            break
        crossbar.refresh()
    bench.pots[chip].stuck.add(wiper)
    first = _train_xor(crossbar, learner, order, RECOVERY_EPOCHS, until_right=True)
    return {"solved": first is not None, "first_epoch": first, "wrong_when_stuck": wrong}


def spoilt(row, seed):
    """Do the same as `stuck` where an answer is spoilt."""
    return stuck(row, seed, True)


def iris(row, seed):
    """Learn iris; return {"test_error_percent"}."""
    data = datasets.prepare(datasets.load("iris"), seed, 1 / 3)
    plan = RigPlan("4-4-3", IRIS_TARGET, IRIS_RATE_SHIFT)
    count = len(data.train_y)
    _, crossbar, learner = _learner(row, "4-4-3", seed, plan, IRIS_HALVING_EPOCHS * count)
    order = SampleOrder.shuffled(count, seed)
    for epoch in range(IRIS_EPOCHS):
        for n in order.epoch(epoch):
            learner.learn(data.train_x[n].tobytes(), int(data.train_y[n]))
    found = [crossbar.settle(x.tobytes()) for x in data.test_x]
    return {"test_error_percent": 100 * float(np.mean(found != data.test_y))}


def compare(rows, first, count, tell):
    """Return [{"name", "runs"}, ...] of the rows: `count` runs with the seeds from `first` on, None for `SEEDS`.

    tell: called with a line before each run.
    """
    done = []
    for row in rows:
        runs = []
        for seed in range(first, first + (count or SEEDS[row.task])):
            tell(f"{row.name}, seed {seed}")
            runs.append(
                {"seed": seed, **{"xor": xor, "stuck": stuck, "spoilt": spoilt, "iris": iris}[row.task](row, seed)}
            )
        done.append({"name": row.name, "task": row.task, "runs": runs})
    return done


def summary(done):
    """Return a row's figure as text: how many runs were right, or the mean error."""
    runs = done["runs"]
    if done["task"] == "iris":
        return f"{np.mean([run['test_error_percent'] for run in runs]):.1f} % errors"
    firsts = sorted(run["first_epoch"] for run in runs if run["first_epoch"])
    median = f", first in epoch {firsts[len(firsts) // 2]} (median)" if firsts else ""
    return f"{sum(run['solved'] for run in runs)} of {len(runs)}{median}"
