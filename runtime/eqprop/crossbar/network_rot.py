"""Inspects a network on any crossbar for values that changed by themselves.

`inspection` and `eqprop.hopfield.devices` inspect emulated crossbars, both by `inspect_fixed`.
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


def inspect_fixed(crossbar, names):
    """Raise Rot naming what changed in an emulated crossbar's plan, fixed values or table.

    names: attributes that the circuit has copied from the plan.
    """
    plan, circuit = crossbar.plan, crossbar.circuit
    try:
        if plan.__dict__ != type(plan)(plan.layers).__dict__:
            raise Rot("plan")
        for name in names:
            if getattr(circuit, name) != getattr(plan, name):
                raise Rot(name)
        for name, items, first, end, value in crossbar.fixed():
            for i in range(first, end):
                if items[i] != value:
                    raise Rot(name)
        for at, word in enumerate(crossbar.words()):
            if crossbar.table[at] != word:
                raise Rot("table")
    except (IndexError, ValueError) as error:  # a size that is impossible
        raise Rot("plan") from error
