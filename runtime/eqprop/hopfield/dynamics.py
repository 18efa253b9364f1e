"""The Hopfield network's dynamics: applies the kernels to one network's arrays, phase by phase.

Plain functions of an `eqprop.hopfield.crossbar.Circuit`, in the subset of `eqprop.crossbar.kernels.plain`, so that the
host compiles this file together with the kernels. Nothing here allocates.
"""

from ..crossbar import FREE, MINUS, PLUS
from ..crossbar.kernels.plain import clear, copy, highest, load
from .kernels.plain import (
    contrast,
    displace_layer,
    displace_outputs,
    displacement,
    drive,
    excess,
    feed_back,
    raise_layer,
    set_errors,
    settle_layer,
    update_between,
    update_driven,
)


def settle(circuit, x):
    """Free phase: drive the features `x` (int8) and sweep upwards from zero; return the first of the highest outputs.

    current[c]: the sums of layer c + 1 in the last sweep.
    """
    load(x, circuit.inputs, circuit.active)
    base = circuit.base
    drive(circuit.w[0], circuit.inputs, circuit.active, circuit.driven_shift, circuit.back_shift, base)
    last = len(circuit.w) - 1
    free = circuit.phases[FREE]
    for c in range(last + 1):
        clear(free[c], len(circuit.current[c]))
    for _ in range(circuit.sweeps):
        for c in range(last + 1):
            relax_layer(circuit, c)
    return highest(free[last], len(circuit.errors))


def relax_layer(circuit, c):
    """Bring layer c + 1 to its minimum in the free phase."""
    last = len(circuit.w) - 1
    free = circuit.phases[FREE]
    current = circuit.current[c]
    if c == 0:
        copy(circuit.base, current)
    else:
        raise_layer(circuit.w[c], free[c - 1], circuit.product_shift, current)
    low = -circuit.rail
    if c < last:
        feed_back(
            circuit.w[c + 1],
            free[c + 1],
            len(circuit.current[c + 1]),
            circuit.product_shift,
            circuit.feedback_shift,
            current,
        )
        low = 0
    settle_layer(current, circuit.round_shift, low, circuit.rail, free[c])


def set_output_nudge(circuit, label):
    """Set the errors of the free outputs; return the loss."""
    last = len(circuit.w) - 1
    loss = set_errors(circuit.phases[FREE][last], circuit.targets, label, circuit.rail, circuit.errors)
    circuit.sums[last + 1] = loss
    return loss


def nudge(circuit, phase):
    """Nudged phase: displace the outputs by their errors (PLUS) or the negatives (MINUS), then sweep down."""
    last = len(circuit.w) - 1
    free = circuit.phases[FREE]
    v = circuit.phases[phase]
    sign = 1 if phase == PLUS else -1
    displace_outputs(free[last], circuit.errors, sign, v[last])
    for c in range(last - 1, -1, -1):
        delta = circuit.delta[c + 1]
        nodes = len(circuit.current[c + 1])
        if c + 1 == last:
            copy(circuit.errors, delta)
        else:
            displacement(free[c + 1], v[c + 1], nodes, delta)
            sign = 1
        current = circuit.current[c]
        displace_layer(
            circuit.w[c + 1],
            delta,
            nodes,
            circuit.product_shift,
            circuit.feedback_shift,
            sign,
            current,
            circuit.round_shift,
            circuit.rail,
            v[c],
        )


def program(circuit):
    """Change every weight by EqProp's rule from the states of both nudged phases."""
    rate_shifts = circuit.rate_shifts
    for c in range(len(circuit.w)):
        plus = circuit.phases[PLUS][c]
        contrast(plus, circuit.phases[MINUS][c], circuit.delta[c], circuit.mean[c])
    rate_shift = rate_shifts[0] + excess(circuit.inputs, circuit.active, circuit.power_bits)
    if rate_shift > 24:
        rate_shift = 24
    update_driven(circuit.w[0], circuit.inputs, circuit.active, rate_shift, circuit.delta[0], circuit.sums)
    for c in range(1, len(circuit.w)):
        update_between(
            circuit.w[c],
            rate_shifts[c],
            circuit.delta[c - 1],
            circuit.mean[c - 1],
            circuit.delta[c],
            circuit.mean[c],
            circuit.sums,
            c,
        )
