"""The differential network's dynamics in Thumb assembler, ARMv6-M and up: the same bits as the plain ones.

The kernels work on the table of `eqprop.differential.native`. A word's address is the table's plus four times its
number; addresses of arrays are in the even words, the low halves. active[0] is the number of inputs that are not zero;
each word after it is one of them, the bias row last: u << 16 | byte offset of its pair of devices in a node's row. The
crossbar's flag says whether the core has ARMv7-M's instructions. Most inner loops have a second form for these, with
the instructions given as data, so that every assembler accepts them. That form of the updates relies on g_max = 32767,
the largest 15-bit value.

MicroPython saves r4 to r7 and lr around a kernel; r12 and lr are free, and kernels that use r8 to r11 save them.
Instructions that the assembler lacks are given as data, with their mnemonic in a comment. A kernel always returns a
small integer, because MicroPython would allocate any other. Nothing here allocates.
"""

import sys

import micropython

from ..._compat import const
from ...crossbar.kernels.cortex import enter
from ..native import MachineCrossbar

# Offsets in the table, as in `eqprop.differential.native`
_IN_FEATURES = const(0)
_IN_NODES = const(1)
_IN_SHIFT = const(2)
_IN_WIDTH = const(3)
_IN_INPUTS = const(4)
_IN_ACTIVE = const(6)
_IN_CONDUCTANCES = const(8)
_IN_DRIVEN = const(10)
_IN_OWN = const(12)
_AT_OUTPUTS = const(14)
_OUT_CLASSES = const(0)
_OUT_SHIFT = const(1)
_OUT_BETA = const(2)
_OUT_RIGHT = const(3)
_OUT_WRONG = const(4)
_OUT_COUNTS = const(5)
_OUT_V_FREE = const(6)
_OUT_CURRENTS = const(8)
_OUT_OUTPUTS = const(10)
_AT_CROSSBARS = const(28)
_PER_CROSSBAR = const(32)
_NODES = const(0)
_ROWS = const(1)
_COLUMNS = const(2)
_PRODUCT_SHIFT = const(3)
_BACK_SHIFT = const(4)
_FINE_SHIFT = const(5)
_DOWN = const(6)
_LIFT = const(7)
_GAIN = const(8)
_DROP = const(9)
_SCALE = const(10)
_RATE_SHIFT = const(11)
_G_MIN = const(12)
_G_MAX = const(13)
_G = const(14)
_G_ABOVE = const(16)
_RECIPROCAL = const(18)
_SHIFT = const(20)
_LOW = const(22)
_HIGH = const(24)
_TOTAL = const(26)
_FREE = const(28)
_DISPLACED = const(30)


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


