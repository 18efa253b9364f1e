"""The Hopfield network's crossbar type of each tier (`eqprop.crossbar.tiers`)."""

from ..crossbar.tiers import crossbar_type


def emulated_crossbar(plan, allocate, seed):
    """Return an emulated crossbar of the tier in use (`eqprop.hopfield.crossbar`)."""
    return crossbar_type("hopfield", hopfield)(plan, allocate, seed)


def hopfield(name):
    """Return the crossbar type of a tier. Raises ImportError for an unknown one."""
    if name == "plain":
        from .plain import PlainCrossbar

        return PlainCrossbar
    if name == "thumb":
        from .kernels.thumb import ThumbCrossbar

        return ThumbCrossbar
    if name == "rv32":
        from .kernels.rv32 import Rv32Crossbar

        return Rv32Crossbar
    if name == "xtensa":
        from .kernels.xtensa import XtensaCrossbar

        return XtensaCrossbar
    if name == "viper":
        from .kernels.viper import ViperCrossbar

        return ViperCrossbar
    raise ImportError
