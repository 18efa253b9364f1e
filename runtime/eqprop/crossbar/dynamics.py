"""The circuit's dynamics: applies the kernels to one network's arrays, phase by phase.

Plain functions of an `eqprop.crossbar.circuit.Circuit` and of integers, in the subset of
`eqprop.crossbar.kernels.plain`, so that the host compiles this file together with the kernels. Nothing here allocates.
A board with the dynamics in machine code (`eqprop.crossbar.native`) does not load it.
"""

from . import FREE, MINUS, PLUS
from .circuit import divide
from .kernels.plain import (
    clear,
    contrast,
    copy,
    highest,
    load,
    multiply,
    relax,
    set_base_currents,
    set_nudge,
    shift_outputs,
    update_between,
    update_driven,
)


def drive(circuit, x):
    """Put the features `x` (int8) on the driven rows and compute their currents, once per sample."""
    load(x, circuit.inputs, circuit.active)
    multiply(circuit.g[0], circuit.inputs, circuit.active, circuit.shifts[0], circuit.driven)


def settle(circuit):
    """Free phase: settle from zero volts, without nudge; return the first of the highest output nodes.

    Each of `circuit.sweeps` sweeps goes up: it starts with the odd layers, which include the first hidden one.
    """
    last = len(circuit.g) - 1
    free = circuit.phases[FREE]
    for c in range(last + 1):
        clear(free[c], circuit.shape[c][0])
    set_base_currents(circuit.rest, circuit.rest, 0, circuit.base[last])
    for _ in range(circuit.sweeps):
        relax_layers(circuit, free, 0)
        relax_layers(circuit, free, 1)
    return highest(free[last], circuit.shape[last][0])


def nudge(circuit, phase):
    """Nudged phase: settle from the free state with the currents into (PLUS) or out of (MINUS) the outputs.

    The outputs jump to where these currents bring them. The sweeps go down from there, one fewer than in the free
    phase: first the layer below the outputs and every second one, then the outputs and the others.
    """
    last = len(circuit.g) - 1
    v = circuit.phases[phase]
    for c in range(last + 1):
        copy(circuit.phases[FREE][c], v[c])
    sign = 1 if phase == PLUS else -1
    set_base_currents(circuit.rest, circuit.currents, sign, circuit.base[last])
    shift_outputs(
        circuit.currents,
        sign,
        circuit.reciprocal[last],
        circuit.shift[last],
        circuit.low[last],
        circuit.high[last],
        v[last],
    )
    for _ in range(circuit.sweeps - 1):
        relax_layers(circuit, v, (last + 1) % 2)
        relax_layers(circuit, v, last % 2)


def relax_layers(circuit, v, first):
    """Relax every second layer from layer `first` + 1 on: block descent on the power, exact as they do not touch."""
    last = len(circuit.g) - 1
    for c in range(first, last + 1, 2):
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


def set_output_nudge(circuit, label):
    """Set the currents to pull the free outputs to their targets; return the loss (`kernels.plain.set_nudge`)."""
    last = len(circuit.g) - 1
    output = circuit.phases[FREE][last]
    return set_nudge(output, circuit.targets, label, circuit.beta, circuit.scales[last] - 2, circuit.currents)


def program(circuit):
    """Change every conductance by EqProp's rule from the voltages of both nudged phases; rate_shifts[c]: right shift.

    Returns whether a total conductance is out of range, as `eqprop.crossbar.circuit.divide` does.
    """
    rate_shifts = circuit.rate_shifts
    for c in range(len(circuit.g)):
        contrast(
            circuit.phases[PLUS][c], circuit.phases[MINUS][c], circuit.delta_limit[c], circuit.delta[c], circuit.mean[c]
        )
    update_driven(
        circuit.g[0],
        circuit.inputs,
        circuit.active,
        circuit.gains[0],
        rate_shifts[0],
        1 << (rate_shifts[0] - 1),
        circuit.limits,
        circuit.delta[0],
        circuit.mean[0],
        circuit.total[0],
    )
    for c in range(1, len(circuit.g)):
        update_between(
            circuit.g[c],
            circuit.gains[c],
            rate_shifts[c],
            1 << (rate_shifts[c] - 1),
            circuit.limits,
            circuit.delta[c - 1],
            circuit.mean[c - 1],
            circuit.total[c - 1],
            circuit.delta[c],
            circuit.mean[c],
            circuit.total[c],
        )
    return divide(circuit)
