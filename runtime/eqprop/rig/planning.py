"""The scales of a rig, in place of `eqprop.planning.Plan`'s: its circuit is passive, and its units are volts and ohms.

- voltage      codes of 10 uV from Vmid; int16 for a learner, int32 inside, +-2.5 V
- conductance  steps of 1 / OHM_STEPS siemens, 20.6 nS: g steps are OHM_STEPS / g ohms
- resistance   of a device: SERIES_OHM + wiper + R_AB * code / codes of the potentiometer
- nudge        a source at Vmid +- v behind NUDGE_OHM: Norton's current v / NUDGE_OHM, and its conductance, which is
               always there
"""

from ..planning import Plan

OHM_STEPS = 48480000
POT_OHM = 50000
WIPER_OHM = 75
SERIES_OHM = 1210
NUDGE_OHM = 22000
DRIVE = 1229
"""Codes of a source, 1.22 mV each, for a feature of 127: 1.5 V."""
BIAS = (1229, 369)
"""The same for the bias pair of crossbar 0, and of the upper ones: 0.45 V."""
SOURCE_UV100 = 12207
"""A source's code in hundredths of a code of 10 uV."""
NUDGE_BITS = 6
"""Fraction of `currents`, in codes of a source."""


class RigPlan(Plan):
    """The sizes and limits of a rig of `layers`, with the attributes of `Plan` that any crossbar has.

    Chosen by `eqprop study rig`. All hidden nodes are excitatory: one clamp for each. Targets are in codes: the
    right output above 0.2 V, the others below 0. beta: currents per code of error, in 2**-10.
    """

    def __init__(self, layers, target=20000, rate_shift=16):
        """Plan for `layers`. target: of the right output, codes. rate_shift: of all crossbars.

        Raises ValueError for impossible layers, or a target outside 1..32767.
        """
        self._target, self._rate_shift = target, rate_shift
        if not 1 <= target <= 32767:
            raise ValueError("target: {} is not in 1..32767".format(target))
        super().__init__(layers)
        count = len(self.layers) - 1
        self.g_min = OHM_STEPS // (POT_OHM + WIPER_OHM + SERIES_OHM)
        self.gains = self.shifts = self.backs = (0,) * count
        self.scales = (12,) * count

    def _choose(self):
        count = len(self.layers) - 1
        self.gains = (0,) * count
        self.initial = (5670,) + (3780,) * (count - 1)
        self.excitatory = self.layers[1:-1]
        self.bias = BIAS[1] * SOURCE_UV100 // 100
        self.beta = 945  # 80 uS on NUDGE_OHM, in source codes * 2**NUDGE_BITS per code
        self.targets = (self._target, 0)
        self.rate_shifts = (self._rate_shift,) * count
        self.sweeps = 1
