"""The differential network's dynamics: applies the kernels to one network's arrays, phase by phase.

Plain functions of an `eqprop.differential.circuit.Circuit` and of integers, in the subset of
`eqprop.crossbar.kernels.plain`, so that the host compiles this file together with the kernels. Nothing here allocates.
A board with the dynamics in machine code (`eqprop.differential.native`) does not load it.
"""

from ..crossbar.circuit import divide
from ..crossbar.kernels.plain import clear, highest, load, multiply, set_nudge
from .kernels.plain import compare, relax, respond, update_between, update_driven


def drive(circuit, x):
    """Put the features `x` (int8) on the driven rows and compute their currents, once per sample."""
    load(x, circuit.inputs, circuit.active)
    multiply(circuit.g[0], circuit.inputs, circuit.active, circuit.shifts[0], circuit.driven)


def settle(circuit):
    """Free phase: settle from zero volts, without nudge; return the first of the classes with the highest output.

    Each of `circuit.sweeps` sweeps goes up: it starts with the odd layers, which include the first hidden one.
    """
    last = len(circuit.g) - 1
    for c in range(last + 1):
        clear(circuit.free[c], circuit.shape[c][0])
    for _ in range(circuit.sweeps):
        relax_layers(circuit, 0)
        relax_layers(circuit, 1)
    compare(circuit.free[last], circuit.outputs)
    return highest(circuit.outputs, len(circuit.outputs))


def relax_layers(circuit, first):
    """Relax every second layer from layer `first` + 1 on: block descent on the power, exact as they do not touch."""
    last = len(circuit.g) - 1
    free = circuit.free
    for c in range(first, last + 1, 2):
        above = c + 1 if c < last else c
        relax(
            circuit.shape[c],
            circuit.driven,
            circuit.g[c],
            free[c - 1 if c else 0],
            circuit.g[above],
            free[above],
            circuit.reciprocal[c],
            circuit.shift[c],
            circuit.low[c],
            circuit.high[c],
            free[c],
        )


def displace(circuit):
    """Nudged phase: settle the displacement of every voltage by `circuit.currents`, from none.

    The outputs go first. The sweeps go down from there, one fewer than in the free phase: the layer below the outputs
    and every second one, then the outputs and the others.
    """
    last = len(circuit.g) - 1
    for c in range(last + 1):
        clear(circuit.displaced[c], circuit.shape[c][0])
    respond_layer(circuit, last)
    for _ in range(circuit.sweeps - 1):
        for c in range((last + 1) % 2, last + 1, 2):
            respond_layer(circuit, c)
        for c in range(last % 2, last + 1, 2):
            respond_layer(circuit, c)


def respond_layer(circuit, c):
    """Bring the displacements of layer c + 1 to equilibrium with those of its neighbours."""
    last = len(circuit.g) - 1
    displaced = circuit.displaced
    above = c + 1 if c < last else c
    respond(
        circuit.shape[c],
        circuit.currents,
        circuit.g[c],
        displaced[c - 1 if c else 0],
        circuit.g[above],
        displaced[above],
        circuit.reciprocal[c],
        circuit.shift[c],
        circuit.free[c],
        circuit.low[c],
        circuit.high[c],
        displaced[c],
    )


def set_output_nudge(circuit, label):
    """Set the currents that pull the outputs to their targets; return the loss (`crossbar.kernels.plain.set_nudge`)."""
    shift = circuit.scales[len(circuit.g) - 1] - 2
    return set_nudge(circuit.outputs, circuit.targets, label, circuit.beta, shift, circuit.currents)


def program(circuit):
    """Change every conductance by EqProp's rule from the voltages and their displacements.

    Returns whether a total conductance is out of range, as `eqprop.crossbar.circuit.divide` does.
    """
    free = circuit.free
    displaced = circuit.displaced
    total = circuit.total
    update_driven(
        circuit.g[0],
        circuit.inputs,
        circuit.active,
        circuit.gains[0],
        circuit.rate_shifts[0],
        circuit.limits,
        displaced[0],
        free[0],
        total[0],
    )
    for c in range(1, len(circuit.g)):
        update_between(
            circuit.g[c],
            circuit.gains[c],
            circuit.drops[c],
            circuit.rate_shifts[c],
            circuit.limits,
            displaced[c - 1],
            free[c - 1],
            total[c - 1],
            displaced[c],
            free[c],
            total[c],
        )
    return divide(circuit)
