"""Choosing a tier, for tests and benchmarks: the fastest is in use from the start."""

from ..crossbar import tiers
from .tiers import hopfield


def use(tier=None):
    """Make new networks use `tier`, or the fastest that this interpreter supports; return its name.

    Existing networks keep their tier. Raises ValueError for a tier that is unknown or not supported here; the fastest
    is then in use.
    """
    tiers._wanted = tier
    tiers._loaded.clear()
    return in_use()


def in_use():
    """Return the name of the tier in use."""
    for loaded in tiers._loaded.values():
        return loaded.tier
    return tiers.crossbar_type("hopfield", hopfield).tier
