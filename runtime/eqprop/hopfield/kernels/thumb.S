@ The Hopfield network's dynamics in Thumb assembler: the same bits as `eqprop.hopfield.dynamics`, and with EIGHT set as
@ `eqprop.hopfield8.dynamics`.
@
@ The one source of thumb6.py (ARMv6-M), thumb7.py (ARMv7-M) and thumb7e.py (ARMv7E-M) of both models, which hold its
@ machine code: `make generated` assembles it with V7, DSP and EIGHT set for each. One call does one verb, or learns one
@ sample.
@
@ run(r0 features, r1 table, r2 verb, r3 label or phase) returns a small integer, because MicroPython would allocate any
@ other: the prediction of settle; of learn, whether the rates halve now; of both -1, and nothing done, for a label
@ without an output, or on a table whose words no longer add up to 0; the loss of set_nudge; 0 from nudge and program.
@ learn counts in the tally (`eqprop.learner`). Nothing here allocates.
@
@ The table is that of `eqprop.hopfield.native`, offsets are its numbers times four; addresses of arrays are in the even
@ words, the low halves. MicroPython saves r4 to r7 and lr around a kernel. Outside of products r11 is the table.
@
@ Products of a crossbar run over a list of the values that are not zero: two words each, the byte offset of the value's
@ weights and the value. The inputs' list begins at active[1], and active[0] is its end; that of a layer's states,
@ errors or changes begins at the table's states. Products are shifted by p before they are summed: with DSP, listed
@ values are shifted left by 16 - p instead, and smlawb and smlawt multiply, shift and add at once. `base` and `current`
@ have half a step of the states added, which rounds.
@
@ With EIGHT, changes are rounded at random: lr holds the random state meanwhile, and the word after the tally
@ between two crossbars. A sample's rows draw a threshold each, also where nothing changes.
    .syntax unified
    .thumb
    .text

    .include "table.S"

.if EIGHT
    .equ ITEM, 1                @ bytes of a weight
    .equ USUAL, 5               @ the shift of products in networks of few nodes
.else
    .equ ITEM, 2
    .equ USUAL, 6
.endif
    .equ PREDICTION, 1          @ words of the tally, which begins with the loss
    .equ SAMPLE, 2
    .equ LEFT, 3
    .equ RANDOM, 4 * 4          @ bytes from the loss to the word after the tally
    .equ PAIRS, DSP && !EIGHT   @ two weights are loaded as a word where rows have an even number

    .macro weight to, row, place        @ load one
.if EIGHT
    ldrsb \to, [\row, \place]
.else
    ldrsh \to, [\row, \place]
.endif
    .endm

    .macro bytes weights                @ of so many
.if !EIGHT
    lsls \weights, \weights, #1
.endif
    .endm

    .macro step state, tmp              @ Marsaglia's xorshift
    lsls \tmp, \state, #13
    eors \state, \tmp
    lsrs \tmp, \state, #17
    eors \state, \tmp
    lsls \tmp, \state, #5
    eors \state, \tmp
    .endm

    .macro threshold to, rate, tmp      @ r8, of the next random state, for a shift by rate
    mov \to, lr
    step \to, \tmp
    mov lr, \to
    lsrs \to, \to, #16
    lsls \to, \to, #8
    movs \tmp, #24
    subs \tmp, \tmp, \rate
    lsrs \to, \tmp
    mov r8, \to
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
    mov r11, r1
    push {r2, r3}
    cmp r2, #1
    ble free
    cmp r2, #3
    beq only_nudge
    bgt only_program
    movs r0, r3
    bl set_errors
    b exit
only_nudge:
    bl displace
    movs r0, #0
    b exit
only_program:
    cmp r2, #4
    bgt only_where
    bl change
    movs r0, #0
    b exit
only_where:
    mov r0, pc
    subs r0, #. + 2 - run - 1
    b exit

