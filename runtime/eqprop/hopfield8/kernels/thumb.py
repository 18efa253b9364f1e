"""The crossbar of a Hopfield network with weights of 8 bits in Thumb assembler, as `eqprop.hopfield.kernels.thumb`.

`run` is assembled from the same source, hopfield/kernels/thumb.S. Nothing here allocates.
"""

import sys

import micropython

from ...crossbar.kernels.cortex import ask, enter
from ...hopfield.native import MachineCrossbar
from ..crossbar import EightBit


@micropython.asm_thumb
def scatter(r0, r1):
    """As `eqprop.hopfield8.kernels.plain.scatter`: r0 weight, r1 stream, r2 state, r4 spread, r6 end."""
    ldr(r2, [r1, 4])
    lsl(r2, r2, 16)
    ldr(r3, [r1, 0])
    orr(r2, r3)
    ldr(r4, [r1, 8])
    ldr(r6, [r1, 12])
    add(r6, r6, r0)
    label(DEVICE)
    lsl(r3, r2, 13)
    eor(r2, r3)
    lsr(r3, r2, 17)
    eor(r2, r3)
    lsl(r3, r2, 5)
    eor(r2, r3)
    lsr(r3, r2, 16)
    mov(r5, 128)
    lsl(r5, r5, 8)
    sub(r3, r3, r5)
    mul(r3, r4)
    lsr(r5, r5, 1)
    add(r3, r3, r5)
    asr(r3, r3, 15)
    strb(r3, [r0, 0])
    add(r0, 1)
    cmp(r0, r6)
    bne(DEVICE)
    data(2, 0xB293)  # uxth r3, r2
    str(r3, [r1, 0])
    lsr(r2, r2, 16)
    str(r2, [r1, 4])
    mov(r0, 0)


@micropython.asm_thumb
def total(r0, r1):
    """Return the sum of the r1 weights at r0 modulo 2**16."""
    add(r1, r1, r0)
    mov(r2, 0)
    mov(r4, 0)
    label(DEVICE)
    data(2, 0x5703)  # ldrsb r3, [r0, r4]
    add(r2, r2, r3)
    add(r0, 1)
    cmp(r0, r1)
    bne(DEVICE)
    data(2, 0xB290)  # uxth r0, r2


if sys.implementation._mpy >> 10 & 15 == 4:  # ARMv6-M, in MicroPython's numbering of architectures
    from .thumb6 import run
else:
    # The firmware's architecture alone would not do: it is that of a Cortex-M4 on an M3, too, and not every M33 has DSP
    try:
        from .thumb7e import run
    except ImportError:
        from .thumb7 import run


class ThumbCrossbar(EightBit, MachineCrossbar):
    """The crossbar by assembler."""

    tier = "thumb"
    run = staticmethod(run)
    ask = staticmethod(ask)
    enter = staticmethod(enter)
    scatter = staticmethod(scatter)
    total = staticmethod(total)
