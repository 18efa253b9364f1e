"""The circuit's dynamics in Thumb assembler, ARMv6-M and up: the same bits as `eqprop.crossbar.dynamics` on `plain`.

The kernels work on the table of `eqprop.crossbar.native`. A word's address is the table's plus four times its number;
addresses of arrays are in the even words, the low halves. active[0] is the number of inputs that are not zero; each
word after it is one of them, the bias row last: u << 16 | byte offset of its pair of devices in a node's row. The
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
from ..native import MachineCrossbar

# Offsets in the table, as in `eqprop.crossbar.native`
_IN_FEATURES = const(0)
_IN_NODES = const(1)
_IN_SHIFT = const(2)
_IN_WIDTH = const(3)
_IN_INPUTS = const(4)
_IN_ACTIVE = const(6)
_IN_CONDUCTANCES = const(8)
_IN_DRIVEN = const(10)
_AT_OUTPUTS = const(14)
_OUT_NODES = const(0)
_OUT_SHIFT = const(1)
_OUT_BETA = const(2)
_OUT_RIGHT = const(3)
_OUT_WRONG = const(4)
_OUT_COUNTS = const(5)
_OUT_V_FREE = const(6)
_OUT_CURRENTS = const(8)
_OUT_REST = const(10)
_OUT_BASE = const(12)
_AT_CROSSBARS = const(28)
_PER_CROSSBAR = const(38)
_NODES = const(0)
_ROWS = const(1)
_COLUMNS = const(2)
_PRODUCT_SHIFT = const(3)
_BACK_SHIFT = const(4)
_WIRED = const(5)
_DELTA_LIMIT = const(6)
_GAIN = const(7)
_SCALE = const(8)
_RATE_SHIFT = const(9)
_G_MIN = const(10)
_G_MAX = const(11)
_BASE = const(12)
_G = const(14)
_G_ABOVE = const(16)
_RECIPROCAL = const(18)
_SHIFT = const(20)
_LOW = const(22)
_HIGH = const(24)
_DELTA = const(26)
_MEAN = const(28)
_TOTAL = const(30)
_V_FREE = const(32)
_V_PLUS = const(34)
_V_MINUS = const(36)


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
def enter(r0, r1, r2, r3):
    """Write r2 to word r1 of the table r0, and to its last word, r3, what leaves the sum of all words as it is."""
    lsl(r1, r1, 2)
    lsl(r3, r3, 2)
    add(r3, r3, r0)
    data(2, 0x5844)  # ldr r4, [r0, r1]
    data(2, 0x5042)  # str r2, [r0, r1]
    sub(r4, r4, r2)
    ldr(r2, [r3, 0])
    add(r2, r2, r4)
    str(r2, [r3, 0])
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
def settle(r0, r1, r2):
    """Free phase (r2 = 0) of the features r0, or nudged phase r2, on the table r1: return the answer.

    The free phase returns -1, and does nothing, on a table whose words no longer add up to 0.
    """
    cmp(r2, 0)
    beq(FREE)
    b(NUDGED)
    label(FREE)
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
    mov(r2, 0)
    label(NUDGED)
    # r0 table, r1 phase from here on
    mov(r0, r1)
    mov(r1, r2)
    ldr(r2, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    lsr(r2, r2, 16)
    push({r2})
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    mov(r7, r11)
    push({r4, r5, r6, r7})
    # `plain.clear` or `plain.copy` every layer: r2 its words, r3 crossbars left, r5 free voltages, r6 the phase's
    mov(r2, r0)
    add(r2, 4 * _AT_CROSSBARS)
    ldr(r3, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    data(2, 0xB2DB)  # uxtb r3, r3
    label(START)
    mov(r4, r2)
    add(r4, 4 * _V_FREE)
    ldr(r5, [r4, 0])
    cmp(r1, 0)
    bne(COPY)
    ldr(r6, [r2, 4 * _NODES])
    lsl(r6, r6, 1)
    mov(r7, 0)
    label(CLEAR)
    sub(r6, 2)
    data(2, 0x53AF)  # strh r7, [r5, r6]
    bne(CLEAR)
    b(STARTED)
    label(COPY)
    lsl(r6, r1, 3)
    data(2, 0x59A6)  # ldr r6, [r4, r6]
    ldr(r7, [r2, 4 * _WIRED])
    lsl(r7, r7, 1)
    label(COPIES)
    sub(r7, 2)
    data(2, 0x5BEC)  # ldrh r4, [r5, r7]
    data(2, 0x53F4)  # strh r4, [r6, r7]
    bne(COPIES)
    label(STARTED)
    add(r2, 4 * _PER_CROSSBAR)
    sub(r3, 1)
    bne(START)
    # `plain.set_base_currents`: r2 place, r3 nudge currents, r4 currents at rest, r5 base currents
    ldr(r2, [r0, 4 * (_AT_OUTPUTS + _OUT_NODES)])
    ldr(r3, [r0, 4 * (_AT_OUTPUTS + _OUT_CURRENTS)])
    ldr(r4, [r0, 4 * (_AT_OUTPUTS + _OUT_REST)])
    ldr(r5, [r0, 4 * (_AT_OUTPUTS + _OUT_BASE)])
    lsl(r2, r2, 2)
    label(SET_BASE)
    sub(r2, 4)
    data(2, 0x58A6)  # ldr r6, [r4, r2]
    cmp(r1, 0)
    beq(INTO)
    data(2, 0x589F)  # ldr r7, [r3, r2]
    cmp(r1, 1)
    bne(OUT)
    neg(r7, r7)
    label(OUT)
    sub(r6, r6, r7)
    label(INTO)
    data(2, 0x50AE)  # str r6, [r5, r2]
    cmp(r2, 0)
    bne(SET_BASE)
    cmp(r1, 0)
    beq(PLACED0)
    # `plain.shift_outputs`: r2 words of the outputs' layer, r5 place, r6 the voltage, r7 output, r8 voltages,
    # r9 currents
    mov(r9, r3)
    ldr(r3, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    data(2, 0xB2DB)  # uxtb r3, r3
    sub(r3, 1)
    mov(r2, 4 * _PER_CROSSBAR)
    mul(r2, r3)
    add(r2, 4 * _AT_CROSSBARS)
    add(r2, r2, r0)
    lsl(r3, r1, 3)
    add(r3, r3, r2)
    add(r3, 4 * _V_FREE)
    ldr(r3, [r3, 0])
    mov(r8, r3)
    ldr(r7, [r0, 4 * (_AT_OUTPUTS + _OUT_NODES)])
    label(SHIFT)
    sub(r7, 1)
    lsl(r5, r7, 2)
    mov(r3, r9)
    data(2, 0x595E)  # ldr r6, [r3, r5]
    cmp(r1, 1)
    beq(PULLED)
    neg(r6, r6)
    label(PULLED)
    ldr(r3, [r2, 4 * _SHIFT])
    data(2, 0x5DDB)  # ldrb r3, [r3, r7]
    asr(r6, r3)
    asr(r3, r6, 16)
    asr(r4, r6, 31)
    cmp(r3, r4)
    beq(NEAR)
    mov(r3, 1)
    lsl(r3, r3, 16)
    sub(r3, 1)
    eor(r3, r4)
    sub(r6, r3, r4)
    label(NEAR)
    lsl(r5, r7, 1)
    ldr(r3, [r2, 4 * _RECIPROCAL])
    data(2, 0x5B5B)  # ldrh r3, [r3, r5]
    mul(r6, r3)
    asr(r6, r6, 13)
    add(r6, 1)
    asr(r6, r6, 1)
    mov(r4, r8)
    data(2, 0x5F63)  # ldrsh r3, [r4, r5]
    add(r6, r6, r3)
    ldr(r3, [r2, 4 * _HIGH])
    data(2, 0x5F5B)  # ldrsh r3, [r3, r5]
    cmp(r6, r3)
    bgt(BEYOND)
    ldr(r3, [r2, 4 * _LOW])
    data(2, 0x5F5B)  # ldrsh r3, [r3, r5]
    cmp(r6, r3)
    bge(DISPLACED)
    label(BEYOND)
    mov(r6, r3)
    label(DISPLACED)
    data(2, 0x5366)  # strh r6, [r4, r5]
    cmp(r7, 0)
    bne(SHIFT)
    label(PLACED0)
    # `dynamics.settle` and `nudge`: on the stack table 0, node 4, half sweeps left 8, bytes from a layer's words to the
    # address of its voltages 12, whether all the layers above are at zero 16, crossbar 20, the layer's words 24,
    # voltages 28, and whether the core has ARMv7-M's instructions 48
    push({r0, r1, r2, r3, r4, r5, r6, r7})
    lsl(r3, r1, 3)
    add(r3, 4 * _V_FREE)
    data(2, 0x9303)  # str r3, [sp, #12]
    ldr(r4, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    lsr(r3, r4, 8)
    data(2, 0xB2DB)  # uxtb r3, r3
    mov(r2, 0)
    mov(r5, 1)
    cmp(r1, 0)
    beq(RISING)
    # down from the layer below the outputs, and one sweep less
    sub(r3, 1)
    mov(r2, r5)
    and_(r2, r4)
    mov(r5, 0)
    label(RISING)
    data(2, 0x9504)  # str r5, [sp, #16]
    lsl(r3, r3, 1)
    data(2, 0x9302)  # str r3, [sp, #8]
    bne(LAYER)
    b(SETTLED)
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
    mov(r10, r0)
    data(2, 0x9903)  # ldr r1, [sp, #12]
    data(2, 0x5841)  # ldr r1, [r0, r1]
    data(2, 0x9107)  # str r1, [sp, #28]
    mov(r1, 0)
    # `plain.relax`, two nodes at once: r8 and r9 their sums, r10 the layer's words, r11 the first of the nodes
    label(NODES)
    mov(r11, r1)
    mov(r0, r10)
    mov(r3, 0)
    mov(r8, r3)
    mov(r9, r3)
    ldr(r2, [r0, 4 * _NODES])
    sub(r2, r2, r1)
    cmp(r2, 4)
    blt(FEW)
    data(2, 0x9101)  # str r1, [sp, #4]
    data(2, 0x9006)  # str r0, [sp, #24]
    mov(r10, r3)
    mov(r11, r3)
    b(QUAD)
    label(FEW)
    ldr(r2, [r0, 4 * _COLUMNS])
    cmp(r2, 0)
    beq(BELOW)
    data(2, 0x9B04)  # ldr r3, [sp, #16]
    cmp(r3, 0)
    bne(BELOW)
    label(TWO)
    # r0 and r3 ends of the rows, r1 of the voltages above, r2 place from there, r4 voltage, r5 shift
    lsl(r2, r2, 1)
    mul(r1, r2)
    ldr(r3, [r0, 4 * _G_ABOVE])
    add(r3, r3, r1)
    add(r3, r3, r2)
    mov(r6, r3)
    ldr(r5, [r0, 4 * _NODES])
    cmp(r5, 1)
    beq(ALONE)
    add(r3, r3, r2)
    label(ALONE)
    mov(r4, r0)
    add(r4, 4 * _PER_CROSSBAR)
    data(2, 0x9903)  # ldr r1, [sp, #12]
    data(2, 0x5861)  # ldr r1, [r4, r1]
    add(r1, r1, r2)
    ldr(r5, [r0, 4 * _PRODUCT_SHIFT])
    neg(r2, r2)
    mov(r0, r6)
    label(ABOVE)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    data(2, 0x5A86)  # ldrh r6, [r0, r2]
    data(2, 0x5A9F)  # ldrh r7, [r3, r2]
    mul(r6, r4)
    mul(r7, r4)
    asr(r6, r5)
    asr(r7, r5)
    data(2, 0x44B0)  # add r8, r6
    data(2, 0x44B9)  # add r9, r7
    add(r2, 2)
    bne(ABOVE)
    mov(r0, r10)
    ldr(r5, [r0, 4 * _BACK_SHIFT])
    mov(r6, r8)
    asr(r6, r5)
    mov(r8, r6)
    mov(r6, r9)
    asr(r6, r5)
    mov(r9, r6)
    label(BELOW)
    ldr(r2, [r0, 4 * _ROWS])
    cmp(r2, 0)
    beq(FINISH)
    # r0 and r3 columns, r1 end of the voltages below, r2 place from there, r4 voltage, r5 shift, r6 row, r12 its bytes
    lsl(r2, r2, 1)
    mov(r4, r0)
    sub(r4, 4 * _PER_CROSSBAR)
    data(2, 0x9903)  # ldr r1, [sp, #12]
    data(2, 0x5861)  # ldr r1, [r4, r1]
    add(r1, r1, r2)
    neg(r2, r2)
    ldr(r4, [r0, 4 * _NODES])
    lsl(r5, r4, 1)
    mov(r12, r5)
    ldr(r3, [r0, 4 * _G])
    mov(r6, r11)
    lsl(r6, r6, 1)
    add(r3, r3, r6)
    ldr(r5, [r0, 4 * _PRODUCT_SHIFT])
    mov(r0, r3)
    cmp(r4, 1)
    beq(SINGLE)
    add(r3, 2)
    label(SINGLE)
    mov(r6, 0)
    label(ROWS)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    cmp(r4, 0)
    beq(ROW)
    data(2, 0x5B87)  # ldrh r7, [r0, r6]
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B8)  # add r8, r7
    data(2, 0x5B9F)  # ldrh r7, [r3, r6]
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B9)  # add r9, r7
    label(ROW)
    data(2, 0x4466)  # add r6, r12
    add(r2, 2)
    bne(ROWS)
    label(FINISH)
    mov(r0, r10)
    mov(r1, r11)
    mov(r6, r8)
    bl(NODE)
    add(r1, 1)
    ldr(r2, [r0, 4 * _NODES])
    cmp(r1, r2)
    beq(LAYERED)
    mov(r6, r9)
    bl(NODE)
    add(r1, 1)
    ldr(r2, [r0, 4 * _NODES])
    sub(r2, r2, r1)
    beq(LAYERED)
    cmp(r2, 1)
    bne(MORE)
    # an odd one out is relaxed together with the one before, which stays as it is
    sub(r1, 1)
    label(MORE)
    b(NODES)
    label(LAYERED)
    data(2, 0x9A05)  # ldr r2, [sp, #20]
    add(r2, 2)
    b(LAYER)
    label(ROT1)
    b(ROT)
    # A node, r1, of current r6 and layer r0: r2 place, r3 and r4 what comes; leaves r0 and r1
    label(NODE)
    lsl(r2, r1, 2)
    ldr(r3, [r0, 4 * _BASE])
    data(2, 0x589B)  # ldr r3, [r3, r2]
    add(r6, r6, r3)
    ldr(r3, [r0, 4 * _SHIFT])
    data(2, 0x5C5B)  # ldrb r3, [r3, r1]
    lsl(r2, r1, 1)
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
    # `plain.relax`, four nodes at once, r8 to r11 their sums
    label(QUAD)
    ldr(r2, [r0, 4 * _COLUMNS])
    cmp(r2, 0)
    beq(ALONE4)
    data(2, 0x9B04)  # ldr r3, [sp, #16]
    cmp(r3, 0)
    beq(BOTH4)
    label(ALONE4)
    # a layer with none above, the outputs: five nodes at once where there are as many
    ldr(r2, [r0, 4 * _COLUMNS])
    cmp(r2, 0)
    bne(FOUR4)
    ldr(r2, [r0, 4 * _NODES])
    sub(r2, r2, r1)
    cmp(r2, 5)
    blt(FOUR4)
    ldr(r2, [r0, 4 * _ROWS])
    cmp(r2, 0)
    beq(FOUR4)
    b(BELOW5)
    label(FOUR4)
    b(BELOW4)
    label(BOTH4)
    data(2, 0x9B0C)  # ldr r3, [sp, #48]
    cmp(r3, 0)
    bne(ABOVE4)
    mov(r10, r0)
    mov(r11, r1)
    b(TWO)
    # ARMv7-M: r3, r7, r12 and lr ends of the rows, r1 of the voltages above, r2 place from there, r4 voltage, r5 shift
    label(ABOVE4)
    lsl(r2, r2, 1)
    mul(r1, r2)
    ldr(r3, [r0, 4 * _G_ABOVE])
    add(r3, r3, r1)
    add(r3, r3, r2)
    add(r7, r3, r2)
    data(2, 0xEB07, 0x0C02)  # add.w r12, r7, r2
    data(2, 0xEB0C, 0x0E02)  # add.w lr, r12, r2
    ldr(r5, [r0, 4 * _PRODUCT_SHIFT])
    add(r0, 4 * _PER_CROSSBAR)
    data(2, 0x9903)  # ldr r1, [sp, #12]
    data(2, 0x5841)  # ldr r1, [r0, r1]
    add(r1, r1, r2)
    neg(r2, r2)
    cmp(r5, 7)
    beq(PLACE7)
    label(PLACE4)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    data(2, 0x5A9E)  # ldrh r6, [r3, r2]
    mul(r6, r4)
    asr(r6, r5)
    data(2, 0x44B0)  # add r8, r6
    data(2, 0x5ABE)  # ldrh r6, [r7, r2]
    mul(r6, r4)
    asr(r6, r5)
    data(2, 0x44B1)  # add r9, r6
    data(2, 0xF83C, 0x6002)  # ldrh.w r6, [r12, r2]
    mul(r6, r4)
    asr(r6, r5)
    data(2, 0x44B2)  # add r10, r6
    data(2, 0xF83E, 0x6002)  # ldrh.w r6, [lr, r2]
    mul(r6, r4)
    asr(r6, r5)
    data(2, 0x44B3)  # add r11, r6
    add(r2, 2)
    bne(PLACE4)
    b(PLACED)
    # the same for a shift of 7, that of 33 to 64 terms
    label(PLACE7)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    data(2, 0x5A9E)  # ldrh r6, [r3, r2]
    mul(r6, r4)
    data(2, 0xEB08, 0x18E6)  # add.w r8, r8, r6, asr #7
    data(2, 0x5ABE)  # ldrh r6, [r7, r2]
    mul(r6, r4)
    data(2, 0xEB09, 0x19E6)  # add.w r9, r9, r6, asr #7
    data(2, 0xF83C, 0x6002)  # ldrh.w r6, [r12, r2]
    mul(r6, r4)
    data(2, 0xEB0A, 0x1AE6)  # add.w r10, r10, r6, asr #7
    data(2, 0xF83E, 0x6002)  # ldrh.w r6, [lr, r2]
    mul(r6, r4)
    data(2, 0xEB0B, 0x1BE6)  # add.w r11, r11, r6, asr #7
    add(r2, 2)
    bne(PLACE7)
    label(PLACED)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    ldr(r5, [r0, 4 * _BACK_SHIFT])
    data(2, 0xFA48, 0xF805)  # asr.w r8, r8, r5
    data(2, 0xFA49, 0xF905)  # asr.w r9, r9, r5
    data(2, 0xFA4A, 0xFA05)  # asr.w r10, r10, r5
    data(2, 0xFA4B, 0xFB05)  # asr.w r11, r11, r5
    # r0 first column, r1 end of the voltages below, r2 place from there, r4 voltage, r5 shift, r6 bytes of a row
    label(BELOW4)
    ldr(r2, [r0, 4 * _ROWS])
    cmp(r2, 0)
    bne(COLUMNS4)
    b(FINISH4)
    label(COLUMNS4)
    lsl(r2, r2, 1)
    mov(r4, r0)
    sub(r4, 4 * _PER_CROSSBAR)
    data(2, 0x9903)  # ldr r1, [sp, #12]
    data(2, 0x5861)  # ldr r1, [r4, r1]
    add(r1, r1, r2)
    neg(r2, r2)
    ldr(r6, [r0, 4 * _NODES])
    lsl(r6, r6, 1)
    ldr(r5, [r0, 4 * _PRODUCT_SHIFT])
    data(2, 0x9B01)  # ldr r3, [sp, #4]
    lsl(r3, r3, 1)
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
    ldrh(r7, [r0, 0])
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B8)  # add r8, r7
    ldrh(r7, [r0, 2])
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B9)  # add r9, r7
    ldrh(r7, [r0, 4])
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44BA)  # add r10, r7
    ldrh(r7, [r0, 6])
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44BB)  # add r11, r7
    label(NEXT4)
    add(r0, r0, r6)
    add(r2, 2)
    bne(ROW4)
    b(ROWED)
    label(ROW7)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    data(2, 0xB17C)  # cbz r4, .+34: past the sums
    ldrh(r7, [r0, 0])
    mul(r7, r4)
    data(2, 0xEB08, 0x18E7)  # add.w r8, r8, r7, asr #7
    ldrh(r7, [r0, 2])
    mul(r7, r4)
    data(2, 0xEB09, 0x19E7)  # add.w r9, r9, r7, asr #7
    ldrh(r7, [r0, 4])
    mul(r7, r4)
    data(2, 0xEB0A, 0x1AE7)  # add.w r10, r10, r7, asr #7
    ldrh(r7, [r0, 6])
    mul(r7, r4)
    data(2, 0xEB0B, 0x1BE7)  # add.w r11, r11, r7, asr #7
    add(r0, r0, r6)
    add(r2, 2)
    bne(ROW7)
    label(ROWED)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    label(FINISH4)
    data(2, 0x9901)  # ldr r1, [sp, #4]
    data(2, 0x9B0C)  # ldr r3, [sp, #48]
    cmp(r3, 0)
    bne(FINISH7)
    mov(r6, r8)
    bl(NODE)
    add(r1, 1)
    mov(r6, r9)
    bl(NODE)
    add(r1, 1)
    mov(r6, r10)
    bl(NODE)
    add(r1, 1)
    mov(r6, r11)
    bl(NODE)
    add(r1, 1)
    label(FINISHED)
    mov(r10, r0)
    ldr(r2, [r0, 4 * _NODES])
    sub(r2, r2, r1)
    bne(LEFT)
    b(LAYERED)
    label(LEFT)
    cmp(r2, 1)
    bne(MANY)
    sub(r1, 1)
    label(MANY)
    b(NODES)
    # ARMv7-M
    label(FINISH7)
    mov(r6, r8)
    bl(NODE7)
    add(r1, 1)
    mov(r6, r9)
    bl(NODE7)
    add(r1, 1)
    mov(r6, r10)
    bl(NODE7)
    add(r1, 1)
    mov(r6, r11)
    bl(NODE7)
    add(r1, 1)
    b(FINISHED)
    # r0 first column, r1 end of the voltages below, r2 place from there, r4 voltage, r5 shift, r6 bytes of a row, r12
    # the fifth sum
    label(BELOW5)
    mov(r12, r3)
    lsl(r2, r2, 1)
    mov(r4, r0)
    sub(r4, 4 * _PER_CROSSBAR)
    data(2, 0x9903)  # ldr r1, [sp, #12]
    data(2, 0x5861)  # ldr r1, [r4, r1]
    add(r1, r1, r2)
    neg(r2, r2)
    ldr(r6, [r0, 4 * _NODES])
    lsl(r6, r6, 1)
    ldr(r5, [r0, 4 * _PRODUCT_SHIFT])
    data(2, 0x9B01)  # ldr r3, [sp, #4]
    lsl(r3, r3, 1)
    ldr(r0, [r0, 4 * _G])
    add(r0, r0, r3)
    data(2, 0x9B0C)  # ldr r3, [sp, #48]
    cmp(r3, 0)
    beq(ROW5)
    cmp(r5, 7)
    beq(ROW57)
    label(ROW5)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    cmp(r4, 0)
    beq(NEXT5)
    ldrh(r7, [r0, 0])
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B8)  # add r8, r7
    ldrh(r7, [r0, 2])
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44B9)  # add r9, r7
    ldrh(r7, [r0, 4])
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44BA)  # add r10, r7
    ldrh(r7, [r0, 6])
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44BB)  # add r11, r7
    ldrh(r7, [r0, 8])
    mul(r7, r4)
    asr(r7, r5)
    data(2, 0x44BC)  # add r12, r7
    label(NEXT5)
    add(r0, r0, r6)
    add(r2, 2)
    bne(ROW5)
    b(FINISH5)
    label(ROW57)
    data(2, 0x5E8C)  # ldrsh r4, [r1, r2]
    data(2, 0xB19C)  # cbz r4, .+42: past the sums
    ldrh(r7, [r0, 0])
    mul(r7, r4)
    data(2, 0xEB08, 0x18E7)  # add.w r8, r8, r7, asr #7
    ldrh(r7, [r0, 2])
    mul(r7, r4)
    data(2, 0xEB09, 0x19E7)  # add.w r9, r9, r7, asr #7
    ldrh(r7, [r0, 4])
    mul(r7, r4)
    data(2, 0xEB0A, 0x1AE7)  # add.w r10, r10, r7, asr #7
    ldrh(r7, [r0, 6])
    mul(r7, r4)
    data(2, 0xEB0B, 0x1BE7)  # add.w r11, r11, r7, asr #7
    ldrh(r7, [r0, 8])
    mul(r7, r4)
    data(2, 0xEB0C, 0x1CE7)  # add.w r12, r12, r7, asr #7
    add(r0, r0, r6)
    add(r2, 2)
    bne(ROW57)
    label(FINISH5)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    data(2, 0x9901)  # ldr r1, [sp, #4]
    mov(r6, r8)
    bl(NODE)
    add(r1, 1)
    mov(r6, r9)
    bl(NODE)
    add(r1, 1)
    mov(r6, r10)
    bl(NODE)
    add(r1, 1)
    mov(r6, r11)
    bl(NODE)
    add(r1, 1)
    mov(r6, r12)
    bl(NODE)
    add(r1, 1)
    b(FINISHED)
    label(NODE7)
    ldr(r3, [r0, 4 * _BASE])
    data(2, 0xF853, 0x3021)  # ldr.w r3, [r3, r1, lsl #2]
    add(r6, r6, r3)
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
    # `plain.highest`: r0 best, r2 outputs, r3 their voltages, r4 place, r5 the best's
    ldr(r2, [r1, 4 * (_AT_OUTPUTS + _OUT_NODES)])
    ldr(r3, [r1, 4 * (_AT_OUTPUTS + _OUT_V_FREE)])
    lsl(r2, r2, 1)
    mov(r4, 0)
    mov(r0, 0)
    data(2, 0x5F1D)  # ldrsh r5, [r3, r4]
    b(HIGHER)
    label(HIGHEST)
    data(2, 0x5F1E)  # ldrsh r6, [r3, r4]
    cmp(r6, r5)
    ble(HIGHER)
    mov(r5, r6)
    mov(r0, r4)
    label(HIGHER)
    add(r4, 2)
    cmp(r4, r2)
    bne(HIGHEST)
    lsr(r0, r0, 1)
    b(SETTLED_ALL)
    label(ROT)
    mov(r0, 0)
    sub(r0, 1)
    label(SETTLED_ALL)


@micropython.asm_thumb
def set_nudge(r0, r1):
    """Turn the outputs' errors into nudge currents, on the table r0 for the label r1: return the loss."""
    # `plain.set_nudge`: r2 output, r3 voltages, r4 currents, r5 error, r8 loss, r9 its limit, r12 the current's
    mov(r4, r8)
    mov(r5, r9)
    push({r4, r5})
    ldr(r3, [r0, 4 * (_AT_OUTPUTS + _OUT_V_FREE)])
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
    ldr(r7, [r0, 4 * (_AT_OUTPUTS + _OUT_NODES)])
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
    # `plain.contrast`: r1 place, r2 delta, r3 mean, r4 plus, r5 minus, r12 the layer's words; on the stack layers left
    ldr(r1, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    data(2, 0xB2C9)  # uxtb r1, r1
    add(r0, 4 * _AT_CROSSBARS)
    label(C_LAYER)
    push({r1})
    mov(r12, r0)
    ldr(r1, [r0, 4 * _WIRED])
    lsl(r1, r1, 1)
    ldr(r2, [r0, 4 * _DELTA])
    ldr(r3, [r0, 4 * _MEAN])
    add(r0, 4 * _V_FREE)
    ldr(r4, [r0, 4 * (_V_PLUS - _V_FREE)])
    ldr(r5, [r0, 4 * (_V_MINUS - _V_FREE)])
    label(C_NODE)
    sub(r1, 2)
    data(2, 0x5E66)  # ldrsh r6, [r4, r1]
    data(2, 0x5E6F)  # ldrsh r7, [r5, r1]
    add(r0, r6, r7)
    asr(r0, r0, 1)
    data(2, 0x5258)  # strh r0, [r3, r1]
    sub(r6, r6, r7)
    mov(r0, r12)
    ldr(r0, [r0, 4 * _DELTA_LIMIT])
    cmp(r6, r0)
    bgt(C_LIMIT)
    neg(r0, r0)
    cmp(r6, r0)
    bge(C_WITHIN)
    label(C_LIMIT)
    mov(r6, r0)
    label(C_WITHIN)
    data(2, 0x5256)  # strh r6, [r2, r1]
    cmp(r1, 0)
    bne(C_NODE)
    mov(r0, r12)
    add(r0, 4 * _PER_CROSSBAR)
    pop({r1})
    sub(r1, 1)
    bne(C_LAYER)
    data(2, 0x9800)  # ldr r0, [sp, #0]
    data(2, 0x9901)  # ldr r1, [sp, #4]
    # `plain.update_driven`: r0 pair, r1 c, r2 d, r3 rate shift, r4 change, r5 u * d, r6 device, r7 listed, r8 sum,
    # r9 g_min, r10 g_max, r11 row, r12 its end; on the stack table 0, node 4, layer 8
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
    push({r0, r1, r2, r3})
    label(D_NODE)
    # r7 node, r6 layer
    data(2, 0x9800)  # ldr r0, [sp, #0]
    data(2, 0x9F01)  # ldr r7, [sp, #4]
    data(2, 0x9E02)  # ldr r6, [sp, #8]
    ldr(r3, [r0, 4 * _IN_WIDTH])
    data(2, 0x445B)  # add r3, r11
    mov(r12, r3)
    lsl(r5, r7, 1)
    ldr(r2, [r6, 4 * _DELTA])
    data(2, 0x5F52)  # ldrsh r2, [r2, r5]
    ldr(r1, [r6, 4 * _MEAN])
    data(2, 0x5F49)  # ldrsh r1, [r1, r5]
    mul(r1, r2)
    ldr(r4, [r6, 4 * _GAIN])
    asr(r1, r4)
    ldr(r3, [r6, 4 * _RATE_SHIFT])
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
    data(2, 0xB004)  # add sp, #16
    pop({r4, r5, r6, r7})
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)
    mov(r11, r7)
    data(2, 0x9800)  # ldr r0, [sp, #0]
    data(2, 0x9901)  # ldr r1, [sp, #4]
    # `plain.update_between` for all crossbars but the first: r0 device, r1 delta above, r2 bytes from there to the mean
    # above, r3 total above, r8 gain, r9 delta below, r10 mean below, r11 rate shift, r12 offset, lr sum; on the stack
    # g_min 0, g_max 4, end of the deltas above 8, row 12, words of the layer above 16, crossbars left 20
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    mov(r7, r11)
    push({r4, r5, r6, r7})
    mov(r6, r1)
    ldr(r5, [r0, 4 * (_AT_OUTPUTS + _OUT_COUNTS)])
    data(2, 0xB2ED)  # uxtb r5, r5
    mov(r4, r0)
    add(r4, 4 * _AT_CROSSBARS)
    ldr(r0, [r4, 4 * _G_MIN])
    ldr(r1, [r4, 4 * _G_MAX])
    push({r0, r1, r2, r3, r4, r5, r6})
    label(B_CROSSBAR)
    data(2, 0x9D05)  # ldr r5, [sp, #20]
    sub(r5, 1)
    bne(B_FURTHER)
    b(B_DONE)
    label(B_FURTHER)
    data(2, 0x9505)  # str r5, [sp, #20]
    data(2, 0x9C04)  # ldr r4, [sp, #16]
    add(r4, 4 * _PER_CROSSBAR)
    data(2, 0x9404)  # str r4, [sp, #16]
    ldr(r0, [r4, 4 * _GAIN])
    mov(r8, r0)
    ldr(r0, [r4, 4 * _RATE_SHIFT])
    mov(r11, r0)
    mov(r1, 1)
    lsl(r1, r0)
    lsr(r1, r1, 1)
    mov(r12, r1)
    ldr(r0, [r4, 4 * _G])
    mov(r7, 0)
    label(B_ROW)
    # r4 words of the layer above, r5 of the one below, r7 row
    data(2, 0x9703)  # str r7, [sp, #12]
    mov(r5, r4)
    sub(r5, 4 * _PER_CROSSBAR)
    lsl(r7, r7, 1)
    ldr(r6, [r5, 4 * _MEAN])
    data(2, 0x5FF6)  # ldrsh r6, [r6, r7]
    mov(r10, r6)
    ldr(r6, [r5, 4 * _DELTA])
    data(2, 0x5FF6)  # ldrsh r6, [r6, r7]
    mov(r7, 125)
    lsl(r7, r7, 6)
    cmp(r6, r7)
    bgt(B_LIMIT)
    neg(r7, r7)
    cmp(r6, r7)
    bge(B_WITHIN)
    label(B_LIMIT)
    mov(r6, r7)
    label(B_WITHIN)
    mov(r9, r6)
    ldr(r1, [r4, 4 * _DELTA])
    ldr(r2, [r4, 4 * _NODES])
    lsl(r2, r2, 1)
    add(r2, r2, r1)
    data(2, 0x9202)  # str r2, [sp, #8]
    ldr(r2, [r4, 4 * _MEAN])
    sub(r2, r2, r1)
    ldr(r3, [r4, 4 * _TOTAL])
    data(2, 0x9E06)  # ldr r6, [sp, #24]
    mov(r7, 0)
    mov(lr, r7)
    cmp(r6, 0)
    bne(B_WIDE)
    label(B_DEVICE)
    mov(r7, r8)
    data(2, 0x5E8D)  # ldrsh r5, [r1, r2]
    asr(r5, r7)
    ldrh(r4, [r1, 0])
    data(2, 0xB224)  # sxth r4, r4
    asr(r4, r7)
    mov(r7, r9)
    sub(r4, r7, r4)
    mov(r7, r10)
    sub(r5, r7, r5)
    mul(r4, r5)
    mov(r7, r12)
    sub(r4, r7, r4)
    mov(r7, r11)
    asr(r4, r7)
    ldrh(r5, [r0, 0])
    add(r6, r5, r4)
    data(2, 0x9F00)  # ldr r7, [sp, #0]
    cmp(r6, r7)
    blt(B_CLAMP)
    data(2, 0x9F01)  # ldr r7, [sp, #4]
    cmp(r6, r7)
    ble(B_STORE)
    label(B_CLAMP)
    mov(r6, r7)
    sub(r4, r6, r5)
    label(B_STORE)
    strh(r6, [r0, 0])
    data(2, 0x44A6)  # add lr, r4
    ldr(r6, [r3, 0])
    add(r6, r6, r4)
    data(2, 0xC340)  # stmia r3!, {r6}
    add(r0, 2)
    add(r1, 2)
    data(2, 0x9F02)  # ldr r7, [sp, #8]
    cmp(r1, r7)
    bne(B_DEVICE)
    b(B_ROWED)
    # ARMv7-M: r7 g_min; g_max is 32767
    label(B_WIDE)
    data(2, 0x9F00)  # ldr r7, [sp, #0]
    label(B_DEVICE7)
    data(2, 0x5E8D)  # ldrsh r5, [r1, r2]
    data(2, 0xF931, 0x4B02)  # ldrsh.w r4, [r1], #2
    data(2, 0xFA45, 0xF508)  # asr.w r5, r5, r8
    data(2, 0xFA44, 0xF408)  # asr.w r4, r4, r8
    data(2, 0xEBA9, 0x0404)  # sub.w r4, r9, r4
    data(2, 0xEBAA, 0x0505)  # sub.w r5, r10, r5
    data(2, 0xFB04, 0xC415)  # mls r4, r4, r5, r12
    data(2, 0xFA44, 0xF40B)  # asr.w r4, r4, r11
    ldrh(r5, [r0, 0])
    add(r6, r5, r4)
    cmp(r6, r7)
    blt(B_CLAMP7)
    data(2, 0xF5B6, 0x4F00)  # cmp.w r6, #32768
    bge(B_CLAMP7)
    label(B_STORE7)
    data(2, 0xF820, 0x6B02)  # strh.w r6, [r0], #2
    data(2, 0x44A6)  # add lr, r4
    ldr(r6, [r3, 0])
    add(r6, r6, r4)
    data(2, 0xC340)  # stmia r3!, {r6}
    data(2, 0x9E02)  # ldr r6, [sp, #8]
    cmp(r1, r6)
    bne(B_DEVICE7)
    b(B_ROWED)
    label(B_CLAMP7)
    cmp(r6, r7)
    data(2, 0xBFB8)  # it lt
    data(2, 0x463E)  # movlt r6, r7
    data(2, 0xF386, 0x060F)  # usat r6, #15, r6
    sub(r4, r6, r5)
    b(B_STORE7)
    label(B_ROWED)
    # the last two rows, the bias pair's, have no total
    data(2, 0x9C04)  # ldr r4, [sp, #16]
    data(2, 0x9F03)  # ldr r7, [sp, #12]
    ldr(r6, [r4, 4 * _ROWS])
    sub(r6, 2)
    cmp(r7, r6)
    bge(B_BIAS)
    mov(r5, r4)
    sub(r5, 4 * _PER_CROSSBAR)
    ldr(r5, [r5, 4 * _TOTAL])
    lsl(r3, r7, 2)
    data(2, 0x58EA)  # ldr r2, [r5, r3]
    data(2, 0x4472)  # add r2, lr
    data(2, 0x50EA)  # str r2, [r5, r3]
    label(B_BIAS)
    add(r7, 1)
    add(r6, 2)
    cmp(r7, r6)
    beq(B_CROSSED)
    b(B_ROW)
    label(B_CROSSED)
    b(B_CROSSBAR)
    label(B_DONE)
    data(2, 0xB007)  # add sp, #28
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
    """The emulated crossbar by assembler."""

    tier = "thumb"
    kernels = (settle, set_nudge, program, enter)
    scatter = staticmethod(scatter)
    gather = staticmethod(gather)
    # Whether the core has the instructions of ARMv7-M, 32 bits wide: not Cortex-M0, M0+, M1
    flag = 1 if sys.implementation._mpy >> 10 & 15 != 4 else 0
