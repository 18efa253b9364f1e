"""Tiers: the forms in which an interpreter can run a network's dynamics. All compute the same bits.

- thumb  MicroPython's inline assembler (`eqprop.crossbar.kernels.thumb`): Arm Cortex-M
- rv32   the same (`eqprop.crossbar.kernels.rv32`): RISC-V with RV32IMC
- xtensa the same (`eqprop.hopfield.kernels.xtensa`), of that model alone: windowed Xtensa
- viper  MicroPython's viper emitter (`eqprop.crossbar.kernels.viper`), compiled to machine code where the port has it
- plain  `eqprop.crossbar.plain`, the dynamics on `eqprop.crossbar.kernels.plain`: any Python

An energy model's tier is loaded with its first network, so a board holds the code of the models in use alone. It is
the fastest that the interpreter supports; `eqprop.hopfield.selection` chooses another.
"""

import sys

from .._compat import const, threshold

_ASSEMBLERS = const("    ttttt xr    ")  # the first letter of each architecture's tier, in MicroPython's numbering
TIERS = ("thumb", "rv32", "xtensa", "viper", "plain")
_wanted = TIERS  # of which networks get the first that is supported
_loaded = {}


def crossbar_type(room, load):
    """Return a model's type of emulated crossbars, of the tier in use.

    room: the model's package. load(name): its crossbar type of a tier.
    """
    global _wanted
    if room in _loaded:
        return _loaded[room]
    for name in _wanted:
        # Checked before compiling takes heap
        if name[0] not in "vp" + _ASSEMBLERS[getattr(sys.implementation, "_mpy", 0) >> 10 & 15]:
            continue
        before = threshold()
        threshold(4096)  # loading leaves much garbage; collected early, it does not scatter what stays over the heap
        try:
            _loaded[room] = found = load(name)
            return found
        # `micropython` or the emitter is missing, the code is too large for it, or the heap too small to compile
        except (ImportError, SyntaxError, NotImplementedError, MemoryError) as error:
            if name == "plain" and isinstance(error, MemoryError):  # then the heap is too small for any tier
                raise
        except ValueError as error:  # MicroPython's error does not name the file
            raise ValueError(
                "eqprop/{}/kernels/{}.mpy: {}: made for another processor?".format(room, name, error)
            ) from error
        finally:
            threshold(before)
    _wanted = TIERS
    raise ValueError("tier: {} is not supported here".format(name))
