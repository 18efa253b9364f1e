"""Sizes, shifts and memory of a Hopfield network with weights of 8 bits."""

from .._compat import const
from ..hopfield import planning

_FRACTION = const(7)  # bits of a weight after the point
_COARSER = const(5)  # than one of 16 bits


class Plan(planning.Plan):
    """As `eqprop.hopfield.planning.Plan`, for weights of 8 bits, 7 of them after the point.

    A weight times an input or a state has so few bits that no sum needs a shift for its terms: 8191 products of 128 and
    16383, >> 5, are below 2**29, and so are those of 128 and 127.

    - rate_shifts[c]: of crossbar 0, in weights' steps; of the others, after 5 bits more (`kernels.plain`)
    """

    model = "hopfield8"

    def _choose(self):
        super()._choose()
        self.g_min, self.g_max = -128, 127
        self.driven_shift = self.back_shift = 0
        self.product_shift = 5  # states have 5 bits more than inputs, and so sums have one unit
        self.round_shift = _FRACTION - 5
        # Half as wide again as of 16 bits: with coarse weights, deep networks learn better so
        self.initial = tuple(min(3 * spread >> _COARSER + 1, 127) for spread in self.initial)
        self.rate_shifts = (self.rate_shifts[0] + _COARSER,) + self.rate_shifts[1:]

    def buffers(self, scratch=()):
        """As `eqprop.hopfield.planning.Plan.buffers`; sums end with the halves of the random state, low and high."""
        for name, code, items in super().buffers(scratch):
            yield name, "b" if name == "w" else code, items + 2 if name == "sums" else items
