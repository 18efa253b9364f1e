"""Inspects a network on any crossbar for values that changed by themselves.

An emulated crossbar does its part in `inspection`.
"""

from .._compat import const
from ..fixed import RATE_SHIFT_MAX
from . import Rot

_SAMPLE = const(2)  # items of a learner's tally
_LEFT = const(3)


def inspect(network):
    """Raise Rot naming what changed by itself, as `Network.inspect` says."""
    learner = network.learner
    tally = learner.tally
    sample = tally[_SAMPLE]
    if sample + tally[_LEFT] != learner.halve_at:
        raise Rot("number of samples")
    _ = network.user_data  # raises Rot itself
    every = network.lr_halving_samples
    halvings = sample // every if every else 0
    network.crossbar.inspect([min(shift + halvings, RATE_SHIFT_MAX) for shift in network.plan.rate_shifts])
