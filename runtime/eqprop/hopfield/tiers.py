"""The Hopfield network's crossbar type of each tier (`eqprop.crossbar.tiers`)."""


def hopfield(name):
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
