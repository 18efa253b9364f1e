"""Choosing a tier, for tests and benchmarks: the fastest is in use from the start."""

from ..crossbar import tiers
from .tiers import hopfield


def use(*wanted):
    """Make new networks use the first of the tiers that this interpreter supports, by default of all; return its name.

    Existing networks keep their tier. Raises ValueError if each is unknown or not supported here; the fastest is then
    in use.
    """
    tiers._wanted = wanted or tiers.TIERS
    tiers._loaded.clear()
    return in_use()


def in_use():
    """Return the name of the tier in use."""
    for loaded in tiers._loaded.values():
        return loaded.tier
    return tiers.crossbar_type("hopfield", hopfield).tier
