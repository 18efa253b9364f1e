"""The Hopfield network's dynamics in Thumb assembler, ARMv6-M and up: the same bits as `eqprop.hopfield.dynamics`.

One call does one verb, or learns one sample. It works on the table of `eqprop.hopfield.native`. A word's address is the
table's plus four times its number; addresses of arrays are in the even words, the low halves.

Products of a crossbar, in whichever direction, are one loop, MULTIPLY, over a list of the values that are not zero: two
words each, the byte offset of the value's weights and the value. The inputs' list begins at active[1], and active[0]
is its end; that of a layer's states, errors or changes begins at the table's states. Where ARMv7-M is faster, it has a
loop of its own, with the instructions given as data, so that every assembler accepts them; the table's flag chooses.

MicroPython saves r4 to r7 and lr around a kernel; r12 and lr are free. Everywhere r11 is the table. Instructions that
the assembler lacks are given as data, with their mnemonic in a comment. The result is a small integer always, because
MicroPython would allocate any other. Nothing here allocates.
"""

import sys

import micropython

from ..._compat import const
from ..native import MachineCrossbar

# As in `eqprop.hopfield.native`
_LEARN = const(1)
_NUDGE = const(3)
_COUNTS = const(0)
_FEATURES = const(1)
_DRIVEN_SHIFT = const(2)
_BACK_SHIFT = const(3)
_PRODUCT_SHIFT = const(4)
_FEEDBACK_SHIFT = const(5)
_ROUND_SHIFT = const(6)
_RAIL = const(7)
_RIGHT = const(8)
_WRONG = const(9)
_POWER_BITS = const(10)
_ACTIVE = const(12)
_STATES = const(14)
_PULL = const(16)
_BASE = const(18)
_ERRORS = const(20)
_SUMS = const(22)
_LOSS = const(24)
_AT_CROSSBARS = const(26)
_PER_CROSSBAR = const(14)
_NODES = const(0)
_ROWS = const(1)
_RATE_SHIFT = const(2)
_ABOVE = const(3)
_W = const(4)
_CURRENT = const(6)
_FREE = const(8)
_PLUS = const(10)
_MINUS = const(12)


