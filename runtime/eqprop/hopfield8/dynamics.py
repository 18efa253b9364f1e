"""The dynamics of a Hopfield network with weights of 8 bits: those of `eqprop.hopfield.dynamics`, but how it learns.

In the same subset, for the host's compiler. Nothing here allocates.
"""

from ..crossbar import MINUS, PLUS
from ..hopfield.dynamics import nudge as nudge
from ..hopfield.dynamics import relax_layer as relax_layer
from ..hopfield.dynamics import set_output_nudge as set_output_nudge
from ..hopfield.dynamics import settle as settle
from ..hopfield.kernels.plain import contrast, excess
from .kernels.plain import seed, update_between, update_driven


def program(circuit):
    """Change every weight by EqProp's rule from the states of both nudged phases, rounded at random."""
    rate_shifts = circuit.rate_shifts
    for c in range(len(circuit.w)):
        plus = circuit.phases[PLUS][c]
        contrast(plus, circuit.phases[MINUS][c], circuit.delta[c], circuit.mean[c])
    rate_shift = rate_shifts[0] + excess(circuit.inputs, circuit.active, circuit.power_bits)
    if rate_shift > 24:
        rate_shift = 24
    seed(circuit.sums)
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
