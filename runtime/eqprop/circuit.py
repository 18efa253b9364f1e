"""The emulated circuit: what the kernels do to one network's arrays, phase by phase.

Plain functions of a `Circuit` and of integers, in the subset of `eqprop.kernels.plain`, so that the host compiles this
file together with the kernels. Nothing here allocates.
"""

from collections import namedtuple

from ._compat import const
from .kernels.plain import (
    clear,
    contrast,
    copy,
    highest,
    inject,
    invert,
    load,
    multiply,
    pull,
    relax,
    sum_between,
    sum_driven,
    update_between,
    update_driven,
)

# Every field but the first eight and the last two is a tuple with one element for each crossbar c, of which the node
# arrays (total to shape) belong to layer c + 1. `phases` is (free, plus, minus), each a tuple of voltage arrays.
Circuit = namedtuple(
    "Circuit",
    (
        "inputs",
        "active",
        "listed",
        "table",
        "driven",
        "rest",
        "currents",
        "limits",
        "g",
        "total",
        "base",
        "reciprocal",
        "shift",
        "low",
        "high",
        "delta",
        "mean",
        "shape",
        "gains",
        "shifts",
        "scales",
        "reach",
        "phases",
        "sweeps",
    ),
)


FREE = const(0)
PLUS = const(1)
MINUS = const(2)

# The tier that these laws are of; `eqprop.tiers` puts others in their place
tier = "plain"


def tabulate(circuit):
    """Prepare the circuit's table, once: these laws need none."""


def drive(circuit, x):
    """Put the features `x` (int8) on the driven rows and compute the currents that they send, once a sample."""
    load(x, circuit.inputs, circuit.active)
    multiply(circuit.g[0], circuit.inputs, circuit.active, circuit.shifts[0], circuit.driven)


def settle(circuit):
    """Free phase: settle from zero volts, without nudge; return the first of the highest output nodes."""
    last = len(circuit.g) - 1
    free = circuit.phases[FREE]
    for c in range(last + 1):
        clear(free[c], circuit.shape[c][0])
    inject(circuit.rest, circuit.rest, 0, circuit.base[last])
    sweep(circuit, free)
    return highest(free[last], circuit.shape[last][0])


def nudge(circuit, phase):
    """Nudged phase: settle from the free state with the currents into (PLUS) or out of (MINUS) the outputs."""
    last = len(circuit.g) - 1
    v = circuit.phases[phase]
    for c in range(last + 1):
        copy(circuit.phases[FREE][c], v[c])
    inject(circuit.rest, circuit.currents, 1 if phase == PLUS else -1, circuit.base[last])
    sweep(circuit, v)


def sweep(circuit, v):
    """Relax the odd layers, then the even ones, `circuit.sweeps` times: exact block descent on the power."""
    last = len(circuit.g) - 1
    for _ in range(circuit.sweeps):
        for parity in range(2):
            for c in range(parity, last + 1, 2):
                below = c if c else 0
                above = c + 1 if c < last else c
                relax(
                    circuit.shape[c],
                    circuit.base[c],
                    circuit.g[below],
                    v[c - 1 if c else 0],
                    circuit.g[above],
                    v[above],
                    circuit.reciprocal[c],
                    circuit.shift[c],
                    circuit.low[c],
                    circuit.high[c],
                    v[c],
                )


def pull_outputs(circuit, targets, label, beta):
    """Set the currents to what pulls the free outputs to their targets; return the loss (`kernels.plain.pull`).

    beta: nudging conductance, in units of 4 steps, so that its product with any voltage is a small integer.
    """
    last = len(circuit.g) - 1
    return pull(circuit.phases[FREE][last], targets, label, beta, circuit.scales[last] - 2, circuit.currents)


def program(circuit, rates):
    """Change every conductance by EqProp's rule from the voltages of both nudged phases; rates[c]: right shift."""
    for c in range(len(circuit.g)):
        contrast(circuit.phases[PLUS][c], circuit.phases[MINUS][c], circuit.reach[c], circuit.delta[c], circuit.mean[c])
    update_driven(
        circuit.g[0],
        circuit.inputs,
        circuit.active,
        circuit.gains[0],
        rates[0],
        1 << (rates[0] - 1),
        circuit.limits,
        circuit.delta[0],
        circuit.mean[0],
        circuit.total[0],
    )
    for c in range(1, len(circuit.g)):
        update_between(
            circuit.g[c],
            circuit.gains[c],
            rates[c],
            1 << (rates[c] - 1),
            circuit.limits,
            circuit.delta[c - 1],
            circuit.mean[c - 1],
            circuit.total[c - 1],
            circuit.delta[c],
            circuit.mean[c],
            circuit.total[c],
        )
    divide(circuit)


def refresh(circuit):
    """Recompute every node's total conductance from the devices, after these were set from outside."""
    sum_driven(circuit.g[0], circuit.total[0])
    for c in range(1, len(circuit.g)):
        sum_between(circuit.g[c], circuit.total[c - 1], circuit.total[c])
    divide(circuit)


def divide(circuit):
    """Prepare the division by every node's total conductance."""
    for c in range(len(circuit.g)):
        invert(circuit.total[c], circuit.scales[c], circuit.reciprocal[c], circuit.shift[c])
