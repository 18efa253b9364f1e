"""Checks that an emulated crossbar's memory is as the crossbar left it: finds every single bit that flipped.

Values that never change are compared with those of a new network. Conductances change, but each node's total
conductance is updated with every change and must equal the sum of the node's conductances; the node's divisor must
follow from its total. Takes some 500 bytes of heap.
"""

from array import array

from . import Rot
from .circuit import invert
from .network_rot import inspect_fixed


def inspect(crossbar, rate_shifts):
    """Raise Rot naming what changed by itself in an `EmulatedCrossbar`. rate_shifts: the right one of each crossbar."""
    inspect_fixed(crossbar, ("beta", "sweeps"))
    circuit = crossbar.circuit
    one, reciprocal, shift = array("i", [0]), array("H", [0]), bytearray(1)
    for c, total in enumerate(circuit.total):
        if circuit.rate_shifts[c] != rate_shifts[c]:
            raise Rot("rate shift of crossbar {}".format(c))
        for j in range(len(total)):
            one[0] = total[j]
            if one[0] != crossbar.total(c, j):
                raise Rot("a conductance or the total of node {} of layer {}".format(j, c + 1))
            invert(one, circuit.scales[c], reciprocal, shift)
            if reciprocal[0] != circuit.reciprocal[c][j] or shift[0] != circuit.shift[c][j]:
                raise Rot("the divisor of node {} of layer {}".format(j, c + 1))
