"""What a test may ask of the machine it runs on: whether it is CI, which emulated cores there are, what can be had."""

import os

import pytest

from eqprop_sim.emulated_board import qemu
from eqprop_sim.toolchain import interpreters

IN_CI = bool(os.environ.get("CI"))
_TIERS = {"cortex": ("thumb", "viper"), "riscv": ("rv32", "viper"), "xtensa": ("xtensa", "viper", "plain")}
TIERS_OF_CORES = [(cpu, tier) for cpu, core in qemu.CORES.items() for tier in _TIERS[core.family]]
"""Each emulated core with each of its fastest tiers: parameters for `emulated_board` and a tier."""
MODELS_OF_ASSEMBLERS = {"rv32": ("resistive", "hopfield"), "xtensa": ("hopfield",)}
"""{tier: the models that it has}, of assemblers that have not all models."""


def obtained(obtain, *arguments):
    """Return what `obtain` does; where it cannot be had a test fails in CI and is skipped elsewhere."""
    try:
        return obtain(*arguments)
    except interpreters.Unavailable as error:
        reason = str(error)
    # Outside the handler, so that the report holds the reason alone
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