@micropython.asm_thumb
def run(r0, r1, r2, r3):
    """Do the verb r2 with the features r0, the table r1, the label or phase r3; return the prediction, or the loss.

    settle and learn return -1, and do nothing, on a table whose words no longer add up to 0.
    """
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    mov(r7, r11)
    push({r4, r5, r6, r7})
    mov(r11, r1)
    push({r2, r3})
    cmp(r2, _LEARN)
    ble(FREE)
    cmp(r2, _NUDGE)
    bne(NOT_NUDGE)
    b(NUDGE)
    label(NOT_NUDGE)
    bgt(NOT_ERRORS)
    b(ERRORS)
    label(NOT_ERRORS)
    b(PROGRAM)
    label(FREE)
    # the sum of all the table's words: r3 sum, r4 the last word, which makes it 0, r5 word
    mov(r3, 15)
    ldr(r4, [r1, 4 * _COUNTS])
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
    mov(r0, 0)
    sub(r0, 1)
    b(EXIT0)
    label(SOUND)
    # `plain.load`: r0 end of the features, r2 minus those left, r3 = 127, r4 list, r5 the row's place, r6 feature, r7
    # bytes of a row
    ldr(r2, [r1, 4 * _FEATURES])
    ldr(r4, [r1, 4 * _ACTIVE])
    add(r4, 4)
    ldr(r7, [r1, 4 * (_AT_CROSSBARS + _NODES)])
    lsl(r7, r7, 1)
    mov(r5, 0)
    mov(r3, 127)
    add(r0, r0, r2)
    neg(r2, r2)
    label(LOAD)
    data(2, 0x5686)  # ldrsb r6, [r0, r2]
    cmp(r6, 0)
    beq(ZERO)
    cmn(r6, r3)
    bge(USED)
    neg(r6, r3)
    label(USED)
    data(2, 0xC460)  # stmia r4!, {r5, r6}
    label(ZERO)
    add(r5, r5, r7)
    add(r2, 1)
    bne(LOAD)
    mov(r6, r3)
    data(2, 0xC460)  # stmia r4!, {r5, r6}
    ldr(r0, [r1, 4 * _ACTIVE])
    str(r4, [r0, 0])
    mov(r12, r4)
    # `plain.drive`
    ldr(r2, [r1, 4 * _BASE])
    ldr(r6, [r1, 4 * (_AT_CROSSBARS + _NODES)])
    bl(CLEAR)
    mov(r3, r11)
    ldr(r0, [r3, 4 * _ACTIVE])
    add(r0, 4)
    ldr(r4, [r3, 4 * (_AT_CROSSBARS + _W)])
    mov(r5, 2)
    ldr(r7, [r3, 4 * _DRIVEN_SHIFT])
    mov(r1, r2)
    ldr(r3, [r3, 4 * _BACK_SHIFT])
    bl(MULTIPLY)
    # the sweeps; on the stack the layer's words, the sweep
    mov(r0, 0)
    push({r0})
    label(SWEEP)
    mov(r1, r11)
    add(r1, 4 * _AT_CROSSBARS)
    push({r1})
    data(2, 0x9A01)  # ldr r2, [sp, #4]
    cmp(r2, 0)
    bne(FED)
    mov(r7, r11)
    ldr(r0, [r7, 4 * _BASE])
    b(SETTLE)
    label(FED)
    # the first layer: what the inputs bring, and the layer above
    ldr(r0, [r1, 4 * (_PER_CROSSBAR + _FREE)])
    ldr(r2, [r1, 4 * (_PER_CROSSBAR + _NODES)])
    bl(LIST)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    mov(r0, r11)
    ldr(r0, [r0, 4 * _BASE])
    bl(FEED_BACK)
    b(CURRENT)
    label(UPPER)
    ldr(r2, [r1, 4 * _CURRENT])
    ldr(r6, [r1, 4 * _NODES])
    ldr(r4, [r1, 4 * _W])
    bl(CLEAR)
    mov(r1, r2)
    mov(r3, r11)
    ldr(r0, [r3, 4 * _STATES])
    ldr(r7, [r3, 4 * _PRODUCT_SHIFT])
    mov(r5, 2)
    mov(r3, 0)
    bl(MULTIPLY)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    data(2, 0x9A01)  # ldr r2, [sp, #4]
    cmp(r2, 0)
    beq(CURRENT)
    ldr(r2, [r1, 4 * _ABOVE])
    cmp(r2, 0)
    beq(CURRENT)
    ldr(r0, [r1, 4 * (_PER_CROSSBAR + _FREE)])
    bl(LIST)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    ldr(r0, [r1, 4 * _CURRENT])
    bl(FEED_BACK)
    label(CURRENT)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    ldr(r0, [r1, 4 * _CURRENT])
    label(SETTLE)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    ldr(r2, [r1, 4 * _FREE])
    bl(FINISH)
    # the states' list ends with the bias of the layer above
    mov(r6, 16)
    lsl(r6, r6, 8)
    data(2, 0xC460)  # stmia r4!, {r5, r6}
    mov(r12, r4)
    pop({r1})
    ldr(r2, [r1, 4 * _ABOVE])
    add(r1, 4 * _PER_CROSSBAR)
    cmp(r2, 0)
    beq(TOP)
    push({r1})
    b(UPPER)
    label(EXIT0)
    b(EXIT)
    label(TOP)
    pop({r0})
    add(r0, 1)
    push({r0})
    mov(r1, r11)
    ldr(r1, [r1, 4 * _COUNTS])
    lsl(r1, r1, 16)
    lsr(r1, r1, 24)
    cmp(r0, r1)
    bne(SWEEP)
    pop({r0})
    # `plain.highest`: r0 best, r1 place, r2 outputs, r3 end, r4 highest, r5 output
    bl(OUTPUTS)
    ldr(r2, [r1, 4 * _FREE])
    ldr(r3, [r1, 4 * _NODES])
    lsl(r3, r3, 1)
    mov(r0, 0)
    mov(r1, 0)
    data(2, 0x5E54)  # ldrsh r4, [r2, r1]
    b(HIGHER)
    label(COMPARE)
    data(2, 0x5E55)  # ldrsh r5, [r2, r1]
    cmp(r5, r4)
    ble(HIGHER)
    mov(r0, r1)
    mov(r4, r5)
    label(HIGHER)
    add(r1, 2)
    cmp(r1, r3)
    bne(COMPARE)
    lsr(r0, r0, 1)
    data(2, 0x9A00)  # ldr r2, [sp, #0]
    cmp(r2, _LEARN)
    bne(EXIT0)
    push({r0})
    data(2, 0x9802)  # ldr r0, [sp, #8]
    bl(SET_ERRORS)
    cmp(r0, 0)
    beq(LEARNT)
    bl(DISPLACE)
    bl(CHANGE)
    label(LEARNT)
    pop({r0})
    b(EXIT)
    label(ERRORS)
    data(2, 0x9801)  # ldr r0, [sp, #4]
    bl(SET_ERRORS)
    b(EXIT)
    label(NUDGE)
    bl(DISPLACE)
    mov(r0, 0)
    b(EXIT)
    label(PROGRAM)
    bl(CHANGE)
    mov(r0, 0)
    label(EXIT)
    pop({r2, r3})
    pop({r4, r5, r6, r7})
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)
    mov(r11, r7)
    b(END)
    # Let r1 be the words of the output layer
    label(OUTPUTS)
    mov(r1, r11)
    ldr(r2, [r1, 4 * _COUNTS])
    mov(r3, 15)
    and_(r2, r3)
    sub(r2, 1)
    mov(r3, 4 * _PER_CROSSBAR)
    mul(r2, r3)
    add(r1, 4 * _AT_CROSSBARS)
    add(r1, r1, r2)
    data(2, 0x4770)  # bx lr
    # Set r6 words from r2 on to zero; r0, r1 and r7 are lost
    label(CLEAR)
    mov(r0, 0)
    mov(r1, r2)
    mov(r7, r6)
    label(CLEARING)
    data(2, 0xC101)  # stmia r1!, {r0}
    sub(r7, 1)
    bne(CLEARING)
    data(2, 0x4770)  # bx lr
    # List the r2 states at r0 that are not zero: their places and values; r12 its end
    label(LIST)
    mov(r7, r11)
    ldr(r4, [r7, 4 * _STATES])
    lsl(r2, r2, 1)
    mov(r5, 0)
    label(L_NODE)
    data(2, 0x5F46)  # ldrsh r6, [r0, r5]
    cmp(r6, 0)
    beq(L_NEXT)
    data(2, 0xC460)  # stmia r4!, {r5, r6}
    label(L_NEXT)
    add(r5, 2)
    cmp(r5, r2)
    bne(L_NODE)
    # A list without entries gets one of value zero, here and below
    label(ENDED)
    ldr(r0, [r7, 4 * _STATES])
    cmp(r0, r4)
    bne(L_END)
    mov(r5, 0)
    mov(r6, 0)
    data(2, 0xC460)  # stmia r4!, {r5, r6}
    label(L_END)
    mov(r12, r4)
    data(2, 0x4770)  # bx lr
    # Let the current of the layer r1 be the words at r0 and what the list of the layer above brings
    label(FEED_BACK)
    ldr(r2, [r1, 4 * _CURRENT])
    # The same into the words at r2
    label(FEED)
    ldr(r4, [r1, 4 * (_PER_CROSSBAR + _W)])
    ldr(r5, [r1, 4 * _ABOVE])
    lsl(r5, r5, 1)
    ldr(r6, [r1, 4 * _NODES])
    mov(r1, r0)
    mov(r3, r11)
    ldr(r0, [r3, 4 * _STATES])
    ldr(r7, [r3, 4 * _PRODUCT_SHIFT])
    ldr(r3, [r3, 4 * _FEEDBACK_SHIFT])
    # Let each of r6 words at r2 be that at r1 plus (the sum of (weight * value >> r7) over the list r0..r12) >> r3. The
    # weights' addresses are r4 plus each entry's place, r5 bytes further for each word. r0 product, r1 list, r2 place,
    # r3 value, r4 to r7 rows, r8, r9, r10, lr sums; on the stack the arguments r0, r1, r2, r3, r5, r6, r7
    label(MULTIPLY)
    data(2, 0xB5EF)  # push {r0, r1, r2, r3, r5, r6, r7, lr}
    cmp(r7, 0)
    beq(M_FOUR)
    cmp(r7, 6)
    bne(M_THREE)
    mov(r0, r11)
    ldr(r0, [r0, 4 * _COUNTS])
    lsr(r0, r0, 16)
    beq(M_THREE)
    label(M_FOUR)
    data(2, 0x9E05)  # ldr r6, [sp, #20]
    sub(r6, 4)
    blt(M_REST4)
    data(2, 0x9605)  # str r6, [sp, #20]
    data(2, 0x9900)  # ldr r1, [sp, #0]
    data(2, 0x9F04)  # ldr r7, [sp, #16]
    add(r5, r4, r7)
    add(r6, r5, r7)
    add(r7, r6, r7)
    mov(r0, 0)
    mov(r8, r0)
    mov(r9, r0)
    mov(r10, r0)
    data(2, 0x4686)  # mov lr, r0
    mov(r0, r11)
    ldr(r0, [r0, 4 * _COUNTS])
    lsr(r0, r0, 16)
    bne(M_WIDE)
    label(M_INPUT4)
    data(2, 0xC90C)  # ldmia r1!, {r2, r3}
    data(2, 0x5F10)  # ldrsh r0, [r2, r4]
    mul(r0, r3)
    data(2, 0x4480)  # add r8, r0
    data(2, 0x5F50)  # ldrsh r0, [r2, r5]
    mul(r0, r3)
    data(2, 0x4481)  # add r9, r0
    data(2, 0x5F90)  # ldrsh r0, [r2, r6]
    mul(r0, r3)
    data(2, 0x4482)  # add r10, r0
    data(2, 0x5FD0)  # ldrsh r0, [r2, r7]
    mul(r0, r3)
    data(2, 0x4486)  # add lr, r0
    data(2, 0x4561)  # cmp r1, r12
    bne(M_INPUT4)
    b(M_SUMS)
    # ARMv7-M, for a shift of 0 and of 6
    label(M_WIDE)
    data(2, 0x9806)  # ldr r0, [sp, #24]
    cmp(r0, 0)
    bne(M_SIX)
    label(M_NONE)
    data(2, 0xC90C)  # ldmia r1!, {r2, r3}
    data(2, 0x5F10)  # ldrsh r0, [r2, r4]
    data(2, 0xFB00, 0x8803)  # mla r8, r0, r3, r8
    data(2, 0x5F50)  # ldrsh r0, [r2, r5]
    data(2, 0xFB00, 0x9903)  # mla r9, r0, r3, r9
    data(2, 0x5F90)  # ldrsh r0, [r2, r6]
    data(2, 0xFB00, 0xAA03)  # mla r10, r0, r3, r10
    data(2, 0x5FD0)  # ldrsh r0, [r2, r7]
    data(2, 0xFB00, 0xEE03)  # mla lr, r0, r3, lr
    data(2, 0x4561)  # cmp r1, r12
    bne(M_NONE)
    b(M_SUMS)
    label(M_SIX)
    data(2, 0xC90C)  # ldmia r1!, {r2, r3}
    data(2, 0x5F10)  # ldrsh r0, [r2, r4]
    mul(r0, r3)
    data(2, 0xEB08, 0x18A0)  # add.w r8, r8, r0, asr #6
    data(2, 0x5F50)  # ldrsh r0, [r2, r5]
    mul(r0, r3)
    data(2, 0xEB09, 0x19A0)  # add.w r9, r9, r0, asr #6
    data(2, 0x5F90)  # ldrsh r0, [r2, r6]
    mul(r0, r3)
    data(2, 0xEB0A, 0x1AA0)  # add.w r10, r10, r0, asr #6
    data(2, 0x5FD0)  # ldrsh r0, [r2, r7]
    mul(r0, r3)
    data(2, 0xEB0E, 0x1EA0)  # add.w lr, lr, r0, asr #6
    data(2, 0x4561)  # cmp r1, r12
    bne(M_SIX)
    label(M_SUMS)
    data(2, 0x9D04)  # ldr r5, [sp, #16]
    add(r4, r7, r5)
    data(2, 0x9901)  # ldr r1, [sp, #4]
    data(2, 0x9A02)  # ldr r2, [sp, #8]
    data(2, 0x9B03)  # ldr r3, [sp, #12]
    data(2, 0xC9E1)  # ldmia r1!, {r0, r5, r6, r7}
    data(2, 0x9101)  # str r1, [sp, #4]
    mov(r1, r8)
    asr(r1, r3)
    add(r0, r0, r1)
    mov(r1, r9)
    asr(r1, r3)
    add(r5, r5, r1)
    mov(r1, r10)
    asr(r1, r3)
    add(r6, r6, r1)
    data(2, 0x4671)  # mov r1, lr
    asr(r1, r3)
    add(r7, r7, r1)
    data(2, 0xC2E1)  # stmia r2!, {r0, r5, r6, r7}
    data(2, 0x9202)  # str r2, [sp, #8]
    b(M_FOUR)
    label(M_REST4)
    data(2, 0x9F06)  # ldr r7, [sp, #24]
    add(r6, 4)
    bne(M_ONE)
    label(M_DONE)
    data(2, 0xBDEF)  # pop {r0, r1, r2, r3, r5, r6, r7, pc}
    # The same for a shift: r7
    label(M_THREE)
    data(2, 0x9E05)  # ldr r6, [sp, #20]
    sub(r6, 3)
    blt(M_REST3)
    data(2, 0x9605)  # str r6, [sp, #20]
    data(2, 0x9900)  # ldr r1, [sp, #0]
    data(2, 0x9E04)  # ldr r6, [sp, #16]
    add(r5, r4, r6)
    add(r6, r5, r6)
    mov(r0, 0)
    mov(r8, r0)
    mov(r9, r0)
    mov(r10, r0)
    label(M_INPUT3)
    data(2, 0xC90C)  # ldmia r1!, {r2, r3}
    data(2, 0x5F10)  # ldrsh r0, [r2, r4]
    mul(r0, r3)
    asr(r0, r7)
    data(2, 0x4480)  # add r8, r0
    data(2, 0x5F50)  # ldrsh r0, [r2, r5]
    mul(r0, r3)
    asr(r0, r7)
    data(2, 0x4481)  # add r9, r0
    data(2, 0x5F90)  # ldrsh r0, [r2, r6]
    mul(r0, r3)
    asr(r0, r7)
    data(2, 0x4482)  # add r10, r0
    data(2, 0x4561)  # cmp r1, r12
    bne(M_INPUT3)
    data(2, 0x9D04)  # ldr r5, [sp, #16]
    add(r4, r6, r5)
    data(2, 0x9901)  # ldr r1, [sp, #4]
    data(2, 0x9A02)  # ldr r2, [sp, #8]
    data(2, 0x9B03)  # ldr r3, [sp, #12]
    data(2, 0xC961)  # ldmia r1!, {r0, r5, r6}
    data(2, 0x9101)  # str r1, [sp, #4]
    mov(r1, r8)
    asr(r1, r3)
    add(r0, r0, r1)
    mov(r1, r9)
    asr(r1, r3)
    add(r5, r5, r1)
    mov(r1, r10)
    asr(r1, r3)
    add(r6, r6, r1)
    data(2, 0xC261)  # stmia r2!, {r0, r5, r6}
    data(2, 0x9202)  # str r2, [sp, #8]
    b(M_THREE)
    label(M_REST3)
    add(r6, 3)
    beq(M_DONE)
    label(M_ONE)
    sub(r6, 1)
    data(2, 0x9605)  # str r6, [sp, #20]
    data(2, 0x9900)  # ldr r1, [sp, #0]
    mov(r6, 0)
    label(M_INPUT1)
    data(2, 0xC90C)  # ldmia r1!, {r2, r3}
    data(2, 0x5F10)  # ldrsh r0, [r2, r4]
    mul(r0, r3)
    asr(r0, r7)
    add(r6, r6, r0)
    data(2, 0x4561)  # cmp r1, r12
    bne(M_INPUT1)
    data(2, 0x9901)  # ldr r1, [sp, #4]
    data(2, 0x9A02)  # ldr r2, [sp, #8]
    data(2, 0x9B03)  # ldr r3, [sp, #12]
    asr(r6, r3)
    data(2, 0xC920)  # ldmia r1!, {r5}
    add(r6, r6, r5)
    data(2, 0xC240)  # stmia r2!, {r6}
    data(2, 0x9101)  # str r1, [sp, #4]
    data(2, 0x9202)  # str r2, [sp, #8]
    data(2, 0x9D04)  # ldr r5, [sp, #16]
    add(r4, r4, r5)
    data(2, 0x9E05)  # ldr r6, [sp, #20]
    cmp(r6, 0)
    bne(M_ONE)
    b(M_DONE)
    # `plain.settle_layer` of the layer r1, from the sums r0 to the states r2, and the list for the crossbar above,
    # without those at the lowest: r3 shift, r4 list, r5 row's place, r6 state, r7 end of the states, r8 half, r9
    # lowest, r10 highest, r12 bytes of a row
    label(FINISH)
    mov(r7, r11)
    ldr(r3, [r7, 4 * _ROUND_SHIFT])
    mov(r4, 1)
    lsl(r4, r3)
    lsr(r4, r4, 1)
    mov(r8, r4)
    ldr(r6, [r7, 4 * _RAIL])
    mov(r10, r6)
    ldr(r5, [r1, 4 * _ABOVE])
    lsl(r5, r5, 1)
    mov(r12, r5)
    bne(F_HIDDEN)
    neg(r6, r6)
    b(F_LOWEST)
    label(F_HIDDEN)
    mov(r6, 0)
    label(F_LOWEST)
    mov(r9, r6)
    ldr(r4, [r7, 4 * _STATES])
    ldr(r7, [r1, 4 * _NODES])
    lsl(r7, r7, 1)
    add(r7, r7, r2)
    mov(r5, 0)
    label(F_NODE)
    data(2, 0xC840)  # ldmia r0!, {r6}
    data(2, 0x4446)  # add r6, r8
    asr(r6, r3)
    bmi(F_NEGATIVE)
    data(2, 0x4556)  # cmp r6, r10
    bgt(F_HIGH)
    label(F_STORE)
    strh(r6, [r2, 0])
    data(2, 0xC460)  # stmia r4!, {r5, r6}
    data(2, 0x4465)  # add r5, r12
    add(r2, 2)
    cmp(r2, r7)
    bne(F_NODE)
    data(2, 0x4770)  # bx lr
    label(F_HIGH)
    mov(r6, r10)
    b(F_STORE)
    label(F_NEGATIVE)
    data(2, 0x454E)  # cmp r6, r9
    bge(F_STORE)
    mov(r6, r9)
    strh(r6, [r2, 0])
    data(2, 0x4465)  # add r5, r12
    add(r2, 2)
    cmp(r2, r7)
    bne(F_NODE)
    data(2, 0x4770)  # bx lr
    # `plain.set_errors`; return the loss. r0 label, then place, r1 output or error, r2 outputs, r3 end, r4 list, r5
    # errors, r6 loss, r7 table, r8 target of the others, r9 of the right one, r10 the largest loss, r12 the label's
    # place
    label(SET_ERRORS)
    lsl(r0, r0, 1)
    mov(r12, r0)
    data(2, 0x46F0)  # mov r8, lr
    bl(OUTPUTS)
    data(2, 0x46C6)  # mov lr, r8
    ldr(r2, [r1, 4 * _FREE])
    ldr(r3, [r1, 4 * _NODES])
    lsl(r3, r3, 1)
    mov(r7, r11)
    ldr(r5, [r7, 4 * _ERRORS])
    ldr(r6, [r7, 4 * _WRONG])
    mov(r8, r6)
    ldr(r6, [r7, 4 * _RIGHT])
    mov(r9, r6)
    mov(r6, 1)
    lsl(r6, r6, 30)
    sub(r6, 1)
    mov(r10, r6)
    mov(r6, 0)
    mov(r4, 0)
    label(E_OUTPUT)
    data(2, 0x5F11)  # ldrsh r1, [r2, r4]
    data(2, 0x4564)  # cmp r4, r12
    beq(E_RIGHT)
    mov(r0, r8)
    sub(r1, r0, r1)
    bmi(E_ERROR)
    b(E_NONE)
    label(E_RIGHT)
    mov(r0, r9)
    sub(r1, r0, r1)
    bmi(E_NONE)
    ldr(r0, [r7, 4 * _RAIL])
    cmp(r1, r0)
    ble(E_ERROR)
    mov(r1, r0)
    b(E_ERROR)
    label(E_NONE)
    mov(r1, 0)
    label(E_ERROR)
    data(2, 0xC502)  # stmia r5!, {r1}
    asr(r1, r1, 4)
    mul(r1, r1)
    add(r6, r6, r1)
    data(2, 0x4556)  # cmp r6, r10
    ble(E_NEXT)
    mov(r6, r10)
    label(E_NEXT)
    add(r4, 2)
    cmp(r4, r3)
    bne(E_OUTPUT)
    mov(r0, r6)
    ldr(r7, [r7, 4 * _LOSS])
    str(r0, [r7, 0])
    data(2, 0x4770)  # bx lr
    # List the outputs' errors that are not zero; r12 the list's end
    label(LIST_ERRORS)
    mov(r7, r11)
    ldr(r4, [r7, 4 * _STATES])
    ldr(r0, [r7, 4 * _ERRORS])
    ldr(r2, [r1, 4 * _NODES])
    lsl(r2, r2, 1)
    mov(r5, 0)
    label(X_OUTPUT)
    data(2, 0xC840)  # ldmia r0!, {r6}
    cmp(r6, 0)
    beq(X_NEXT)
    data(2, 0xC460)  # stmia r4!, {r5, r6}
    label(X_NEXT)
    add(r5, 2)
    cmp(r5, r2)
    bne(X_OUTPUT)
    b(ENDED)
    # List by how much the r2 states at r0 differ from those at r1; r12 the list's end
    label(LIST_CHANGES)
    mov(r7, r11)
    ldr(r4, [r7, 4 * _STATES])
    lsl(r2, r2, 1)
    mov(r5, 0)
    label(Y_NODE)
    data(2, 0x5F46)  # ldrsh r6, [r0, r5]
    data(2, 0x5F4B)  # ldrsh r3, [r1, r5]
    sub(r6, r6, r3)
    beq(Y_NEXT)
    data(2, 0xC460)  # stmia r4!, {r5, r6}
    label(Y_NEXT)
    add(r5, 2)
    cmp(r5, r2)
    bne(Y_NODE)
    b(ENDED)
    # `dynamics.nudge`, both phases. The outputs: r0 place, r1 plus, r2 free, r3 plus, r4 minus, r5 errors, r6 error, r7
    # minus, r12 end
    label(DISPLACE)
    data(2, 0xB500)  # push {lr}
    bl(OUTPUTS)
    push({r1})
    mov(r7, r11)
    ldr(r5, [r7, 4 * _ERRORS])
    ldr(r6, [r1, 4 * _NODES])
    lsl(r6, r6, 1)
    mov(r12, r6)
    ldr(r2, [r1, 4 * _FREE])
    ldr(r3, [r1, 4 * _PLUS])
    ldr(r4, [r1, 4 * _MINUS])
    mov(r0, 0)
    label(O_OUTPUT)
    data(2, 0xCD40)  # ldmia r5!, {r6}
    data(2, 0x5E17)  # ldrsh r7, [r2, r0]
    add(r1, r7, r6)
    sub(r7, r7, r6)
    data(2, 0x5219)  # strh r1, [r3, r0]
    data(2, 0x5227)  # strh r7, [r4, r0]
    add(r0, 2)
    data(2, 0x4560)  # cmp r0, r12
    bne(O_OUTPUT)
    pop({r1})
    # The layer below: both phases from one sum
    mov(r0, r11)
    add(r0, 4 * _AT_CROSSBARS)
    cmp(r0, r1)
    bne(D_HIDDEN)
    data(2, 0xBD00)  # pop {pc}
    label(D_HIDDEN)
    bl(LIST_ERRORS)
    sub(r1, 4 * _PER_CROSSBAR)
    push({r1})
    mov(r3, r11)
    ldr(r2, [r3, 4 * _PULL])
    ldr(r6, [r1, 4 * _NODES])
    bl(CLEAR)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    mov(r0, r2)
    bl(FEED)
    # r0 current, r1 pull, r2 plus, r3 minus, r4 state of minus, r5 shift, r6 state of plus, r8 half, r9 rail, r12 end
    data(2, 0x9F00)  # ldr r7, [sp, #0]
    mov(r6, r11)
    ldr(r1, [r6, 4 * _PULL])
    ldr(r5, [r6, 4 * _ROUND_SHIFT])
    ldr(r0, [r6, 4 * _RAIL])
    mov(r9, r0)
    mov(r0, 1)
    lsl(r0, r5)
    lsr(r0, r0, 1)
    mov(r8, r0)
    ldr(r0, [r7, 4 * _CURRENT])
    ldr(r2, [r7, 4 * _PLUS])
    ldr(r3, [r7, 4 * _MINUS])
    ldr(r4, [r7, 4 * _NODES])
    lsl(r4, r4, 1)
    add(r4, r4, r2)
    mov(r12, r4)
    label(D_NODE)
    data(2, 0xC840)  # ldmia r0!, {r6}
    data(2, 0x4446)  # add r6, r8
    data(2, 0xC980)  # ldmia r1!, {r7}
    sub(r4, r6, r7)
    add(r6, r6, r7)
    asr(r6, r5)
    asr(r7, r6, 31)
    bic(r6, r7)
    data(2, 0x454E)  # cmp r6, r9
    ble(D_PLUS)
    mov(r6, r9)
    label(D_PLUS)
    strh(r6, [r2, 0])
    asr(r4, r5)
    asr(r7, r4, 31)
    bic(r4, r7)
    data(2, 0x454C)  # cmp r4, r9
    ble(D_MINUS)
    mov(r4, r9)
    label(D_MINUS)
    strh(r4, [r3, 0])
    add(r2, 2)
    add(r3, 2)
    data(2, 0x4562)  # cmp r2, r12
    bne(D_NODE)
    # The layers below that: each phase by itself
    label(D_LAYER)
    pop({r1})
    mov(r0, r11)
    add(r0, 4 * _AT_CROSSBARS)
    cmp(r0, r1)
    bne(D_LOWER)
    data(2, 0xBD00)  # pop {pc}
    label(D_LOWER)
    push({r1})
    ldr(r0, [r1, 4 * _PLUS])
    ldr(r2, [r1, 4 * _NODES])
    ldr(r1, [r1, 4 * _FREE])
    bl(LIST_CHANGES)
    bl(D_PULL)
    ldr(r2, [r1, 4 * _PLUS])
    bl(FINISH)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    ldr(r0, [r1, 4 * _MINUS])
    ldr(r2, [r1, 4 * _NODES])
    ldr(r1, [r1, 4 * _FREE])
    bl(LIST_CHANGES)
    bl(D_PULL)
    ldr(r2, [r1, 4 * _MINUS])
    bl(FINISH)
    pop({r1})
    sub(r1, 4 * _PER_CROSSBAR)
    push({r1})
    b(D_LAYER)
    # Let r1 be the words of the layer below that on the stack, and r0 the sums of its current and of what the list
    # brings
    label(D_PULL)
    data(2, 0x9900)  # ldr r1, [sp, #0]
    sub(r1, 4 * _PER_CROSSBAR)
    data(2, 0xB502)  # push {r1, lr}
    ldr(r0, [r1, 4 * _CURRENT])
    mov(r3, r11)
    ldr(r2, [r3, 4 * _PULL])
    bl(FEED)
    mov(r3, r11)
    ldr(r0, [r3, 4 * _PULL])
    data(2, 0xBD02)  # pop {r1, pc}
    # `dynamics.program`. `plain.excess`: r0 entry of the inputs' list, then bits, r1 end, r3 power, r4 input
    label(CHANGE)
    data(2, 0xB500)  # push {lr}
    mov(r7, r11)
    ldr(r0, [r7, 4 * _ACTIVE])
    ldr(r1, [r0, 0])
    add(r0, 4)
    mov(r3, 0)
    label(P_INPUT)
    data(2, 0xC814)  # ldmia r0!, {r2, r4}
    mul(r4, r4)
    add(r3, r3, r4)
    cmp(r0, r1)
    bne(P_INPUT)
    ldr(r4, [r7, 4 * _POWER_BITS])
    lsr(r3, r4)
    mov(r0, 0)
    label(P_BIT)
    cmp(r3, 0)
    beq(P_BITS)
    lsr(r3, r3, 1)
    add(r0, 1)
    b(P_BIT)
    label(P_BITS)
    mov(r6, r11)
    ldr(r6, [r6, 4 * (_AT_CROSSBARS + _RATE_SHIFT)])
    add(r6, r6, r0)
    cmp(r6, 24)
    ble(P_RATE)
    mov(r6, 24)
    label(P_RATE)
    push({r6})
    # The list of the first layer's differences that change a weight: r0 plus, r1 magnitude, r2 minus, r3 end, r4 list,
    # r5 place, r6 difference, r8 half; on the stack the rate_shift
    ldr(r4, [r7, 4 * _STATES])
    add(r7, 4 * _AT_CROSSBARS)
    mov(r0, 1)
    lsl(r0, r6)
    lsr(r0, r0, 1)
    mov(r8, r0)
    ldr(r0, [r7, 4 * _PLUS])
    ldr(r2, [r7, 4 * _MINUS])
    ldr(r3, [r7, 4 * _NODES])
    lsl(r3, r3, 1)
    mov(r5, 0)
    label(C_NODE)
    data(2, 0x5F46)  # ldrsh r6, [r0, r5]
    data(2, 0x5F57)  # ldrsh r7, [r2, r5]
    sub(r6, r6, r7)
    beq(C_NEXT)
    asr(r7, r6, 31)
    mov(r1, r6)
    eor(r1, r7)
    sub(r1, r1, r7)
    lsl(r7, r1, 7)
    sub(r7, r7, r1)
    data(2, 0x4547)  # cmp r7, r8
    blt(C_NEXT)
    data(2, 0xC460)  # stmia r4!, {r5, r6}
    label(C_NEXT)
    add(r5, 2)
    cmp(r5, r3)
    bne(C_NODE)
    mov(r9, r4)
    # `plain.update_driven`: r0 row, r1 list, r2 place, r3 change, r4 input, r5 old weight, r6 new weight, r7
    # rate_shift, r8 half, r9 end of the list, r10 sum of the changes, r12 inputs; on the stack the weights, the list,
    # the inputs' end
    mov(r7, r11)
    ldr(r1, [r7, 4 * _STATES])
    data(2, 0x4549)  # cmp r1, r9
    beq(U_DONE)
    ldr(r3, [r7, 4 * _ACTIVE])
    ldr(r2, [r3, 0])
    add(r3, 4)
    mov(r12, r3)
    add(r7, 4 * _AT_CROSSBARS)
    ldr(r0, [r7, 4 * _W])
    data(2, 0x9F00)  # ldr r7, [sp, #0]
    push({r0, r1, r2})
    mov(r0, 0)
    mov(r10, r0)
    label(U_INPUT)
    mov(r1, r12)
    data(2, 0xC914)  # ldmia r1!, {r2, r4}
    mov(r12, r1)
    data(2, 0x9800)  # ldr r0, [sp, #0]
    data(2, 0x9901)  # ldr r1, [sp, #4]
    add(r0, r0, r2)
    label(U_DEVICE)
    data(2, 0xC90C)  # ldmia r1!, {r2, r3}
    mul(r3, r4)
    data(2, 0x4443)  # add r3, r8
    asr(r3, r7)
    beq(U_SAME)
    data(2, 0x5E85)  # ldrsh r5, [r0, r2]
    add(r6, r5, r3)
    data(2, 0x449A)  # add r10, r3
    data(2, 0xB235)  # sxth r5, r6
    cmp(r5, r6)
    bne(U_LIMIT)
    label(U_STORE)
    data(2, 0x5286)  # strh r6, [r0, r2]
    label(U_SAME)
    data(2, 0x4549)  # cmp r1, r9
    bne(U_DEVICE)
    mov(r1, r12)
    data(2, 0x9A02)  # ldr r2, [sp, #8]
    cmp(r1, r2)
    bne(U_INPUT)
    pop({r0, r1, r2})
    mov(r7, r11)
    ldr(r0, [r7, 4 * _SUMS])
    bl(TOTAL)
    label(U_DONE)
    pop({r6})
    mov(r1, r11)
    add(r1, 4 * _AT_CROSSBARS)
    mov(r0, 0)
    push({r0, r1})
    b(B_NEXT)
    # A weight beyond 16 bits: at the limit
    label(U_LIMIT)
    asr(r5, r6, 31)
    mov(r3, 128)
    lsl(r3, r3, 8)
    sub(r3, 1)
    eor(r3, r5)
    sub(r5, r3, r6)
    data(2, 0x44AA)  # add r10, r5
    mov(r6, r3)
    b(U_STORE)
    # Add the sum of changes r10 to the checksum at r0
    label(TOTAL)
    ldr(r1, [r0, 0])
    data(2, 0x4451)  # add r1, r10
    data(2, 0xB289)  # uxth r1, r1
    str(r1, [r0, 0])
    data(2, 0x4770)  # bx lr
    # `plain.update_between`, and the list of the layer above's differences and means: r0 plus, r1 minus, r2 end, r4
    # list, r5 place, r6 difference, r7 mean
    label(B_CROSSBAR)
    push({r1})
    mov(r7, r11)
    ldr(r4, [r7, 4 * _STATES])
    ldr(r0, [r1, 4 * _PLUS])
    ldr(r2, [r1, 4 * _NODES])
    ldr(r1, [r1, 4 * _MINUS])
    lsl(r2, r2, 1)
    mov(r5, 0)
    label(B_ABOVE)
    data(2, 0x5F43)  # ldrsh r3, [r0, r5]
    data(2, 0x5F4F)  # ldrsh r7, [r1, r5]
    sub(r6, r3, r7)
    add(r7, r7, r3)
    asr(r7, r7, 1)
    data(2, 0xC4C0)  # stmia r4!, {r6, r7}
    add(r5, 2)
    cmp(r5, r2)
    bne(B_ABOVE)
    mov(r9, r4)
    # r0 row, r1 list, r2 change, r3 weight, r4 mean below, r5 difference below, r6 place, r7 rate_shift, r8 half, r9
    # end of the list, r10 sum of changes, r12 place below; on the stack plus and minus below, their end, the list,
    # bytes of a row
    pop({r1})
    mov(r6, r2)
    mov(r7, r11)
    ldr(r5, [r7, 4 * _STATES])
    ldr(r4, [r1, 4 * _ROWS])
    lsl(r4, r4, 1)
    ldr(r0, [r1, 4 * _W])
    ldr(r7, [r1, 4 * _RATE_SHIFT])
    sub(r1, 4 * _PER_CROSSBAR)
    ldr(r2, [r1, 4 * _PLUS])
    ldr(r3, [r1, 4 * _MINUS])
    push({r2, r3, r4, r5, r6})
    mov(r2, 1)
    lsl(r2, r7)
    lsr(r2, r2, 1)
    mov(r8, r2)
    mov(r2, 0)
    mov(r10, r2)
    mov(r12, r2)
    label(B_ROW)
    mov(r1, r12)
    data(2, 0x9A00)  # ldr r2, [sp, #0]
    data(2, 0x5E55)  # ldrsh r5, [r2, r1]
    data(2, 0x9A01)  # ldr r2, [sp, #4]
    data(2, 0x5E54)  # ldrsh r4, [r2, r1]
    add(r1, 2)
    mov(r12, r1)
    mov(r3, r5)
    orr(r3, r4)
    beq(B_SKIP)
    sub(r3, r5, r4)
    add(r4, r4, r5)
    asr(r4, r4, 1)
    mov(r5, r3)
    data(2, 0x9903)  # ldr r1, [sp, #12]
    mov(r6, 0)
    label(B_DEVICE)
    data(2, 0xC90C)  # ldmia r1!, {r2, r3}
    mul(r2, r4)
    mul(r3, r5)
    add(r2, r2, r3)
    data(2, 0x4442)  # add r2, r8
    asr(r2, r7)
    beq(B_SAME)
    data(2, 0x5F83)  # ldrsh r3, [r0, r6]
    add(r3, r3, r2)
    data(2, 0x4492)  # add r10, r2
    data(2, 0xB21A)  # sxth r2, r3
    cmp(r2, r3)
    bne(B_LIMIT)
    label(B_STORE)
    data(2, 0x5383)  # strh r3, [r0, r6]
    label(B_SAME)
    add(r6, 2)
    data(2, 0x4549)  # cmp r1, r9
    bne(B_DEVICE)
    label(B_SKIP)
    data(2, 0x9A04)  # ldr r2, [sp, #16]
    add(r0, r0, r2)
    mov(r1, r12)
    data(2, 0x9A02)  # ldr r2, [sp, #8]
    cmp(r1, r2)
    bne(B_ROW)
    data(2, 0xB005)  # add sp, #20
    data(2, 0x9900)  # ldr r1, [sp, #0]
    mov(r7, r11)
    ldr(r0, [r7, 4 * _SUMS])
    lsl(r1, r1, 2)
    add(r0, r0, r1)
    bl(TOTAL)
    # the next crossbar; on the stack its number and words
    label(B_NEXT)
    pop({r0, r1})
    add(r0, 1)
    add(r1, 4 * _PER_CROSSBAR)
    push({r0, r1})
    mov(r7, r11)
    ldr(r2, [r7, 4 * _COUNTS])
    mov(r3, 15)
    and_(r2, r3)
    cmp(r0, r2)
    bne(B_CROSSBAR)
    pop({r0, r1})
    data(2, 0xBD00)  # pop {pc}
    label(B_LIMIT)
    data(2, 0x469E)  # mov lr, r3
    asr(r2, r3, 31)
    mov(r3, 128)
    lsl(r3, r3, 8)
    sub(r3, 1)
    eor(r3, r2)
    data(2, 0x4672)  # mov r2, lr
    sub(r2, r3, r2)
    data(2, 0x4492)  # add r10, r2
    b(B_STORE)
    label(END)


