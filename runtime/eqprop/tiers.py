"""Tiers: which form of the circuit's laws this interpreter runs. All give the same bits.

- thumb  `eqprop.kernels.thumb` by MicroPython's inline assembler: Arm Cortex-M
- viper  MicroPython's viper emitter, compiled to machine code where the port has it
- plain  `eqprop.circuit` on `eqprop.kernels.plain`: any Python
"""

import sys

from . import circuit

_CORTEX_M = (4, 5, 6, 7, 8)  # armv6m to armv7emdp, as MicroPython numbers what native code a .mpy file may hold
TIERS = ("thumb", "viper", "plain")
_LAWS = ("tabulate", "drive", "settle", "nudge", "pull_outputs", "program", "divide")
_PLAIN = {law: getattr(circuit, law) for law in _LAWS}


def use(tier=None):
    """Let networks compute by `tier`, or by the fastest that this interpreter supports; return its name.

    Meant for tests and benchmarks: the fastest is in use from the start. Networks built before must not be used
    after. Raises ValueError for a tier that is unknown or not supported here.
    """
    for name in TIERS if tier is None else (tier,):
        try:
            laws = _laws(name)
        # No `micropython`, no emitter, too much for it, or too little heap to compile
        except (ImportError, SyntaxError, NotImplementedError, MemoryError):
            continue
        for law in _LAWS:
            setattr(circuit, law, laws[law])
        circuit.tier = name
        return name
    raise ValueError("tier: {} is not supported here".format(tier))


def _laws(name):
    if name == "plain":
        return _PLAIN
    if name == "thumb":
        if getattr(sys.implementation, "_mpy", 0) >> 10 & 15 not in _CORTEX_M:
            raise ImportError  # before it costs the heap that compiling takes
        from .kernels import thumb

        return {law: getattr(thumb, law) for law in _LAWS}
    if name == "viper":
        from .kernels import viper

        return {law: getattr(viper, law) for law in _LAWS}
    raise ImportError
