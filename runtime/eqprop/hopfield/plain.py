"""The Hopfield network's crossbar by the plain kernels: it runs on any Python, and is the reference of all tiers."""

from . import dynamics
from .crossbar import HopfieldCrossbar
from .kernels import plain


class PlainCrossbar(HopfieldCrossbar):
    """The crossbar's verbs by `eqprop.hopfield.dynamics`."""

    tier = "plain"
    scratch = ("delta", "mean")
    dynamics = dynamics
    scatter = staticmethod(plain.scatter)
    checksum = staticmethod(plain.checksum)

    def settle(self, x):
        """Free phase of features `x` (int8 or their bytes, one for each input); return the prediction.

        Raises as `check` does.
        """
        self.check(x)
        return self.dynamics.settle(self.circuit, x)

    def set_nudge(self, label):
        """Set the outputs' errors; return the loss. Raises ValueError for a label without an output."""
        self.check_label(label)
        return self.dynamics.set_output_nudge(self.circuit, label)

    def nudge(self, phase):
        """Nudged phase PLUS or MINUS. Raises ValueError for another phase."""
        self.check_phase(phase)
        self.dynamics.nudge(self.circuit, phase)

    def program(self):
        """Change every weight by the EqProp rule from the states held in PLUS and MINUS."""
        self.dynamics.program(self.circuit)
