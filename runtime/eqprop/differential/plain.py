"""The differential network's crossbar by the plain kernels: on any Python, and the reference of all tiers."""

from ..crossbar import PLUS, Rot
from ..crossbar.kernels import plain
from . import dynamics
from .crossbar import DifferentialCrossbar


class PlainCrossbar(DifferentialCrossbar):
    """The crossbar's verbs by `eqprop.differential.dynamics`."""

    tier = "plain"
    dynamics = dynamics
    scatter = staticmethod(plain.scatter)
    gather = staticmethod(plain.gather)

    def settle(self, x):
        """Free phase: drive features `x` (int8 or their bytes, one for each input), settle from zero volts, no nudge.

        Returns the first of the classes with the highest output. Raises as `check` does.
        """
        self.check(x)
        self.dynamics.drive(self.circuit, x)
        return self.dynamics.settle(self.circuit)

    def set_nudge(self, label):
        """Set the currents that pull the outputs to the plan's targets; return the loss (`plain.set_nudge`).

        Raises ValueError for a label without an output.
        """
        self.check_label(label)
        return self.dynamics.set_output_nudge(self.circuit, label)

    def nudge(self, phase):
        """Nudged phase. PLUS: settle the displacement of every voltage. MINUS: do nothing, it is the negative.

        Raises ValueError for another phase.
        """
        self.check_phase(phase)
        if phase == PLUS:
            self.dynamics.displace(self.circuit)

    def program(self):
        """Change every conductance by the EqProp rule from the voltages and their displacements.

        Raises Rot if a total conductance is then out of range.
        """
        if self.dynamics.program(self.circuit):
            raise Rot("total conductance")
