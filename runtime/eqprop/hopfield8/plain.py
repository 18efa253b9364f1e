"""The crossbar with weights of 8 bits by the plain kernels: on any Python, and the reference of all tiers."""

from ..hopfield import plain
from . import dynamics
from .crossbar import EightBit
from .kernels.plain import scatter


class PlainCrossbar(EightBit, plain.PlainCrossbar):
    """The crossbar's verbs by `eqprop.hopfield8.dynamics`."""

    dynamics = dynamics
    scatter = staticmethod(scatter)