@micropython.asm_thumb
def settle(r0, r1):
    """Free phase of the features r0, on the table r1: return the answer.

    It returns -1, and does nothing, on a table whose words no longer add up to 0.
    """
    # the sum of all the table's words: r3 sum, r4 the last word, which makes it 0, r5 word
    mov(r3, 15)
    ldr(r4, [r1, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    and_(r4, r3)
    mov(r3, 4 * _PER_CROSSBAR)
    mul(r4, r3)
    add(r4, 4 * _AT_CROSSBARS)
    add(r4, r4, r1)
    ldr(r3, [r4, 0])
    mov(r5, r1)
    label(WORDS)
    data(2, 0xCDC0)  # ldmia r5!, {r6, r7}
    add(r3, r3, r6)
    add(r3, r3, r7)
    cmp(r5, r4)
    bne(WORDS)
    cmp(r3, 0)
    beq(SOUND)
    b(ROT0)
    label(SOUND)
    # `plain.load`: r0 features, r2 their number, r3 inputs, r4 list, r5 place, r6 feature, r7 = 127, r12 table
    mov(r12, r1)
    ldr(r2, [r1, 4 * _IN_FEATURES])
    ldr(r3, [r1, 4 * _IN_INPUTS])
    ldr(r4, [r1, 4 * _IN_ACTIVE])
    add(r4, 4)
    mov(r5, 0)
    mov(r7, 127)
    label(LOAD)
    data(2, 0x5746)  # ldrsb r6, [r0, r5]
    cmp(r6, 0)
    beq(ZERO)
    cmn(r6, r7)
    bge(USED)
    neg(r6, r7)
    label(USED)
    data(2, 0x555E)  # strb r6, [r3, r5]
    lsl(r6, r6, 16)
    lsl(r1, r5, 2)
    orr(r6, r1)
    data(2, 0xC440)  # stmia r4!, {r6}
    add(r5, 1)
    cmp(r5, r2)
    bne(LOAD)
    b(LOADED)
    label(ZERO)
    data(2, 0x555E)  # strb r6, [r3, r5]
    add(r5, 1)
    cmp(r5, r2)
    bne(LOAD)
    label(LOADED)
    lsl(r6, r7, 16)
    lsl(r1, r5, 2)
    orr(r6, r1)
    data(2, 0xC440)  # stmia r4!, {r6}
    mov(r1, r12)
    mov(r12, r4)
    ldr(r0, [r1, 4 * _IN_ACTIVE])
    sub(r3, r4, r0)
    lsr(r3, r3, 2)
    sub(r3, 1)
    str(r3, [r0, 0])
    # `plain.multiply`, four nodes at once: r0 first row, r1 place, r2 entry, r3 and r4 devices, r5 list, r6 bytes of
    # a row, r7 shift, r8 to r11 sums, r12 end of the list; on the stack current, nodes left, list
    push({r1})
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    mov(r7, r11)
    push({r4, r5, r6, r7})
    ldr(r5, [r1, 4 * _IN_DRIVEN])
    ldr(r6, [r1, 4 * _IN_NODES])
    add(r7, r0, 4)
    push({r5, r6, r7})
    ldr(r2, [r1, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    lsr(r2, r2, 16)
    ldr(r0, [r1, 4 * _IN_CONDUCTANCES])
    ldr(r7, [r1, 4 * _IN_SHIFT])
    ldr(r6, [r1, 4 * _IN_WIDTH])
    cmp(r2, 0)
    beq(FOUR)
    cmp(r7, 0)
    bne(FOUR)
    b(WIDE)
    label(FOUR)
    data(2, 0x9B01)  # ldr r3, [sp, #4]
    sub(r3, 4)
    bge(FULL)
    b(REST)
    label(FULL)
    data(2, 0x9301)  # str r3, [sp, #4]
    data(2, 0x9D02)  # ldr r5, [sp, #8]
    mov(r3, 0)
    mov(r8, r3)
    mov(r9, r3)
    mov(r10, r3)
    mov(r11, r3)
    cmp(r7, 0)
    beq(PLAIN)
    label(PAIRS)
    data(2, 0xCD04)  # ldmia r5!, {r2}
    data(2, 0xB291)  # uxth r1, r2
    asr(r2, r2, 16)
    data(2, 0x5844)  # ldr r4, [r0, r1]
    data(2, 0xB2A3)  # uxth r3, r4
    lsr(r4, r4, 16)
    sub(r3, r3, r4)
    mul(r3, r2)
    asr(r3, r7)
    data(2, 0x4498)  # add r8, r3
    add(r1, r1, r6)
    data(2, 0x5844)  # ldr r4, [r0, r1]
    data(2, 0xB2A3)  # uxth r3, r4
    lsr(r4, r4, 16)
    sub(r3, r3, r4)
    mul(r3, r2)
    asr(r3, r7)
    data(2, 0x4499)  # add r9, r3
    add(r1, r1, r6)
    data(2, 0x5844)  # ldr r4, [r0, r1]
    data(2, 0xB2A3)  # uxth r3, r4
    lsr(r4, r4, 16)
    sub(r3, r3, r4)
    mul(r3, r2)
    asr(r3, r7)
    data(2, 0x449A)  # add r10, r3
    add(r1, r1, r6)
    data(2, 0x5844)  # ldr r4, [r0, r1]
    data(2, 0xB2A3)  # uxth r3, r4
    lsr(r4, r4, 16)
    sub(r3, r3, r4)
    mul(r3, r2)
    asr(r3, r7)
    data(2, 0x449B)  # add r11, r3
    data(2, 0x4565)  # cmp r5, r12
    bne(PAIRS)
    b(SUMMED)
    # the same for a shift of 0: r7 the first row's odd devices
    label(PLAIN)
    add(r7, r0, 2)
    label(PLAINER)
    data(2, 0xCD04)  # ldmia r5!, {r2}
    data(2, 0xB291)  # uxth r1, r2
    asr(r2, r2, 16)
    data(2, 0x5A43)  # ldrh r3, [r0, r1]
    data(2, 0x5A7C)  # ldrh r4, [r7, r1]
    sub(r3, r3, r4)
    mul(r3, r2)
    data(2, 0x4498)  # add r8, r3
    add(r1, r1, r6)
    data(2, 0x5A43)  # ldrh r3, [r0, r1]
    data(2, 0x5A7C)  # ldrh r4, [r7, r1]
    sub(r3, r3, r4)
    mul(r3, r2)
    data(2, 0x4499)  # add r9, r3
    add(r1, r1, r6)
    data(2, 0x5A43)  # ldrh r3, [r0, r1]
    data(2, 0x5A7C)  # ldrh r4, [r7, r1]
    sub(r3, r3, r4)
    mul(r3, r2)
    data(2, 0x449A)  # add r10, r3
    add(r1, r1, r6)
    data(2, 0x5A43)  # ldrh r3, [r0, r1]
    data(2, 0x5A7C)  # ldrh r4, [r7, r1]
    sub(r3, r3, r4)
    mul(r3, r2)
    data(2, 0x449B)  # add r11, r3
    data(2, 0x4565)  # cmp r5, r12
    bne(PLAINER)
    mov(r7, 0)
    label(SUMMED)
    data(2, 0x9D00)  # ldr r5, [sp, #0]
    mov(r1, r8)
    mov(r2, r9)
    mov(r3, r10)
    mov(r4, r11)
    data(2, 0xC51E)  # stmia r5!, {r1, r2, r3, r4}
    data(2, 0x9500)  # str r5, [sp, #0]
    lsl(r3, r6, 2)
    add(r0, r0, r3)
    b(FOUR)
    label(REST)
    add(r3, 4)
    bne(ONE)
    b(DONE)
    label(ONE)
    sub(r3, 1)
    mov(r9, r3)
    data(2, 0x9D02)  # ldr r5, [sp, #8]
    mov(r3, 0)
    mov(r8, r3)
    label(PAIR)
    data(2, 0xCD04)  # ldmia r5!, {r2}
    data(2, 0xB291)  # uxth r1, r2
    asr(r2, r2, 16)
    data(2, 0x5844)  # ldr r4, [r0, r1]
    data(2, 0xB2A3)  # uxth r3, r4
    lsr(r4, r4, 16)
    sub(r3, r3, r4)
    mul(r3, r2)
    asr(r3, r7)
    data(2, 0x4498)  # add r8, r3
    data(2, 0x4565)  # cmp r5, r12
    bne(PAIR)
    data(2, 0x9D00)  # ldr r5, [sp, #0]
    mov(r1, r8)
    data(2, 0xC502)  # stmia r5!, {r1}
    data(2, 0x9500)  # str r5, [sp, #0]
    add(r0, r0, r6)
    mov(r3, r9)
    cmp(r3, 0)
    bne(ONE)
    b(DONE)
    label(ROT0)
    b(ROT1)
    # ARMv7-M where nothing is shifted: r0, r6, r7 and lr are the four rows
    label(WIDE)
    data(2, 0x9B01)  # ldr r3, [sp, #4]
    sub(r3, 4)
    bge(WIDER)
    b(REST)
    label(WIDER)
    data(2, 0x9301)  # str r3, [sp, #4]
    data(2, 0x9D02)  # ldr r5, [sp, #8]
    add(r7, r0, r6)
    data(2, 0xEB07, 0x0E06)  # add.w lr, r7, r6
    add(r1, r0, r6)
    mov(r6, r1)
    mov(r7, lr)
    sub(r1, r1, r0)
    data(2, 0x448E)  # add lr, r1
    mov(r3, 0)
    mov(r8, r3)
    mov(r9, r3)
    mov(r10, r3)
    mov(r11, r3)
    label(PAIRS7)
    data(2, 0xF835, 0x1B04)  # ldrh.w r1, [r5], #4
    data(2, 0xF935, 0x2C02)  # ldrsh.w r2, [r5, #-2]
    data(2, 0x5844)  # ldr r4, [r0, r1]
    data(2, 0xB2A3)  # uxth r3, r4
    data(2, 0xEBA3, 0x4314)  # sub.w r3, r3, r4, lsr #16
    data(2, 0xFB03, 0x8802)  # mla r8, r3, r2, r8
    data(2, 0x5874)  # ldr r4, [r6, r1]
    data(2, 0xB2A3)  # uxth r3, r4
    data(2, 0xEBA3, 0x4314)  # sub.w r3, r3, r4, lsr #16
    data(2, 0xFB03, 0x9902)  # mla r9, r3, r2, r9
    data(2, 0x587C)  # ldr r4, [r7, r1]
    data(2, 0xB2A3)  # uxth r3, r4
    data(2, 0xEBA3, 0x4314)  # sub.w r3, r3, r4, lsr #16
    data(2, 0xFB03, 0xAA02)  # mla r10, r3, r2, r10
    data(2, 0xF85E, 0x4001)  # ldr.w r4, [lr, r1]
    data(2, 0xB2A3)  # uxth r3, r4
    data(2, 0xEBA3, 0x4314)  # sub.w r3, r3, r4, lsr #16
    data(2, 0xFB03, 0xBB02)  # mla r11, r3, r2, r11
    data(2, 0x4565)  # cmp r5, r12
    bne(PAIRS7)
    data(2, 0x9D00)  # ldr r5, [sp, #0]
    data(2, 0xE8A5, 0x0F00)  # stm.w r5!, {r8, r9, r10, r11}
    data(2, 0x9500)  # str r5, [sp, #0]
    sub(r6, r6, r0)
    mov(r7, 0)
    data(2, 0xEB0E, 0x0006)  # add.w r0, lr, r6
    b(WIDE)
    label(DONE)
    pop({r5, r6, r7})
    pop({r4, r5, r6, r7})
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)
    mov(r11, r7)
    pop({r1})
    # `plain.clear` every layer: r2 its words, r3 crossbars left, r5 voltages, r6 place
    mov(r0, r1)
    ldr(r2, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    data(2, 0xB2D3)  # uxtb r3, r2
    lsr(r2, r2, 16)
    push({r2})
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    mov(r7, r11)
    push({r4, r5, r6, r7})
    mov(r2, r0)
    add(r2, 4 * _AT_CROSSBARS)
    mov(r7, 0)
    label(CLEARS)
    ldr(r5, [r2, 4 * _FREE])
    ldr(r6, [r2, 4 * _NODES])
    lsl(r6, r6, 1)
    label(CLEAR)
    sub(r6, 2)
    data(2, 0x53AF)  # strh r7, [r5, r6]
    bne(CLEAR)
    add(r2, 4 * _PER_CROSSBAR)
    sub(r3, 1)
    bne(CLEARS)
    # `dynamics.settle`: on the stack table 0, node 4, half sweeps left 8, whether all the layers above are at zero 16,
    # crossbar 20, the layer's words 24, its voltages 28, and whether the core has ARMv7-M's instructions 48
    push({r0, r1, r2, r3, r4, r5, r6, r7})
    ldr(r4, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    lsr(r3, r4, 8)
    data(2, 0xB2DB)  # uxtb r3, r3
    lsl(r3, r3, 1)
    data(2, 0x9302)  # str r3, [sp, #8]
    mov(r2, 0)
    mov(r5, 1)
    data(2, 0x9504)  # str r5, [sp, #16]
    label(LAYER)
    data(2, 0x9205)  # str r2, [sp, #20]
    data(2, 0x9B00)  # ldr r3, [sp, #0]
    ldr(r3, [r3, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    data(2, 0xB2DB)  # uxtb r3, r3
    cmp(r2, r3)
    blt(RELAX)
    # every second layer is relaxed; next the others
    mov(r3, 0)
    data(2, 0x9304)  # str r3, [sp, #16]
    mov(r3, 1)
    and_(r2, r3)
    eor(r2, r3)
    data(2, 0x9B02)  # ldr r3, [sp, #8]
    sub(r3, 1)
    data(2, 0x9302)  # str r3, [sp, #8]
    bne(LAYER)
    b(SETTLED)
    label(RELAX)
    mov(r0, 4 * _PER_CROSSBAR)
    mul(r0, r2)
    add(r0, 4 * _AT_CROSSBARS)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    add(r0, r0, r1)
    data(2, 0x9006)  # str r0, [sp, #24]
    ldr(r1, [r0, 4 * _FREE])
    data(2, 0x9107)  # str r1, [sp, #28]
    mov(r1, 0)
    # `plain.relax`, four nodes at once, r8 to r11 their sums: r0 the layer, r1 the first of the nodes
    label(NODES)
    data(2, 0x9101)  # str r1, [sp, #4]
    mov(r3, 0)
    mov(r8, r3)
    mov(r9, r3)
    mov(r10, r3)
    mov(r11, r3)
    ldr(r2, [r0, 4 * _NODES])
    sub(r2, r2, r1)
    cmp(r2, 4)
    bge(FOURS)
    b(ONES)
    label(FOURS)
    ldr(r2, [r0, 4 * _COLUMNS])
    cmp(r2, 0)
    beq(BELOW0)
    data(2, 0x9B04)  # ldr r3, [sp, #16]
    cmp(r3, 0)
    bne(BELOW0)
    data(2, 0x9B0C)  # ldr r3, [sp, #48]
    cmp(r3, 0)
    bne(ABOVE7)
    mov(r3, 2)
    mov(r12, r3)
    b(ABOVE2)
    label(BELOW0)
    b(BELOW4)
    # ARMv7-M: r3, r7, r12 and lr ends of the rows, r1 of the voltages above, r2 place from there, r4 voltage, r5 shift
    label(ABOVE7)
    lsl(r4, r2, 2)
    mul(r1, r4)
    ldr(r3, [r0, 4 * _G_ABOVE])
    add(r3, r3, r1)
    add(r3, r3, r4)
    add(r7, r3, r4)
    data(2, 0xEB07, 0x0C04)  # add.w r12, r7, r4
    data(2, 0xEB0C, 0x0E04)  # add.w lr, r12, r4
    ldr(r5, [r0, 4 * _PRODUCT_SHIFT])
    add(r0, 4 * _PER_CROSSBAR)
    ldr(r1, [r0, 4 * _FREE])
    lsl(r4, r2, 1)
    add(r1, r1, r4)
    neg(r2, r2)
    cmp(r5, 7)
    beq(PLACE7)
    label(PLACE4)
    data(2, 0xF931, 0x4012)  # ldrsh.w r4, [r1, r2, lsl #1]
    data(2, 0xF853, 0x6022)  # ldr.w r6, [r3, r2, lsl #2]
    data(2, 0xB2B0)  # uxth r0, r6
    data(2, 0xEBA0, 0x4016)  # sub.w r0, r0, r6, lsr #16
    mul(r0, r4)
    asr(r0, r5)
    data(2, 0x4480)  # add r8, r0
    data(2, 0xF857, 0x6022)  # ldr.w r6, [r7, r2, lsl #2]
    data(2, 0xB2B0)  # uxth r0, r6
    data(2, 0xEBA0, 0x4016)  # sub.w r0, r0, r6, lsr #16
    mul(r0, r4)
    asr(r0, r5)
    data(2, 0x4481)  # add r9, r0
    data(2, 0xF85C, 0x6022)  # ldr.w r6, [r12, r2, lsl #2]
    data(2, 0xB2B0)  # uxth r0, r6
    data(2, 0xEBA0, 0x4016)  # sub.w r0, r0, r6, lsr #16
    mul(r0, r4)
    asr(r0, r5)
    data(2, 0x4482)  # add r10, r0
    data(2, 0xF85E, 0x6022)  # ldr.w r6, [lr, r2, lsl #2]
    data(2, 0xB2B0)  # uxth r0, r6
    data(2, 0xEBA0, 0x4016)  # sub.w r0, r0, r6, lsr #16
    mul(r0, r4)
    asr(r0, r5)
    data(2, 0x4483)  # add r11, r0
    add(r2, 1)
    bne(PLACE4)
    b(PLACED)
    # the same for a shift of 7, that of 33 to 64 terms
    label(PLACE7)
    data(2, 0xF931, 0x4012)  # ldrsh.w r4, [r1, r2, lsl #1]
    data(2, 0xB1FC)  # cbz r4, .+66: past the sums
    data(2, 0xF853, 0x6022)  # ldr.w r6, [r3, r2, lsl #2]
    data(2, 0xB2B0)  # uxth r0, r6
    data(2, 0xEBA0, 0x4016)  # sub.w r0, r0, r6, lsr #16
    mul(r0, r4)
    data(2, 0xEB08, 0x18E0)  # add.w r8, r8, r0, asr #7
    data(2, 0xF857, 0x6022)  # ldr.w r6, [r7, r2, lsl #2]
    data(2, 0xB2B0)  # uxth r0, r6
    data(2, 0xEBA0, 0x4016)  # sub.w r0, r0, r6, lsr #16
    mul(r0, r4)
    data(2, 0xEB09, 0x19E0)  # add.w r9, r9, r0, asr #7
    data(2, 0xF85C, 0x6022)  # ldr.w r6, [r12, r2, lsl #2]
    data(2, 0xB2B0)  # uxth r0, r6
    data(2, 0xEBA0, 0x4016)  # sub.w r0, r0, r6, lsr #16
    mul(r0, r4)
    data(2, 0xEB0A, 0x1AE0)  # add.w r10, r10, r0, asr #7
    data(2, 0xF85E, 0x6022)  # ldr.w r6, [lr, r2, lsl #2]
    data(2, 0xB2B0)  # uxth r0, r6
    data(2, 0xEBA0, 0x4016)  # sub.w r0, r0, r6, lsr #16
    mul(r0, r4)
    data(2, 0xEB0B, 0x1BE0)  # add.w r11, r11, r0, asr #7
    add(r2, 1)
    bne(PLACE7)
    label(PLACED)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    ldr(r5, [r0, 4 * _BACK_SHIFT])
    data(2, 0xFA48, 0xF805)  # asr.w r8, r8, r5
    data(2, 0xFA49, 0xF905)  # asr.w r9, r9, r5
    data(2, 0xFA4A, 0xFA05)  # asr.w r10, r10, r5
    data(2, 0xFA4B, 0xFB05)  # asr.w r11, r11, r5
    b(BELOW4)
    # two rows at once, the later two first: r12 the first of them from the node, r1 and r3 rows, r2 the voltages' end
    label(ABOVE2)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    data(2, 0x9901)  # ldr r1, [sp, #4]
    data(2, 0x4461)  # add r1, r12
    ldr(r2, [r0, 4 * _COLUMNS])
    lsl(r3, r2, 2)
    mul(r1, r3)
    ldr(r6, [r0, 4 * _G_ABOVE])
    add(r1, r1, r6)
    add(r3, r3, r1)
    ldr(r5, [r0, 4 * _PRODUCT_SHIFT])
    add(r0, 4 * _PER_CROSSBAR)
    ldr(r4, [r0, 4 * _FREE])
    lsl(r2, r2, 1)
    add(r2, r2, r4)
    label(PLACE2)
    ldrh(r0, [r4, 0])
    data(2, 0xB200)  # sxth r0, r0
    add(r4, 2)
    data(2, 0xC940)  # ldmia r1!, {r6}
    data(2, 0xB2B7)  # uxth r7, r6
    lsr(r6, r6, 16)
    sub(r7, r7, r6)
    mul(r7, r0)
    asr(r7, r5)
    data(2, 0x44B8)  # add r8, r7
    data(2, 0xCB40)  # ldmia r3!, {r6}
    data(2, 0xB2B7)  # uxth r7, r6
    lsr(r6, r6, 16)
    sub(r7, r7, r6)
    mul(r7, r0)
    asr(r7, r5)
    data(2, 0x44B9)  # add r9, r7
    cmp(r4, r2)
    bne(PLACE2)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    ldr(r5, [r0, 4 * _BACK_SHIFT])
    mov(r6, r8)
    asr(r6, r5)
    mov(r7, r9)
    asr(r7, r5)
    mov(r3, r12)
    cmp(r3, 0)
    beq(PLACED2)
    mov(r10, r6)
    mov(r11, r7)
    mov(r3, 0)
    mov(r8, r3)
    mov(r9, r3)
    mov(r12, r3)
    b(ABOVE2)
    label(PLACED2)
    mov(r8, r6)
    mov(r9, r7)
    # r0 first column, r1 end of the voltages below, r2 place from there, r4 voltage, r5 shift, r6 bytes of a row
    label(BELOW4)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    ldr(r2, [r0, 4 * _ROWS])
    cmp(r2, 0)
    bne(ROWS4)
    data(2, 0x9A00)  # ldr r2, [sp, #0]
    ldr(r2, [r2, 4 * _IN_DRIVEN])
    data(2, 0x9901)  # ldr r1, [sp, #4]
    lsl(r1, r1, 2)
    add(r2, r2, r1)
    data(2, 0xCA78)  # ldmia r2!, {r3, r4, r5, r6}
    data(2, 0x4498)  # add r8, r3
    data(2, 0x44A1)  # add r9, r4
    data(2, 0x44AA)  # add r10, r5
    data(2, 0x44B3)  # add r11, r6
    b(FINISH4)
    label(ROWS4)
    lsl(r2, r2, 1)
    mov(r4, r0)
    sub(r4, 4 * _PER_CROSSBAR)
    ldr(r1, [r4, 4 * _FREE])
    add(r1, r1, r2)
    neg(r2, r2)
    ldr(r6, [r0, 4 * _NODES])
    lsl(r6, r6, 2)
    ldr(r5, [r0, 4 * _PRODUCT_SHIFT])
    data(2, 0x9B01)  # ldr r3, [sp, #4]
    lsl(r3, r3, 2)
    ldr(r0, [r0, 4 * _G])
    add(r0, r0, r3)
    data(2, 0x9B0C)  # ldr r3, [sp, #48]
    cmp(r3, 0)
    beq(ROW4)
    cmp(r5, 7)
    beq(ROW7)
    label(ROW4)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    cmp(r4, 0)
    beq(NEXT4)
    ldr(r3, [r0, 0])
    data(2, 0xB29F)  # uxth r7, r3
    lsr(r3, r3, 16)
    sub(r7, r7, r3)
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B8)  # add r8, r7
    ldr(r3, [r0, 4])
    data(2, 0xB29F)  # uxth r7, r3
    lsr(r3, r3, 16)
    sub(r7, r7, r3)
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B9)  # add r9, r7
    ldr(r3, [r0, 8])
    data(2, 0xB29F)  # uxth r7, r3
    lsr(r3, r3, 16)
    sub(r7, r7, r3)
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44BA)  # add r10, r7
    ldr(r3, [r0, 12])
    data(2, 0xB29F)  # uxth r7, r3
    lsr(r3, r3, 16)
    sub(r7, r7, r3)
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44BB)  # add r11, r7
    label(NEXT4)
    add(r0, r0, r6)
    add(r2, 2)
    bne(ROW4)
    b(FINISH4)
    label(ROW7)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    data(2, 0xB1DC)  # cbz r4, .+58: past the sums
    data(2, 0xE890, 0x5088)  # ldm.w r0, {r3, r7, r12, lr}
    data(2, 0xB29D)  # uxth r5, r3
    data(2, 0xEBA5, 0x4513)  # sub.w r5, r5, r3, lsr #16
    mul(r5, r4)
    data(2, 0xEB08, 0x18E5)  # add.w r8, r8, r5, asr #7
    data(2, 0xB2BD)  # uxth r5, r7
    data(2, 0xEBA5, 0x4517)  # sub.w r5, r5, r7, lsr #16
    mul(r5, r4)
    data(2, 0xEB09, 0x19E5)  # add.w r9, r9, r5, asr #7
    data(2, 0xFA1F, 0xF58C)  # uxth.w r5, r12
    data(2, 0xEBA5, 0x451C)  # sub.w r5, r5, r12, lsr #16
    mul(r5, r4)
    data(2, 0xEB0A, 0x1AE5)  # add.w r10, r10, r5, asr #7
    data(2, 0xFA1F, 0xF58E)  # uxth.w r5, lr
    data(2, 0xEBA5, 0x451E)  # sub.w r5, r5, lr, lsr #16
    mul(r5, r4)
    data(2, 0xEB0B, 0x1BE5)  # add.w r11, r11, r5, asr #7
    add(r0, r0, r6)
    add(r2, 2)
    bne(ROW7)
    label(FINISH4)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    data(2, 0x9901)  # ldr r1, [sp, #4]
    data(2, 0x9B0C)  # ldr r3, [sp, #48]
    cmp(r3, 0)
    bne(FINISH7)
    mov(r6, r8)
    bl(NODE)
    mov(r6, r9)
    bl(NODE)
    mov(r6, r10)
    bl(NODE)
    mov(r6, r11)
    bl(NODE)
    b(FINISHED)
    label(FINISH7)
    mov(r6, r8)
    bl(NODE7)
    mov(r6, r9)
    bl(NODE7)
    mov(r6, r10)
    bl(NODE7)
    mov(r6, r11)
    bl(NODE7)
    label(FINISHED)
    ldr(r2, [r0, 4 * _NODES])
    cmp(r1, r2)
    beq(LAYERED)
    b(NODES)
    label(LAYERED)
    data(2, 0x9A05)  # ldr r2, [sp, #20]
    add(r2, 2)
    b(LAYER)
    label(ROT1)
    b(ROT)
    # one node: r2 end of the voltages above or place from below's, r3 pair, r4 voltage, r5 shift, r6 and r7 what comes
    label(ONES)
    ldr(r2, [r0, 4 * _COLUMNS])
    cmp(r2, 0)
    beq(BELOW1)
    data(2, 0x9B04)  # ldr r3, [sp, #16]
    cmp(r3, 0)
    bne(BELOW1)
    lsl(r3, r2, 2)
    mul(r3, r1)
    ldr(r4, [r0, 4 * _G_ABOVE])
    add(r3, r3, r4)
    ldr(r5, [r0, 4 * _PRODUCT_SHIFT])
    add(r0, 4 * _PER_CROSSBAR)
    ldr(r4, [r0, 4 * _FREE])
    lsl(r2, r2, 1)
    add(r2, r2, r4)
    label(PLACE1)
    ldrh(r0, [r4, 0])
    data(2, 0xB200)  # sxth r0, r0
    add(r4, 2)
    data(2, 0xCB40)  # ldmia r3!, {r6}
    data(2, 0xB2B7)  # uxth r7, r6
    lsr(r6, r6, 16)
    sub(r7, r7, r6)
    mul(r7, r0)
    asr(r7, r5)
    data(2, 0x44B8)  # add r8, r7
    cmp(r4, r2)
    bne(PLACE1)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    ldr(r5, [r0, 4 * _BACK_SHIFT])
    mov(r6, r8)
    asr(r6, r5)
    mov(r8, r6)
    label(BELOW1)
    ldr(r2, [r0, 4 * _ROWS])
    cmp(r2, 0)
    bne(ROWS1)
    data(2, 0x9A00)  # ldr r2, [sp, #0]
    ldr(r2, [r2, 4 * _IN_DRIVEN])
    lsl(r3, r1, 2)
    data(2, 0x58D3)  # ldr r3, [r2, r3]
    data(2, 0x4498)  # add r8, r3
    b(FINISH1)
    label(ROWS1)
    mov(r3, r1)
    lsl(r2, r2, 1)
    mov(r4, r0)
    sub(r4, 4 * _PER_CROSSBAR)
    ldr(r1, [r4, 4 * _FREE])
    add(r1, r1, r2)
    neg(r2, r2)
    ldr(r6, [r0, 4 * _NODES])
    lsl(r6, r6, 2)
    ldr(r5, [r0, 4 * _PRODUCT_SHIFT])
    lsl(r3, r3, 2)
    ldr(r0, [r0, 4 * _G])
    add(r0, r0, r3)
    label(ROW1)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    cmp(r4, 0)
    beq(NEXT1)
    ldr(r3, [r0, 0])
    data(2, 0xB29F)  # uxth r7, r3
    lsr(r3, r3, 16)
    sub(r7, r7, r3)
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B8)  # add r8, r7
    label(NEXT1)
    add(r0, r0, r6)
    add(r2, 2)
    bne(ROW1)
    label(FINISH1)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    data(2, 0x9901)  # ldr r1, [sp, #4]
    mov(r6, r8)
    bl(NODE)
    b(FINISHED)
    # A node, r1, of current r6 and layer r0: r2 place, r3 and r4 what comes; leaves r0 and the next node in r1
    label(NODE)
    ldr(r3, [r0, 4 * _SHIFT])
    data(2, 0x5C5B)  # ldrb r3, [r3, r1]
    lsl(r2, r1, 1)
    add(r1, 1)
    asr(r6, r3)
    bpl(UP)
    # below zero, where most diodes let no voltage go
    ldr(r3, [r0, 4 * _LOW])
    data(2, 0x5E9B)  # ldrsh r3, [r3, r2]
    cmp(r3, 0)
    beq(LIMIT)
    label(UP)
    asr(r3, r6, 16)
    asr(r4, r6, 31)
    cmp(r3, r4)
    beq(SMALL)
    # -65536 for -65535: either is below every low
    mov(r3, 1)
    lsl(r3, r3, 16)
    sub(r3, 1)
    eor(r3, r4)
    mov(r6, r3)
    label(SMALL)
    ldr(r3, [r0, 4 * _RECIPROCAL])
    data(2, 0x5A9B)  # ldrh r3, [r3, r2]
    mul(r6, r3)
    asr(r6, r6, 13)
    add(r6, 1)
    asr(r6, r6, 1)
    ldr(r3, [r0, 4 * _HIGH])
    data(2, 0x5E9B)  # ldrsh r3, [r3, r2]
    cmp(r6, r3)
    bgt(LIMIT)
    ldr(r3, [r0, 4 * _LOW])
    data(2, 0x5E9B)  # ldrsh r3, [r3, r2]
    cmp(r6, r3)
    bge(WITHIN)
    label(LIMIT)
    mov(r6, r3)
    label(WITHIN)
    data(2, 0x9B07)  # ldr r3, [sp, #28]
    data(2, 0x529E)  # strh r6, [r3, r2]
    data(2, 0x4770)  # bx lr
    label(NODE7)
    ldr(r3, [r0, 4 * _SHIFT])
    data(2, 0x5C5B)  # ldrb r3, [r3, r1]
    asr(r6, r3)
    bpl(UP7)
    ldr(r3, [r0, 4 * _LOW])
    data(2, 0xF933, 0x3011)  # ldrsh.w r3, [r3, r1, lsl #1]
    cmp(r3, 0)
    beq(LIMIT7)
    label(UP7)
    data(2, 0xF306, 0x0610)  # ssat r6, #17, r6
    ldr(r3, [r0, 4 * _RECIPROCAL])
    data(2, 0xF833, 0x3011)  # ldrh.w r3, [r3, r1, lsl #1]
    mul(r6, r3)
    asr(r6, r6, 13)
    add(r6, 1)
    asr(r6, r6, 1)
    ldr(r3, [r0, 4 * _HIGH])
    data(2, 0xF933, 0x3011)  # ldrsh.w r3, [r3, r1, lsl #1]
    cmp(r6, r3)
    bgt(LIMIT7)
    ldr(r3, [r0, 4 * _LOW])
    data(2, 0xF933, 0x3011)  # ldrsh.w r3, [r3, r1, lsl #1]
    cmp(r6, r3)
    bge(WITHIN7)
    label(LIMIT7)
    mov(r6, r3)
    label(WITHIN7)
    data(2, 0x9B07)  # ldr r3, [sp, #28]
    data(2, 0xF823, 0x6011)  # strh.w r6, [r3, r1, lsl #1]
    add(r1, 1)
    data(2, 0x4770)  # bx lr
    label(SETTLED)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    data(2, 0xB008)  # add sp, #32
    pop({r4, r5, r6, r7})
    data(2, 0xB001)  # add sp, #4
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)
    mov(r11, r7)
    # `plain.compare` and `highest`: r0 best, r1 place, r2 pair of nodes, r3 outputs, r4 their end, r5 best, r12 limit
    ldr(r2, [r1, 4 * (_AT_OUTPUTS + _OUT_V_FREE)])
    ldr(r3, [r1, 4 * (_AT_OUTPUTS + _OUT_OUTPUTS)])
    ldr(r4, [r1, 4 * (_AT_OUTPUTS + _OUT_CLASSES)])
    lsl(r4, r4, 1)
    mov(r5, 1)
    lsl(r5, r5, 15)
    sub(r6, r5, 1)
    mov(r12, r6)
    neg(r5, r5)
    mov(r0, 0)
    mov(r1, 0)
    label(COMPARE)
    ldrh(r6, [r2, 0])
    data(2, 0xB236)  # sxth r6, r6
    ldrh(r7, [r2, 2])
    data(2, 0xB23F)  # sxth r7, r7
    add(r2, 4)
    sub(r6, r6, r7)
    mov(r7, r12)
    cmp(r6, r7)
    bgt(OVER)
    neg(r7, r7)
    cmp(r6, r7)
    bge(UNDER)
    label(OVER)
    mov(r6, r7)
    label(UNDER)
    data(2, 0x525E)  # strh r6, [r3, r1]
    cmp(r6, r5)
    ble(LOWER)
    mov(r5, r6)
    mov(r0, r1)
    label(LOWER)
    add(r1, 2)
    cmp(r1, r4)
    bne(COMPARE)
    lsr(r0, r0, 1)
    b(SETTLED_ALL)
    label(ROT)
    mov(r0, 0)
    sub(r0, 1)
    label(SETTLED_ALL)


@micropython.asm_thumb
def respond(r0):
    """Settle the displacement of every voltage by the nudge currents, on the table r0."""
    # r2 the layer's words, r3 crossbars left, r5 displacements, r6 place
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    mov(r7, r11)
    push({r4, r5, r6, r7})
    ldr(r3, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    data(2, 0xB2DB)  # uxtb r3, r3
    mov(r4, r3)
    mov(r2, r0)
    add(r2, 4 * _AT_CROSSBARS)
    mov(r7, 0)
    label(CLEARS)
    ldr(r5, [r2, 4 * _DISPLACED])
    ldr(r6, [r2, 4 * _NODES])
    lsl(r6, r6, 1)
    label(CLEAR)
    sub(r6, 2)
    data(2, 0x53AF)  # strh r7, [r5, r6]
    bne(CLEAR)
    add(r2, 4 * _PER_CROSSBAR)
    sub(r3, 1)
    bne(CLEARS)
    # `dynamics.displace`: on the stack table 0, node 4, half sweeps left 8, whether all below is at rest 12,
    # crossbar 16, the layer's words 20, whether the core has ARMv7-M's instructions 24, node 28
    ldr(r6, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    lsr(r2, r6, 8)
    data(2, 0xB2D2)  # uxtb r2, r2
    lsl(r2, r2, 1)
    sub(r2, 1)
    lsr(r6, r6, 16)
    mov(r3, 1)
    push({r0, r1, r2, r3, r4, r5, r6, r7})
    mov(r2, r4)
    sub(r2, 1)
    label(LAYER)
    data(2, 0x9204)  # str r2, [sp, #16]
    data(2, 0x9B00)  # ldr r3, [sp, #0]
    ldr(r3, [r3, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    data(2, 0xB2DB)  # uxtb r3, r3
    cmp(r2, r3)
    blt(RELAX)
    mov(r3, 0)
    data(2, 0x9303)  # str r3, [sp, #12]
    mov(r3, 1)
    and_(r2, r3)
    eor(r2, r3)
    data(2, 0x9B02)  # ldr r3, [sp, #8]
    sub(r3, 1)
    data(2, 0x9302)  # str r3, [sp, #8]
    bne(LAYER)
    b(SETTLED)
    label(RELAX)
    mov(r0, 4 * _PER_CROSSBAR)
    mul(r0, r2)
    add(r0, 4 * _AT_CROSSBARS)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    add(r0, r0, r1)
    data(2, 0x9005)  # str r0, [sp, #20]
    mov(r1, 0)
    # `plain.respond`, four nodes at once, r8 to r11 their sums from below: r0 the layer, r1 the first of the nodes
    label(NODES)
    data(2, 0x9101)  # str r1, [sp, #4]
    mov(r3, 0)
    mov(r8, r3)
    mov(r9, r3)
    mov(r10, r3)
    mov(r11, r3)
    data(2, 0x9B03)  # ldr r3, [sp, #12]
    cmp(r3, 0)
    bne(STILL)
    ldr(r2, [r0, 4 * _ROWS])
    cmp(r2, 0)
    bne(ROWS4)
    label(STILL)
    b(FINISH4)
    # r0 first column, r1 end of the displacements below, r2 place from there, r4 one, r5 shift, r6 bytes of a row
    label(ROWS4)
    ldr(r3, [r0, 4 * _NODES])
    sub(r3, r3, r1)
    lsl(r2, r2, 1)
    mov(r4, r0)
    sub(r4, 4 * _PER_CROSSBAR)
    ldr(r1, [r4, 4 * _DISPLACED])
    add(r1, r1, r2)
    neg(r2, r2)
    ldr(r6, [r0, 4 * _NODES])
    lsl(r6, r6, 2)
    ldr(r5, [r0, 4 * _FINE_SHIFT])
    ldr(r0, [r0, 4 * _G])
    data(2, 0x9F01)  # ldr r7, [sp, #4]
    lsl(r7, r7, 2)
    add(r0, r0, r7)
    cmp(r3, 4)
    blt(ROW1)
    data(2, 0x9B06)  # ldr r3, [sp, #24]
    cmp(r3, 0)
    beq(ROW4)
    cmp(r5, 5)
    beq(ROW7)
    label(ROW4)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    cmp(r4, 0)
    beq(NEXT4)
    ldr(r3, [r0, 0])
    data(2, 0xB29F)  # uxth r7, r3
    lsr(r3, r3, 16)
    sub(r7, r7, r3)
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B8)  # add r8, r7
    ldr(r3, [r0, 4])
    data(2, 0xB29F)  # uxth r7, r3
    lsr(r3, r3, 16)
    sub(r7, r7, r3)
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B9)  # add r9, r7
    ldr(r3, [r0, 8])
    data(2, 0xB29F)  # uxth r7, r3
    lsr(r3, r3, 16)
    sub(r7, r7, r3)
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44BA)  # add r10, r7
    ldr(r3, [r0, 12])
    data(2, 0xB29F)  # uxth r7, r3
    lsr(r3, r3, 16)
    sub(r7, r7, r3)
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44BB)  # add r11, r7
    label(NEXT4)
    add(r0, r0, r6)
    add(r2, 2)
    bne(ROW4)
    b(FINISH4)
    # ARMv7-M, for a shift of 5, that of 33 to 64 terms
    label(ROW7)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    data(2, 0xB1DC)  # cbz r4, .+58: past the sums
    data(2, 0xE890, 0x5088)  # ldm.w r0, {r3, r7, r12, lr}
    data(2, 0xB29D)  # uxth r5, r3
    data(2, 0xEBA5, 0x4513)  # sub.w r5, r5, r3, lsr #16
    mul(r5, r4)
    data(2, 0xEB08, 0x1865)  # add.w r8, r8, r5, asr #5
    data(2, 0xB2BD)  # uxth r5, r7
    data(2, 0xEBA5, 0x4517)  # sub.w r5, r5, r7, lsr #16
    mul(r5, r4)
    data(2, 0xEB09, 0x1965)  # add.w r9, r9, r5, asr #5
    data(2, 0xFA1F, 0xF58C)  # uxth.w r5, r12
    data(2, 0xEBA5, 0x451C)  # sub.w r5, r5, r12, lsr #16
    mul(r5, r4)
    data(2, 0xEB0A, 0x1A65)  # add.w r10, r10, r5, asr #5
    data(2, 0xFA1F, 0xF58E)  # uxth.w r5, lr
    data(2, 0xEBA5, 0x451E)  # sub.w r5, r5, lr, lsr #16
    mul(r5, r4)
    data(2, 0xEB0B, 0x1B65)  # add.w r11, r11, r5, asr #5
    add(r0, r0, r6)
    add(r2, 2)
    bne(ROW7)
    b(FINISH4)
    label(ROW1)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    cmp(r4, 0)
    beq(NEXT1)
    ldr(r3, [r0, 0])
    data(2, 0xB29F)  # uxth r7, r3
    lsr(r3, r3, 16)
    sub(r7, r7, r3)
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B8)  # add r8, r7
    label(NEXT1)
    add(r0, r0, r6)
    add(r2, 2)
    bne(ROW1)
    label(FINISH4)
    data(2, 0x9805)  # ldr r0, [sp, #20]
    data(2, 0x9901)  # ldr r1, [sp, #4]
    mov(r6, r8)
    bl(NODE)
    ldr(r2, [r0, 4 * _NODES])
    data(2, 0x9B01)  # ldr r3, [sp, #4]
    sub(r3, r2, r3)
    cmp(r3, 4)
    blt(FINISHED)
    mov(r6, r9)
    bl(NODE)
    mov(r6, r10)
    bl(NODE)
    mov(r6, r11)
    bl(NODE)
    ldr(r2, [r0, 4 * _NODES])
    label(FINISHED)
    cmp(r1, r2)
    beq(LAYERED)
    b(NODES)
    label(LAYERED)
    data(2, 0x9A04)  # ldr r2, [sp, #16]
    add(r2, 2)
    b(LAYER)
    # A node, r1, of the sum r6 from below and layer r0, a held one at once: leaves r0 and the next node in r1
    label(HELD)
    mov(r6, 0)
    b(STORE)
    label(NODE)
    lsl(r2, r1, 1)
    ldr(r3, [r0, 4 * _FREE])
    data(2, 0x5E9B)  # ldrsh r3, [r3, r2]
    ldr(r4, [r0, 4 * _LOW])
    data(2, 0x5EA4)  # ldrsh r4, [r4, r2]
    cmp(r3, r4)
    ble(HELD)
    ldr(r4, [r0, 4 * _HIGH])
    data(2, 0x5EA4)  # ldrsh r4, [r4, r2]
    cmp(r3, r4)
    bge(HELD)
    ldr(r4, [r0, 4 * _DOWN])
    asr(r6, r4)
    ldr(r2, [r0, 4 * _COLUMNS])
    cmp(r2, 0)
    beq(OUTPUT)
    # r0 displacement, r2 end of the row, r3 pair of devices, r4 displacements above, r5 shift, r7 and r12 sums
    mov(r12, r6)
    data(2, 0x9107)  # str r1, [sp, #28]
    lsl(r2, r2, 2)
    mov(r3, r1)
    mul(r3, r2)
    ldr(r4, [r0, 4 * _G_ABOVE])
    add(r3, r3, r4)
    add(r2, r2, r3)
    ldr(r5, [r0, 4 * _FINE_SHIFT])
    add(r0, 4 * _PER_CROSSBAR)
    ldr(r4, [r0, 4 * _DISPLACED])
    mov(r7, 0)
    data(2, 0x9E06)  # ldr r6, [sp, #24]
    cmp(r6, 0)
    bne(PLACE7)
    label(PLACE)
    ldrh(r0, [r4, 0])
    data(2, 0xB200)  # sxth r0, r0
    add(r4, 2)
    data(2, 0xCB40)  # ldmia r3!, {r6}
    data(2, 0xB2B1)  # uxth r1, r6
    lsr(r6, r6, 16)
    sub(r1, r1, r6)
    mul(r1, r0)
    asr(r1, r5)
    add(r7, r7, r1)
    cmp(r3, r2)
    bne(PLACE)
    b(PLACED)
    # ARMv7-M
    label(PLACE7)
    data(2, 0xF934, 0x0B02)  # ldrsh.w r0, [r4], #2
    data(2, 0xCB40)  # ldmia r3!, {r6}
    data(2, 0xB2B1)  # uxth r1, r6
    data(2, 0xEBA1, 0x4116)  # sub.w r1, r1, r6, lsr #16
    mul(r1, r0)
    asr(r1, r5)
    add(r7, r7, r1)
    cmp(r3, r2)
    bne(PLACE7)
    label(PLACED)
    data(2, 0x9805)  # ldr r0, [sp, #20]
    data(2, 0x9907)  # ldr r1, [sp, #28]
    lsl(r2, r1, 1)
    ldr(r4, [r0, 4 * _LIFT])
    asr(r7, r4)
    mov(r6, r12)
    add(r6, r6, r7)
    b(DIVIDE)
    # an output: its current, out of every second
    label(OUTPUT)
    data(2, 0x9B00)  # ldr r3, [sp, #0]
    ldr(r3, [r3, 4 * (_AT_OUTPUTS + _OUT_CURRENTS)])
    lsr(r4, r1, 1)
    lsl(r4, r4, 2)
    data(2, 0x591B)  # ldr r3, [r3, r4]
    lsl(r2, r1, 31)
    beq(EVEN)
    neg(r3, r3)
    label(EVEN)
    add(r6, r6, r3)
    lsl(r2, r1, 1)
    label(DIVIDE)
    ldr(r3, [r0, 4 * _SHIFT])
    data(2, 0x5C5B)  # ldrb r3, [r3, r1]
    asr(r6, r3)
    asr(r3, r6, 14)
    asr(r4, r6, 31)
    cmp(r3, r4)
    beq(SMALL)
    # -16384 for -16383: the limit below is the same
    mov(r6, 1)
    lsl(r6, r6, 14)
    sub(r6, 1)
    eor(r6, r4)
    label(SMALL)
    ldr(r3, [r0, 4 * _RECIPROCAL])
    data(2, 0x5A9B)  # ldrh r3, [r3, r2]
    mul(r6, r3)
    asr(r6, r6, 13)
    add(r6, 1)
    asr(r6, r6, 1)
    mov(r3, 1)
    lsl(r3, r3, 13)
    sub(r3, 1)
    cmp(r6, r3)
    bgt(LIMIT)
    neg(r3, r3)
    cmp(r6, r3)
    bge(STORE)
    label(LIMIT)
    mov(r6, r3)
    label(STORE)
    ldr(r3, [r0, 4 * _DISPLACED])
    data(2, 0x529E)  # strh r6, [r3, r2]
    add(r1, 1)
    data(2, 0x4770)  # bx lr
    label(SETTLED)
    data(2, 0xB008)  # add sp, #32
    pop({r4, r5, r6, r7})
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)
    mov(r11, r7)
    mov(r0, 0)