@micropython.asm_thumb
def scatter(r0, r1):
    """As `eqprop.hopfield.kernels.plain.scatter`: r0 weight, r1 stream, r2 state, r4 spread, r6 end."""
    ldr(r2, [r1, 4])
    lsl(r2, r2, 16)
    ldr(r3, [r1, 0])
    orr(r2, r3)
    ldr(r4, [r1, 8])
    ldr(r6, [r1, 12])
    lsl(r6, r6, 1)
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
    asr(r3, r3, 15)
    strh(r3, [r0, 0])
    add(r0, 2)
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
    lsl(r1, r1, 1)
    add(r1, r1, r0)
    mov(r2, 0)
    label(DEVICE)
    ldrh(r3, [r0, 0])
    add(r2, r2, r3)
    add(r0, 2)
    cmp(r0, r1)
    bne(DEVICE)
    data(2, 0xB290)  # uxth r0, r2


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


class ThumbCrossbar(MachineCrossbar):
    """The crossbar by assembler."""

    tier = "thumb"
    run = staticmethod(run)
    enter = staticmethod(enter)
    scatter = staticmethod(scatter)
    total = staticmethod(total)
    # Whether the core has the instructions of ARMv7-M, 32 bits wide: not Cortex-M0, M0+, M1
    flag = 1 if sys.implementation._mpy >> 10 & 15 != 4 else 0
