"""The emulated crossbar by the plain kernels: it runs on any Python, and is the reference of the machine-code tiers."""

from . import Rot, dynamics
from .emulated import EmulatedCrossbar
from .kernels import plain


class PlainCrossbar(EmulatedCrossbar):
    """The crossbar's verbs (`eqprop.crossbar.emulated`) by `eqprop.crossbar.dynamics`."""

    tier = "plain"
    dynamics = dynamics
    scatter = staticmethod(plain.scatter)
    gather = staticmethod(plain.gather)

    def settle(self, x):
        """Free phase: drive features `x` (int8 or their bytes, one for each input), settle from zero volts, no nudge.

        Returns the first of the highest output nodes. Raises as `check` does.
        """
        self.check(x)
        self.dynamics.drive(self.circuit, x)
        return self.dynamics.settle(self.circuit)

    def set_nudge(self, label):
        """Set `currents` to pull the free outputs to the plan's targets; return the loss (`plain.set_nudge`).

        Raises ValueError for a label without an output.
        """
        self.check_label(label)
        return self.dynamics.set_output_nudge(self.circuit, label)

    def nudge(self, phase):
        """Nudged phase PLUS or MINUS: settle from the free state with `currents` added to (PLUS) or drawn (MINUS).

        Raises ValueError for another phase.
        """
        self.check_phase(phase)
        self.dynamics.nudge(self.circuit, phase)

    def program(self):
        """Change every conductance by the EqProp rule from the voltages held in PLUS and MINUS.

        Raises Rot if a total conductance is then out of range.
        """
        if self.dynamics.program(self.circuit):
            raise Rot("total conductance")
