"""The resistive model's crossbar in Thumb assembler: the kernels for this core, and small ones for every core.

The verbs are one kernel, `run`, in machine code assembled from thumb.S: `thumb6` for ARMv6-M, `thumb7` for ARMv7-M, and
`thumb7e` for cores with the DSP instructions, which raises ImportError elsewhere. A board holds the one that its
firmware's architecture needs. Instructions that MicroPython's assembler lacks are given as data, with their mnemonic in
a comment. A kernel always returns a small integer, because MicroPython would allocate any other. Nothing here
allocates.
"""

import sys

import micropython

from ..native import MachineCrossbar
from .cortex import ask, enter


@micropython.asm_thumb
def scatter(r0, r1):
    """As `eqprop.crossbar.kernels.plain.scatter`: r0 device, r1 stream, r2 state, r4 least, r5 spread, r6 end."""
    ldr(r2, [r1, 4])
    lsl(r2, r2, 16)
    ldr(r3, [r1, 0])
    orr(r2, r3)
    ldr(r4, [r1, 8])
    ldr(r5, [r1, 12])
    ldr(r6, [r1, 16])
    lsl(r6, r6, 1)
    add(r6, r6, r0)
    label(DEVICE)
    lsl(r3, r2, 13)
    eor(r2, r3)
    lsr(r3, r2, 17)
    eor(r2, r3)
    lsl(r3, r2, 5)
    eor(r2, r3)
    mov(r7, r4)
    cmp(r2, 0)
    bge(LEAST)
    lsl(r3, r2, 1)
    lsr(r3, r3, 17)
    mul(r3, r5)
    lsr(r3, r3, 15)
    add(r7, r7, r3)
    label(LEAST)
    strh(r7, [r0, 0])
    add(r0, 2)
    cmp(r0, r6)
    bne(DEVICE)
    data(2, 0xB293)  # uxth r3, r2
    str(r3, [r1, 0])
    lsr(r2, r2, 16)
    str(r2, [r1, 4])
    mov(r0, 0)


@micropython.asm_thumb
def gather(r0, r1, r2, r3):
    """As `eqprop.crossbar.kernels.plain.gather`."""
    lsl(r1, r1, 1)
    add(r0, r0, r1)
    lsl(r3, r3, 1)
    mov(r1, 0)
    label(DEVICE)
    ldrh(r4, [r0, 0])
    add(r1, r1, r4)
    add(r0, r0, r3)
    sub(r2, 1)
    bne(DEVICE)
    mov(r0, r1)


if sys.implementation._mpy >> 10 & 15 == 4:  # ARMv6-M, in MicroPython's numbering of architectures
    from .thumb6 import run
else:
    # The firmware's architecture alone would not do: it is that of a Cortex-M4 on an M3, too, and not every M33 has DSP
    try:
        from .thumb7e import run
    except ImportError:
        from .thumb7 import run


class ThumbCrossbar(MachineCrossbar):
    """The emulated crossbar by assembler."""

    tier = "thumb"
    run = staticmethod(run)
    ask = staticmethod(ask)
    enter = staticmethod(enter)
    scatter = staticmethod(scatter)
    gather = staticmethod(gather)
