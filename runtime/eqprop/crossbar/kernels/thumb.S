@ The circuit's dynamics in Thumb assembler: the same bits as `eqprop.crossbar.dynamics` on `plain`.
@
@ The one source of thumb.py (ARMv6-M), thumb7.py (ARMv7-M) and thumb7e.py (ARMv7E-M), which hold its machine code:
@ `make generated` assembles it with V7 and DSP set for each. One call does one verb, or learns one sample.
@
@ run(r0 features, r1 table, r2 verb, r3 label or phase) returns a small integer, because MicroPython would allocate any
@ other: the prediction of settle; of learn, whether the rates halve now, or -2 if it met a total out of range; of both
@ -1, and nothing done, for a label without an output, or on a table whose words no longer add up to 0; the loss of
@ set_nudge; and 1 from program and refresh for a total out of range. learn counts in the tally (`eqprop.learner`).
@ Nothing here allocates.
@
@ The table is that of `eqprop.crossbar.native`, offsets are its numbers times four; addresses of arrays are in the even
@ words, the low halves. active[0] is the address of the end of the list of inputs that are not zero, the bias row last.
@ From active[1] on, each has two words: its value, and the byte offset of its pair of devices in a node's row.
@
@ MicroPython saves r4 to r7 and lr around a kernel. g_max is 32767, the largest 15-bit value, throughout: two devices
@ change by one addition, and where one leaves its limits, bit 15 or 31 of the new pair is set, or of that less g_min
@ twice. Products that are shifted by p: with the value shifted left by 16 - p, smlawb and smlawt multiply, shift and add
@ at once.
    .syntax unified
    .thumb
    .text

    .include "table.S"
    .equ G_MAX, 4 * 11

@ On the stack
    .equ F_TABLE, 0
    .equ F_VERB, 4
    .equ F_NUMBER, 8
    .equ F_ANSWER, 12
    .equ F_LR, 16
    .equ F_LR2, 20
    .equ F_HALVES, 24           @ half sweeps left
    .equ F_C, 28                @ crossbar
    .equ F_VOFF, 32             @ bytes from a layer's words to the address of its voltages in this phase
    .equ F_ZERO, 36             @ whether all the layers above are at zero volts
    .equ F_WORDS, 40            @ a layer's words
    .equ F_NODE, 44
    .equ F_LEFT, 48
    .equ F_OUT, 52
    .equ F_END, 56
    .equ F_X, 60
    .equ F_COL, 64
    .equ F_ABOVE, 68
    .equ F_COLS, 72
    .equ F_P, 76                @ base currents, shifts, reciprocals, lows and highs less voltages, voltages, to come
    .equ F_ROW, 100
    .equ F_SUMS, 104            @ 16 words
    .equ FRAME, 168

    .macro goto to              @ farther than a branch reaches on ARMv6-M; lr is lost
.if V7
    b \to
.else
    bl \to