@micropython.asm_thumb
def set_nudge(r0, r1):
    """Turn the outputs' errors into nudge currents, on the table r0 for the label r1: return the loss."""
    # `plain.set_nudge`: r2 output, r3 outputs, r4 currents, r5 error, r8 loss, r9 its limit, r12 the current's
    mov(r4, r8)
    mov(r5, r9)
    push({r4, r5})
    ldr(r3, [r0, 4 * (_AT_OUTPUTS + _OUT_OUTPUTS)])
    ldr(r4, [r0, 4 * (_AT_OUTPUTS + _OUT_CURRENTS)])
    mov(r2, 0)
    mov(r8, r2)
    mvn(r5, r2)
    lsr(r6, r5, 2)
    mov(r9, r6)
    lsr(r6, r5, 3)
    mov(r12, r6)
    label(OUTPUT)
    lsl(r7, r2, 1)
    data(2, 0x5FDF)  # ldrsh r7, [r3, r7]
    cmp(r2, r1)
    beq(RIGHT)
    ldr(r5, [r0, 4 * (_AT_OUTPUTS + _OUT_WRONG)])
    data(2, 0xB22D)  # sxth r5, r5
    sub(r5, r5, r7)
    blt(WRONG)
    b(NONE)
    label(RIGHT)
    ldr(r5, [r0, 4 * (_AT_OUTPUTS + _OUT_RIGHT)])
    data(2, 0xB22D)  # sxth r5, r5
    sub(r5, r5, r7)
    bgt(WRONG)
    label(NONE)
    mov(r5, 0)
    data(2, 0xC420)  # stmia r4!, {r5}
    b(NEXT)
    label(WRONG)
    ldr(r6, [r0, 4 * (_AT_OUTPUTS + _OUT_BETA)])
    mul(r6, r5)
    ldr(r7, [r0, 4 * (_AT_OUTPUTS + _OUT_SHIFT)])
    asr(r6, r7)
    mov(r7, r12)
    cmp(r6, r7)
    bgt(LIMIT)
    neg(r7, r7)
    cmp(r6, r7)
    bge(WITHIN)
    label(LIMIT)
    mov(r6, r7)
    label(WITHIN)
    data(2, 0xC440)  # stmia r4!, {r6}
    asr(r5, r5, 4)
    mov(r7, r5)
    mul(r5, r7)
    mov(r7, r9)
    sub(r7, r7, r5)
    mov(r6, r8)
    add(r5, r5, r6)
    cmp(r6, r7)
    blt(LOSS)
    mov(r5, r9)
    label(LOSS)
    mov(r8, r5)
    label(NEXT)
    add(r2, 1)
    ldr(r7, [r0, 4 * (_AT_OUTPUTS + _OUT_CLASSES)])
    cmp(r2, r7)
    bne(OUTPUT)
    mov(r0, r8)
    pop({r4, r5})
    mov(r8, r4)
    mov(r9, r5)