@ The sum of all the table's words: r3 sum, r4 the last word, which makes it 0, r5 word
free:
    ldrb r4, [r1, #COUNTS]
    lsls r6, r4, #31            @ zero for an even number of crossbars, which have two words beside fours
    movs r3, #15                @ with a flipped bit, it would reach far behind the table
    ands r4, r3
    movs r3, #PER_CROSSBAR
    muls r4, r3
    adds r4, #AT_CROSSBARS
    adds r4, r4, r1
    ldr r3, [r4]
    mov r5, r1
    mov r12, r0
    cmp r6, #0
    bne words
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
    ldr r3, [sp, #4]
    ldr r4, [r1, #CLASSES]
    cmp r3, r4
    blo load
refuse:
    movs r0, #0
    mvns r0, r0
    b exit

@ `plain.load`: r0 end of the features, r2 minus those left, r3 = 127, r4 list, r5 the row's place, r6 feature, r7
@ bytes of a row, r8 what DSP shifts values left by
load:
.if DSP
    ldr r6, [r1, #DRIVEN_SHIFT]
    rsb r8, r6, #16
.endif
    ldr r2, [r1, #FEATURES]
    ldr r4, [r1, #ACTIVE]
    adds r4, #4
    ldr r7, [r1, #AT_CROSSBARS + NODES]
    bytes r7
    movs r5, #0
    movs r3, #127
    adds r0, r0, r2
    negs r2, r2
load_next:
    ldrsb r6, [r0, r2]
.if V7
    cbz r6, load_zero
.else
    cmp r6, #0
    beq load_zero
.endif
    cmn r6, r3
    bge load_used
    negs r6, r3
load_used:
.if DSP
    lsl r6, r6, r8
.endif
    stmia r4!, {r5, r6}
load_zero:
    adds r5, r5, r7
    adds r2, #1
    bne load_next
    mov r6, r3
.if DSP
    lsl r6, r6, r8
.endif
    stmia r4!, {r5, r6}
    ldr r0, [r1, #ACTIVE]
    str r4, [r0]
    mov r12, r4

@ `plain.drive`
    bl half
    mov r3, r11
    ldr r6, [r3, #AT_CROSSBARS + NODES]
    ldr r2, [r3, #BASE]
.if V7
    ldr r7, [r3, #BACK_SHIFT]
    lsl r1, r0, r7
.else
    bl fill
.endif
    ldr r0, [r3, #ACTIVE]
    adds r0, #4
    ldr r4, [r3, #AT_CROSSBARS + W]
    ldr r7, [r3, #DRIVEN_SHIFT]
    ldr r3, [r3, #BACK_SHIFT]
    bl rise

@ The sweeps; on the stack the layer's words, the sweep
    movs r0, #0
    push {r0}
sweep:
    mov r1, r11
    adds r1, #AT_CROSSBARS
    push {r1}
    ldr r2, [sp, #4]
    cmp r2, #0
    bne fed
    mov r7, r11
    ldr r0, [r7, #BASE]
    b settle
@ The first layer: what the inputs bring, and the layer above
fed:
    ldr r0, [r1, #PER_CROSSBAR + FREE]
    ldr r2, [r1, #PER_CROSSBAR + NODES]
    bl list
    ldr r1, [sp]
    mov r0, r11
    ldr r0, [r0, #BASE]
    bl feed_back
    b current
upper:
    bl half
    mov r3, r11
    ldr r2, [r1, #CURRENT]
    ldr r6, [r1, #NODES]
    ldr r4, [r1, #W]
.if V7
    mov r1, r0
.else
    bl fill
.endif
    ldr r0, [r3, #STATES]
    ldr r7, [r3, #PRODUCT_SHIFT]
    movs r3, #0
    bl rise
    ldr r1, [sp]
    ldr r2, [sp, #4]
    cmp r2, #0
    beq current
    ldr r2, [r1, #ABOVE]
    cmp r2, #0
    beq current
    ldr r0, [r1, #PER_CROSSBAR + FREE]
    bl list
    ldr r1, [sp]
    ldr r0, [r1, #CURRENT]
    bl feed_back
current:
    ldr r1, [sp]
    ldr r0, [r1, #CURRENT]
settle:
    ldr r1, [sp]
    ldr r2, [r1, #FREE]
    bl finish
@ The states' list ends with the bias of the layer above
    movs r6, #16
    lsls r6, r6, #8
.if DSP
    lsl r6, r6, r8
.endif
    stmia r4!, {r5, r6}
    mov r12, r4
    pop {r1}
    ldr r2, [r1, #ABOVE]
    adds r1, #PER_CROSSBAR
    cmp r2, #0
    beq top
    push {r1}
    b upper
top:
    pop {r0}
    adds r0, #1
    push {r0}
    mov r1, r11
    ldrb r1, [r1, #COUNTS + 1]
    cmp r0, r1
    bne sweep
    pop {r0}

@ `plain.highest`: r0 best, r1 place, r2 outputs, r3 end, r4 highest, r5 output
    bl outputs
    ldr r2, [r1, #FREE]
    ldr r3, [r1, #NODES]
    lsls r3, r3, #1
    movs r0, #0
    movs r1, #0
    ldrsh r4, [r2, r1]
    b higher
compare:
    ldrsh r5, [r2, r1]
    cmp r5, r4
    ble higher
    mov r0, r1
    mov r4, r5
higher:
    adds r1, #2
    cmp r1, r3
    bne compare
    lsrs r0, r0, #1
    ldr r2, [sp]
    cmp r2, #1
    bne exit
    push {r0}
    ldr r0, [sp, #8]
    bl set_errors
    cmp r0, #0
    beq learnt
    bl displace
    bl change
learnt:
    pop {r0}
    mov r7, r11
    ldr r7, [r7, #LOSS]
    ldr r1, [r7, #4 * SAMPLE]
    ldr r2, [r7, #4 * LEFT]
    adds r1, #1
    subs r2, #1
    adds r7, #4 * PREDICTION
    stmia r7!, {r0, r1, r2}
    negs r0, r2                 @ 1 for 0
    adcs r0, r2
exit:
    pop {r2, r3}
.if V7
    pop {r8-r11}
.else
    pop {r4-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
.endif
    b end

@ Let r1 be the words of the output layer
outputs:
    mov r1, r11
    ldrb r2, [r1, #COUNTS]
    subs r2, #1
    movs r3, #PER_CROSSBAR
    muls r2, r3
    adds r1, #AT_CROSSBARS
    adds r1, r1, r2
    bx lr

@ Let r0 be half a step of the states, and r3 the shift to them
half:
    mov r3, r11
    ldr r3, [r3, #ROUND_SHIFT]
    movs r0, #1
    lsls r0, r3
    lsrs r0, r0, #1
    bx lr

@ List the r2 states at r0 that are not zero: their places and values; r12 its end
list:
    mov r7, r11
    ldr r4, [r7, #STATES]
.if DSP
    ldr r3, [r7, #PRODUCT_SHIFT]
    rsb r8, r3, #16
.endif
.if PAIRS
@ Two states an entry, where rows have an even number
    movs r5, #0
    lsls r3, r2, #31
    bne list_odd
    add r2, r0, r2, lsl #1
list_two:
    ldr r7, [r0], #4
    cbz r7, list_skip
    sxth r6, r7
    lsl r6, r6, r8
    asrs r7, r7, #16
    lsl r7, r7, r8
    stmia r4!, {r5, r6, r7}
list_skip:
    adds r5, #4
    cmp r0, r2
    bne list_two
    mov r7, r11
    ldr r0, [r7, #STATES]
    cmp r0, r4
    bne list_end
    movs r5, #0
    movs r6, #0
    movs r7, #0
    stmia r4!, {r5, r6, r7}
    b list_end
list_odd:
.endif
    lsls r2, r2, #1
    movs r5, #0
.if EIGHT
    movs r3, #0                 @ twice r5
    at .req r3
.else
    at .req r5
.endif
list_next:
    ldrsh r6, [r0, at]
    cmp r6, #0
    beq list_zero
.if DSP
    lsl r6, r6, r8
.endif
    stmia r4!, {r5, r6}
list_zero:
.if EIGHT
    adds r3, #2
.endif
    adds r5, #ITEM
    cmp at, r2
    bne list_next
@ A list without entries gets one of value zero, here and below
ended:
    ldr r0, [r7, #STATES]
    cmp r0, r4
    bne list_end
    movs r5, #0
    movs r6, #0
    stmia r4!, {r5, r6}
list_end:
    mov r12, r4
    bx lr

@ Let the current of the layer r1 be the words at r0 and what the list of the layer above, from `list`, brings
feed_back:
    ldr r2, [r1, #CURRENT]
.if PAIRS
    ldr r7, [r1, #ABOVE]
    mvns r7, r7
    and r7, r7, #1
    b feed_list
.endif
@ The same into the words at r2, from a list of single values; on ARMv7-M r0 may be 0 for no words
feed:
.if PAIRS
    movs r7, #0
feed_list:
.endif
    ldr r4, [r1, #PER_CROSSBAR + W]
    ldr r5, [r1, #ABOVE]
    bytes r5
    ldr r6, [r1, #NODES]
    mov r1, r0
    mov r3, r11
    ldr r0, [r3, #STATES]
.if !DSP
    ldr r7, [r3, #PRODUCT_SHIFT]
.endif
    ldr r3, [r3, #FEEDBACK_SHIFT]
.if V7
    b sink
.else
    b multiply
rise:
    movs r5, #ITEM
    mov r1, r2
.endif

@ Let each of r6 words at r2 be that at r1 plus (the sum of (weight * value >> r7) over the list r0..r12) >> r3. The
@ weights' addresses are r4 plus each entry's place, r5 bytes further for each word. r0 product, r1 list, r2 place,
@ r3 value, r4 to r7 rows, r8, r9, r10, lr sums; on the stack the arguments r0, r1, r2, r3, r5, r6, r7
.if !V7
multiply:
    push {r0, r1, r2, r3, r5, r6, r7, lr}
    cmp r7, #0
    bne three
four:
    ldr r6, [sp, #20]
    subs r6, #4
    blt rest
    str r6, [sp, #20]
    ldr r1, [sp]
    ldr r7, [sp, #16]
    adds r5, r4, r7
    adds r6, r5, r7
    adds r7, r6, r7
    movs r0, #0
    mov r8, r0
    mov r9, r0
    mov r10, r0
    mov lr, r0
    .macro plain row, sum
    weight r0, r2, \row
    muls r0, r3
    add \sum, r0
    .endm
four_next:
    ldmia r1!, {r2, r3}
    plain r4, r8
    plain r5, r9
    plain r6, r10
    plain r7, lr
    cmp r1, r12
    bne four_next
    ldr r5, [sp, #16]
    adds r4, r7, r5
    ldr r1, [sp, #4]
    ldr r2, [sp, #8]
    ldr r3, [sp, #12]
    ldmia r1!, {r0, r5, r6, r7}
    str r1, [sp, #4]
    mov r1, r8
    asrs r1, r3
    adds r0, r0, r1
    mov r1, r9
    asrs r1, r3
    adds r5, r5, r1
    mov r1, r10
    asrs r1, r3
    adds r6, r6, r1
    mov r1, lr
    asrs r1, r3
    adds r7, r7, r1
    stmia r2!, {r0, r5, r6, r7}
    str r2, [sp, #8]
    b four
rest:
    ldr r7, [sp, #24]
    adds r6, #4
    bne one
multiplied:
    pop {r0, r1, r2, r3, r5, r6, r7, pc}
@ The same for a shift: r7
three:
    ldr r6, [sp, #20]
    subs r6, #3
    blt rest3
    str r6, [sp, #20]
    ldr r1, [sp]
    ldr r6, [sp, #16]
    adds r5, r4, r6
    adds r6, r5, r6
    movs r0, #0
    mov r8, r0
    mov r9, r0
    mov r10, r0
    .macro shifted row, sum
    weight r0, r2, \row
    muls r0, r3
    asrs r0, r7
    add \sum, r0
    .endm
three_next:
    ldmia r1!, {r2, r3}
    shifted r4, r8
    shifted r5, r9
    shifted r6, r10
    cmp r1, r12
    bne three_next
    ldr r5, [sp, #16]
    adds r4, r6, r5
    ldr r1, [sp, #4]
    ldr r2, [sp, #8]
    ldr r3, [sp, #12]
    ldmia r1!, {r0, r5, r6}
    str r1, [sp, #4]
    mov r1, r8
    asrs r1, r3
    adds r0, r0, r1
    mov r1, r9
    asrs r1, r3
    adds r5, r5, r1
    mov r1, r10
    asrs r1, r3
    adds r6, r6, r1
    stmia r2!, {r0, r5, r6}
    str r2, [sp, #8]
    b three
rest3:
    adds r6, #3
    beq multiplied
one:
    subs r6, #1
    str r6, [sp, #20]
    ldr r1, [sp]
    movs r6, #0
one_next:
    ldmia r1!, {r2, r3}
    shifted r4, r6
    cmp r1, r12
    bne one_next
    ldr r1, [sp, #4]
    ldr r2, [sp, #8]
    ldr r3, [sp, #12]
    asrs r6, r3
    ldmia r1!, {r5}
    adds r6, r6, r5
    stmia r2!, {r6}
    str r1, [sp, #4]
    str r2, [sp, #8]
    ldr r5, [sp, #16]
    adds r4, r4, r5
    ldr r6, [sp, #20]
    cmp r6, #0
    bne one
    b multiplied
@ Set r6 words from r2 on to r0; r1 and r7 are lost
fill:
    mov r1, r2
    mov r7, r6
fill_next:
    stmia r1!, {r0}
    subs r7, #1
    bne fill_next
    bx lr
.else

@ A product, of a word's half b or t, or of a weight and the usual shift, none, or that in a register
    .macro product kind, sum, value=r3, weights=r0
.ifc \kind, none
    mla \sum, \weights, \value, \sum
.else
.if DSP
    smlaw\kind \sum, \value, \weights, \sum
.else
    muls \weights, \value
.ifc \kind, usual
    add \sum, \sum, \weights, asr #USUAL
.else
    asr \weights, \weights, \kind
    add \sum, \weights
.endif
.endif
.endif
    .endm

@ Eight nodes' products with the entry r1, of weights loaded one by one
    .macro rise_entry kind
    ldmia r1!, {r2, r3}
    add r2, r4
    .set place, 0
    .irp sum, r5, r6, r7, r8, r9, r10, r11, lr
.if EIGHT
    ldrsb r0, [r2, #place]
.else
    ldrsh r0, [r2, #place]
.endif
    product \kind, \sum
    .set place, place + ITEM
    .endr
    .endm

@ Let each of r6 words at r2 be (r1 plus the sum of (weight * value >> r7) over the list r0..r12) >> r3. The weights of
@ an entry lie at r4 plus its place, one after the other. Eight at once: r0 weight, r1 list, r2 place, r3 value, r5 to
@ r11 and lr sums
    .equ S_LIST, 0
    .equ S_WORDS, 4
    .equ S_OUT, 8
    .equ S_BACK, 12
    .equ R_LEFT, 16
    .equ R_SHIFT, 20
    .equ R_END, 28
rise:
    push {r0, r1, r2, r3, r6, r7, r11, r12, lr}
rise_eight:
    ldr r3, [sp, #R_LEFT]
    subs r3, #8
    blt rise_rest
    str r3, [sp, #R_LEFT]
    ldrd r1, r5, [sp, #S_LIST]
    mov r6, r5
    mov r7, r5
    mov r8, r5
    mov r9, r5
    mov r10, r5
    mov r11, r5
    mov lr, r5
.if PAIRS
    lsls r3, r3, #31
    bne rise_single
rise_words:
    ldmia r1!, {r2, r3}
    add r2, r4
    ldr r0, [r2]
    product b, r5
    product t, r6
    ldr r0, [r2, #4]
    product b, r7
    product t, r8
    ldrd r0, r2, [r2, #8]
    product b, r9
    product t, r10
    product b, r11, r3, r2
    product t, lr, r3, r2
    cmp r1, r12
    bne rise_words
    b rise_sums
.endif
.if DSP
rise_single:
    rise_entry b
    cmp r1, r12
    bne rise_single
.else
    ldr r0, [sp, #R_SHIFT]
    cbz r0, rise_none
    cmp r0, #USUAL
    beq rise_usual
.if !EIGHT
    mov r12, r0
rise_any:
    rise_entry r12
    ldr r0, [sp, #R_END]
    cmp r1, r0
    bne rise_any
    mov r12, r0
    b rise_sums
.endif
rise_none:
    rise_entry none
    cmp r1, r12
    bne rise_none
    b rise_sums
rise_usual:
    rise_entry usual
    cmp r1, r12
    bne rise_usual
.endif
rise_sums:
    ldrd r2, r0, [sp, #S_OUT]
    cbz r0, rise_store
    .irp sum, r5, r6, r7, r8, r9, r10, r11, lr
    asr \sum, \sum, r0
    .endr
rise_store:
    stmia r2!, {r5-r11, lr}
    str r2, [sp, #S_OUT]
    adds r4, #8 * ITEM
    b rise_eight
@ Two, then one: r5 and r6 sums, r7 left, r8 the first sum, r9 output, r10 shift of the sums, r11 of the products
rise_rest:
    adds r7, r3, #8
    beq rise_end
    ldr r8, [sp, #S_WORDS]
    ldr r9, [sp, #S_OUT]
    ldr r10, [sp, #S_BACK]
    ldr r11, [sp, #R_SHIFT]
.if PAIRS
    lsls r0, r7, #31
    bne rise_one
.elseif !DSP
    cmp r11, #USUAL
    bne rise_one
.else
    b rise_one
.endif
.if PAIRS || !DSP
rise_two:
    subs r7, #2
    blt rise_last
    mov r5, r8
    mov r6, r8
    ldr r1, [sp, #S_LIST]
.if !PAIRS
    add lr, r4, #ITEM
.endif
rise_two_next:
    ldmia r1!, {r2, r3}
.if PAIRS
    ldr r0, [r2, r4]
    product b, r5
    product t, r6
.else
    weight r0, r2, r4
    product usual, r5
    weight r0, r2, lr
    product usual, r6
.endif
    cmp r1, r12
    bne rise_two_next
    asr r5, r5, r10
    asr r6, r6, r10
    stmia r9!, {r5, r6}
    adds r4, #2 * ITEM
    b rise_two
rise_last:
    adds r7, #2
    beq rise_end
.endif
rise_one:
    mov r5, r8
    ldr r1, [sp, #S_LIST]
rise_one_next:
    ldmia r1!, {r2, r3}
    weight r0, r2, r4
.if DSP
    product b, r5
.else
    product r11, r5
.endif
    cmp r1, r12
    bne rise_one_next
    asr r5, r5, r10
    str r5, [r9], #4
    adds r4, #ITEM
    subs r7, #1
    bne rise_one
rise_end:
    pop {r0, r1, r2, r3, r6, r7, r11, r12, pc}

@ Let each of r6 words at r2 be that at r1, or 0 for r1 = 0, plus (the sum of (weight * value >> r7) over the list
@ r0..r12) >> r3. The weights' addresses are r4 plus each entry's place, r5 bytes further for each word. With PAIRS, r7
@ is 1 for a list with two values an entry, 0 otherwise. r0 weight, r1 list, r2 place, r3 value, r4 to r7 rows, r8, r9,
@ r10, lr sums, r11 shift, or the second value
    .equ K_STRIDE, 16
    .equ K_LEFT, 20
    .equ K_SHIFT, 24
sink:
    push {r0, r1, r2, r3, r5, r6, r7, r11, lr}
.if !DSP
    mov r11, r7
.endif
sink_four:
    ldrd r7, r6, [sp, #K_STRIDE]
    subs r6, #4
    blt sink_rest
    str r6, [sp, #K_LEFT]
    ldr r1, [sp, #S_LIST]
    adds r5, r4, r7
    adds r6, r5, r7
    adds r7, r6, r7
    movs r0, #0
    mov r8, r0
    mov r9, r0
    mov r10, r0
    mov lr, r0
    .macro sink_row kind, row, sum
    weight r0, r2, \row
    product \kind, \sum
    .endm
    .macro sink_entry kind
    ldmia r1!, {r2, r3}
    sink_row \kind, r4, r8
    sink_row \kind, r5, r9
    sink_row \kind, r6, r10
    sink_row \kind, r7, lr
    cmp r1, r12
    .endm
.if PAIRS
    ldr r0, [sp, #K_SHIFT]
    cbz r0, sink_single
sink_pair:
    .macro pair_row row, sum
    ldr r0, [r2, \row]
    product b, \sum
    product t, \sum, r11
    .endm
    ldmia r1!, {r2, r3, r11}
    pair_row r4, r8
    pair_row r5, r9
    pair_row r6, r10
    pair_row r7, lr
    cmp r1, r12
    bne sink_pair
    b sink_sums
.endif
.if DSP
sink_single:
    sink_entry b
    bne sink_single
.else
    cmp r11, #USUAL
    beq sink_usual
.if !EIGHT
sink_any:
    sink_entry r11
    bne sink_any
    b sink_sums
.endif
sink_usual:
    sink_entry usual
    bne sink_usual
.endif
sink_sums:
    ldrd r1, r2, [sp, #S_WORDS]
    ldr r3, [sp, #S_BACK]
    asr r8, r8, r3
    asr r9, r9, r3
    asr r10, r10, r3
    asr lr, lr, r3
    cbz r1, sink_store
    ldmia r1!, {r0, r3, r5, r6}
    add r8, r0
    add r9, r3
    add r10, r5
    add lr, r6
sink_store:
    stmia r2!, {r8, r9, r10, lr}
    strd r1, r2, [sp, #S_WORDS]
    ldr r5, [sp, #K_STRIDE]
    adds r4, r7, r5
    b sink_four
sink_rest:
    adds r6, #4
    beq sink_end
    mov r5, r7
    ldr r7, [sp, #S_BACK]
    ldr r9, [sp, #S_WORDS]
    ldr r10, [sp, #S_OUT]
sink_one:
    ldr r1, [sp, #S_LIST]
    mov r8, #0
sink_one_next:
.if PAIRS
    ldr r0, [sp, #K_SHIFT]
    cbz r0, sink_one_single
    ldmia r1!, {r2, r3, r11}
    pair_row r4, r8
    cmp r1, r12
    bne sink_one_next
    b sink_one_sum
sink_one_single:
.endif
    ldmia r1!, {r2, r3}
.if DSP
    sink_row b, r4, r8
.else
    sink_row r11, r4, r8
.endif
    cmp r1, r12
    bne sink_one_next
sink_one_sum:
    asr r0, r8, r7
    cmp r9, #0
    beq sink_one_store
    ldr r1, [r9], #4
    add r0, r1
sink_one_store:
    str r0, [r10], #4
    adds r4, r4, r5
    subs r6, #1
    bne sink_one
sink_end:
    pop {r0, r1, r2, r3, r5, r6, r7, r11, pc}
.endif

@ `plain.settle_layer` of the layer r1, from the sums r0 to the states r2, and the list for the crossbar above, without
@ those at the lowest: r3 shift, r4 list, r5 row's place, r6 state, r7 end of the states, r8 what DSP shifts values left
@ by, r9 lowest, r10 highest, r12 bytes of a row
finish:
    mov r7, r11
    ldr r3, [r7, #ROUND_SHIFT]
    ldr r5, [r1, #ABOVE]
.if DSP
    ldr r4, [r7, #PRODUCT_SHIFT]
    rsb r8, r4, #16
.endif
    ldr r4, [r7, #STATES]
    ldr r6, [r7, #RAIL]
    ldr r7, [r1, #NODES]
    lsls r7, r7, #1
    adds r7, r7, r2
.if V7
@ The rail is 2**14 - 1: a hidden state is unsigned with 14 bits, an output signed with 15, and not the lowest
    bytes r5
    mov r12, r5
    cmp r5, #0
    beq finish_output
    movs r5, #0
finish_next:
    ldmia r0!, {r6}
    asrs r6, r3
    usat r6, #14, r6
    strh r6, [r2], #2
.if DSP
    lsls r6, r6, r8
    beq finish_zero
.else
    cbz r6, finish_zero
.endif
    stmia r4!, {r5, r6}
finish_zero:
    add r5, r12
    cmp r2, r7
    bne finish_next
    bx lr
finish_output:
    negs r5, r6
finish_output_next:
    ldmia r0!, {r6}
    asrs r6, r3
    ssat r6, #15, r6
    cmp r6, r5
    it lt
    movlt r6, r5
    strh r6, [r2], #2
    cmp r2, r7
    bne finish_output_next
    bx lr
.else
    mov r10, r6
    bytes r5
    mov r12, r5
    cmp r5, #0
    bne finish_hidden
    negs r6, r6
    b finish_lowest
finish_hidden:
    movs r6, #0
finish_lowest:
    mov r9, r6
    movs r5, #0
finish_next:
    ldmia r0!, {r6}
    asrs r6, r3
    bmi finish_negative
    cmp r6, r10
    bgt finish_high
finish_state:
    strh r6, [r2]
    stmia r4!, {r5, r6}
    add r5, r12
    adds r2, #2
    cmp r2, r7
    bne finish_next
    bx lr
finish_high:
    mov r6, r10
    b finish_state
finish_negative:
    cmp r6, r9
    bge finish_state
    mov r6, r9
    strh r6, [r2]
    add r5, r12
    adds r2, #2
    cmp r2, r7
    bne finish_next
    bx lr
.endif

@ `plain.set_errors`; return the loss. r0 label, then place, r1 output or error, r2 outputs, r3 end, r4 list, r5 errors,
@ r6 loss, r7 table, r8 target of the others, r9 of the right one, r10 the largest loss, r12 the label's place
set_errors:
    lsls r0, r0, #1
    mov r12, r0
    mov r8, lr
    bl outputs
    mov lr, r8
    ldr r2, [r1, #FREE]
    ldr r3, [r1, #NODES]
    lsls r3, r3, #1
    mov r7, r11
    ldr r5, [r7, #ERRORS]
    ldr r6, [r7, #WRONG]
    mov r8, r6
    ldr r6, [r7, #RIGHT]
    mov r9, r6
    movs r6, #1
    lsls r6, r6, #30
    subs r6, #1
    mov r10, r6
    movs r6, #0
    movs r4, #0
error_next:
    ldrsh r1, [r2, r4]
    cmp r4, r12
    beq error_right
    mov r0, r8
    subs r1, r0, r1
    bmi error_found
    b error_none
error_right:
    mov r0, r9
    subs r1, r0, r1
    bmi error_none
    ldr r0, [r7, #RAIL]
    cmp r1, r0
    ble error_found
    mov r1, r0
    b error_found
error_none:
    movs r1, #0
error_found:
    stmia r5!, {r1}
    asrs r1, r1, #4
    muls r1, r1
    adds r6, r6, r1
    cmp r6, r10
    ble error_done
    mov r6, r10
error_done:
    adds r4, #2
    cmp r4, r3
    bne error_next
    mov r0, r6
    ldr r7, [r7, #LOSS]
    str r0, [r7]
    bx lr

@ List the outputs' errors that are not zero; r12 the list's end
list_errors:
    mov r7, r11
    ldr r4, [r7, #STATES]
    ldr r0, [r7, #ERRORS]
.if DSP
    ldr r3, [r7, #PRODUCT_SHIFT]
    rsb r3, r3, #16
.endif
    ldr r2, [r1, #NODES]
    bytes r2
    movs r5, #0
listed_error:
    ldmia r0!, {r6}
.if DSP
    lsls r6, r3
.else
    cmp r6, #0
.endif
    beq listed_none
    stmia r4!, {r5, r6}
listed_none:
    adds r5, #ITEM
    cmp r5, r2
    bne listed_error
    b ended

@ List by how much the r2 states at r0 differ from those at r1; r12 the list's end
list_changes:
    mov r7, r11
    ldr r4, [r7, #STATES]
.if DSP
    ldr r3, [r7, #PRODUCT_SHIFT]
    rsb r8, r3, #16
.endif
    lsls r2, r2, #1
    movs r5, #0
list_change:
    ldrsh r6, [r0, r5]
    ldrsh r3, [r1, r5]
    subs r6, r6, r3
    beq list_same
.if DSP
    lsl r6, r6, r8
.endif
.if EIGHT
    lsrs r5, r5, #1
    stmia r4!, {r5, r6}
    lsls r5, r5, #1
.else
    stmia r4!, {r5, r6}
.endif
list_same:
    adds r5, #2
    cmp r5, r2
    bne list_change
    b ended

@ `dynamics.nudge`, both phases. The outputs: r0 place, r1 plus, r2 free, r3 plus, r4 minus, r5 errors, r6 error, r7
@ minus, r12 end
displace:
    push {lr}
    bl outputs
    push {r1}
    mov r7, r11
    ldr r5, [r7, #ERRORS]
    ldr r6, [r1, #NODES]
    lsls r6, r6, #1
    mov r12, r6
    ldr r2, [r1, #FREE]
    ldr r3, [r1, #PLUS]
    ldr r4, [r1, #MINUS]
    movs r0, #0
displace_output:
    ldmia r5!, {r6}
    ldrsh r7, [r2, r0]
    adds r1, r7, r6
    subs r7, r7, r6
    strh r1, [r3, r0]
    strh r7, [r4, r0]
    adds r0, #2
    cmp r0, r12
    bne displace_output
    pop {r1}
@ The layer below: both phases from one sum
    mov r0, r11
    adds r0, #AT_CROSSBARS
    cmp r0, r1
    bne displace_hidden
    pop {pc}
displace_hidden:
    bl list_errors
    subs r1, #PER_CROSSBAR
    push {r1}
    mov r3, r11
    ldr r2, [r3, #PULL]
    movs r0, #0
.if !V7
    ldr r6, [r1, #NODES]
    bl fill
    ldr r1, [sp]
    mov r0, r2
.endif
    bl feed
@ r0 current, r1 pull, r2 plus, r3 minus, r4 state of minus, r5 shift, r6 state of plus, r7 pull or sign, r9 rail, r12
@ end
    ldr r7, [sp]
    mov r6, r11
    ldr r1, [r6, #PULL]
    ldr r5, [r6, #ROUND_SHIFT]
.if !V7
    ldr r0, [r6, #RAIL]
    mov r9, r0
.endif
    ldr r0, [r7, #CURRENT]
    ldr r2, [r7, #PLUS]
    ldr r3, [r7, #MINUS]
    ldr r4, [r7, #NODES]
    lsls r4, r4, #1
    adds r4, r4, r2
    mov r12, r4
displace_next:
    ldmia r0!, {r6}
    ldmia r1!, {r7}
    subs r4, r6, r7
    adds r6, r6, r7
    asrs r6, r5
    asrs r4, r5
.if V7
    usat r6, #14, r6
    usat r4, #14, r4
    strh r6, [r2], #2
    strh r4, [r3], #2
.else
    asrs r7, r6, #31
    bics r6, r7
    cmp r6, r9
    ble displace_plus
    mov r6, r9
displace_plus:
    strh r6, [r2]
    asrs r7, r4, #31
    bics r4, r7
    cmp r4, r9
    ble displace_minus
    mov r4, r9
displace_minus:
    strh r4, [r3]
    adds r2, #2
    adds r3, #2
.endif
    cmp r2, r12
    bne displace_next
@ The layers below that: each phase by itself
displace_layer:
    pop {r1}
    mov r0, r11
    adds r0, #AT_CROSSBARS
    cmp r0, r1
    bne displace_lower
    pop {pc}
displace_lower:
    push {r1}
    ldr r0, [r1, #PLUS]
    ldr r2, [r1, #NODES]
    ldr r1, [r1, #FREE]
    bl list_changes
    bl pulled
    ldr r2, [r1, #PLUS]
    bl finish
    ldr r1, [sp]
    ldr r0, [r1, #MINUS]
    ldr r2, [r1, #NODES]
    ldr r1, [r1, #FREE]
    bl list_changes
    bl pulled
    ldr r2, [r1, #MINUS]
    bl finish
    pop {r1}
    subs r1, #PER_CROSSBAR
    push {r1}
    b displace_layer
@ Let r1 be the words of the layer below that on the stack, and r0 the sums of its current and of what the list brings
pulled:
    ldr r1, [sp]
    subs r1, #PER_CROSSBAR
    push {r1, lr}
    ldr r0, [r1, #CURRENT]
    mov r3, r11
    ldr r2, [r3, #PULL]
    bl feed
    mov r3, r11
    ldr r0, [r3, #PULL]
    pop {r1, pc}

@ `dynamics.program`. `plain.excess`: r0 entry of the inputs' list, then bits, r1 end, r3 power, r4 input, r8 what DSP
@ shifts values left by
change:
    push {lr}
.if EIGHT
    bl seed
.endif
    mov r7, r11
.if DSP
    ldr r3, [r7, #DRIVEN_SHIFT]
    rsb r8, r3, #16
.endif
    ldr r0, [r7, #ACTIVE]
    ldr r1, [r0]
    adds r0, #4
    movs r3, #0
power:
    ldmia r0!, {r2, r4}
.if DSP
    asr r4, r4, r8
.endif
.if V7
    mla r3, r4, r4, r3
.else
    muls r4, r4
    adds r3, r3, r4
.endif
    cmp r0, r1
    bne power
    ldr r4, [r7, #POWER_BITS]
    lsrs r3, r4
.if V7
    clz r0, r3
    rsb r0, r0, #32
.else
    movs r0, #0
bit:
    cmp r3, #0
    beq bits
    lsrs r3, r3, #1
    adds r0, #1
    b bit
bits:
.endif
    ldr r6, [r7, #AT_CROSSBARS + RATE_SHIFT]
    adds r6, r6, r0
    cmp r6, #24
    ble rate
    movs r6, #24
rate:
    push {r6}
@ The list of the first layer's differences, without those that change no weight: r0 plus, r1 magnitude, r2 minus, r3
@ end, r4 list, r5 place, r6 difference, r8 half; on the stack the rate_shift
    ldr r4, [r7, #STATES]
    adds r7, #AT_CROSSBARS
    ldr r0, [r7, #PLUS]
    ldr r2, [r7, #MINUS]
    ldr r3, [r7, #NODES]
.if PAIRS
    rsb r12, r8, #32
    subs r12, r12, r6
    blt single
    cmp r6, #7
    blt single
    lsls r5, r3, #31
    beq double
single:
.endif
    lsls r3, r3, #1
    movs r5, #0
.if !EIGHT
    movs r1, #1
    lsls r1, r6
    lsrs r1, r1, #1
    mov r9, r1
.if V7                          @ differences within +-r1 change no weight: r1 = (half - 1) / 127, r12 = 2 * r1
    subs r1, #1
    movs r7, #127
    udiv r1, r1, r7
    lsl r12, r1, #1
.endif
.endif
difference:
    ldrsh r6, [r0, r5]
    ldrsh r7, [r2, r5]
    subs r6, r6, r7
    beq no_difference
.if EIGHT
    lsrs r5, r5, #1
    stmia r4!, {r5, r6}
    lsls r5, r5, #1
.elseif V7
    adds r7, r6, r1
    cmp r7, r12
    bls no_difference
    stmia r4!, {r5, r6}
.else
    asrs r7, r6, #31
    mov r1, r6
    eors r1, r7
    subs r1, r1, r7
    lsls r7, r1, #7
    subs r7, r7, r1
    cmp r7, r9
    blt no_difference
    stmia r4!, {r5, r6}
.endif
no_difference:
    adds r5, #2
    cmp r5, r3
    bne difference
@ `plain.update_driven`: r0 row, r1 list, r2 place, r3 change, r4 input, r5 old weight, r6 new weight, r7 rate_shift, r8
@ half or threshold, r9 end of the list, r10 sum of the changes, r12 inputs, lr random state, or what DSP shifts values
@ left by; on the stack the weights, the list, the inputs' end. V7: r6 the list, r11 the weights; on the stack the inputs'
@ end, the table
    mov r7, r11
    ldr r1, [r7, #STATES]
.if EIGHT
    ldr r3, [r7, #LOSS]
    ldr r3, [r3, #RANDOM]
    mov lr, r3
.else
    cmp r1, r4
    beq driven_done
.if DSP
    mov lr, r8
.endif
    mov r8, r9
.endif
    mov r9, r4
    ldr r3, [r7, #ACTIVE]
    ldr r2, [r3]
    adds r3, #4
    mov r12, r3
    adds r7, #AT_CROSSBARS
    ldr r0, [r7, #W]
    ldr r7, [sp]
.if V7
    push {r2, r11}
    mov r6, r1
    mov r11, r0
.else
    push {r0, r1, r2}
.endif
    movs r0, #0
    mov r10, r0
driven_input:
.if EIGHT
    threshold r5, r7, r3
.endif
.if V7
    ldmia r12!, {r2, r4}
    add r0, r11, r2
    mov r1, r6
.else
    mov r1, r12
    ldmia r1!, {r2, r4}
    mov r12, r1
    ldr r0, [sp]
    ldr r1, [sp, #4]
    adds r0, r0, r2
.endif
.if DSP
.if EIGHT
    asrs r4, r4, #16
.else
    asr r4, r4, lr
.endif
.endif
.if EIGHT
    cmp r1, r9
    beq driven_none
.endif
driven_device:
    ldmia r1!, {r2, r3}
.if V7
    mla r3, r3, r4, r8
    asrs r3, r7
    beq driven_same
    weight r5, r0, r2
    add r3, r5
    sub r10, r5
    ssat r3, #8 * ITEM, r3
    add r10, r3
.if EIGHT
    strb r3, [r0, r2]
.else
    strh r3, [r0, r2]
.endif
.else
    muls r3, r4
    add r3, r8
    asrs r3, r7
    beq driven_same
    weight r5, r0, r2
    adds r6, r5, r3
    add r10, r3
.if EIGHT
    sxtb r5, r6
    cmp r5, r6
    bne driven_limit
driven_store:
    strb r6, [r0, r2]
.else
    sxth r5, r6
    cmp r5, r6
    bne driven_limit
driven_store:
    strh r6, [r0, r2]
.endif
.endif
driven_same:
    cmp r1, r9
    bne driven_device
driven_none:
.if V7
    ldr r2, [sp]
    cmp r12, r2
    bne driven_input
    pop {r2, r11}
.else
    mov r1, r12
    ldr r2, [sp, #8]
    cmp r1, r2
    bne driven_input
    add sp, #12
.endif
    mov r7, r11
.if EIGHT
    ldr r0, [r7, #LOSS]
    mov r1, lr
    str r1, [r0, #RANDOM]
.endif
driven_total:
    ldr r0, [r7, #SUMS]
    bl total
driven_done:
    mov r1, r11
    adds r1, #AT_CROSSBARS
    movs r0, #0
    str r0, [sp]
    push {r1}
    b next_crossbar
.if !V7
@ A weight beyond its bits: at the limit
driven_limit:
    mvns r5, r6
    adds r5, #1
    add r10, r5
    asrs r6, r6, #31
.if EIGHT
    movs r5, #127
.else
    movs r5, #128
    lsls r5, r5, #8
    subs r5, #1
.endif
    eors r6, r5
    add r10, r6
    b driven_store
.endif
.if PAIRS
@ Two nodes' differences an entry, shifted left by r12, so that the high word of their rounded product with an input is
@ the change; 0 for one that is at most r1 = (half - 1) / 127. r0 plus, r2 minus, r3 its end, r4 list, r5 place
double:
    add r3, r0, r3, lsl #1
    movs r5, #1
    lsl r1, r5, r6
    lsrs r1, r1, #1
    subs r1, #1
    movs r5, #127
    udiv r1, r1, r5
    pkhbt r1, r1, r1, lsl #16
    lsl r9, r1, #1
    mov r10, #0
    movs r5, #0
double_difference:
    ldr r6, [r0], #4
    ldr r7, [r2], #4
    ssub16 r6, r6, r7
    sadd16 r7, r6, r1
    usub16 r7, r9, r7
    sel r7, r10, r6
    cbz r7, double_none
    sxth r6, r7
    lsl r6, r6, r12
    asrs r7, r7, #16
    lsl r7, r7, r12
    stmia r4!, {r5, r6, r7}
double_none:
    adds r5, #4
    cmp r0, r3
    bne double_difference
@ r0 weights, r1 inputs, r2 place, r3 input, r4 and r5 differences, r6 changes, r7 weights, r8 end of the inputs, r9 end
@ of the list, r10 sums of the changes, r12 list
    mov r9, r4
    mov r7, r11
    ldr r12, [r7, #STATES]
    cmp r12, r9
    beq driven_done
    ldr r1, [r7, #ACTIVE]
    ldr r8, [r1]
double_nodes:
    ldmia r12!, {r2, r4, r5}
    ldr r0, [r11, #AT_CROSSBARS + W]
    ldr r1, [r11, #ACTIVE]
    add r0, r2
    adds r1, #4
double_input:
    ldmia r1!, {r2, r3}
    smmulr r6, r4, r3
    smmulr r7, r5, r3
    pkhbt r6, r6, r7, lsl #16
    ldr r7, [r0, r2]
    usub16 r10, r10, r7
    qadd16 r7, r7, r6
    uadd16 r10, r10, r7
    str r7, [r0, r2]
    cmp r1, r8
    bne double_input
    cmp r12, r9
    bne double_nodes
    add r10, r10, r10, lsr #16
    mov r7, r11
    b driven_total
.endif

@ Add the sum of changes r10 to the checksum at r0
total:
    ldr r1, [r0]
    add r1, r10
    uxth r1, r1
    str r1, [r0]
    bx lr
.if EIGHT
@ `plain.seed`: r0 word, r1 those left, r2 state, r3 shifted, r4 steps left; it becomes RANDOM
seed:
    mov r7, r11
    ldr r0, [r7, #SUMS]
    ldrb r1, [r7, #COUNTS]
    adds r1, #1
    movs r2, #1
seed_word:
    ldmia r0!, {r3}
    eors r2, r3
    movs r4, #4
seed_step:
    step r2, r3
    subs r4, #1
    bne seed_step
    subs r1, #1
    bne seed_word
    str r2, [r0, #RANDOM - 4]
    bx lr
.endif

@ `plain.update_between` of the crossbar r1, and the list of the layer above's differences and means: r0 plus, r1 minus,
@ r2 end, r4 list, r5 place, r6 difference, r7 mean
between:
    push {r1}
    mov r7, r11
    ldr r4, [r7, #STATES]
    ldr r0, [r1, #PLUS]
    ldr r2, [r1, #NODES]
.if PAIRS
    ldr r3, [r1, #RATE_SHIFT]
    cmp r3, #15
    blt between_single
    lsls r5, r2, #31
    beq between_double
between_single:
.endif
    ldr r1, [r1, #MINUS]
    lsls r2, r2, #1
    movs r5, #0
between_above:
    ldrsh r3, [r0, r5]
    ldrsh r7, [r1, r5]
    subs r6, r3, r7
    adds r7, r7, r3
    asrs r7, r7, #1
    stmia r4!, {r6, r7}
    adds r5, #2
    cmp r5, r2
    bne between_above
    mov r9, r4
@ r0 weight, r1 list, r2 change, r3 weight, r4 mean below, r5 difference below, r7 rate_shift, r8 half or threshold, r9
@ end of the list, r10 sum of changes, r12 place below, lr random state; on the stack plus and minus below, their end,
@ the list, bytes of a row. V7: r6 plus below, r11 minus, r12 end of plus, lr without EIGHT bytes of a row; on the stack
@ the list, bytes of a row, the table
    pop {r1}
    mov r6, r2
.if EIGHT
    lsrs r6, r6, #1
.endif
    mov r7, r11
.if EIGHT
    ldr r5, [r7, #LOSS]
    ldr r5, [r5, #RANDOM]
    mov lr, r5
.endif
    ldr r5, [r7, #STATES]
    ldr r4, [r1, #ROWS]
    lsls r4, r4, #1
    ldr r0, [r1, #W]
    ldr r7, [r1, #RATE_SHIFT]
    subs r1, #PER_CROSSBAR
    ldr r2, [r1, #PLUS]
    ldr r3, [r1, #MINUS]
.if V7
    push {r5, r6, r11}
.if !EIGHT
    mov lr, r6
.endif
    add r12, r2, r4
    mov r6, r2
    mov r11, r3
.else
    push {r2, r3, r4, r5, r6}
.endif
.if !EIGHT
    movs r2, #1
    lsls r2, r7
    lsrs r2, r2, #1
    mov r8, r2
.endif
    movs r2, #0
    mov r10, r2
.if !V7
    mov r12, r2
.endif
between_row:
.if EIGHT
    threshold r2, r7, r3
.endif
.if V7
    ldrsh r5, [r6], #2
    ldrsh r4, [r11], #2
    orrs r3, r5, r4
    beq between_skip
    adds r3, r5, r4
    subs r5, r5, r4
    asrs r4, r3, #1
    ldr r1, [sp]
.else
    mov r1, r12
    ldr r2, [sp]
    ldrsh r5, [r2, r1]
    ldr r2, [sp, #4]
    ldrsh r4, [r2, r1]
    adds r1, #2
    mov r12, r1
    mov r3, r5
    orrs r3, r4
    beq between_skip
    subs r3, r5, r4
    adds r4, r4, r5
    asrs r4, r4, #1
    mov r5, r3
    ldr r1, [sp, #12]
.endif
.if V7
between_device:
    ldmia r1!, {r2, r3}
.if EIGHT
    muls r2, r4
    mla r2, r3, r5, r2
    add r2, r8, r2, asr #5
.else
    mla r2, r2, r4, r8
    mla r2, r3, r5, r2
.endif
    asrs r2, r7
    beq between_same
.if EIGHT
    ldrsb r3, [r0]
.else
    ldrsh r3, [r0]
.endif
    add r2, r3
    sub r10, r3
    ssat r2, #8 * ITEM, r2
    add r10, r2
.if EIGHT
    strb r2, [r0], #1
.else
    strh r2, [r0], #2
.endif
    cmp r1, r9
    bne between_device
    b between_rowed
between_same:
    adds r0, #ITEM
    cmp r1, r9
    bne between_device
    b between_rowed
.else
    movs r6, #0
between_device:
    ldmia r1!, {r2, r3}
    muls r2, r4
    muls r3, r5
    adds r2, r2, r3
.if EIGHT
    asrs r2, r2, #5
.endif
    add r2, r8
    asrs r2, r7
    beq between_same
    weight r3, r0, r6
    adds r3, r3, r2
    add r10, r2
.if EIGHT
    sxtb r2, r3
    cmp r2, r3
    bne between_limit
between_store:
    strb r3, [r0, r6]
.else
    sxth r2, r3
    cmp r2, r3
    bne between_limit
between_store:
    strh r3, [r0, r6]
.endif
between_same:
    adds r6, #ITEM
    cmp r1, r9
    bne between_device
.endif
between_skip:
.if V7
.if EIGHT
    ldr r2, [sp, #4]
    adds r0, r0, r2
.else
    add r0, lr
.endif
between_rowed:
    cmp r6, r12
    bne between_row
    pop {r1, r2, r11}
.else
    ldr r2, [sp, #16]
    adds r0, r0, r2
    mov r1, r12
    ldr r2, [sp, #8]
    cmp r1, r2
    bne between_row
    add sp, #20
.endif
    mov r7, r11
.if EIGHT
    ldr r0, [r7, #LOSS]
    mov r1, lr
    str r1, [r0, #RANDOM]
.endif
between_total:
    ldr r1, [sp, #4]
    ldr r0, [r7, #SUMS]
    lsls r1, r1, #2
    adds r0, r0, r1
    bl total
@ The next crossbar; on the stack its words and number
next_crossbar:
    pop {r1}
    pop {r0}
    adds r0, #1
    adds r1, #PER_CROSSBAR
    push {r0}
    push {r1}
    mov r7, r11
    ldrb r2, [r7, #COUNTS]
    cmp r0, r2
    bne between
    add sp, #8
    pop {pc}
.if !V7
between_limit:
    mvns r2, r3
    adds r2, #1
    add r10, r2
    asrs r3, r3, #31
.if EIGHT
    movs r2, #127
.else
    movs r2, #128
    lsls r2, r2, #8
    subs r2, #1
.endif
    eors r3, r2
    add r10, r3
    b between_store
.endif
.if PAIRS
@ A difference and a mean in a word: r0 plus, r3 rate_shift, r4 list, r5 minus, r6 end
between_double:
    ldr r5, [r1, #MINUS]
    add r6, r0, r2, lsl #1
    lsl r12, r2, #1
between_two:
    ldr r2, [r0], #4
    ldr r7, [r5], #4
    ssub16 r8, r2, r7
    shadd16 r7, r2, r7
    pkhbt r2, r8, r7, lsl #16
    pkhtb r7, r7, r8, asr #16
    stmia r4!, {r2, r7}
    cmp r0, r6
    bne between_two
@ r0 weights, r1 list, r2 and r3 changes, r4 mean and difference below, r5 plus below, r6 minus below, r7 rate_shift, r8
@ half, r9 end of the list, r10 sums of changes, r11 end of plus, r12 bytes of a row
    mov r9, r4
    mov r7, r3
    movs r2, #1
    lsl r8, r2, r7
    lsr r8, r8, #1
    mov r10, #0
    pop {r1}
    mov r3, r11
    push {r3}
    ldr r0, [r1, #W]
    ldr r2, [r1, #ROWS]
    ldr r5, [r1, #PLUS - PER_CROSSBAR]
    ldr r6, [r1, #MINUS - PER_CROSSBAR]
    add r11, r5, r2, lsl #1
    ldr r1, [r3, #STATES]
    push {r1}
double_row:
    ldrsh r2, [r5], #2
    ldrsh r3, [r6], #2
    orrs r1, r2, r3
    beq double_skip
    adds r4, r2, r3
    asrs r4, r4, #1
    subs r2, r2, r3
    pkhbt r4, r4, r2, lsl #16
    ldr r1, [sp]
double_devices:
    ldmia r1!, {r2, r3}
    smlad r2, r2, r4, r8
    smlad r3, r3, r4, r8
    asrs r2, r7
    asrs r3, r7
    pkhbt r2, r2, r3, lsl #16
    ldr r3, [r0]
    usub16 r10, r10, r3
    qadd16 r3, r3, r2
    uadd16 r10, r10, r3
    str r3, [r0], #4
    cmp r1, r9
    bne double_devices
    cmp r5, r11
    bne double_row
    b double_end
double_skip:
    add r0, r12
    cmp r5, r11
    bne double_row
double_end:
    add r10, r10, r10, lsr #16
    pop {r1, r3}
    mov r11, r3
    mov r7, r3
    b between_total
.endif
end:
