"""The resistive model's crossbar type of each tier (`eqprop.crossbar.tiers`)."""

from .tiers import crossbar_type


def emulated_crossbar(plan, allocate, seed):
    """Return an emulated crossbar of the resistive model, of the tier in use (`eqprop.crossbar.emulated`)."""
    return crossbar_type("crossbar", resistive)(plan, allocate, seed)


def resistive(name):
    """Return the resistive model's crossbar type of a tier. Raises ImportError for an unknown one."""
    if name == "plain":
        from .plain import PlainCrossbar

        return PlainCrossbar
    if name == "thumb":
        from .kernels.thumb import ThumbCrossbar

        return ThumbCrossbar
    if name == "rv32":
        from .kernels.rv32 import Rv32Crossbar

        return Rv32Crossbar
    if name == "viper":
        from .kernels.viper import ViperCrossbar

        return ViperCrossbar
    raise ImportError