@micropython.asm_thumb
def program(r0):
    """Change every conductance, on the table r0."""
    ldr(r1, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    lsr(r1, r1, 16)
    push({r0, r1})
    data(2, 0x9800)  # ldr r0, [sp, #0]
    # `plain.update_driven`: r0 pair, r1 c, r2 d, r3 rate shift, r4 change, r5 u * d, r6 device, r7 listed, r8 sum,
    # r9 g_min, r10 g_max, r11 row, r12 its end; on the stack table 0, node 4, layer 8, flag 12, rate shift 16
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    mov(r7, r11)
    push({r4, r5, r6, r7})
    mov(r3, r1)
    mov(r1, 0)
    mov(r2, r0)
    add(r2, 4 * _AT_CROSSBARS)
    ldr(r4, [r0, 4 * _IN_CONDUCTANCES])
    mov(r11, r4)
    ldr(r4, [r2, 4 * _G_MIN])
    mov(r9, r4)
    lsl(r5, r4, 16)
    orr(r5, r4)
    mov(lr, r5)
    # the inputs' power, r4: r5 listed, r6 end of the list, r7 input; then r4 the rate shift
    ldr(r5, [r0, 4 * _IN_ACTIVE])
    data(2, 0xCD40)  # ldmia r5!, {r6}
    lsl(r6, r6, 2)
    add(r6, r6, r5)
    mov(r4, 0)
    label(D_POWER)
    data(2, 0xCD80)  # ldmia r5!, {r7}
    asr(r7, r7, 16)
    mul(r7, r7)
    add(r4, r4, r7)
    cmp(r5, r6)
    bne(D_POWER)
    lsr(r5, r4, 14)
    ldr(r4, [r2, 4 * _RATE_SHIFT])
    label(D_SLOWER)
    cmp(r5, 0)
    beq(D_SLOW)
    cmp(r4, 24)
    bge(D_SLOW)
    add(r4, 1)
    lsr(r5, r5, 1)
    b(D_SLOWER)
    label(D_SLOW)
    push({r0, r1, r2, r3, r4})
    label(D_NODE)
    # r7 node, r6 layer
    data(2, 0x9800)  # ldr r0, [sp, #0]
    data(2, 0x9F01)  # ldr r7, [sp, #4]
    data(2, 0x9E02)  # ldr r6, [sp, #8]
    ldr(r3, [r0, 4 * _IN_WIDTH])
    data(2, 0x445B)  # add r3, r11
    mov(r12, r3)
    lsl(r5, r7, 1)
    ldr(r2, [r6, 4 * _DISPLACED])
    data(2, 0x5F52)  # ldrsh r2, [r2, r5]
    ldr(r1, [r6, 4 * _FREE])
    data(2, 0x5F49)  # ldrsh r1, [r1, r5]
    mul(r1, r2)
    ldr(r4, [r6, 4 * _GAIN])
    asr(r1, r4)
    data(2, 0x9B04)  # ldr r3, [sp, #16]
    mov(r4, 1)
    lsl(r4, r3)
    lsr(r4, r4, 1)
    sub(r1, r4, r1)
    # the largest change there may be, r4 and r5
    lsl(r4, r2, 7)
    sub(r4, r4, r2)
    add(r5, r1, r4)
    sub(r4, r1, r4)
    asr(r5, r3)
    asr(r4, r3)
    cmp(r4, 0)
    bne(D_CHANGES)
    cmp(r5, 0)
    bne(D_CHANGES)
    b(D_NEXT)
    label(D_CHANGES)
    mov(r7, 0)
    mov(r8, r7)
    ldr(r7, [r0, 4 * _IN_ACTIVE])
    add(r7, 4)
    mov(r0, r11)
    ldr(r6, [r6, 4 * _G_MAX])
    mov(r10, r6)
    data(2, 0x9E03)  # ldr r6, [sp, #12]
    cmp(r6, 0)
    beq(D_ENTRY)
    b(D_WIDE)
    label(D_ENTRY)
    ldr(r5, [r7, 0])
    data(2, 0xB2AD)  # uxth r5, r5
    data(2, 0x445D)  # add r5, r11
    cmp(r0, r5)
    beq(D_ACTIVE)
    mov(r4, r1)
    asr(r4, r3)
    bne(D_IDLE)
    mov(r0, r5)
    label(D_ACTIVE)
    data(2, 0xCF20)  # ldmia r7!, {r5}
    asr(r5, r5, 16)
    mul(r5, r2)
    add(r4, r1, r5)
    asr(r4, r3)
    ldrh(r6, [r0, 0])
    data(2, 0x44A0)  # add r8, r4
    add(r6, r6, r4)
    data(2, 0x454E)  # cmp r6, r9
    blt(D_LOW0)
    data(2, 0x4556)  # cmp r6, r10
    bgt(D_HIGH0)
    label(D_STORE0)
    strh(r6, [r0, 0])
    sub(r5, r1, r5)
    asr(r5, r3)
    ldrh(r6, [r0, 2])
    data(2, 0x44A8)  # add r8, r5
    add(r6, r6, r5)
    data(2, 0x454E)  # cmp r6, r9
    blt(D_LOW1)
    data(2, 0x4556)  # cmp r6, r10
    bgt(D_HIGH1)
    label(D_STORE1)
    strh(r6, [r0, 2])
    add(r0, 4)
    data(2, 0x4560)  # cmp r0, r12
    bne(D_ENTRY)
    b(D_CHANGED)
    label(D_LOW0)
    mov(r4, r9)
    b(D_LIMIT0)
    label(D_HIGH0)
    mov(r4, r10)
    label(D_LIMIT0)
    sub(r6, r4, r6)
    data(2, 0x44B0)  # add r8, r6
    mov(r6, r4)
    b(D_STORE0)
    label(D_LOW1)
    mov(r4, r9)
    b(D_LIMIT1)
    label(D_HIGH1)
    mov(r4, r10)
    label(D_LIMIT1)
    sub(r6, r4, r6)
    data(2, 0x44B0)  # add r8, r6
    mov(r6, r4)
    b(D_STORE1)
    # inputs at zero volts, up to pair r5: all change by r4
    label(D_IDLE)
    ldrh(r6, [r0, 0])
    data(2, 0x44A0)  # add r8, r4
    add(r6, r6, r4)
    data(2, 0x454E)  # cmp r6, r9
    blt(D_LOW2)
    data(2, 0x4556)  # cmp r6, r10
    bgt(D_HIGH2)
    label(D_STORE2)
    strh(r6, [r0, 0])
    ldrh(r6, [r0, 2])
    data(2, 0x44A0)  # add r8, r4
    add(r6, r6, r4)
    data(2, 0x454E)  # cmp r6, r9
    blt(D_LOW3)
    data(2, 0x4556)  # cmp r6, r10
    bgt(D_HIGH3)
    label(D_STORE3)
    strh(r6, [r0, 2])
    add(r0, 4)
    cmp(r0, r5)
    bne(D_IDLE)
    b(D_ACTIVE)
    label(D_LOW2)
    mov(r4, r9)
    b(D_LIMIT2)
    label(D_HIGH2)
    mov(r4, r10)
    label(D_LIMIT2)
    sub(r6, r4, r6)
    data(2, 0x44B0)  # add r8, r6
    mov(r6, r4)
    mov(r4, r1)
    asr(r4, r3)
    b(D_STORE2)
    label(D_LOW3)
    mov(r4, r9)
    b(D_LIMIT3)
    label(D_HIGH3)
    mov(r4, r10)
    label(D_LIMIT3)
    sub(r6, r4, r6)
    data(2, 0x44B0)  # add r8, r6
    mov(r6, r4)
    mov(r4, r1)
    asr(r4, r3)
    b(D_STORE3)
    # ARMv7-M, if every change fits 16 bits: both devices at once, r6, lr g_min twice. Where one leaves its limits, bit
    # 15 or 31 of the new pair is set, or of that less lr
    label(D_WIDE)
    data(2, 0xB226)  # sxth r6, r4
    cmp(r6, r4)
    bne(D_FAR)
    data(2, 0xB22E)  # sxth r6, r5
    cmp(r6, r5)
    beq(D_ENTRY7)
    label(D_FAR)
    b(D_ENTRY)
    label(D_ENTRY7)
    data(2, 0xCF20)  # ldmia r7!, {r5}
    data(2, 0xB2AE)  # uxth r6, r5
    data(2, 0x445E)  # add r6, r11
    cmp(r0, r6)
    bne(D_IDLE7)
    label(D_ACTIVE7)
    asr(r5, r5, 16)
    data(2, 0xFB05, 0x1402)  # mla r4, r5, r2, r1
    data(2, 0xFB05, 0x1512)  # mls r5, r5, r2, r1
    asr(r4, r3)
    asr(r5, r3)
    data(2, 0x44A0)  # add r8, r4
    data(2, 0x44A8)  # add r8, r5
    data(2, 0xEB04, 0x4405)  # add.w r4, r4, r5, lsl #16
    ldr(r6, [r0, 0])
    add(r6, r6, r4)
    data(2, 0xEBA6, 0x050E)  # sub.w r5, r6, lr
    orr(r5, r6)
    data(2, 0xF015, 0x2F80)  # tst.w r5, #0x80008000
    bne(D_CLAMP7)
    data(2, 0xC040)  # stmia r0!, {r6}
    data(2, 0x4560)  # cmp r0, r12
    bne(D_ENTRY7)
    b(D_CHANGED)
    label(D_CLAMP7)
    data(2, 0xB225)  # sxth r5, r4
    sub(r4, r4, r5)
    ldrh(r6, [r0, 0])
    add(r6, r6, r5)
    data(2, 0xEBA8, 0x0806)  # sub.w r8, r8, r6
    data(2, 0x454E)  # cmp r6, r9
    data(2, 0xBFB8)  # it lt
    data(2, 0x464E)  # movlt r6, r9
    data(2, 0xF386, 0x060F)  # usat r6, #15, r6
    data(2, 0x44B0)  # add r8, r6
    data(2, 0xF820, 0x6B02)  # strh.w r6, [r0], #2
    ldrh(r6, [r0, 0])
    data(2, 0xEB06, 0x4624)  # add.w r6, r6, r4, asr #16
    data(2, 0xEBA8, 0x0806)  # sub.w r8, r8, r6
    data(2, 0x454E)  # cmp r6, r9
    data(2, 0xBFB8)  # it lt
    data(2, 0x464E)  # movlt r6, r9
    data(2, 0xF386, 0x060F)  # usat r6, #15, r6
    data(2, 0x44B0)  # add r8, r6
    data(2, 0xF820, 0x6B02)  # strh.w r6, [r0], #2
    data(2, 0x4560)  # cmp r0, r12
    bne(D_ENTRY7)
    b(D_CHANGED)
    # inputs at zero volts, up to pair r6
    label(D_IDLE7)
    data(2, 0xFA41, 0xF403)  # asr.w r4, r1, r3
    cmp(r4, 0)
    beq(D_STILL7)
    sub(r5, r6, r0)
    lsr(r5, r5, 1)
    data(2, 0xFB05, 0x8804)  # mla r8, r5, r4, r8
    data(2, 0xEB04, 0x4404)  # add.w r4, r4, r4, lsl #16
    label(D_ZERO7)
    ldr(r5, [r0, 0])
    add(r5, r5, r4)
    data(2, 0xEBA5, 0x0A0E)  # sub.w r10, r5, lr
    data(2, 0xEA4A, 0x0A05)  # orr.w r10, r10, r5
    data(2, 0xF01A, 0x2F80)  # tst.w r10, #0x80008000
    bne(D_LIMIT7)
    data(2, 0xC020)  # stmia r0!, {r5}
    cmp(r0, r6)
    bne(D_ZERO7)
    label(D_AFTER7)
    data(2, 0xF857, 0x5C04)  # ldr.w r5, [r7, #-4]
    b(D_ACTIVE7)
    label(D_STILL7)
    mov(r0, r6)
    b(D_ACTIVE7)
    label(D_LIMIT7)
    data(2, 0xFA41, 0xFA03)  # asr.w r10, r1, r3
    ldrh(r5, [r0, 0])
    data(2, 0x4455)  # add r5, r10
    data(2, 0xEBA8, 0x0805)  # sub.w r8, r8, r5
    data(2, 0x454D)  # cmp r5, r9
    data(2, 0xBFB8)  # it lt
    data(2, 0x464D)  # movlt r5, r9
    data(2, 0xF385, 0x050F)  # usat r5, #15, r5
    data(2, 0x44A8)  # add r8, r5
    data(2, 0xF820, 0x5B02)  # strh.w r5, [r0], #2
    ldrh(r5, [r0, 0])
    data(2, 0x4455)  # add r5, r10
    data(2, 0xEBA8, 0x0805)  # sub.w r8, r8, r5
    data(2, 0x454D)  # cmp r5, r9
    data(2, 0xBFB8)  # it lt
    data(2, 0x464D)  # movlt r5, r9
    data(2, 0xF385, 0x050F)  # usat r5, #15, r5
    data(2, 0x44A8)  # add r8, r5
    data(2, 0xF820, 0x5B02)  # strh.w r5, [r0], #2
    cmp(r0, r6)
    bne(D_ZERO7)
    b(D_AFTER7)
    label(D_CHANGED)
    data(2, 0x9E02)  # ldr r6, [sp, #8]
    ldr(r6, [r6, 4 * _TOTAL])
    data(2, 0x9F01)  # ldr r7, [sp, #4]
    lsl(r7, r7, 2)
    data(2, 0x59F5)  # ldr r5, [r6, r7]
    data(2, 0x4445)  # add r5, r8
    data(2, 0x51F5)  # str r5, [r6, r7]
    label(D_NEXT)
    data(2, 0x9800)  # ldr r0, [sp, #0]
    data(2, 0x9F01)  # ldr r7, [sp, #4]
    add(r7, 1)
    data(2, 0x9701)  # str r7, [sp, #4]
    mov(r11, r12)
    ldr(r6, [r0, 4 * _IN_NODES])
    cmp(r7, r6)
    beq(D_DONE)
    b(D_NODE)
    label(D_DONE)
    data(2, 0xB005)  # add sp, #20
    pop({r4, r5, r6, r7})
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)
    mov(r11, r7)
    data(2, 0x9800)  # ldr r0, [sp, #0]
    data(2, 0x9901)  # ldr r1, [sp, #4]
    # `plain.update_between` for all crossbars but the first: r0 pair of devices, r1 what the column's own node changes,
    # then its displacement and voltage, r2 their end, r3 total above, r8 voltage and r9 displacement below, r10 what
    # the row's own node changes, r11 rate shift, r12 sum; on the stack g_min 0, g_max 4, row 8, words of the layer
    # above 12, crossbars left 16, whether the core has ARMv7-M's instructions 20, whether rows at zero stay as they are
    # 24, table 28
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    mov(r7, r11)
    push({r4, r5, r6, r7})
    mov(r7, r0)
    mov(r5, r1)
    ldr(r4, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    data(2, 0xB2E4)  # uxtb r4, r4
    mov(r3, r0)
    add(r3, 4 * _AT_CROSSBARS)
    ldr(r0, [r3, 4 * _G_MIN])
    ldr(r1, [r3, 4 * _G_MAX])
    push({r0, r1, r2, r3, r4, r5, r6, r7})
    lsl(r1, r0, 16)
    orr(r0, r1)
    mov(lr, r0)
    label(B_CROSSBAR)
    data(2, 0x9D04)  # ldr r5, [sp, #16]
    sub(r5, 1)
    bne(B_FURTHER)
    b(B_DONE)
    label(B_FURTHER)
    data(2, 0x9504)  # str r5, [sp, #16]
    data(2, 0x9C03)  # ldr r4, [sp, #12]
    add(r4, 4 * _PER_CROSSBAR)
    data(2, 0x9403)  # str r4, [sp, #12]
    # r1 displacement above, r2 voltage above, r3 scratch, r8 gain, r9 whether nothing changes, r10 offset, r12 end
    ldr(r0, [r4, 4 * _RATE_SHIFT])
    mov(r11, r0)
    mov(r1, 1)
    lsl(r1, r0)
    lsr(r1, r1, 1)
    mov(r10, r1)
    ldr(r1, [r4, 4 * _DISPLACED])
    ldr(r2, [r4, 4 * _FREE])
    data(2, 0x9B07)  # ldr r3, [sp, #28]
    ldr(r3, [r3, 4 * _IN_OWN])
    ldr(r7, [r4, 4 * _NODES])
    lsl(r7, r7, 3)
    add(r7, r7, r3)
    mov(r12, r7)
    ldr(r7, [r4, 4 * _GAIN])
    mov(r8, r7)
    mov(r0, 1)
    mov(r9, r0)
    label(B_OWN)
    ldrh(r5, [r1, 0])
    ldrh(r6, [r2, 0])
    lsl(r0, r6, 16)
    orr(r0, r5)
    data(2, 0xB22D)  # sxth r5, r5
    data(2, 0xB236)  # sxth r6, r6
    mul(r5, r6)
    mov(r7, r8)
    asr(r5, r7)
    neg(r5, r5)
    data(2, 0xC320)  # stmia r3!, {r5}
    data(2, 0xC301)  # stmia r3!, {r0}
    data(2, 0x4455)  # add r5, r10
    mov(r7, r11)
    asr(r5, r7)
    beq(B_SAME)
    mov(r5, 0)
    mov(r9, r5)
    label(B_SAME)
    add(r1, 2)
    add(r2, 2)
    data(2, 0x4563)  # cmp r3, r12
    bne(B_OWN)
    mov(r0, r9)
    data(2, 0x9006)  # str r0, [sp, #24]
    ldr(r0, [r4, 4 * _G])
    mov(r7, 0)
    label(B_ROW)
    data(2, 0x9702)  # str r7, [sp, #8]
    mov(r5, r4)
    sub(r5, 4 * _PER_CROSSBAR)
    lsl(r7, r7, 1)
    ldr(r6, [r5, 4 * _FREE])
    data(2, 0x5FF6)  # ldrsh r6, [r6, r7]
    mov(r8, r6)
    ldr(r3, [r5, 4 * _DISPLACED])
    data(2, 0x5FDB)  # ldrsh r3, [r3, r7]
    mov(r1, r3)
    orr(r1, r6)
    cmp(r1, 0)
    bne(B_ACTIVE)
    data(2, 0x9906)  # ldr r1, [sp, #24]
    cmp(r1, 0)
    beq(B_ACTIVE)
    ldr(r1, [r4, 4 * _NODES])
    lsl(r1, r1, 2)
    add(r0, r0, r1)
    b(B_NEXT)
    label(B_ACTIVE)
    ldr(r1, [r4, 4 * _DROP])
    ldr(r2, [r4, 4 * _GAIN])
    sub(r2, r1, r2)
    mov(r5, r3)
    asr(r5, r2)
    mul(r5, r6)
    asr(r3, r1)
    mov(r9, r3)
    mov(r1, 1)
    mov(r2, r11)
    lsl(r1, r2)
    lsr(r1, r1, 1)
    sub(r1, r1, r5)
    mov(r10, r1)
    data(2, 0x9907)  # ldr r1, [sp, #28]
    ldr(r1, [r1, 4 * _IN_OWN])
    ldr(r2, [r4, 4 * _NODES])
    lsl(r2, r2, 3)
    add(r2, r2, r1)
    ldr(r3, [r4, 4 * _TOTAL])
    mov(r5, 0)
    mov(r12, r5)
    data(2, 0x9D05)  # ldr r5, [sp, #20]
    cmp(r5, 0)
    beq(B_DEVICE)
    mov(r5, r11)
    cmp(r5, 15)
    bge(B_DEVICE7)
    label(B_DEVICE)
    data(2, 0xC930)  # ldmia r1!, {r4, r5}
    data(2, 0xB22E)  # sxth r6, r5
    asr(r5, r5, 16)
    mov(r7, r9)
    mul(r5, r7)
    mov(r7, r8)
    mul(r6, r7)
    add(r5, r5, r6)
    data(2, 0x4454)  # add r4, r10
    add(r6, r4, r5)
    sub(r4, r4, r5)
    mov(r7, r11)
    asr(r6, r7)
    asr(r4, r7)
    ldrh(r5, [r0, 0])
    add(r6, r6, r5)
    data(2, 0x9F00)  # ldr r7, [sp, #0]
    cmp(r6, r7)
    blt(B_CLAMP0)
    data(2, 0x9F01)  # ldr r7, [sp, #4]
    cmp(r6, r7)
    ble(B_STORE0)
    label(B_CLAMP0)
    mov(r6, r7)
    label(B_STORE0)
    strh(r6, [r0, 0])
    sub(r6, r6, r5)
    ldrh(r5, [r0, 2])
    add(r4, r4, r5)
    data(2, 0x9F00)  # ldr r7, [sp, #0]
    cmp(r4, r7)
    blt(B_CLAMP1)
    data(2, 0x9F01)  # ldr r7, [sp, #4]
    cmp(r4, r7)
    ble(B_STORE1)
    label(B_CLAMP1)
    mov(r4, r7)
    label(B_STORE1)
    strh(r4, [r0, 2])
    sub(r4, r4, r5)
    add(r4, r4, r6)
    data(2, 0x44A4)  # add r12, r4
    ldr(r5, [r3, 0])
    add(r5, r5, r4)
    data(2, 0xC320)  # stmia r3!, {r5}
    add(r0, 4)
    cmp(r1, r2)
    bne(B_DEVICE)
    b(B_ROWED)
    # ARMv7-M, where every change fits 16 bits: both devices at once, lr g_min twice
    label(B_DEVICE7)
    data(2, 0xC930)  # ldmia r1!, {r4, r5}
    data(2, 0xB22E)  # sxth r6, r5
    asr(r5, r5, 16)
    data(2, 0xFB05, 0xF509)  # mul r5, r5, r9
    data(2, 0xFB06, 0x5508)  # mla r5, r6, r8, r5
    data(2, 0x4454)  # add r4, r10
    add(r6, r4, r5)
    sub(r4, r4, r5)
    data(2, 0xFA46, 0xF60B)  # asr.w r6, r6, r11
    data(2, 0xFA44, 0xF40B)  # asr.w r4, r4, r11
    ldr(r5, [r0, 0])
    data(2, 0xEB06, 0x4704)  # add.w r7, r6, r4, lsl #16
    add(r5, r5, r7)
    data(2, 0xEBA5, 0x070E)  # sub.w r7, r5, lr
    orr(r7, r5)
    data(2, 0xF017, 0x2F80)  # tst.w r7, #0x80008000
    bne(B_CLAMP7)
    data(2, 0xC020)  # stmia r0!, {r5}
    label(B_CHANGED7)
    add(r4, r4, r6)
    data(2, 0x44A4)  # add r12, r4
    ldr(r5, [r3, 0])
    add(r5, r5, r4)
    data(2, 0xC320)  # stmia r3!, {r5}
    cmp(r1, r2)
    bne(B_DEVICE7)
    b(B_ROWED)
    label(B_CLAMP7)
    data(2, 0x9F00)  # ldr r7, [sp, #0]
    ldrh(r5, [r0, 0])
    add(r6, r6, r5)
    cmp(r6, r7)
    data(2, 0xBFB8)  # it lt
    data(2, 0x463E)  # movlt r6, r7
    data(2, 0xF386, 0x060F)  # usat r6, #15, r6
    strh(r6, [r0, 0])
    sub(r6, r6, r5)
    ldrh(r5, [r0, 2])
    add(r4, r4, r5)
    cmp(r4, r7)
    data(2, 0xBFB8)  # it lt
    data(2, 0x463C)  # movlt r4, r7
    data(2, 0xF384, 0x040F)  # usat r4, #15, r4
    strh(r4, [r0, 2])
    sub(r4, r4, r5)
    add(r0, 4)
    b(B_CHANGED7)
    label(B_ROWED)
    # the last row, the bias, has no total
    data(2, 0x9C03)  # ldr r4, [sp, #12]
    data(2, 0x9F02)  # ldr r7, [sp, #8]
    ldr(r6, [r4, 4 * _ROWS])
    sub(r6, 1)
    cmp(r7, r6)
    bge(B_NEXT)
    mov(r5, r4)
    sub(r5, 4 * _PER_CROSSBAR)
    ldr(r5, [r5, 4 * _TOTAL])
    lsl(r3, r7, 2)
    data(2, 0x58EA)  # ldr r2, [r5, r3]
    data(2, 0x4462)  # add r2, r12
    data(2, 0x50EA)  # str r2, [r5, r3]
    label(B_NEXT)
    data(2, 0x9F02)  # ldr r7, [sp, #8]
    ldr(r6, [r4, 4 * _ROWS])
    add(r7, 1)
    cmp(r7, r6)
    beq(B_CROSSED)
    b(B_ROW)
    label(B_CROSSED)
    b(B_CROSSBAR)
    label(B_DONE)
    data(2, 0xB008)  # add sp, #32
    pop({r4, r5, r6, r7})
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)
    mov(r11, r7)
    pop({r0, r1})
    # `plain.invert`: r0 total's mantissa, r1 node, r2 quotient, r3 shift, r4 remainder, r12 the layer's words; on the
    # stack layers left
    mov(lr, r1)
    ldr(r1, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    data(2, 0xB2C9)  # uxtb r1, r1
    add(r0, 4 * _AT_CROSSBARS)
    label(I_LAYER)
    push({r1})
    mov(r12, r0)
    ldr(r1, [r0, 4 * _NODES])
    label(I_NODE)
    sub(r1, 1)
    mov(r7, r12)
    ldr(r3, [r7, 4 * _SCALE])
    neg(r3, r3)
    add(r3, 14)
    ldr(r0, [r7, 4 * _TOTAL])
    lsl(r2, r1, 2)
    data(2, 0x5880)  # ldr r0, [r0, r2]
    sub(r2, r0, 1)
    lsr(r2, r2, 30)
    bne(I_WRONG)
    mov(r2, lr)
    cmp(r2, 0)
    bne(I_WIDE)
    label(I_LARGE)
    lsr(r2, r0, 15)
    beq(I_SMALL)
    lsr(r0, r0, 1)
    add(r3, 1)
    b(I_LARGE)
    label(I_SMALL)
    lsr(r2, r0, 14)
    bne(I_READY)
    lsl(r0, r0, 1)
    sub(r3, 1)
    b(I_SMALL)
    label(I_READY)
    ldr(r5, [r7, 4 * _SHIFT])
    data(2, 0x546B)  # strb r3, [r5, r1]
    # (2**28 + total / 2) / total: the quotient has 15 bits
    mov(r4, 1)
    lsl(r4, r4, 28)
    lsr(r5, r0, 1)
    add(r4, r4, r5)
    lsl(r5, r0, 14)
    mov(r2, 0)
    mov(r6, 15)
    label(I_DIVIDE)
    cmp(r4, r5)
    bcc(I_LESS)
    sub(r4, r4, r5)
    label(I_LESS)
    data(2, 0x4152)  # adcs r2, r2
    lsr(r5, r5, 1)
    sub(r6, 1)
    bne(I_DIVIDE)
    b(I_DIVIDED)
    # ARMv7-M
    label(I_WIDE)
    data(2, 0xFAB0, 0xF280)  # clz r2, r0
    data(2, 0xF1C2, 0x0211)  # rsb.w r2, r2, #17
    add(r3, r3, r2)
    cmp(r2, 0)
    bge(I_SHRINK)
    neg(r2, r2)
    lsl(r0, r2)
    mov(r2, 0)
    label(I_SHRINK)
    lsr(r0, r2)
    ldr(r5, [r7, 4 * _SHIFT])
    data(2, 0x546B)  # strb r3, [r5, r1]
    data(2, 0xF04F, 0x5480)  # mov.w r4, #268435456
    data(2, 0xEB04, 0x0450)  # add.w r4, r4, r0, lsr #1
    data(2, 0xFBB4, 0xF2F0)  # udiv r2, r4, r0
    label(I_DIVIDED)
    ldr(r5, [r7, 4 * _RECIPROCAL])
    lsl(r4, r1, 1)
    data(2, 0x532A)  # strh r2, [r5, r4]
    cmp(r1, 0)
    bne(I_NODE)
    mov(r0, r12)
    add(r0, 4 * _PER_CROSSBAR)
    pop({r1})
    sub(r1, 1)
    bne(I_LAYER)
    mov(r0, 0)
    b(I_END)
    label(I_WRONG)
    pop({r1})
    mov(r0, 1)
    label(I_END)


class ThumbCrossbar(MachineCrossbar):
    """The differential network's crossbar by assembler."""

    tier = "thumb"
    kernels = (settle, set_nudge, respond, program, enter)
    scatter = staticmethod(scatter)
    gather = staticmethod(gather)
    # Whether the core has the instructions of ARMv7-M, 32 bits wide: not Cortex-M0, M0+, M1
    flag = 1 if sys.implementation._mpy >> 10 & 15 != 4 else 0