.endif
    .endm

    .macro load_v to, words, tmp        @ a layer's voltages in this phase
    ldr \tmp, [sp, #F_VOFF]
    ldr \to, [\words, \tmp]
    .endm

run:
.if V7
    push {r8-r11}
.else
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {r4-r7}
.endif
    sub sp, #FRAME
    str r1, [sp, #F_TABLE]
    str r2, [sp, #F_VERB]
    str r3, [sp, #F_NUMBER]
    cmp r2, #1
    bls free
    cmp r2, #3
    beq only_nudge
    bhi only_program
    bl set_nudge
    goto exit
only_nudge:
    movs r1, r3
    bl nudge
    movs r0, #0
    goto exit
only_program:
    cmp r2, #4
    bne only_refresh
    bl program
    goto exit
only_refresh:
    cmp r2, #5
    bne only_where
    bl refresh
    goto exit
only_where:
    mov r0, pc
    subs r0, #. + 2 - run - 1
    goto exit

@ The sum of all the table's words: r3 sum, r4 the last word, which makes it 0, r5 word, r12 features
free:
    mov r12, r0
    ldr r6, [r1, #OUT_COUNTS]
    movs r3, #15
    movs r4, r6
    ands r4, r3
    movs r3, #PER_CROSSBAR
    muls r4, r3
    adds r4, #AT_CROSSBARS
    adds r4, r4, r1
    ldr r3, [r4]
    movs r5, r1
    lsls r6, r6, #31
    beq words
    ldmia r5!, {r6, r7}
    adds r3, r6
    adds r3, r7
words:
    ldmia r5!, {r0, r2, r6, r7}
    adds r3, r0
    adds r3, r2
    adds r3, r6
    adds r3, r7
    cmp r5, r4
    bne words
    mov r0, r12
    cmp r3, #0
    bne refuse
    ldr r3, [sp, #F_NUMBER]
    ldr r4, [r1, #OUT_NODES]
    cmp r3, r4
    blo load
refuse:
    movs r0, #0
    mvns r0, r0
    goto exit

@ `plain.load`: r0 end of the features, r2 minus those left, r4 list, r5 feature, r6 offset, r7 = 127
load:
    ldr r2, [r1, #IN_FEATURES]
    ldr r4, [r1, #IN_ACTIVE]
    adds r4, #4
    movs r6, #0
    movs r7, #127
    adds r0, r0, r2
    negs r2, r2
load_next:
    ldrsb r5, [r0, r2]
.if V7
    cbz r5, load_zero
.else
    cmp r5, #0
    beq load_zero
.endif
    cmn r5, r7
    blt load_least
load_used:
    stmia r4!, {r5, r6}
load_zero:
    adds r6, #4
    adds r2, #1
    bne load_next
    movs r5, r7
    stmia r4!, {r5, r6}
    ldr r0, [r1, #IN_ACTIVE]
    str r4, [r0]
    mov r12, r4
    b drive
load_least:
    negs r5, r7
    b load_used

@ `plain.multiply`, four nodes at once: r5 list, r12 its end, r1 entry's value, r2 its offset, r8 to r11 sums; on the
@ stack the shift in F_NODE, bytes of a row in F_COL, currents in F_OUT, the list in F_X
drive:
    adds r0, #4
    str r0, [sp, #F_X]
    str r4, [sp, #F_END]
    ldr r6, [r1, #IN_WIDTH]
    str r6, [sp, #F_COL]
    ldr r7, [r1, #IN_SHIFT]
    str r7, [sp, #F_NODE]
    ldr r2, [r1, #IN_DRIVEN]
    str r2, [sp, #F_OUT]
    ldr r3, [r1, #IN_NODES]
    ldr r0, [r1, #IN_CONDUCTANCES]
drive_four:
    subs r3, #4
    blt drive_rest
    str r3, [sp, #F_LEFT]
    ldr r5, [sp, #F_X]
    movs r3, #0
    mov r8, r3
    mov r9, r3
    mov r10, r3
    mov r11, r3
.if V7
    @ r0, r6, r7 and lr are the four rows
    add r7, r0, r6, lsl #1
    add lr, r7, r6
    add r6, r0
    ldr r3, [sp, #F_NODE]
    cmp r3, #0
    bne drive_shift
    .macro drive_row row, sum
    ldr r4, [\row, r2]
.if DSP
    smlsd \sum, r4, r1, \sum
.else
    uxth r3, r4
    sub r3, r3, r4, lsr #16
    mla \sum, r3, r1, \sum
.endif
    .endm
    .macro drive_entry
    ldmia r5!, {r1, r2}
.if DSP
    pkhbt r1, r1, r1, lsl #16
.endif
    drive_row r0, r8
    drive_row r6, r9
    drive_row r7, r10
    drive_row lr, r11
    .endm
    sub r3, r12, r5
    lsls r3, r3, #28
    bne drive_odd
drive_plain:                    @ two entries
    drive_entry
drive_odd:
    drive_entry
    cmp r5, r12
    bne drive_plain
drive_sums:
    ldr r5, [sp, #F_OUT]
    stmia r5!, {r8-r11}
    str r5, [sp, #F_OUT]
    ldr r6, [sp, #F_COL]
    add r0, lr, r6
    ldr r3, [sp, #F_LEFT]
    b drive_four
drive_shift:
.if DSP
    rsb r3, r3, #16
drive_shifted:
    .purgem drive_row
    .macro drive_row row, sum
    ldr r4, [\row, r2]
    sub r4, r4, r4, lsl #16
    smlawt \sum, r1, r4, \sum
    .endm
    ldmia r5!, {r1, r2}
    negs r1, r1
    lsls r1, r3
    drive_row r0, r8
    drive_row r6, r9
    drive_row r7, r10
    drive_row lr, r11
    cmp r5, r12
    bne drive_shifted
.else
    mov r12, r3
drive_shifted:
    .macro shifted_row row, sum
    ldr r4, [\row, r2]
    uxth r3, r4
    sub r3, r3, r4, lsr #16
    muls r3, r1
    asr r3, r3, r12
    add \sum, r3
    .endm
    ldmia r5!, {r1, r2}
    shifted_row r0, r8
    shifted_row r6, r9
    shifted_row r7, r10
    shifted_row lr, r11
    ldr r3, [sp, #F_END]
    cmp r5, r3
    bne drive_shifted
    mov r12, r3
.endif
    b drive_sums
.else
    cmp r7, #0
    beq drive_plain
drive_shifted:
    .macro shifted_row sum
    ldr r4, [r0, r2]
    uxth r3, r4
    lsrs r4, r4, #16
    subs r3, r3, r4
    muls r3, r1
    asrs r3, r7
    add \sum, r3
    .endm
    ldmia r5!, {r1, r2}
    shifted_row r8
    adds r2, r2, r6
    shifted_row r9
    adds r2, r2, r6
    shifted_row r10
    adds r2, r2, r6
    shifted_row r11
    cmp r5, r12
    bne drive_shifted
    b drive_sums
drive_plain:
    adds r7, r0, #2             @ the odd devices
drive_pairs:
    .macro plain_row sum
    ldrh r3, [r0, r2]
    ldrh r4, [r7, r2]
    subs r3, r3, r4
    muls r3, r1
    add \sum, r3
    .endm
    ldmia r5!, {r1, r2}
    plain_row r8
    adds r2, r2, r6
    plain_row r9
    adds r2, r2, r6
    plain_row r10
    adds r2, r2, r6
    plain_row r11
    cmp r5, r12
    bne drive_pairs
    movs r7, #0
drive_sums:
    ldr r5, [sp, #F_OUT]
    mov r1, r8
    mov r2, r9
    mov r3, r10
    mov r4, r11
    stmia r5!, {r1-r4}
    str r5, [sp, #F_OUT]
    lsls r3, r6, #2
    adds r0, r0, r3
    ldr r3, [sp, #F_LEFT]
    b drive_four
.endif
drive_rest:
    adds r3, #4
    beq settle
    ldr r7, [sp, #F_NODE]
drive_one:
    str r3, [sp, #F_LEFT]
    ldr r5, [sp, #F_X]
    movs r6, #0
drive_pair:
    ldmia r5!, {r1, r2}
    ldr r4, [r0, r2]
    uxth r3, r4
    lsrs r4, r4, #16
    subs r3, r3, r4
    muls r3, r1
    asrs r3, r7
    adds r6, r6, r3
    cmp r5, r12
    bne drive_pair
    ldr r5, [sp, #F_OUT]
    stmia r5!, {r6}
    str r5, [sp, #F_OUT]
    ldr r6, [sp, #F_COL]
    adds r0, r0, r6
    ldr r3, [sp, #F_LEFT]
    subs r3, #1
    bne drive_one

@ The free phase. The first half sweep relaxes every second layer, on the voltages of those below alone: these start at
@ zero volts. r2 layer's words, r3 crossbars left
settle:
    ldr r0, [sp, #F_TABLE]
    ldr r3, [r0, #OUT_COUNTS]
    uxtb r3, r3
    subs r3, #2
    ble cleared
    movs r2, r0
    adds r2, #AT_CROSSBARS
    adds r2, #PER_CROSSBAR
clear:
    movs r4, r2
    adds r4, #V_FREE
    ldr r5, [r4]
    ldr r6, [r2, #NODES]
    lsls r6, r6, #1
    movs r7, #0
clear_node:
    subs r6, #2
    strh r7, [r5, r6]
    bne clear_node
    adds r2, #PER_CROSSBAR
    adds r2, #PER_CROSSBAR
    subs r3, #2
    bgt clear
cleared:
    ldr r2, [r0, #OUT_NODES]
    ldr r3, [r0, #OUT_REST]
    ldr r4, [r0, #OUT_BASE]
    lsls r2, r2, #2
rest:
    subs r2, #4
    ldr r6, [r3, r2]
    str r6, [r4, r2]
    bne rest
    ldr r3, [r0, #OUT_COUNTS]
    lsrs r3, r3, #8
    uxtb r3, r3
    lsls r3, r3, #1
    movs r1, #0
    movs r2, #0
    movs r5, #1
    bl sweep
@ `plain.highest`: r0 best, r2 outputs, r3 their voltages, r4 place, r5 the best's
    ldr r1, [sp, #F_TABLE]
    ldr r2, [r1, #OUT_NODES]
    ldr r3, [r1, #OUT_V_FREE]
    lsls r2, r2, #1
    movs r4, #0
    movs r0, #0
    ldrsh r5, [r3, r4]
    b higher
highest:
    ldrsh r6, [r3, r4]
    cmp r6, r5
    ble higher
    movs r5, r6
    movs r0, r4
higher:
    adds r4, #2
    cmp r4, r2
    bne highest
    lsrs r0, r0, #1
    ldr r2, [sp, #F_VERB]
    cmp r2, #0
    beq exit0
    str r0, [sp, #F_ANSWER]
    ldr r3, [sp, #F_NUMBER]
    bl set_nudge
    str r0, [sp, #F_NUMBER]
    cmp r0, #0
    beq learnt
    movs r1, #1
    bl nudge
    movs r1, #2
    bl nudge
    bl program
    subs r0, #1
    bne learnt
    subs r0, #2
    goto exit
learnt:
    ldr r7, [sp, #F_TABLE]
    ldr r7, [r7, #IN_TALLY]
    ldr r0, [sp, #F_NUMBER]
    ldr r1, [sp, #F_ANSWER]
    ldr r2, [r7, #8]
    ldr r3, [r7, #12]
    adds r2, #1
    subs r3, #1
    stmia r7!, {r0, r1, r2, r3}
    negs r0, r3                 @ 1 for 0
    adcs r0, r3
exit0:
    goto exit

@ The half sweeps r3 of phase r1, the first from crossbar r2 on; r5 whether the layers above are at zero volts in it
sweep:
    mov r4, lr
    str r4, [sp, #F_LR]
    lsls r4, r1, #3
    adds r4, #V_FREE
    str r4, [sp, #F_VOFF]
    str r5, [sp, #F_ZERO]
    str r3, [sp, #F_HALVES]
    cmp r3, #0
    beq swept
layer:
    str r2, [sp, #F_C]
    ldr r0, [sp, #F_TABLE]
    ldr r3, [r0, #OUT_COUNTS]
    uxtb r3, r3
    cmp r2, r3
    blt relax
    movs r3, #0
    str r3, [sp, #F_ZERO]
    movs r3, #1
    ands r2, r3
    eors r2, r3
    ldr r3, [sp, #F_HALVES]
    subs r3, #1
    str r3, [sp, #F_HALVES]
    bne layer
swept:
    ldr r4, [sp, #F_LR]
    bx r4
relaxed:
    ldr r2, [sp, #F_C]
    adds r2, #2
    b layer

@ `plain.relax`
relax:
    movs r1, #PER_CROSSBAR
    muls r2, r1
    adds r0, r0, r2
    adds r0, #AT_CROSSBARS
.if V7
    str r0, [sp, #F_WORDS]
    ldr r2, [r0, #BASE]
    ldr r3, [r0, #SHIFT]
    ldr r4, [r0, #RECIPROCAL]
    ldr r5, [r0, #LOW]
    ldr r6, [r0, #HIGH]
    load_v r7, r0, r1
    subs r5, r5, r7
    subs r6, r6, r7
    add r1, sp, #F_P
    stmia r1!, {r2-r7}
    ldr r3, [r0, #G]
    str r3, [sp, #F_COL]
    ldr r3, [r0, #G_ABOVE]
    str r3, [sp, #F_ABOVE]
    ldr r4, [r0, #COLUMNS]
    ldr r3, [sp, #F_ZERO]
    cbz r3, relax_above
    movs r4, #0
relax_above:
    str r4, [sp, #F_COLS]
    ldr r2, [r0, #NODES]
    @ r2 nodes left: four, ten if the layer above brings nothing, or one at once
block:
    ldr r0, [sp, #F_WORDS]
    ldr r4, [sp, #F_COLS]
    ldr r5, [r0, #PRODUCT_SHIFT]
    cbnz r4, block4
    ldr r3, [r0, #ROWS]
    cbz r3, block4
    cmp r2, #10
    blt block4
.if !DSP
    subs r6, r5, #6
    cmp r6, #2
    bhi block4
.endif
    b ten
block4:
    subs r2, #4
    bge four
    b one
four:
    str r2, [sp, #F_LEFT]
    movs r3, #0
    mov r8, r3
    mov r9, r3
    mov r10, r3
    mov r11, r3
    cmp r4, #0
    beq below
    @ r0 to r3 rows, r4 voltage, r5 voltages, r6 device, r7 end of the first row
    mov r12, r5
    adds r0, #PER_CROSSBAR
    load_v r5, r0, r1
    lsls r4, r4, #1
    ldr r0, [sp, #F_ABOVE]
    adds r1, r0, r4
    adds r2, r1, r4
    adds r3, r2, r4
    adds r4, r4, r3
    str r4, [sp, #F_ABOVE]
    mov r7, r1
.if DSP
    rsb r12, r12, #16
    subs r4, r1, r0
    lsls r4, r4, #30
    beq above_two
    .macro above_row row, sum
    ldrh r6, [\row], #2
    smlawb \sum, r4, r6, \sum
    .endm
    ldrsh r4, [r5], #2
    lsl r4, r4, r12
    above_row r0, r8
    above_row r1, r9
    above_row r2, r10
    above_row r3, r11
    cmp r0, r7
    beq above_done
above_two:
    .macro above_pair row, sum
    ldr r6, [\row], #4
    smlawb \sum, r4, r6, \sum
    smlawt \sum, lr, r6, \sum
    .endm
    ldrsh r4, [r5], #4
    ldrsh lr, [r5, #-2]
    lsl r4, r4, r12
    lsl lr, lr, r12
    above_pair r0, r8
    above_pair r1, r9
    above_pair r2, r10
    above_pair r3, r11
    cmp r0, r7
    bne above_two
above_done:
.else
    .macro above_row row, sum, by
    ldrh r6, [\row], #2
    muls r6, r4
    add \sum, \sum, r6, asr #\by
    .endm
    .macro above_column by
    ldrsh r4, [r5], #2
    above_row r0, r8, \by
    above_row r1, r9, \by
    above_row r2, r10, \by
    above_row r3, r11, \by
    .endm
    .macro above by
    subs r4, r7, r0
    lsls r4, r4, #30
    bne above_odd\by
above\by:
    above_column \by
above_odd\by:
    above_column \by
    cmp r0, r7
    bne above\by
    b above_done
    .endm
    cmp r12, #7
    beq above_7
    cmp r12, #8
    beq above_8
    cmp r12, #6
    beq above_6
    .macro above_any_row row, sum
    ldrh r6, [\row], #2
    muls r6, r4
    asr r6, r6, r12
    add \sum, r6
    .endm
above_any:
    ldrsh r4, [r5], #2
    above_any_row r0, r8
    above_any_row r1, r9
    above_any_row r2, r10
    above_any_row r3, r11
    cmp r0, r7
    bne above_any
    b above_done
above_6:
    above 6
above_8:
    above 8
above_7:
    above 7
above_done:
.endif
    ldr r0, [sp, #F_WORDS]
    ldr r4, [r0, #BACK_SHIFT]
    asr r8, r8, r4
    asr r9, r9, r4
    asr r10, r10, r4
    asr r11, r11, r4
    @ r0 first column, r1 voltages, r2 their end, r3 voltage, r4 device, r5 shift, r6 bytes of a row
below:
    ldr r0, [sp, #F_WORDS]
    ldr r3, [r0, #ROWS]
    cmp r3, #0
    beq finish_four
    ldr r5, [r0, #PRODUCT_SHIFT]
    ldr r6, [r0, #NODES]
    lsls r6, r6, #1
    subs r0, #PER_CROSSBAR
    load_v r1, r0, r2
    add r2, r1, r3, lsl #1
    ldr r0, [sp, #F_COL]
.if DSP
    rsb r5, r5, #16
below_row:
    ldrsh r3, [r1], #2
    cbz r3, below_next
    lsls r3, r5
    ldr r4, [r0]
    smlawb r8, r3, r4, r8
    smlawt r9, r3, r4, r9
    ldr r4, [r0, #4]
    smlawb r10, r3, r4, r10
    smlawt r11, r3, r4, r11
below_next:
    add r0, r6
    cmp r1, r2
    bne below_row
.else
    .macro below_node at, sum, by
    ldrh r4, [r0, #\at]
    muls r4, r3
    add \sum, \sum, r4, asr #\by
    .endm
    .macro below_rows by
below\by:
    ldrsh r3, [r1], #2
    cbz r3, below_next\by
    below_node 0, r8, \by
    below_node 2, r9, \by
    below_node 4, r10, \by
    below_node 6, r11, \by
below_next\by:
    add r0, r6
    cmp r1, r2
    bne below\by
    b below_done
    .endm
    cmp r5, #7
    beq below7
    cmp r5, #8
    beq below8
    .macro below_any_node at, sum
    ldrh r4, [r0, #\at]
    muls r4, r3
    asrs r4, r5
    add \sum, r4
    .endm
below_any:
    ldrsh r3, [r1], #2
    cbz r3, below_next
    below_any_node 0, r8
    below_any_node 2, r9
    below_any_node 4, r10
    below_any_node 6, r11
below_next:
    add r0, r6
    cmp r1, r2
    bne below_any
    b below_done
    below_rows 8
    below_rows 7
below_done:
.endif
    ldr r0, [sp, #F_COL]
    adds r0, #8
    str r0, [sp, #F_COL]
    @ Four nodes of sums r8 to r11: if the diodes hold all of them at zero or above, usat is their limit
finish_four:
    add r0, sp, #F_P
    ldmia r0, {r1-r6}
    ldr r7, [r4, r6]
    adds r0, r6, #4
    ldr r0, [r4, r0]
    orrs r7, r0
    bne finish_any
    ldmia r1!, {r0, r7, r12, lr}
    add r8, r0
    add r9, r7
    add r10, r12
    add r11, lr
    mov lr, #8192
    .macro finish sum
    ldrb r7, [r2], #1
    asr \sum, \sum, r7
    usat \sum, #16, \sum
    ldrh r7, [r3], #2
    mla \sum, \sum, r7, lr
    usat \sum, #15, \sum, asr #14
    strh \sum, [r6], #2
    .endm
    finish r8
    finish r9
    finish r10
    finish r11
    add r0, sp, #F_P
    stmia r0!, {r1-r6}
    ldr r2, [sp, #F_LEFT]
    cmp r2, #0
    bne block
    b relaxed
finish_any:
    add r0, sp, #F_SUMS
    stmia r0, {r8-r11}
    movs r7, #4
    b finish_nodes
@ Ten nodes at once: r0 first column, r1 voltages, r2 voltage, r3 device, r4 to r12 and lr sums
ten:
    subs r2, #10
    str r2, [sp, #F_LEFT]
.if DSP
    rsb r5, r5, #16
    str r5, [sp, #F_NODE]
.endif
    ldr r2, [r0, #NODES]
    lsls r2, r2, #1
    str r2, [sp, #F_X]
    subs r0, #PER_CROSSBAR
    load_v r1, r0, r2
    add r3, r1, r3, lsl #1
    str r3, [sp, #F_END]
    ldr r0, [sp, #F_COL]
    mov r7, r6
    movs r4, #0
    mov r8, r4
    mov r9, r4
    mov r10, r4
    mov r11, r4
    mov r12, r4
    mov lr, r4
.if DSP
    movs r5, r4
    movs r6, r4
    movs r7, r4
ten_row:
    .macro ten_pair at, first, second
    ldr r3, [r0, #\at]
    smlawb \first, r2, r3, \first
    smlawt \second, r2, r3, \second
    .endm
    ldrsh r2, [r1], #2
    cbz r2, ten_next
    ldr r3, [sp, #F_NODE]
    lsls r2, r3
    ten_pair 0, r4, r5
    ten_pair 4, r6, r7
    ten_pair 8, r8, r9
    ten_pair 12, r10, r11
    ten_pair 16, r12, lr
ten_next:
    ldrd r2, r3, [sp, #F_END]
    add r0, r3
    cmp r1, r2
    bne ten_row
.else
    .macro ten_node at, sum, by
    ldrh r3, [r0, #\at]
    muls r3, r2
    add \sum, \sum, r3, asr #\by
    .endm
    .macro ten_rows by
ten\by:
    ldrsh r2, [r1], #2
    cbz r2, ten_next\by
    ten_node 0, r4, \by
    ten_node 2, r5, \by
    ten_node 4, r6, \by
    ten_node 6, r7, \by
    ten_node 8, r8, \by
    ten_node 10, r9, \by
    ten_node 12, r10, \by
    ten_node 14, r11, \by
    ten_node 16, r12, \by
    ten_node 18, lr, \by
ten_next\by:
    ldrd r2, r3, [sp, #F_END]
    add r0, r3
    cmp r1, r2
    bne ten\by
    b ten_done
    .endm
    movs r5, r4
    movs r6, r4
    cmp r7, #1
    mov r7, r4
    beq ten7
    bgt ten8
    ten_rows 6
    ten_rows 8
    ten_rows 7
ten_done:
.endif
    add r0, sp, #F_SUMS
    stmia r0, {r4-r12, lr}
    ldr r0, [sp, #F_COL]
    adds r0, #20
    str r0, [sp, #F_COL]
    movs r7, #10
    b finish_nodes
@ One node: r8 its sum
one:
    adds r2, #3
    str r2, [sp, #F_LEFT]
    mov r8, #0
    cbz r4, one_below
    adds r0, #PER_CROSSBAR
    load_v r1, r0, r6
    ldr r3, [sp, #F_ABOVE]
    add r2, r3, r4, lsl #1
one_column:
    ldrsh r6, [r1], #2
    ldrh r7, [r3], #2
    muls r7, r6
    asrs r7, r5
    add r8, r7
    cmp r3, r2
    bne one_column
    str r3, [sp, #F_ABOVE]
    subs r0, #PER_CROSSBAR
    ldr r6, [r0, #BACK_SHIFT]
    asr r8, r8, r6
one_below:
    ldr r3, [r0, #ROWS]
    cbz r3, one_summed
    ldr r4, [r0, #NODES]
    lsls r4, r4, #1
    subs r0, #PER_CROSSBAR
    load_v r1, r0, r6
    add r2, r1, r3, lsl #1
    ldr r3, [sp, #F_COL]
one_row:
    ldrsh r6, [r1], #2
    ldrh r7, [r3]
    add r3, r4
    muls r7, r6
    asrs r7, r5
    add r8, r7
    cmp r1, r2
    bne one_row
one_summed:
    str r8, [sp, #F_SUMS]
    ldr r0, [sp, #F_COL]
    adds r0, #2
    str r0, [sp, #F_COL]
    movs r7, #1
@ r7 nodes whose sums are on the stack. -65536 for -65535: either is below every low
finish_nodes:
    add r0, sp, #F_P
    ldmia r0, {r1-r6}
    add r0, sp, #F_SUMS
    add r12, r0, r7, lsl #2
    mov r9, #8192
finish_node:
    ldr r7, [r0], #4
    ldr r8, [r1], #4
    add r7, r8
    ldrb r8, [r2], #1
    asrs r7, r8
    bmi finish_below
    usat r7, #16, r7
    ldrh r8, [r3], #2
    mla r7, r7, r8, r9
    asrs r7, r7, #14
    ldrsh r8, [r5, r6]
    cmp r7, r8
    bgt finish_limit
finish_store:
    strh r7, [r6], #2
    cmp r0, r12
    bne finish_node
    add r0, sp, #F_P
    stmia r0!, {r1-r6}
    ldr r2, [sp, #F_LEFT]
    cmp r2, #0
    bne block
    b relaxed
finish_below:
    ssat r7, #17, r7
    ldrh r8, [r3], #2
    mla r7, r7, r8, r9
    asrs r7, r7, #14
    ldrsh r8, [r4, r6]
    cmp r7, r8
    bge finish_store
finish_limit:
    mov r7, r8
    b finish_store
.else
    mov r10, r0
    load_v r1, r0, r1
    str r1, [sp, #F_OUT]
    movs r1, #0
    @ Two nodes at once: r8 and r9 their sums, r10 the layer's words, r11 the first of the nodes
nodes:
    mov r11, r1
    mov r0, r10
    movs r3, #0
    mov r8, r3
    mov r9, r3
    ldr r2, [r0, #NODES]
    subs r2, r2, r1
    cmp r2, #4
    blt few
    str r1, [sp, #F_NODE]
    str r0, [sp, #F_WORDS]
    mov r10, r3
    mov r11, r3
    b quad
few:
    ldr r2, [r0, #COLUMNS]
    cmp r2, #0
    beq below
    ldr r3, [sp, #F_ZERO]
    cmp r3, #0
    bne below
two:
    @ r0 and r3 ends of the rows, r1 of the voltages above, r2 place from there, r4 voltage, r5 shift
    lsls r2, r2, #1
    muls r1, r2
    ldr r3, [r0, #G_ABOVE]
    adds r3, r3, r1
    adds r3, r3, r2
    movs r6, r3
    ldr r5, [r0, #NODES]
    cmp r5, #1
    beq alone
    adds r3, r3, r2
alone:
    movs r4, r0
    adds r4, #PER_CROSSBAR
    load_v r1, r4, r1
    adds r1, r1, r2
    ldr r5, [r0, #PRODUCT_SHIFT]
    negs r2, r2
    movs r0, r6
above:
    ldrsh r4, [r1, r2]
    ldrh r6, [r0, r2]
    ldrh r7, [r3, r2]
    muls r6, r4
    muls r7, r4
    asrs r6, r5
    asrs r7, r5
    add r8, r6
    add r9, r7
    adds r2, #2
    bne above
    mov r0, r10
    ldr r5, [r0, #BACK_SHIFT]
    mov r6, r8
    asrs r6, r5
    mov r8, r6
    mov r6, r9
    asrs r6, r5
    mov r9, r6
below:
    ldr r2, [r0, #ROWS]
    cmp r2, #0
    beq finish
    @ r0 and r3 columns, r1 end of the voltages below, r2 place from there, r4 voltage, r5 shift, r6 row, r12 its bytes
    lsls r2, r2, #1
    movs r4, r0
    subs r4, #PER_CROSSBAR
    load_v r1, r4, r1
    adds r1, r1, r2
    negs r2, r2
    ldr r4, [r0, #NODES]
    lsls r5, r4, #1
    mov r12, r5
    ldr r3, [r0, #G]
    mov r6, r11
    lsls r6, r6, #1
    adds r3, r3, r6
    ldr r5, [r0, #PRODUCT_SHIFT]
    movs r0, r3
    cmp r4, #1
    beq single
    adds r3, #2
single:
    movs r6, #0
rows:
    ldrsh r4, [r1, r2]
    cmp r4, #0
    beq row
    ldrh r7, [r0, r6]
    muls r7, r4
    asrs r7, r5
    add r8, r7
    ldrh r7, [r3, r6]
    muls r7, r4
    asrs r7, r5
    add r9, r7
row:
    add r6, r12
    adds r2, #2
    bne rows
finish:
    mov r0, r10
    mov r1, r11
    mov r6, r8
    bl node
    adds r1, #1
    ldr r2, [r0, #NODES]
    cmp r1, r2
    beq layered
    mov r6, r9
    bl node
    adds r1, #1
    ldr r2, [r0, #NODES]
    subs r2, r2, r1
    beq layered
    cmp r2, #1
    bne more
    @ an odd one out is relaxed together with the one before, which stays as it is
    subs r1, #1
more:
    b nodes
layered:
    b relaxed
    @ Four nodes at once, r8 to r11 their sums; five of a layer with none above
quad:
    ldr r2, [r0, #COLUMNS]
    cmp r2, #0
    beq outputs
    ldr r3, [sp, #F_ZERO]
    cmp r3, #0
    bne below4
    ldr r3, [r0, #PRODUCT_SHIFT]
    subs r3, #6
    cmp r3, #2
    bhi by_two
    b above4
by_two:
    mov r10, r0
    mov r11, r1
    b two
outputs:
    ldr r2, [r0, #NODES]
    subs r2, r2, r1
    cmp r2, #5
    blt below4
    ldr r2, [r0, #ROWS]
    cmp r2, #0
    bne below5
    @ r0 first column, r1 end of the voltages below, r2 place from there, r4 voltage, r5 shift, r6 bytes of a row
below4:
    ldr r2, [r0, #ROWS]
    cmp r2, #0
    beq finish4
    bl columns
row4:
    .macro row_node at, sum
    ldrh r7, [r0, #\at]
    muls r7, r4
    asrs r7, r5
    add \sum, r7
    .endm
    ldrsh r4, [r1, r2]
    cmp r4, #0
    beq next4
    row_node 0, r8
    row_node 2, r9
    row_node 4, r10
    row_node 6, r11
next4:
    adds r0, r0, r6
    adds r2, #2
    bne row4
    ldr r0, [sp, #F_WORDS]
finish4:
    ldr r1, [sp, #F_NODE]
    bl four_nodes
finished:
    mov r10, r0
    ldr r2, [r0, #NODES]
    subs r2, r2, r1
    beq layered
    cmp r2, #1
    bne more
    subs r1, #1
    b more
below5:
    bl columns
    movs r7, #0
    mov r12, r7
row5:
    ldrsh r4, [r1, r2]
    cmp r4, #0
    beq next5
    row_node 0, r8
    row_node 2, r9
    row_node 4, r10
    row_node 6, r11
    row_node 8, r12
next5:
    adds r0, r0, r6
    adds r2, #2
    bne row5
    ldr r0, [sp, #F_WORDS]
    ldr r1, [sp, #F_NODE]
    bl four_nodes
    mov r6, r12
    bl node
    adds r1, #1
    b finished
    @ products shifted by 6, 7 or 8: r3, r5, r7 and r0 ends of the rows, r1 of the voltages above, r2 place from there,
    @ r4 voltage
above4:
    lsls r2, r2, #1
    muls r1, r2
    ldr r3, [r0, #G_ABOVE]
    adds r3, r3, r1
    adds r3, r3, r2
    adds r5, r3, r2
    adds r7, r5, r2
    adds r0, #PER_CROSSBAR
    load_v r1, r0, r1
    adds r1, r1, r2
    adds r0, r7, r2
    negs r2, r2
    ldr r4, [sp, #F_WORDS]
    ldr r4, [r4, #PRODUCT_SHIFT]
    .macro above4_row row, sum, by
    ldrh r6, [\row, r2]
    muls r6, r4
    asrs r6, r6, #\by
    add \sum, r6
    .endm
    .macro above4 by
above4_\by:
    ldrsh r4, [r1, r2]
    above4_row r3, r8, \by
    above4_row r5, r9, \by
    above4_row r7, r10, \by
    above4_row r0, r11, \by
    adds r2, #2
    bne above4_\by
    b above4_done
    .endm
    cmp r4, #7
    beq above4_7
    bgt above4_8
    above4 6
    above4 8
    above4 7
above4_done:
    ldr r0, [sp, #F_WORDS]
    ldr r5, [r0, #BACK_SHIFT]
    .irp sum, r8, r9, r10, r11
    mov r6, \sum
    asrs r6, r5
    mov \sum, r6
    .endr
    b below4
columns:
    lsls r2, r2, #1
    movs r4, r0
    subs r4, #PER_CROSSBAR
    load_v r1, r4, r1
    adds r1, r1, r2
    negs r2, r2
    ldr r6, [r0, #NODES]
    lsls r6, r6, #1
    ldr r5, [r0, #PRODUCT_SHIFT]
    ldr r3, [sp, #F_NODE]
    lsls r3, r3, #1
    ldr r0, [r0, #G]
    adds r0, r0, r3
    bx lr
four_nodes:
    mov r2, lr
    str r2, [sp, #F_END]
    mov r6, r8
    bl node
    adds r1, #1
    mov r6, r9
    bl node
    adds r1, #1
    mov r6, r10
    bl node
    adds r1, #1
    mov r6, r11
    bl node
    adds r1, #1
    ldr r2, [sp, #F_END]
    bx r2
    @ A node, r1, of current r6 and layer r0: r2 place, r3 and r4 what comes; leaves r0 and r1
node:
    lsls r2, r1, #2
    ldr r3, [r0, #BASE]
    ldr r3, [r3, r2]
    adds r6, r6, r3
    ldr r3, [r0, #SHIFT]
    ldrb r3, [r3, r1]
    lsls r2, r1, #1
    asrs r6, r3
    bmi node_below
    lsrs r3, r6, #16
    beq small
    movs r6, #1
    lsls r6, r6, #16
    subs r6, #1
small:
    ldr r3, [r0, #RECIPROCAL]
    ldrh r3, [r3, r2]
    muls r6, r3
    asrs r6, r6, #13
    adds r6, #1
    asrs r6, r6, #1
    ldr r3, [r0, #HIGH]
    ldrsh r3, [r3, r2]
    cmp r6, r3
    ble within
    movs r6, r3
within:
    ldr r3, [sp, #F_OUT]
    strh r6, [r3, r2]
    bx lr
    @ below zero, where most diodes let no voltage go
node_below:
    ldr r4, [r0, #LOW]
    ldrsh r4, [r4, r2]
    cmp r4, #0
    beq limit
    asrs r3, r6, #16
    adds r3, #1
    beq small_below
    @ -65536 for -65535: either is below every low
    movs r6, #1
    lsls r6, r6, #16
    negs r6, r6
small_below:
    ldr r3, [r0, #RECIPROCAL]
    ldrh r3, [r3, r2]
    muls r6, r3
    asrs r6, r6, #13
    adds r6, #1
    asrs r6, r6, #1
    cmp r6, r4
    bge within
limit:
    movs r6, r4
    b within
.endif

@ Nudged phase r1, from the free state: what its first half sweep does not relax is copied, and all bias pairs. r0
@ voltage, r2 layer's words, r3 crossbars left, r4 end, r5 free voltages, r6 the phase's, r7 place
nudge:
    mov r4, lr
    str r4, [sp, #F_LR2]
    ldr r0, [sp, #F_TABLE]
    ldr r3, [r0, #OUT_COUNTS]
    uxtb r3, r3
    movs r2, r0
    adds r2, #AT_CROSSBARS
copy:
    movs r4, r2
    adds r4, #V_FREE
    ldr r5, [r4]
    lsls r6, r1, #3
    ldr r6, [r4, r6]
    ldr r7, [r2, #WIRED]
    lsls r7, r7, #1
    movs r4, #0
    lsls r0, r3, #31
    bne copy_node
    ldr r4, [r2, #NODES]
    lsls r4, r4, #1
copy_node:
    subs r7, #2
    ldrh r0, [r5, r7]
    strh r0, [r6, r7]
    cmp r7, r4
    bne copy_node
    adds r2, #PER_CROSSBAR
    subs r3, #1
    bne copy
    subs r2, #PER_CROSSBAR
    ldr r0, [sp, #F_TABLE]
    @ `plain.set_base_currents` and `plain.shift_outputs`: r2 the outputs' words
.if V7
    @ r0 outputs left, r3 voltages, r4 currents, r5 those at rest, r6 base currents, r7 current, r8 shifts,
    @ r9 reciprocals, r10 lows, r11 highs, r12 what comes
    str r1, [sp, #F_X]
    lsls r3, r1, #3
    adds r3, #V_FREE
    ldr r3, [r2, r3]
    subs r1, #1
    negs r1, r1
    ldr r4, [r0, #OUT_CURRENTS]
    ldr r5, [r0, #OUT_REST]
    ldr r6, [r0, #OUT_BASE]
    ldr r0, [r0, #OUT_NODES]
    ldr r8, [r2, #SHIFT]
    ldr r9, [r2, #RECIPROCAL]
    ldr r10, [r2, #LOW]
    ldr r11, [r2, #HIGH]
    mov lr, #8192
output:
    ldr r7, [r4], #4
    eors r7, r1
    subs r7, r7, r1
    ldr r12, [r5], #4
    add r12, r7
    str r12, [r6], #4
    cbz r7, output_next
    ldrb r12, [r8]
    asr r7, r7, r12
    movw r12, #65535
    cmp r7, r12
    it gt
    movgt r7, r12
    cmn r7, r12
    it lt
    rsblt r7, r12, #0
    ldrh r12, [r9]
    mla r7, r7, r12, lr
    asrs r7, r7, #14
    ldrsh r12, [r3]
    add r7, r12
    ldrsh r12, [r11]
    cmp r7, r12
    it gt
    movgt r7, r12
    ldrsh r12, [r10]
    cmp r7, r12
    it lt
    movlt r7, r12
    strh r7, [r3]
output_next:
    adds r3, #2
    add r8, #1
    add r9, #2
    add r10, #2
    add r11, #2
    subs r0, #1
    bne output
    ldr r1, [sp, #F_X]
    ldr r0, [sp, #F_TABLE]
.else
    @ r7 output, r8 voltages, r9 currents, r12 the base currents
    lsls r3, r1, #3
    adds r3, #V_FREE
    ldr r3, [r2, r3]
    mov r8, r3
    ldr r3, [r0, #OUT_CURRENTS]
    mov r9, r3
    ldr r3, [r0, #OUT_BASE]
    mov r12, r3
    ldr r7, [r0, #OUT_NODES]
output:
    subs r7, #1
    lsls r5, r7, #2
    mov r3, r9
    ldr r6, [r3, r5]
    cmp r1, #1
    beq pulled
    negs r6, r6
pulled:
    ldr r3, [r0, #OUT_REST]
    ldr r3, [r3, r5]
    adds r3, r3, r6
    mov r4, r12
    str r3, [r4, r5]
    cmp r6, #0
    beq displaced
    ldr r3, [r2, #SHIFT]
    ldrb r3, [r3, r7]
    asrs r6, r3
    asrs r3, r6, #16
    asrs r4, r6, #31
    cmp r3, r4
    beq near
    movs r3, #1
    lsls r3, r3, #16
    subs r3, #1
    eors r3, r4
    subs r6, r3, r4
near:
    lsls r5, r7, #1
    ldr r3, [r2, #RECIPROCAL]
    ldrh r3, [r3, r5]
    muls r6, r3
    asrs r6, r6, #13
    adds r6, #1
    asrs r6, r6, #1
    mov r4, r8
    ldrsh r3, [r4, r5]
    adds r6, r6, r3
    ldr r3, [r2, #HIGH]
    ldrsh r3, [r3, r5]
    cmp r6, r3
    bgt beyond
    ldr r3, [r2, #LOW]
    ldrsh r3, [r3, r5]
    cmp r6, r3
    bge placed
beyond:
    movs r6, r3
placed:
    strh r6, [r4, r5]
displaced:
    cmp r7, #0
    bne output
.endif
    @ down from the layer below the outputs, and one sweep less
    ldr r4, [r0, #OUT_COUNTS]
    lsrs r3, r4, #8
    uxtb r3, r3
    subs r3, #1
    lsls r3, r3, #1
    movs r2, #1
    ands r2, r4
    movs r5, #0
    bl sweep
    ldr r4, [sp, #F_LR2]
    bx r4

@ `plain.set_nudge` for the label r3: r0 loss, r2 output, r4 currents, r5 error, r8 voltages, r9 loss, r10 its limit,
@ r12 the current's
set_nudge:
    ldr r1, [sp, #F_TABLE]
    ldr r4, [r1, #OUT_V_FREE]
    mov r8, r4
    ldr r4, [r1, #OUT_CURRENTS]
    movs r2, #0
    mov r9, r2
    mvns r5, r2
    lsrs r6, r5, #2
    mov r10, r6
    lsrs r6, r5, #3
    mov r12, r6
nudge_output:
    lsls r7, r2, #1
    mov r5, r8
    ldrsh r7, [r5, r7]
    cmp r2, r3
    beq right
    ldr r5, [r1, #OUT_WRONG]
    sxth r5, r5
    subs r5, r5, r7
    blt wrong
    b none
right:
    ldr r5, [r1, #OUT_RIGHT]
    sxth r5, r5
    subs r5, r5, r7
    bgt wrong
none:
    movs r5, #0
    stmia r4!, {r5}
    b next
wrong:
    ldr r6, [r1, #OUT_BETA]
    muls r6, r5
    ldr r7, [r1, #OUT_SHIFT]
    asrs r6, r7
    mov r7, r12
    cmp r6, r7
    bgt nudge_limit
    negs r7, r7
    cmp r6, r7
    bge nudge_within
nudge_limit:
    movs r6, r7
nudge_within:
    stmia r4!, {r6}
    asrs r5, r5, #4
    movs r7, r5
    muls r5, r7
    mov r7, r10
    subs r7, r7, r5
    mov r6, r9
    adds r5, r5, r6
    cmp r6, r7
    blt nudge_loss
    mov r5, r10
nudge_loss:
    mov r9, r5
next:
    adds r2, #1
    ldr r7, [r1, #OUT_NODES]
    cmp r2, r7
    bne nudge_output
    mov r0, r9
    bx lr

@ Change every conductance; r0 is then 1 if a total is out of range, otherwise 0
program:
    mov r4, lr
    str r4, [sp, #F_LR]
    @ `plain.contrast`: r0 layer's words, r1 layers left, r2 delta, r3 mean, r4 plus, r5 minus
    ldr r0, [sp, #F_TABLE]
    ldr r1, [r0, #OUT_COUNTS]
    uxtb r1, r1
    adds r0, #AT_CROSSBARS
.if V7
contrast:
    ldr r2, [r0, #DELTA]
    ldr r3, [r0, #MEAN]
    ldr r4, [r0, #V_FREE + 8]
    ldr r5, [r0, #V_FREE + 16]
    ldr r6, [r0, #WIRED]
    ldr r7, [r0, #DELTA_LIMIT]
    add r6, r2, r6, lsl #1
.if DSP
    @ r11 the limit twice, r12 its negative
    orr r11, r7, r7, lsl #16
    negs r8, r7
    pkhbt r12, r8, r8, lsl #16
    subs r6, #4
contrast_two:
    cmp r2, r6
    bhi contrast_tail
    ldr r8, [r4], #4
    ldr r9, [r5], #4
    shadd16 r10, r8, r9
    str r10, [r3], #4
    qsub16 r8, r8, r9
    ssub16 r9, r8, r11
    sel r8, r11, r8
    ssub16 r9, r8, r12
    sel r8, r8, r12
    str r8, [r2], #4
    b contrast_two
contrast_tail:
    adds r6, #4
    cmp r2, r6
    beq contrasted
.endif
    lsl r12, r7, #1
contrast_node:
    ldrsh r8, [r4], #2
    ldrsh r9, [r5], #2
    add r10, r8, r9
    sub r8, r8, r9
    add r9, r8, r7
    cmp r9, r12
    bhi contrast_limit
contrast_store:
    strh r8, [r2], #2
    asr r10, r10, #1
    strh r10, [r3], #2
    cmp r2, r6
    bne contrast_node
contrasted:
    adds r0, #PER_CROSSBAR
    subs r1, #1
    bne contrast
    b update_driven
contrast_limit:
    cmp r8, #0
    ite lt
    rsblt r8, r7, #0
    movge r8, r7
    b contrast_store

@ `plain.update_driven`: r0 row, r1 deltas, r4 delta, r5 bytes of a row, r6 node, r7 nodes. A node that did not move is
@ skipped
update_driven:
    ldr r2, [sp, #F_TABLE]
    add r0, r2, #AT_CROSSBARS
    str r0, [sp, #F_WORDS]
    ldr r1, [r0, #DELTA]
    ldr r5, [r2, #IN_WIDTH]
    ldr r7, [r2, #IN_NODES]
    ldr r0, [r2, #IN_CONDUCTANCES]
    movs r6, #0
moved:
    ldrsh r4, [r1, r6, lsl #1]
    cbnz r4, change_row
move_next:
    add r0, r5
    adds r6, #1
    cmp r6, r7
    bne moved
    b update_between
    @ r1 c, r2 d, shifted left by 16 - rate: changes in the upper half; r3 list, r4 input, r5 its pair, r6 change, r7 new
    @ pair, r8 sum, r9 g_min twice, r10 end of the list, lr c's own change
change_row:
    str r0, [sp, #F_COL]
    str r6, [sp, #F_NODE]
    ldr r2, [sp, #F_WORDS]
    ldr r7, [r2, #MEAN]
    ldrsh r7, [r7, r6, lsl #1]
    muls r7, r4
    ldr r3, [r2, #GAIN]
    asrs r7, r3
    ldr r3, [r2, #RATE_SHIFT]
    movs r5, #1
    lsls r5, r3
    lsrs r5, r5, #1
    subs r7, r5, r7
    rsb r5, r4, r4, lsl #7
    adds r1, r7, r5
    subs r5, r7, r5
    asrs r1, r3
    asrs r5, r3
    orrs r6, r1, r5
    beq row_next
    ldr r9, [r2, #G_MIN]
    mov r8, #0
    mov r12, r3
    ldr r6, [sp, #F_TABLE]
    ldr r3, [r6, #IN_ACTIVE]
    ldr r10, [r3]
    adds r3, #4
    cmp r12, #16
    bgt row_far
    sxth r6, r1
    cmp r6, r1
    bne row_far
    sxth r6, r5
    cmp r6, r5
    bne row_far
    orr r9, r9, r9, lsl #16
    asr r6, r7, r12
    rsb r12, r12, #16
    lsl r2, r4, r12
.if !DSP
    movs r4, r1
.endif
    lsl r1, r7, r12
.if DSP
    mov r11, #0x00010001
    pkhbt lr, r6, r6, lsl #16
    cbnz r6, row_entry
    .macro active_pair
    ldmia r3!, {r4, r5}
    mla r6, r4, r2, r1
    mls r7, r4, r2, r1
    pkhtb r6, r7, r6, asr #16
    ldr r7, [r0, r5]
    qadd16 r6, r7, r6
    ssub16 r12, r6, r9
    sel r6, r6, r9
    str r6, [r0, r5]
    ssub16 r7, r6, r7
    smlad r8, r7, r11, r8
    .endm
    sub r4, r10, r3
    lsls r4, r4, #28
    bne row_odd
row_active:                     @ two pairs
    active_pair
row_odd:
    active_pair
    cmp r3, r10
    bne row_active
    b row_done
    @ the same where inputs at zero volts, up to pair r5, change by lr; r0 pair
row_entry:
    ldmia r3!, {r4, r5}
    ldr r12, [sp, #F_COL]
    add r5, r12
    cmp r0, r5
    beq row_pair
row_idle:
    ldr r7, [r0]
    qadd16 r6, r7, lr
    ssub16 r12, r6, r9
    sel r6, r6, r9
    str r6, [r0], #4
    ssub16 r7, r6, r7
    smlad r8, r7, r11, r8
    cmp r0, r5
    bne row_idle
row_pair:
    mla r6, r4, r2, r1
    mls r7, r4, r2, r1
    pkhtb r6, r7, r6, asr #16
    ldr r7, [r0]
    qadd16 r6, r7, r6
    ssub16 r12, r6, r9
    sel r6, r6, r9
    str r6, [r0], #4
    ssub16 r7, r6, r7
    smlad r8, r7, r11, r8
    cmp r3, r10
    bne row_entry
.else
    @ Changes are added up as words, in r8, up to r10: of so many inputs that neither half's sum exceeds 16 bits. lr: the
    @ sum otherwise
    .macro change_pair          @ r6 change
    mla r6, r4, r2, r1
    mls r7, r4, r2, r1
    bic r7, r7, r11
    add r6, r7, r6, asr #16
    .endm
    .macro check_pair to
    sub r12, r7, r9
    orr r12, r12, r7
    tst r12, #0x80008000
    bne \to
    .endm
    .macro limit_pair at        @ the pair at register `at` by the change r6
    sxth r4, r6
    subs r6, r6, r4
    ldrh r7, [\at]
    adds r4, r4, r7
    ldrh r7, [\at, #2]
    add r6, r7, r6, asr #16
    sub lr, r4
    sub lr, r6
    uxth r7, r9
    limit_device r4
    limit_device r6
    add lr, r4
    add lr, r6
    strh r4, [\at]
    strh r6, [\at, #2]
    .endm
    .macro limit_device new     @ r7 g_min
    cmp \new, r7
    it lt
    movlt \new, r7
    usat \new, #15, \new
    .endm
    .macro active_pair to
    ldmia r3!, {r4, r5}
    change_pair
    ldr r7, [r0, r5]
    adds r7, r7, r6
    add r8, r6
    check_pair \to
    str r7, [r0, r5]
    .endm
    str r10, [sp, #F_END]
    str r6, [sp, #F_X]
    mov lr, #0
    movw r11, #0xFFFF
    @ 32768 by the largest change there may be (or, above zero, by one more)
    eor r4, r4, r4, asr #31
    eors r5, r5, r5, asr #31
    cmp r4, r5
    it lt
    movlt r4, r5
    adds r4, #1
    mov r5, #32768
    udiv r4, r5, r4
    lsls r4, r4, #3
    str r4, [sp, #F_ROW]
row_part:
    add r10, r3, r4
    ldr r4, [sp, #F_END]
    cmp r10, r4
    it hi
    movhi r10, r4
    ldr r6, [sp, #F_X]
    cmp r6, #0
    bne row_entry
    sub r4, r10, r3
    lsls r4, r4, #28
    bne row_odd
row_active:                     @ two pairs
    active_pair row_limit
row_odd:
    active_pair row_odd_limit
    cmp r3, r10
    bne row_active
    b row_sum
row_limit:
    add r5, r0
    limit_pair r5
    b row_odd
row_odd_limit:
    add r5, r0
    limit_pair r5
    cmp r3, r10
    bne row_active
    b row_sum
pair_limit:
    limit_pair r0
    adds r0, #4
    cmp r3, r10
    beq row_sum
    @ the same where inputs at zero volts, up to pair r5, change by c's own change; r0 pair
row_entry:
    ldmia r3!, {r4, r5}
    ldr r12, [sp, #F_COL]
    add r5, r12
    cmp r0, r5
    bne row_idles
row_pair:
    change_pair
    ldr r7, [r0]
    adds r7, r7, r6
    add r8, r6
    check_pair pair_limit
    stmia r0!, {r7}
    cmp r3, r10
    bne row_entry
    b row_sum
row_idles:
    ldr r12, [sp, #F_X]
    subs r7, r5, r0
    lsrs r7, r7, #1
    mla lr, r7, r12, lr
    add r6, r12, r12, lsl #16
row_idle:
    ldr r7, [r0]
    adds r7, r7, r6
    check_pair idle_limit
    stmia r0!, {r7}
    cmp r0, r5
    bne row_idle
    b row_pair
idle_limit:
    push {r4, r6}
    limit_pair r0
    pop {r4, r6}
    adds r0, #4
    cmp r0, r5
    bne row_idle
    b row_pair
row_sum:
    sxth r5, r8
    sub r8, r8, r5
    add lr, r5
    add lr, lr, r8, asr #16
    mov r8, #0
    ldr r5, [sp, #F_END]
    ldr r4, [sp, #F_ROW]
    cmp r3, r5
    bne row_part
    mov r8, lr
.endif
row_done:
    ldr r2, [sp, #F_WORDS]
    ldr r3, [r2, #TOTAL]
    ldr r6, [sp, #F_NODE]
    ldr r7, [r3, r6, lsl #2]
    add r7, r8
    str r7, [r3, r6, lsl #2]
row_next:
    ldr r2, [sp, #F_TABLE]
    ldr r0, [sp, #F_COL]
    ldr r6, [sp, #F_NODE]
    ldr r5, [r2, #IN_WIDTH]
    ldr r7, [r2, #IN_NODES]
    ldr r1, [r2, #AT_CROSSBARS + DELTA]
    b move_next
    @ Changes of more than 16 bits, or a rate_shift of more than 16: r1 c, r2 d, r9 g_min, r11 rate_shift
row_far:
    mov r11, r12
    mov r1, r7
    mov r2, r4
far_entry:
    ldr r5, [r3, #4]
    adds r3, #8
    ldr r12, [sp, #F_COL]
    add r5, r12
far_pair:
    .macro far_device
    asr r6, r6, r11
    ldrh r7, [r0]
    add r6, r7
    cmp r6, r9
    it lt
    movlt r6, r9
    usat r6, #15, r6
    sub r12, r6, r7
    add r8, r12
    strh r6, [r0], #2
    .endm
    movs r4, #0
    cmp r0, r5
    it eq
    ldreq r4, [r3, #-8]
    muls r4, r2
    adds r6, r1, r4
    far_device
    subs r6, r1, r4
    far_device
    cmp r0, r5
    bls far_pair
    cmp r3, r10
    bne far_entry
    b row_done
.else
contrast:
    mov r12, r0
    movs r7, r0
    adds r7, #V_FREE
    ldr r2, [r0, #DELTA]
    ldr r3, [r0, #MEAN]
    ldr r4, [r7, #8]
    ldr r5, [r7, #16]
    ldr r6, [r0, #WIRED]
    lsls r6, r6, #1
    mov r8, r6
    ldr r6, [r0, #DELTA_LIMIT]
    mov r9, r6
    mov r10, r1
    movs r1, #0
contrast_node:
    ldrsh r6, [r4, r1]
    ldrsh r7, [r5, r1]
    adds r0, r6, r7
    asrs r0, r0, #1
    strh r0, [r3, r1]
    subs r6, r6, r7
    mov r0, r9
    cmp r6, r0
    bgt contrast_limit
    negs r0, r0
    cmp r6, r0
    bge contrast_within
contrast_limit:
    movs r6, r0
contrast_within:
    strh r6, [r2, r1]
    adds r1, #2
    cmp r1, r8
    bne contrast_node
    mov r1, r10
    mov r0, r12
    adds r0, #PER_CROSSBAR
    subs r1, #1
    bne contrast

@ `plain.update_driven`: r0 row, r1 deltas, r4 delta, r5 bytes of a row, r6 node, r7 nodes. A node that did not move is
@ skipped
    ldr r2, [sp, #F_TABLE]
    movs r0, r2
    adds r0, #AT_CROSSBARS
    str r0, [sp, #F_WORDS]
    ldr r1, [r0, #DELTA]
    ldr r5, [r2, #IN_WIDTH]
    ldr r7, [r2, #IN_NODES]
    lsls r7, r7, #1
    ldr r0, [r2, #IN_CONDUCTANCES]
    movs r6, #0
moved:
    ldrsh r4, [r1, r6]
    cmp r4, #0
    bne change_row
move_next:
    adds r0, r0, r5
    adds r6, #2
    cmp r6, r7
    bne moved
    goto update_between
    @ r1 c, r2 d, shifted left by 16 - rate: changes in the upper half; r3 list, r4 input, r5 its pair, r6 change, r7 new
    @ pair, r8 sum, r9 g_min twice, r10 end of the list, r11 c's own change, r12 = 0x80008000
change_row:
    str r0, [sp, #F_COL]
    str r6, [sp, #F_NODE]
    ldr r2, [sp, #F_WORDS]
    ldr r7, [r2, #MEAN]
    ldrsh r7, [r7, r6]
    muls r7, r4
    ldr r3, [r2, #GAIN]
    asrs r7, r3
    ldr r3, [r2, #RATE_SHIFT]
    movs r5, #1
    lsls r5, r3
    lsrs r5, r5, #1
    subs r7, r5, r7
    lsls r5, r4, #7
    subs r5, r5, r4
    adds r1, r7, r5
    subs r5, r7, r5
    asrs r1, r3
    asrs r5, r3
    movs r6, r1
    orrs r6, r5
    bne row_moves
    b row_next
row_moves:
    ldr r6, [r2, #G_MIN]
    mov r9, r6
    movs r6, #0
    mov r8, r6
    cmp r3, #16
    bgt row_far0
    sxth r6, r1
    cmp r6, r1
    bne row_far0
    sxth r6, r5
    cmp r6, r5
    bne row_far0
    mov r6, r9
    lsls r5, r6, #16
    add r9, r5
    movs r6, r7
    asrs r6, r3
    mov r11, r6
    movs r5, #16
    subs r3, r5, r3
    movs r1, r7
    lsls r1, r3
    movs r2, r4
    lsls r2, r3
    ldr r3, [sp, #F_TABLE]
    ldr r3, [r3, #IN_ACTIVE]
    ldr r5, [r3]
    mov r10, r5
    adds r3, #4
    movs r5, #1
    lsls r5, r5, #31
    lsrs r7, r5, #16
    adds r5, r5, r7
    mov r12, r5
    cmp r6, #0
    bne row_entry
    .macro change_pair          @ r6 change
    muls r4, r2
    adds r6, r1, r4
    subs r4, r1, r4
    asrs r6, r6, #16
    asrs r4, r4, #16
    add r8, r6
    add r8, r4
    lsls r4, r4, #16
    adds r6, r6, r4
    .endm
    .macro check_pair to
    mov r4, r9
    subs r4, r7, r4
    orrs r4, r7
    mov r7, r12
    tst r4, r7
    bne \to
    .endm
row_active:
    ldmia r3!, {r4, r5}
    change_pair
    ldr r7, [r0, r5]
    adds r6, r7, r6
    mov r4, r9
    subs r4, r6, r4
    orrs r4, r6
    mov r7, r12
    tst r4, r7
    bne row_limit
    str r6, [r0, r5]
row_more:
    cmp r3, r10
    bne row_active
    b row_done
row_far0:
    b row_far
    @ r6 the new pair, unlimited, r5 its place
row_limit:
    bl limit_pair
    b row_more
    @ Limit the devices of pair r0 + r5, r6 as changed: the lower one's true value is what it was plus the change's sign
limit_pair:
    adds r5, r5, r0
    ldr r7, [r5]
    subs r6, r6, r7
    mov r4, r9
    uxth r4, r4
    ldrh r7, [r5]
    push {r3}
    sxth r3, r6
    subs r6, r6, r3
    asrs r6, r6, #16
    adds r7, r7, r3
    mov r3, r8
    subs r3, r3, r7
    cmp r7, r4
    bge limit_low
    movs r7, r4
limit_low:
    lsrs r4, r7, #15
    beq limit_high
    movs r7, #1
    lsls r7, r7, #15
    subs r7, #1
limit_high:
    adds r3, r3, r7
    strh r7, [r5]
    ldrh r7, [r5, #2]
    adds r7, r7, r6
    subs r3, r3, r7
    mov r4, r9
    uxth r4, r4
    cmp r7, r4
    bge limit_low2
    movs r7, r4
limit_low2:
    lsrs r4, r7, #15
    beq limit_high2
    movs r7, #1
    lsls r7, r7, #15
    subs r7, #1
limit_high2:
    adds r3, r3, r7
    strh r7, [r5, #2]
    mov r8, r3
    pop {r3}
    bx lr
    @ the same where inputs at zero volts, up to pair r5, change by r11; r0 pair
row_entry:
    ldr r5, [r3, #4]
    ldr r7, [sp, #F_COL]
    adds r5, r5, r7
    cmp r0, r5
    bne row_idles
row_pair:
    ldr r4, [r3]
    adds r3, #8
    change_pair
    ldr r7, [r0]
    adds r6, r7, r6
    mov r4, r9
    subs r4, r6, r4
    orrs r4, r6
    mov r7, r12
    tst r4, r7
    bne pair_limit
    stmia r0!, {r6}
pair_more:
    cmp r3, r10
    bne row_entry
    b row_done
pair_limit:
    movs r5, #0
    bl limit_pair
    adds r0, #4
    b pair_more
row_idles:
    subs r7, r5, r0
    lsrs r7, r7, #1
    mov r6, r11
    muls r7, r6
    add r8, r7
    lsls r7, r6, #16
    adds r7, r7, r6
    push {r1}
    mov r1, r12
row_idle:
    ldr r6, [r0]
    adds r6, r6, r7
    mov r4, r9
    subs r4, r6, r4
    orrs r4, r6
    tst r4, r1
    bne idle_limit
    stmia r0!, {r6}
    cmp r0, r5
    bne row_idle
idle_done:
    pop {r1}
    b row_pair
idle_limit:
    push {r5, r7}
    movs r5, #0
    bl limit_pair
    pop {r5, r7}
    adds r0, #4
    cmp r0, r5
    bne row_idle
    b idle_done
row_done:
    ldr r2, [sp, #F_WORDS]
    ldr r3, [r2, #TOTAL]
    ldr r6, [sp, #F_NODE]
    lsls r6, r6, #1
    ldr r7, [r3, r6]
    add r7, r8
    str r7, [r3, r6]
row_next:
    ldr r2, [sp, #F_TABLE]
    ldr r0, [sp, #F_COL]
    ldr r6, [sp, #F_NODE]
    ldr r5, [r2, #IN_WIDTH]
    ldr r7, [r2, #IN_NODES]
    lsls r7, r7, #1
    adds r2, #AT_CROSSBARS
    ldr r1, [r2, #DELTA]
    b move_next
    @ Changes of more than 16 bits, or a rate_shift of more than 16: r1 c, r2 d, r9 g_min, r10 list, r11 rate_shift,
    @ r12 the list's end
row_far:
    mov r11, r3
    movs r1, r7
    movs r2, r4
    ldr r3, [sp, #F_TABLE]
    ldr r3, [r3, #IN_ACTIVE]
    ldr r5, [r3]
    mov r12, r5
    adds r3, #4
    mov r10, r3
far_entry:
    mov r3, r10
    ldr r5, [r3, #4]
    ldr r7, [sp, #F_COL]
    adds r5, r5, r7
far_pair:
    movs r4, #0
    cmp r0, r5
    bne far_zero
    mov r3, r10
    ldr r4, [r3]
far_zero:
    muls r4, r2
    .macro far_device
    mov r7, r11
    asrs r6, r7
    ldrh r7, [r0]
    mov r3, r8
    subs r3, r3, r7
    adds r6, r6, r7
    cmp r6, r9
    bge 1f
    mov r6, r9
1:
    lsrs r7, r6, #15
    beq 2f
    movs r6, #1
    lsls r6, r6, #15
    subs r6, #1
2:
    adds r3, r3, r6
    mov r8, r3
    strh r6, [r0]
    adds r0, #2
    .endm
    adds r6, r1, r4
    far_device
    subs r6, r1, r4
    far_device
    cmp r0, r5
    bls far_pair
    mov r3, r10
    adds r3, #8
    mov r10, r3
    cmp r3, r12
    bne far_entry
    b row_done
.endif

@ `plain.update_between`, from the last crossbar to the second: each is done with its layer's delta and mean, and so
@ scales them in place. r0 layer's words
update_between:
    ldr r0, [sp, #F_TABLE]
    ldr r1, [r0, #OUT_COUNTS]
    uxtb r1, r1
    movs r2, #PER_CROSSBAR
    muls r2, r1
    adds r0, #AT_CROSSBARS
    adds r0, r0, r2
between:
    subs r1, #1
    bgt between_one
    b invert
between_one:
    subs r0, #PER_CROSSBAR
    str r1, [sp, #F_LEFT]
    str r0, [sp, #F_WORDS]
    @ What rows at zero volts change by: to the stack for up to 32 nodes, an even number, if each fits 16 bits. r1 node,
    @ r2 offset, r3 gain, r4 delta, r5 mean, r6 and r7 what comes, r8 rate_shift, r9 sum, r10 whether any is not zero,
    @ r11 whether one does not fit, r12 end
    ldr r3, [r0, #GAIN]
    ldr r2, [r0, #RATE_SHIFT]
    mov r8, r2
    movs r6, #1
    lsls r6, r2
    lsrs r2, r6, #1
    movs r1, #0
    mov r9, r1
    mov r10, r1
    mov r11, r1
    ldr r4, [r0, #DELTA]
    ldr r5, [r0, #MEAN]
    ldr r6, [r0, #NODES]
    lsls r6, r6, #1
    mov r12, r6
    mov lr, r0
still:
    ldrsh r6, [r4, r1]
    asrs r6, r3
    strh r6, [r4, r1]
    ldrsh r7, [r5, r1]
    asrs r7, r3
    strh r7, [r5, r1]
    muls r6, r7
    subs r6, r2, r6
    mov r7, r8
    asrs r6, r7
    add r9, r6
    mov r7, r10
    orrs r7, r6
    mov r10, r7
    sxth r7, r6
    subs r7, r7, r6
    beq still_fits
    mov r11, r7
still_fits:
    add r0, sp, #F_SUMS
    cmp r1, #64
    bhs still_beyond
    strh r6, [r0, r1]
still_beyond:
    adds r1, #2
    cmp r1, r12
    bne still
    mov r0, lr
    @ F_X: rows of zero volts add up to so much; F_C: how they are treated: 0 one by one, 1 in pairs, 2 not at all;
    @ F_HALVES: how many rows there were
    movs r7, #0
    str r7, [sp, #F_HALVES]
    mov r6, r9
    str r6, [sp, #F_X]
    mov r6, r11
    cmp r6, #0
    bne still_kind
    movs r7, #2
    mov r6, r10
    cmp r6, #0
    beq still_kind
    movs r7, #0
    cmp r1, #64
    bhi still_kind
    lsls r6, r1, #30
    bne still_kind
    @ as words that add to both devices of a pair
    add r3, sp, #F_SUMS
    adds r4, r3, r1
    movs r7, #0
still_pair:
    ldrsh r5, [r3, r7]
    adds r7, #2
    ldrsh r6, [r3, r7]
    subs r7, #2
    lsls r6, r6, #16
    adds r5, r5, r6
    stmia r3!, {r5}
    cmp r3, r4
    bne still_pair
    movs r7, #1
still_kind:
    str r7, [sp, #F_C]
    @ F_P: deltas, means and totals below, place of the bias rows, g_min twice; F_COL bytes of a row; r10 rate_shift,
    @ r11 offset, r12 on ARMv7-M g_min, twice if devices change in pairs
    mov r10, r8
    mov r3, r8
    movs r2, #1
    lsls r2, r3
    lsrs r2, r2, #1
    mov r11, r2
    ldr r1, [r0, #DELTA]
    ldr r2, [r0, #NODES]
    lsls r2, r2, #1
    str r2, [sp, #F_COL]
    adds r1, r1, r2
    str r1, [sp, #F_END]
    ldr r6, [r0, #ROWS]
    subs r6, #2
    lsls r6, r6, #1
    ldr r7, [r0, #G_MIN]
.if V7
    mov r12, r7
.endif
    lsls r5, r7, #16
    adds r7, r7, r5
.if V7
    lsls r2, r2, #30
    bne still_odd
    mov r12, r7
still_odd:
.endif
    movs r2, r0
    subs r2, #PER_CROSSBAR
    ldr r3, [r2, #DELTA]
    ldr r4, [r2, #MEAN]
    ldr r5, [r2, #TOTAL]
    add r1, sp, #F_P
    stmia r1!, {r3-r7}
    ldr r0, [r0, #G]
    movs r7, #0
    @ r0 device, r7 row, its bytes in the deltas
between_row:
    str r7, [sp, #F_ROW]
    ldr r4, [sp, #F_P]
    ldrsh r4, [r4, r7]
    ldr r6, [sp, #F_P + 4]
    ldrsh r6, [r6, r7]
    movs r5, r6
    orrs r5, r4
    bne row_changes
    ldr r5, [sp, #F_C]
    cmp r5, #1
    blt row_changes
    ldr r2, [sp, #F_COL]
    adds r2, r2, r0
    cmp r5, #1
    bgt row_still
    @ a quiet row, pair by pair: r0 pair, r1 changes, r2 end, r3 g_min twice, r4 new pair, lr sum
    ldr r6, [sp, #F_HALVES]
    adds r6, #1
    str r6, [sp, #F_HALVES]
    ldr r3, [sp, #F_P + 16]
    add r1, sp, #F_SUMS
    ldr r6, [sp, #F_X]
    mov lr, r6
.if !V7
    movs r7, #1
    lsls r7, r7, #31
    lsrs r6, r7, #16
    adds r7, r7, r6
.endif
quiet:
    ldmia r1!, {r4}
    ldr r5, [r0]
    adds r5, r5, r4
    subs r6, r5, r3
    orrs r6, r5
.if V7
    tst r6, #0x80008000
.else
    tst r6, r7
.endif
    bne quiet_limit
    stmia r0!, {r5}
quiet_next:
    cmp r0, r2
    bne quiet
    b between_summed
row_still:
    movs r0, r2
    movs r5, #0
    mov lr, r5
    b between_summed
    @ r0 pair, r4 change, r1 totals of its nodes
quiet_limit:
    push {r1, r2, r3, r7}
    subs r1, #4
    add r2, sp, #F_SUMS + 16
    subs r1, r1, r2
    lsls r1, r1, #1
    ldr r2, [sp, #F_WORDS + 16]
    ldr r2, [r2, #TOTAL]
    adds r1, r1, r2
    uxth r3, r3
    movs r2, r4
    .macro quiet_device at
    ldrh r5, [r0, #\at]
    adds r5, r5, r4
    movs r6, r5
    cmp r5, r3
    bge 1f
    movs r5, r3
1:
    lsrs r7, r5, #15
    beq 2f
    ldr r5, [sp, #F_WORDS + 16]
    ldr r5, [r5, #G_MAX]
2:
    strh r5, [r0, #\at]
    subs r5, r5, r6
    add lr, r5
    ldr r7, [r1, #2 * \at]
    adds r7, r7, r5
    str r7, [r1, #2 * \at]
    .endm
    sxth r4, r4
    subs r2, r2, r4
    quiet_device 0
    asrs r4, r2, #16
    quiet_device 2
    adds r0, #4
    pop {r1, r2, r3, r7}
    b quiet_next
    @ r0 device, r1 delta above, r2 bytes from there to the mean above, r3 total above, r8 delta below, r9 mean below,
    @ r10 rate_shift, r11 offset, lr sum
row_changes:
    mov r9, r6
    movs r5, #0
    mov lr, r5
    movs r7, #125
    lsls r7, r7, #6
    cmp r4, r7
    bgt delta_limit
    negs r7, r7
    cmp r4, r7
    bge delta_within
delta_limit:
    movs r4, r7
delta_within:
    mov r8, r4
    ldr r4, [sp, #F_WORDS]
    ldr r1, [r4, #DELTA]
    ldr r2, [r4, #MEAN]
    subs r2, r2, r1
    ldr r3, [r4, #TOTAL]
.if V7
    ldr r6, [sp, #F_COL]
    lsls r6, r6, #30
    bne device
    @ two devices at once: a change beyond 16 bits ends at the same limit as one of 16 bits
device_pair:
    ldrsh r5, [r1, r2]
    ldrsh r4, [r1], #2
    ldrsh r7, [r1, r2]
    ldrsh r6, [r1], #2
    sub r4, r8, r4
    sub r5, r9, r5
    mls r4, r4, r5, r11
    asr r4, r4, r10
    sub r6, r8, r6
    sub r7, r9, r7
    mls r6, r6, r7, r11
    asr r6, r6, r10
    ssat r4, #16, r4
    ssat r6, #16, r6
.if DSP
    pkhbt r4, r4, r6, lsl #16
    ldr r5, [r0]
    qadd16 r4, r5, r4
    ssub16 r6, r4, r12
    sel r4, r4, r12
    str r4, [r0], #4
    ssub16 r4, r4, r5
    ldrd r6, r7, [r3]
    sxtah lr, lr, r4
    add lr, lr, r4, asr #16
    sxtah r6, r6, r4
    add r7, r7, r4, asr #16
    strd r6, r7, [r3], #8
.else
    ldr r5, [r0]
    add r5, r5, r4
    add r5, r5, r6, lsl #16
    sub r7, r5, r12
    orrs r7, r5
    tst r7, #0x80008000
    bne device_limit
    str r5, [r0], #4
device_total:
    add lr, r4
    add lr, r6
    ldrd r5, r7, [r3]
    add r5, r4
    add r7, r6
    strd r5, r7, [r3], #8
.endif
    ldr r7, [sp, #F_END]
    cmp r1, r7
    bne device_pair
    b between_summed
.if !DSP
device_limit:
    uxth r7, r12
    .macro limit_change at, change
    ldrh r5, [r0, #\at]
    add \change, r5
    cmp \change, r7
    it lt
    movlt \change, r7
    usat \change, #15, \change
    strh \change, [r0, #\at]
    subs \change, \change, r5
    .endm
    limit_change 0, r4
    limit_change 2, r6
    adds r0, #4
    b device_total
.endif
device:
    ldrsh r5, [r1, r2]
    ldrsh r4, [r1], #2
    sub r4, r8, r4
    sub r5, r9, r5
    mls r4, r4, r5, r11
    asr r4, r4, r10
    ldrh r5, [r0]
    adds r6, r5, r4
    cmp r6, r12
    it lt
    movlt r6, r12
    usat r6, #15, r6
    subs r4, r6, r5
    strh r6, [r0], #2
    add lr, r4
    ldr r6, [r3]
    adds r6, r6, r4
    stmia r3!, {r6}
    ldr r6, [sp, #F_END]
    cmp r1, r6
    bne device
.else
    mov r12, r3
    ldr r3, [r4, #G_MIN]
device:
    ldrsh r5, [r1, r2]
    ldrh r4, [r1]
    sxth r4, r4
    mov r7, r8
    subs r4, r7, r4
    mov r7, r9
    subs r5, r7, r5
    muls r4, r5
    mov r7, r11
    subs r4, r7, r4
    mov r7, r10
    asrs r4, r7
    ldrh r5, [r0]
    adds r6, r5, r4
    cmp r6, r3
    blt device_low
    lsrs r7, r6, #15
    bne device_high
device_store:
    strh r6, [r0]
    add lr, r4
    mov r7, r12
    ldr r6, [r7]
    adds r6, r6, r4
    stmia r7!, {r6}
    mov r12, r7
    adds r0, #2
    adds r1, #2
    ldr r7, [sp, #F_END]
    cmp r1, r7
    bne device
    b between_summed
device_high:
    movs r6, #1
    lsls r6, r6, #15
    subs r6, #1
    subs r4, r6, r5
    b device_store
device_low:
    movs r6, r3
    subs r4, r6, r5
    b device_store
.endif
    @ lr how much a row's devices changed, r0 their end. The last two rows, the bias pair's, have no total
between_summed:
    ldr r7, [sp, #F_ROW]
    ldr r6, [sp, #F_P + 12]
    cmp r7, r6
    bge between_bias
    ldr r5, [sp, #F_P + 8]
    lsls r3, r7, #1
    ldr r2, [r5, r3]
    add r2, lr
    str r2, [r5, r3]
    adds r7, #2
    goto between_row
between_bias:
    adds r7, #2
    adds r6, #4
    cmp r7, r6
    beq between_rows
    goto between_row
between_rows:
    @ the totals above, of the quiet rows: r0 rows, r1 changes, r2 totals, r3 their end
    ldr r0, [sp, #F_HALVES]
    cmp r0, #0
    beq between_next
    ldr r4, [sp, #F_WORDS]
    ldr r2, [r4, #TOTAL]
    ldr r3, [r4, #NODES]
    lsls r3, r3, #2
    adds r3, r3, r2
    add r1, sp, #F_SUMS
quiet_total:
    ldmia r1!, {r4}
    sxth r5, r4
    subs r4, r4, r5
    asrs r4, r4, #16
    muls r5, r0
    muls r4, r0
    ldr r6, [r2]
    ldr r7, [r2, #4]
    adds r6, r6, r5
    adds r7, r7, r4
    stmia r2!, {r6, r7}
    cmp r2, r3
    bne quiet_total
between_next:
    ldr r0, [sp, #F_WORDS]
    ldr r1, [sp, #F_LEFT]
    goto between

@ Every node's total conductance from its devices: r0 layer's words, r1 crossbars left, r2 total, r3 device, r4 nodes or
@ rows left, r5 devices, r6 sum
refresh:
    mov r4, lr
    str r4, [sp, #F_LR]
    ldr r0, [sp, #F_TABLE]
    ldr r1, [r0, #OUT_COUNTS]
    uxtb r1, r1
    ldr r5, [r0, #IN_WIDTH]
    lsrs r5, r5, #1
    adds r0, #AT_CROSSBARS
    ldr r2, [r0, #TOTAL]
    ldr r3, [r0, #G]
    ldr r4, [r0, #NODES]
refresh_node:
    mov r12, r5
    movs r6, #0
refresh_device:
    ldrh r7, [r3]
    adds r6, r6, r7
    adds r3, #2
    subs r5, #1
    bne refresh_device
    stmia r2!, {r6}
    mov r5, r12
    subs r4, #1
    bne refresh_node
refresh_next:
    subs r1, #1
    beq invert
    ldr r2, [r0, #TOTAL]
    mov r12, r2                 @ the totals below
    adds r0, #PER_CROSSBAR
    ldr r2, [r0, #TOTAL]
    ldr r5, [r0, #NODES]
    lsls r5, r5, #2
    movs r6, #0
refresh_clear:
    subs r5, #4
    str r6, [r2, r5]
    bne refresh_clear
    ldr r3, [r0, #G]
    ldr r4, [r0, #ROWS]
refresh_row:
    movs r6, #0
    movs r5, #0
refresh_column:
    ldrh r7, [r3]
    adds r3, #2
    adds r6, r6, r7
    str r6, [sp, #F_X]
    ldr r6, [r2, r5]
    adds r6, r6, r7
    str r6, [r2, r5]
    ldr r6, [sp, #F_X]
    adds r5, #4
    ldr r7, [r0, #NODES]
    lsls r7, r7, #2
    cmp r5, r7
    bne refresh_column
    cmp r4, #2
    ble refresh_bias
    mov r5, r12
    ldr r7, [r5]
    adds r7, r7, r6
    stmia r5!, {r7}
    mov r12, r5
refresh_bias:
    subs r4, #1
    bne refresh_row
    b refresh_next

@ `plain.invert`, r0 layer's words, r1 layers left
invert:
    ldr r0, [sp, #F_TABLE]
    ldr r1, [r0, #OUT_COUNTS]
    uxtb r1, r1
    adds r0, #AT_CROSSBARS
.if V7
    @ r2 totals, r3 reciprocals, r4 shifts, r5 shift of a total below 2, r6 end, r7 total's mantissa
    mov r8, #1 << 28
invert_layer:
    ldr r2, [r0, #TOTAL]
    ldr r3, [r0, #RECIPROCAL]
    ldr r4, [r0, #SHIFT]
    ldr r5, [r0, #SCALE]
    rsb r5, r5, #31
    ldr r6, [r0, #NODES]
    add r6, r2, r6, lsl #2
invert_node:
    ldr r7, [r2], #4
    clz r9, r7
    sub r12, r9, #2
    cmp r12, #30
    bhs out_of_range
    lsl r7, r7, r9
    lsrs r7, r7, #17
    sub r9, r5, r9
    strb r9, [r4], #1
    add r9, r8, r7, lsr #1
    udiv r9, r9, r7
    strh r9, [r3], #2
    cmp r2, r6
    bne invert_node
.else
    @ r1 node, r2 quotient, r3 shift, r4 remainder, r7 and r12 layer's words, r8 layers left
invert_layer:
    mov r8, r1
    mov r12, r0
    ldr r1, [r0, #NODES]
invert_node:
    subs r1, #1
    mov r7, r12
    ldr r3, [r7, #SCALE]
    negs r3, r3
    adds r3, #14
    ldr r0, [r7, #TOTAL]
    lsls r2, r1, #2
    ldr r0, [r0, r2]
    lsrs r2, r0, #30
    bne out_of_range
    cmp r0, #0
    beq out_of_range
    @ with the last shift, if that still makes 15 bits of it
    ldr r5, [r7, #SHIFT]
    ldrb r4, [r5, r1]
    subs r6, r4, r3
    bmi invert_large
    movs r2, r0
    lsrs r2, r6
    lsrs r6, r2, #14
    subs r6, #1
    bne invert_large
    movs r0, r2
    b invert_shifted
invert_large:
    lsrs r2, r0, #15
    beq invert_small
    lsrs r0, r0, #1
    adds r3, #1
    b invert_large
invert_small:
    lsrs r2, r0, #14
    bne invert_ready
    lsls r0, r0, #1
    subs r3, #1
    b invert_small
invert_ready:
    strb r3, [r5, r1]
invert_shifted:
    @ (2**28 + total / 2) / total, from the last quotient if it was close: r2 quotient, r4 remainder, r5 its place, r6 what
    @ was taken off
    movs r4, #1
    lsls r4, r4, #28
    lsrs r5, r0, #1
    adds r4, r4, r5
    ldr r5, [r7, #RECIPROCAL]
    lsls r2, r1, #1
    adds r5, r5, r2
    ldrh r2, [r5]
    movs r6, r2
    muls r6, r0
    subs r4, r4, r6
    asrs r6, r4, #7
    cmp r6, r0
    bge invert_afresh
    cmn r6, r0
    blt invert_afresh
    lsls r7, r0, #3
    cmp r4, #0
    bge invert_above
invert_below:
    subs r2, #8
    adds r4, r4, r7
    bmi invert_below
    b invert_near
invert_more:
    adds r2, #8
    subs r4, r4, r7
invert_above:
    cmp r4, r7
    bge invert_more
    b invert_near
invert_next:
    adds r2, #1
    subs r4, r4, r0
invert_near:
    cmp r4, r0
    bge invert_next
    b invert_quotient
    @ bit by bit: the quotient has 15 bits
invert_afresh:
    movs r4, #1
    lsls r4, r4, #28
    lsrs r6, r0, #1
    adds r4, r4, r6
    lsls r7, r0, #14
    movs r2, #0
    movs r6, #15
invert_divide:
    cmp r4, r7
    blo invert_less
    subs r4, r4, r7
invert_less:
    adcs r2, r2
    lsrs r7, r7, #1
    subs r6, #1
    bne invert_divide
invert_quotient:
    strh r2, [r5]
    cmp r1, #0
    bne invert_node
    mov r1, r8
    mov r0, r12
.endif
    adds r0, #PER_CROSSBAR
    subs r1, #1
    bne invert_layer
    movs r0, #0
    b programmed
out_of_range:
    movs r0, #1
programmed:
    ldr r1, [sp, #F_LR]
    bx r1

exit:
    add sp, #FRAME
.if V7
    pop {r8-r11}
.else
    pop {r4-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
.endif
