"""The inner loops of features, as plain Python or machine code, by the networks' tier (`eqprop.crossbar.tiers`).

`plain` is the reference and says what each does; `viper` computes the same bits.
"""

from ...crossbar.tiers import in_use


def chosen():
    """Return the module of kernels of the tier in use."""
    if in_use() == "plain":
        from . import plain

        return plain
    from . import viper

    return viper
