"""The type of crossbars with weights of 8 bits of each tier (`eqprop.crossbar.tiers`)."""

from ..crossbar.tiers import crossbar_type


def emulated_crossbar(plan, allocate, seed):
    """Return an emulated crossbar of the tier in use (`eqprop.hopfield8`)."""
    return crossbar_type("hopfield8", eight)(plan, allocate, seed)


def eight(name):
    """Return the crossbar type of a tier. Raises ImportError for an unknown one."""
    if name == "plain":
        from .plain import PlainCrossbar

        return PlainCrossbar
    if name == "thumb":
        from .kernels.thumb import ThumbCrossbar

        return ThumbCrossbar
    if name == "viper":
        from .kernels.viper import ViperCrossbar

        return ViperCrossbar
    raise ImportError
