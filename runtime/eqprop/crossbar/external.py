"""The base of every crossbar that this processor does not emulate: an array of real parts, or a simulated chip."""

from array import array

from .._compat import const
from ..layers import parse_layers
from ..xorshift import Xorshift32
from . import FREE, CheckedCrossbar, Rot
from .kernels.plain import scatter, set_nudge

_PIECE = const(32)  # conductances restored at once


def checked(crossbar, layers, model):
    """Return `crossbar`. Raises ValueError unless it is of these layers and of this energy model; None for any."""
    plan = crossbar.plan
    if parse_layers(layers) != plan.layers:
        raise ValueError("crossbar: is of {} ({}), expected {}".format(plan, plan.model, layers))
    if model not in (None, plan.model):
        raise ValueError("model: expected {}, as the crossbar is, got {}".format(plan.model, model))
    return crossbar


class ExternalCrossbar(CheckedCrossbar):
    """What such crossbars have in common; a subclass adds the other verbs of the contract (`eqprop.crossbar`).

    - currents: nudge currents, int32, for each output
    - rate_shifts: of each crossbar's next programs
    """

    tier = "external"

    def __init__(self, plan):
        """Take the sizes of `plan`, a `Plan`."""
        self.plan = plan
        self.features = plan.layers[0]
        self.classes = plan.layers[-1]
        self.currents = array("i", [0] * self.classes)
        self.rate_shifts = bytearray(plan.rate_shifts)

    def voltages(self, layer, phase):
        """Return a phase's voltages, as the contract says; a subclass has to."""
        raise NotImplementedError("voltages")

    def restore(self, c, start, data):
        """Set conductances, as the contract says; a subclass has to."""
        raise NotImplementedError("restore")

    def refresh(self):
        """Do nothing; a subclass does what restored conductances need."""

    def set_nudge(self, label):
        """Set `currents` to pull the free outputs to the plan's targets; return the loss.

        Both by the formulas of `eqprop.crossbar.kernels.plain.set_nudge`.
        """
        self.check_label(label)
        plan = self.plan
        outputs = self.voltages(len(plan.layers) - 1, FREE)
        return set_nudge(outputs, plan.targets, label, plan.beta, plan.scales[-1] - 2, self.currents)

    def set_rate_shift(self, c, rate_shift):
        """Set crossbar c's `rate_shifts`. Raises ValueError for one outside 1..24."""
        self.check_rate_shift(rate_shift)
        self.rate_shifts[c] = rate_shift

    def initialise(self, seed):
        """Restore the initial conductances of an emulated crossbar with this seed."""
        plan = self.plan
        random = Xorshift32(seed)
        stream = array("i", (random.low, random.high, plan.g_min, 0, 0))
        piece = array("H", [0] * _PIECE)
        for c, (rows, columns) in enumerate(plan.shapes):
            stream[3] = plan.initial[c]
            for start in range(0, rows * columns, _PIECE):
                stream[4] = count = min(_PIECE, rows * columns - start)
                scatter(piece, stream)
                self.restore(c, start, bytes(piece[:count]))
        self.refresh()

    def conductances(self, _c):
        """Raise ValueError: only a subclass with `readable` True has them."""
        raise ValueError("crossbar: its conductances cannot be read back")

    def inspect(self, rate_shifts):
        """Raise Rot if a rate_shift changed by itself."""
        for c, rate_shift in enumerate(rate_shifts):
            if self.rate_shifts[c] != rate_shift:
                raise Rot("rate shift of crossbar {}".format(c))
