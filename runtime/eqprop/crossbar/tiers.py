"""Tiers: the forms in which an interpreter can run the circuit's dynamics. All compute the same bits.

- thumb  MicroPython's inline assembler (`eqprop.crossbar.kernels.thumb`): Arm Cortex-M
- viper  MicroPython's viper emitter (`eqprop.crossbar.kernels.viper`), compiled to machine code where the port has it
- plain  `eqprop.crossbar.plain`, the dynamics on `eqprop.crossbar.kernels.plain`: any Python
"""

import sys

from .._compat import const

_CORTEX_M = const(4)  # armv6m; up to armv7emdp, in MicroPython's numbering of architectures
_LAST_CORTEX_M = const(8)
TIERS = ("thumb", "viper", "plain")
_in_use = None


def use(tier=None):
    """Make new networks use `tier`, or the fastest that this interpreter supports; return its name.

    Meant for tests and benchmarks, because the fastest is in use from the start. Existing networks keep their tier.
    Raises ValueError for a tier that is unknown or not supported here.
    """
    global _in_use
    for name in TIERS if tier is None else (tier,):
        try:
            _in_use = _crossbar_type(name)
            return name
        # `micropython` or the emitter is missing, the code is too large for it, or the heap too small to compile
        except (ImportError, SyntaxError, NotImplementedError, MemoryError) as error:
            if name == "plain" and isinstance(error, MemoryError):  # then the heap is too small for any tier
                raise
            continue
        except ValueError as error:  # MicroPython's error does not name the file
            file = "eqprop/crossbar/kernels/" + name
            raise ValueError("{}.mpy: {}: made for another processor?".format(file, error)) from error
    raise ValueError("tier: {} is not supported here".format(tier))


def in_use():
    """Return the name of the tier in use."""
    return _in_use.tier


def emulated_crossbar(plan, allocate, seed):
    """Return an emulated crossbar of the tier in use (`eqprop.crossbar.emulated.EmulatedCrossbar`)."""
    return _in_use(plan, allocate, seed)


def _crossbar_type(name):
    if name == "plain":
        from .plain import PlainCrossbar

        return PlainCrossbar
    if name == "thumb":
        if not _CORTEX_M <= getattr(sys.implementation, "_mpy", 0) >> 10 & 15 <= _LAST_CORTEX_M:
            raise ImportError  # before compiling takes heap
        from .kernels.thumb import ThumbCrossbar

        return ThumbCrossbar
    if name == "viper":
        from .kernels.viper import ViperCrossbar

        return ViperCrossbar
    raise ImportError


use()
