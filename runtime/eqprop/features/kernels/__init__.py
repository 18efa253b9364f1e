"""The inner loops of features, in plain Python or machine code; `eqprop.crossbar.tiers` chooses which.

`plain` is the reference and documents each kernel; `viper` computes the same bits.
"""

from ...hopfield.selection import in_use


def chosen():
    """Return the kernels module of the tier in use."""
    if in_use() == "plain":
        from . import plain

        return plain
    from . import viper

    return viper
