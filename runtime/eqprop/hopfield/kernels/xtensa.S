# The Hopfield network's dynamics in Xtensa assembler, windowed: the same bits as `eqprop.hopfield.dynamics`.
#
# The one source of xtensa.py, which holds its machine code: `make generated` assembles it. One call of `run` does one
# verb, or learns one sample. It works on the table of `eqprop.hopfield.native`; offsets are its numbers times four, and
# addresses of arrays are in the even words, the low halves.
#
# Each function is called in one of two ways, as rv32_common.S says. mpy-cross begins each with `entry a1, 48` and
# `s32i.n a0, a1, 0`, five bytes. Then come a jump of three bytes and a word that is zero, unless the function is viper
# code: then the loader has added the address of MicroPython's `mp_native_from_obj`. Viper code gets objects at a5. An
# ESP32 copies the code to memory that it reads by the word.
#
# The code has instructions that an ESP32, S2 and S3 all have: an S2 has no zero-overhead loops and no MAC16. GNU's
# assembler is configured for an older core, so macros make those that it does not know.
#
# Products of a crossbar, in whichever direction, are one loop over a list of the values that are not zero: two words
# each, the byte offset of the value's weights and the value. The inputs' list begins at active[1], and active[0] is its
# end; that of a layer's states, errors or changes begins at the table's states. Sums of eight lines are kept in
# registers; what is left is done in fours, twos and ones.
#
# The result is always a small integer, because MicroPython would allocate any other. Nothing here allocates.
    .text

    .include "table.S"

# On the stack of `run`
    .equ F_TABLE, 0
    .equ F_NUMBER, 4            # label or phase, then the prediction
    .equ F_VERB, 8
    .equ F_END, 12              # of the list that was made last
    .equ F_LAYER, 16            # a layer's words
    .equ F_SWEEP, 20
    .equ F_SUMS, 24             # what multiplies: sums to set, sums to add to (or 0), list, lines left, shifts, stride
    .equ F_SOURCE, 28
    .equ F_LIST, 32
    .equ F_LINES, 36
    .equ F_SHIFT, 40
    .equ F_POST, 44
    .equ F_STRIDE, 48
    .equ F_MULTIPLIED, 52       # return address of what multiplies
    .equ F_RETURN, 56           # return address of a routine that calls others
    .equ F_LEFT, 60
    .equ F_PHASE, 64
    .equ F_PHASED, 68
    .equ F_HOME, 72             # return address of `run`
    .equ FRAME, 112             # the upper 32 bytes are for registers of callers

    .macro entry_a1 bytes
    .byte 0x36, (\bytes / 8 & 15) << 4 | 1, \bytes / 128
    .endm
    .macro retw_n
    .byte 0x1D, 0xF0
    .endm
    .macro callx8 s
    .byte 0xE0, \s, 0x00
    .endm
    .macro call8_20             # the function 20 bytes from here, at a multiple of 4
    .byte 0x25, 0x01, 0x00
    .endm
    .macro min r, s, t
    .byte \t << 4, \r << 4 | \s, 0x43
    .endm
    .macro max r, s, t
    .byte \t << 4, \r << 4 | \s, 0x53
    .endm
    .macro clamp16 r            # into 16 bits
    .byte 0x80, \r << 4 | \r, 0x33
    .endm
    .macro extend8 r            # the sign of 8 bits
    .byte 0x00, \r << 4 | \r, 0x23
    .endm

# pointers: how many of the arguments, the first ones, are buffers; the others are small integers, objects of twice
# their value and one. 0 is for a single argument, a list, of which the function gets the address of its objects. a6 is 0
# if the arguments were no objects
    .macro function name, arguments, pointers
    .balign 4
    .space 5                    # what mpy-cross begins with
    .globl \name
\name:
    j 1f
\name\()_from_obj:
    .word 0
1:
    l32r a6, \name\()_from_obj
    beqz a6, 2f
.if \pointers > 0
    l32i a10, a5, 0
    movi a11, 5                 # MP_NATIVE_TYPE_PTR8: a buffer's address, or an integer
    callx8 6
    mov a2, a10
.else
    l32i a2, a5, 0
    l32i a2, a2, 12
.endif
.if \pointers > 1
    l32i a10, a5, 4
    movi a11, 5
    callx8 6
    mov a3, a10
.elseif \pointers > 0
    l32i a3, a5, 4
    srai a3, a3, 1
.endif
.if \arguments > 2
    l32i a4, a5, 8
    srai a4, a4, 1
    l32i a5, a5, 12
    srai a5, a5, 1
.endif
2:
    .endm
    .macro result               # a2
    beqz a6, 3f
    add a2, a2, a2
    addi a2, a2, 1
3:
    retw_n
    .endm

    .macro routine name         # that call0 reaches
    .balign 4
\name:
    .endm

# enter(table, at, word, last): write a word of the table, and to its last word what leaves the sum of all as it is
    function enter, 4, 1
    addx4 a3, a3, a2
    addx4 a5, a5, a2
    l32i a8, a3, 0
    s32i a4, a3, 0
    sub a8, a8, a4
    l32i a9, a5, 0
    add a9, a9, a8
    s32i a9, a5, 0
    movi a2, 0
    result

# run(features, table, verb, label or phase): return the prediction, or the loss; of learn, whether the rates halve now.
# settle and learn return -1, and do nothing, for a label without an output, or on a table whose words no longer add up
# to 0. learn counts in the tally (`eqprop.learner`), which begins with the loss. The caller's frame is too small
    function run, 4, 2
    mov a10, a2
    mov a11, a3
    mov a12, a4
    mov a13, a5
    _nop                        # three bytes, to the next multiple of 4
    .balign 4
    call8_20
    mov.n a2, a10
    beqz.n a6, 1f
    add.n a2, a2, a2
    addi.n a2, a2, 1
1:
    retw_n
    .balign 4
    .space 1
only_where:                     # its return address is that of `run` without what calls it; the answer is a quarter of it
    _call0 where
    entry_a1 FRAME
    s32i a0, a1, F_HOME
    s32i a3, a1, F_TABLE
    s32i a4, a1, F_VERB
    s32i a5, a1, F_NUMBER
    bltui a4, LEARN + 1, free
    bltui a4, NUDGE, only_errors
    beqi a4, NUDGE, only_nudge
    bgei a4, PROGRAM + 1, only_where
    _call0 change
    movi a2, 0
    j exit
only_nudge:
    _call0 displace
    movi a2, 0
    j exit
only_errors:
    mov a2, a5
    _call0 set_errors
exit:
    l32i a0, a1, F_HOME
    retw_n
refuse:
    movi a2, -1
    j exit
    routine where
    srli a2, a0, 2
    j exit

# The sum of all the table's words: a6 the last word, which makes it 0, a7 sum, a8 word
free:
    l32i a6, a3, COUNTS
    extui a6, a6, 0, 4
    movi a7, PER_CROSSBAR
    mull a6, a6, a7
    addi a6, a6, AT_CROSSBARS
    add a6, a6, a3
    l32i a7, a6, 0
    mov a8, a3
words:
    l32i a9, a8, 0
    l32i a10, a8, 4
    addi a8, a8, 8
    add a7, a7, a9
    add a7, a7, a10
    bne a8, a6, words
    bnez a7, refuse
    l32i a8, a3, CLASSES
    bgeu a5, a8, refuse

# `plain.load`: a2 features, a6 their end, a7 list, a8 offset, a9 bytes of a row, a10 feature, a11 -127
    l32i a6, a3, FEATURES
    add a6, a6, a2
    l32i a12, a3, ACTIVE
    addi a7, a12, 4
    l32i a9, a3, AT_CROSSBARS + NODES
    add a9, a9, a9
    movi a8, 0
    movi a11, -127
load_next:
    l8ui a10, a2, 0
    addi a2, a2, 1
    beqz a10, load_zero
    extend8 10
    s32i a8, a7, 0
    max 10, 10, 11
    s32i a10, a7, 4
    addi a7, a7, 8
load_zero:
    add a8, a8, a9
    bne a2, a6, load_next
    movi a10, 127
    s32i a8, a7, 0
    s32i a10, a7, 4
    addi a7, a7, 8
    s32i a7, a12, 0
    # `plain.drive`
    addi a6, a12, 4
    mov a4, a7
    l32i a2, a3, AT_CROSSBARS + W
    l32i a8, a3, AT_CROSSBARS + NODES
    l32i a5, a3, BASE
    l32i a9, a3, BACK_SHIFT
    l32i a10, a3, DRIVEN_SHIFT
    _call0 multiply_rows
    # the sweeps
    movi a6, 0
sweep:
    s32i a6, a1, F_SWEEP
    l32i a3, a1, F_TABLE
    addi a4, a3, AT_CROSSBARS
    s32i a4, a1, F_LAYER
    l32i a2, a3, BASE
    l32i a7, a4, ABOVE
    beqz a7, settle_layer
    beqz a6, settle_layer
    j fed
upper:
    mov a7, a4
    l32i a2, a7, W
    l32i a8, a7, NODES
    l32i a5, a7, CURRENT
    l32i a6, a3, STATES
    l32i a4, a1, F_END
    movi a9, 0
    l32i a10, a3, PRODUCT_SHIFT
    _call0 multiply_rows
    l32i a4, a1, F_LAYER
    l32i a2, a4, CURRENT
    l32i a6, a1, F_SWEEP
    beqz a6, settle_layer
    l32i a6, a4, ABOVE
    beqz a6, settle_layer
fed:                            # with what the layer above brings: a2 the words that it adds to
    s32i a2, a1, F_LEFT
    l32i a2, a4, PER_CROSSBAR + FREE
    l32i a3, a4, PER_CROSSBAR + NODES
    _call0 list_states
    l32i a4, a1, F_LAYER
    l32i a6, a1, F_LEFT
    l32i a5, a4, CURRENT
    _call0 feed
    l32i a4, a1, F_LAYER
    l32i a2, a4, CURRENT
settle_layer:
    l32i a5, a4, FREE
    _call0 finish
    l32i a3, a1, F_TABLE
    l32i a4, a1, F_LAYER
    l32i a6, a4, ABOVE
    beqz a6, top
    addi a4, a4, PER_CROSSBAR
    s32i a4, a1, F_LAYER
    j upper
top:
    l32i a6, a1, F_SWEEP
    addi a6, a6, 1
    l32i a7, a3, COUNTS
    extui a7, a7, 8, 8
    bltu a6, a7, sweep
    # `plain.highest`: a2 best, a6 output, a7 their end, a8 the best's value
    l32i a5, a4, FREE
    l32i a7, a4, NODES
    addx2 a7, a7, a5
    mov a6, a5
    mov a2, a5
    l16si a8, a5, 0
highest:
    l16si a9, a6, 0
    bge a8, a9, lower
    mov a8, a9
    mov a2, a6
lower:
    addi a6, a6, 2
    bne a6, a7, highest
    sub a2, a2, a5
    srli a2, a2, 1
    l32i a6, a1, F_VERB
    beqz a6, exit
    l32i a6, a1, F_NUMBER
    s32i a2, a1, F_NUMBER
    mov a2, a6
    _call0 set_errors
    beqz a2, learnt
    _call0 displace
    _call0 change
learnt:
    l32i a6, a1, F_TABLE
    l32i a6, a6, LOSS
    l32i a7, a1, F_NUMBER
    l32i a8, a6, 8
    l32i a9, a6, 12
    addi a8, a8, 1
    addi a9, a9, -1
    s32i a7, a6, 4
    s32i a8, a6, 8
    s32i a9, a6, 12
    movi a2, 0
    bnez a9, exit
    movi a2, 1
    j exit

# Let a4 be the words of the output layer, and a3 the table
    .macro outputs
    l32i a3, a1, F_TABLE
    l32i a4, a3, COUNTS
    extui a4, a4, 0, 4
    movi a5, PER_CROSSBAR
    mull a4, a4, a5
    add a4, a4, a3
    addi a4, a4, AT_CROSSBARS - PER_CROSSBAR
    .endm
# Let a register be half of what a shift loses: 2**(shift - 1), by another register
    .macro half_of register, shift
    ssl \shift
    movi \register, 1
    sll \register, \register
    srli \register, \register, 1
    .endm
# Append a place and a value to a list
    .macro append list, place, value
    s32i \place, \list, 0
    s32i \value, \list, 4
    addi \list, \list, 8
    .endm

# List the a3 states at a2 that are not zero: their places and values
    routine list_states
    l32i a5, a1, F_TABLE
    l32i a5, a5, STATES
    addx2 a3, a3, a2
    movi a6, 0
list_state:
    l16si a7, a2, 0
    addi a2, a2, 2
    beqz a7, list_zero
    append a5, a6, a7
list_zero:
    addi a6, a6, 2
    bne a2, a3, list_state
    s32i a5, a1, F_END
    ret

# The same for the differences between the states of a phase, whose address is a2 bytes after a4, the layer's words, and
# the free states
    routine list_changes
    l32i a5, a1, F_TABLE
    l32i a5, a5, STATES
    add a2, a2, a4
    l32i a2, a2, 0
    l32i a3, a4, NODES
    l32i a4, a4, FREE
    addx2 a3, a3, a2
    movi a6, 0
list_change:
    l16si a7, a2, 0
    l16si a8, a4, 0
    addi a2, a2, 2
    addi a4, a4, 2
    sub a7, a7, a8
    beqz a7, list_same
    append a5, a6, a7
list_same:
    addi a6, a6, 2
    bne a2, a3, list_change
    s32i a5, a1, F_END
    ret

# What multiplies. a2 weights, a3 list, a4 its end, a5 value, a6 its weights, a7 and a0 products, or a0 the bytes from a
# line to the next; a8 to a15 sums
    .macro sums operation, count
    \operation a8, 0
.if \count > 1
    \operation a9, 1
.endif
.if \count > 2
    \operation a10, 2
    \operation a11, 3
.endif
.if \count > 4
    \operation a12, 4
    \operation a13, 5
    \operation a14, 6
    \operation a15, 7
.endif
    .endm
    .macro pairs operation, count
    \operation a8, a9, 0
.if \count > 2
    \operation a10, a11, 2
.endif
.if \count > 4
    \operation a12, a13, 4
    \operation a14, a15, 6
.endif
    .endm
    .macro zero sum, line
    movi \sum, 0
    .endm
    .macro pair_shifted one, two, line
    l16si a7, a6, 2 * \line
    l16si a0, a6, 2 * \line + 2
    mull a7, a7, a5
    mull a0, a0, a5
    sra a7, a7
    sra a0, a0
    add \one, \one, a7
    add \two, \two, a0
    .endm
    .macro pair_whole one, two, line
    l16si a7, a6, 2 * \line
    l16si a0, a6, 2 * \line + 2
    mull a7, a7, a5
    mull a0, a0, a5
    add \one, \one, a7
    add \two, \two, a0
    .endm
    .macro near_line sum, line
    l16si a7, a6, 0
    mull a7, a7, a5
    sra a7, a7
    add \sum, \sum, a7
    .endm
    .macro far_line sum, line
    l16si a7, a6, 0
    add a6, a6, a0
    mull a7, a7, a5
    sra a7, a7
    add \sum, \sum, a7
    .endm
    .macro products each, operation, count
    l32i a6, a1, F_SHIFT
    l32i a3, a1, F_LIST
    ssr a6
    sums zero, \count
    beq a3, a4, 2f
1:
    l32i a6, a3, 0
    l32i a5, a3, 4
    addi a3, a3, 8
    add a6, a6, a2
    \each \operation, \count
    bne a3, a4, 1b
2:
    .endm
    .macro set sum, line
    sra \sum, \sum
    s32i \sum, a3, 4 * \line
    .endm
    .macro add_to sum, line
    l32i a6, a5, 4 * \line
    sra \sum, \sum
    add \sum, \sum, a6
    s32i \sum, a3, 4 * \line
    .endm
    .macro stored               # where, by which shift
    l32i a3, a1, F_SUMS
    l32i a6, a1, F_POST
    ssr a6
    .endm
    .macro set_sums count
    stored
    sums set, \count
    addi a3, a3, 4 * \count
    s32i a3, a1, F_SUMS
    .endm
    .macro rows count           # of neighbouring weights
.if \count > 1
    products pairs, pair_shifted, \count
.else
    products sums, near_line, \count
.endif
    addi a2, a2, 2 * \count
    set_sums \count
    .endm

# Set each of a8 words at a5 to the sum of (weight * value >> a10) over the list a6..a4, >> a9. The weights' addresses
# are a2 plus each entry's offset, neighbours for neighbouring words
    routine multiply_rows
    s32i a0, a1, F_MULTIPLIED
    s32i a5, a1, F_SUMS
    s32i a6, a1, F_LIST
    s32i a8, a1, F_LINES
    s32i a9, a1, F_POST
    s32i a10, a1, F_SHIFT
    mov a7, a8
    bltui a7, 8, rows_left
    bnez a10, rows_eight
rows_whole:
    products pairs, pair_whole, 8
    addi a2, a2, 16
    set_sums 8
    l32i a7, a1, F_LINES
    addi a7, a7, -8
    s32i a7, a1, F_LINES
    bgeui a7, 8, rows_whole
    j rows_left
rows_eight:
    rows 8
    l32i a7, a1, F_LINES
    addi a7, a7, -8
    s32i a7, a1, F_LINES
    bgeui a7, 8, rows_eight
rows_left:
    bbci a7, 2, rows_two
    rows 4
    l32i a7, a1, F_LINES
rows_two:
    bbci a7, 1, rows_one
    rows 2
    l32i a7, a1, F_LINES
rows_one:
    bbci a7, 0, rows_done
    rows 1
rows_done:
    l32i a0, a1, F_MULTIPLIED
    ret

# Set the words at a5 to those at a6, or to zero without any, plus what the list of the layer above a4 brings. Weights
# of neighbouring words are a row apart
    .macro columns count
    l32i a0, a1, F_STRIDE
    products sums, far_line, \count
.if \count == 8
    addx8 a2, a0, a2
.elseif \count == 4
    addx4 a2, a0, a2
.elseif \count == 2
    addx2 a2, a0, a2
.endif
    l32i a5, a1, F_SOURCE
    bnez a5, 3f
    set_sums \count
    j 4f
3:
    stored
    sums add_to, \count
    addi a3, a3, 4 * \count
    addi a5, a5, 4 * \count
    s32i a3, a1, F_SUMS
    s32i a5, a1, F_SOURCE
4:
    .endm
    routine feed
    l32i a3, a1, F_TABLE
    s32i a0, a1, F_MULTIPLIED
    s32i a5, a1, F_SUMS
    s32i a6, a1, F_SOURCE
    l32i a2, a4, PER_CROSSBAR + W
    l32i a8, a4, ABOVE
    l32i a7, a4, NODES
    add a8, a8, a8
    l32i a6, a3, STATES
    l32i a9, a3, FEEDBACK_SHIFT
    l32i a10, a3, PRODUCT_SHIFT
    l32i a4, a1, F_END
    s32i a8, a1, F_STRIDE
    s32i a7, a1, F_LINES
    s32i a6, a1, F_LIST
    s32i a9, a1, F_POST
    s32i a10, a1, F_SHIFT
    bltui a7, 8, columns_left
columns_eight:
    columns 8
    l32i a7, a1, F_LINES
    addi a7, a7, -8
    s32i a7, a1, F_LINES
    bgeui a7, 8, columns_eight
columns_left:
    bbci a7, 2, columns_two
    columns 4
    l32i a7, a1, F_LINES
columns_two:
    bbci a7, 1, columns_one
    columns 2
    l32i a7, a1, F_LINES
columns_one:
    bbci a7, 0, columns_done
    columns 1
columns_done:
    l32i a0, a1, F_MULTIPLIED
    ret

# `plain.settle_layer` of the layer a4, from the sums a2 to the states a5, and the list for the crossbar above, without
# those at the lowest: a6 half, a7 highest, a8 list, a9 end of the states, a10 bytes of a row, a11 lowest, a12 offset
    routine finish
    l32i a3, a1, F_TABLE
    l32i a8, a3, ROUND_SHIFT
    half_of a6, a8
    ssr a8
    l32i a7, a3, RAIL
    l32i a8, a3, STATES
    l32i a9, a4, NODES
    addx2 a9, a9, a5
    l32i a10, a4, ABOVE
    add a10, a10, a10
    movi a11, 0
    bnez a10, finish_hidden
    neg a11, a7
finish_hidden:
    movi a12, 0
finish_node:
    l32i a13, a2, 0
    addi a2, a2, 4
    add a13, a13, a6
    sra a13, a13
    bge a11, a13, finish_low
    min 13, 13, 7
    append a8, a12, a13
    s16i a13, a5, 0
    addi a5, a5, 2
    add a12, a12, a10
    bne a5, a9, finish_node
    j finished
finish_low:
    s16i a11, a5, 0
    addi a5, a5, 2
    add a12, a12, a10
    bne a5, a9, finish_node
finished:                       # the bias of the layer above
    movi a13, 1
    slli a13, a13, 12
    append a8, a12, a13
    s32i a8, a1, F_END
    ret

# `plain.set_errors` of the label a2; return the loss. a5 output, a6 their end, a7 the right output, a8 errors, a9 target
# of the others, a10 of the right one, a11 rail, a12 the largest loss, a13 error, a14 its square, a15 zero
    routine set_errors
    outputs
    l32i a5, a4, FREE
    l32i a6, a4, NODES
    addx2 a6, a6, a5
    addx2 a7, a2, a5
    l32i a8, a3, ERRORS
    l32i a9, a3, WRONG
    l32i a10, a3, RIGHT
    l32i a11, a3, RAIL
    movi a12, -1
    srli a12, a12, 2
    movi a15, 0
    movi a2, 0
error:
    l16si a13, a5, 0
    beq a5, a7, error_right
    sub a13, a9, a13
    min 13, 13, 15
error_known:
    s32i a13, a8, 0
    beqz a13, error_none
    srai a13, a13, 4
    mull a14, a13, a13
    add a2, a2, a14
    min 2, 2, 12
error_none:
    addi a5, a5, 2
    addi a8, a8, 4
    bne a5, a6, error
    l32i a5, a3, LOSS
    s32i a2, a5, 0
    ret
error_right:
    sub a13, a10, a13
    max 13, 13, 15
    min 13, 13, 11
    j error_known

# `dynamics.nudge`, both phases. The outputs, and the list of their errors: a5 free, a6 plus, a7 minus, a8 errors, a9
# list, a10 end, a11 place, a12 error, a13 and a14 states
    routine displace
    s32i a0, a1, F_RETURN
    outputs
    l32i a5, a4, FREE
    l32i a6, a4, PLUS
    l32i a7, a4, MINUS
    l32i a8, a3, ERRORS
    l32i a9, a3, STATES
    l32i a10, a4, NODES
    addx2 a10, a10, a5
    movi a11, 0
displace_output:
    l32i a12, a8, 0
    l16si a13, a5, 0
    beqz a12, displace_none
    append a9, a11, a12
displace_none:
    add a14, a13, a12
    sub a13, a13, a12
    s16i a14, a6, 0
    s16i a13, a7, 0
    addi a8, a8, 4
    addi a11, a11, 2
    addi a5, a5, 2
    addi a6, a6, 2
    addi a7, a7, 2
    bne a5, a10, displace_output
    s32i a9, a1, F_END
    addi a6, a3, AT_CROSSBARS
    beq a4, a6, displaced
    # The layer below: both phases from one sum
    addi a4, a4, -PER_CROSSBAR
    s32i a4, a1, F_LAYER
    l32i a5, a3, PULL
    movi a6, 0
    _call0 feed
    # a5 current, a6 pull, a7 half, a8 rail, a9 plus, a10 minus, a11 end, a12 zero, a13 state of plus, a14 of minus
    l32i a3, a1, F_TABLE
    l32i a4, a1, F_LAYER
    l32i a8, a3, ROUND_SHIFT
    half_of a7, a8
    ssr a8
    l32i a6, a3, PULL
    l32i a8, a3, RAIL
    l32i a5, a4, CURRENT
    l32i a9, a4, PLUS
    l32i a10, a4, MINUS
    l32i a11, a4, NODES
    addx2 a11, a11, a9
    movi a12, 0
displace_node:
    l32i a13, a5, 0
    l32i a15, a6, 0
    addi a5, a5, 4
    add a13, a13, a7
    addi a6, a6, 4
    sub a14, a13, a15
    add a13, a13, a15
    sra a13, a13
    sra a14, a14
    max 13, 13, 12
    max 14, 14, 12
    min 13, 13, 8
    min 14, 14, 8
    s16i a13, a9, 0
    s16i a14, a10, 0
    addi a9, a9, 2
    addi a10, a10, 2
    bne a9, a11, displace_node
    # The layers below that: each phase by itself
lower_layer:
    l32i a4, a1, F_LAYER
    l32i a3, a1, F_TABLE
    addi a3, a3, AT_CROSSBARS
    beq a4, a3, displaced
    movi a2, PLUS
    _call0 lower_phase
    movi a2, MINUS
    _call0 lower_phase
    l32i a4, a1, F_LAYER
    addi a4, a4, -PER_CROSSBAR
    s32i a4, a1, F_LAYER
    j lower_layer
displaced:
    l32i a0, a1, F_RETURN
    ret
# Settle the layer below F_LAYER in the phase whose states' address is a2 bytes after the layer's words
    routine lower_phase
    s32i a2, a1, F_PHASE
    s32i a0, a1, F_PHASED
    l32i a4, a1, F_LAYER
    _call0 list_changes
    l32i a3, a1, F_TABLE
    l32i a4, a1, F_LAYER
    addi a4, a4, -PER_CROSSBAR
    l32i a6, a4, CURRENT
    l32i a5, a3, PULL
    _call0 feed
    l32i a3, a1, F_TABLE
    l32i a4, a1, F_LAYER
    addi a4, a4, -PER_CROSSBAR
    l32i a2, a3, PULL
    l32i a5, a1, F_PHASE
    add a5, a5, a4
    l32i a5, a5, 0
    _call0 finish
    l32i a0, a1, F_PHASED
    ret

# `dynamics.program`. `plain.excess`: a5 entry of the inputs' list, a6 its end, a7 power
    routine change
    s32i a0, a1, F_RETURN
    l32i a3, a1, F_TABLE
    l32i a5, a3, ACTIVE
    l32i a6, a5, 0
    addi a5, a5, 4
    movi a7, 0
power:
    l32i a8, a5, 4
    addi a5, a5, 8
    mull a8, a8, a8
    add a7, a7, a8
    bne a5, a6, power
    l32i a8, a3, POWER_BITS
    l32i a6, a3, AT_CROSSBARS + RATE_SHIFT
    ssr a8
    srl a7, a7
    nsau a7, a7
    addi a6, a6, 32
    sub a6, a6, a7
    movi a7, 24
    min 6, 6, 7
    # The list of the first layer's differences that change a weight: a6 half, a9 plus, a10 minus, a11 list, a12 end,
    # a13 place, a14 difference. Places become addresses less the row's
    mov a7, a6
    half_of a6, a7
    ssr a7
    l32i a2, a3, AT_CROSSBARS + W
    l32i a9, a3, AT_CROSSBARS + PLUS
    l32i a10, a3, AT_CROSSBARS + MINUS
    l32i a11, a3, STATES
    l32i a12, a3, AT_CROSSBARS + NODES
    addx2 a12, a12, a9
    mov a13, a2
difference:
    l16si a14, a9, 0
    l16si a15, a10, 0
    addi a9, a9, 2
    addi a10, a10, 2
    sub a14, a14, a15
    beqz a14, difference_none
    abs a15, a14
    slli a8, a15, 7
    sub a8, a8, a15
    bltu a8, a6, difference_none
    append a11, a13, a14
difference_none:
    addi a13, a13, 2
    bne a9, a12, difference
    # `plain.update_driven`, three differences at once in a10, a11 and a12, the addresses of their weights less the
    # row's in a13, a14 and a15: a0 weight's address, a2 inputs' list, a3 its end, a4 input, a5 row, a6 half, a7 sum of
    # the changes, a8 change, a9 weight
    s32i a11, a1, F_END
    l32i a5, a3, STATES
    movi a7, 0
    beq a5, a11, driven_done
driven_three:
    l32i a3, a1, F_TABLE
    l32i a9, a1, F_END
    l32i a2, a3, ACTIVE
    l32i a3, a2, 0
    addi a2, a2, 4
    movi a11, 0
    movi a12, 0
    l32i a13, a5, 0
    l32i a10, a5, 4
    addi a5, a5, 8
    beq a5, a9, driven_all
    l32i a14, a5, 0
    l32i a11, a5, 4
    addi a5, a5, 8
    beq a5, a9, driven_all
    l32i a15, a5, 0
    l32i a12, a5, 4
    addi a5, a5, 8
driven_all:
    s32i a5, a1, F_LEFT
    .macro driven_one difference, address
    mull a8, \difference, a4
    add a8, a8, a6
    sra a8, a8
    beqz a8, 1f
    add a0, a5, \address
    l16si a9, a0, 0
    add a8, a8, a9
    sub a7, a7, a9
    clamp16 8
    s16i a8, a0, 0
    add a7, a7, a8
1:
    .endm
driven_input:
    l32i a4, a2, 4
    l32i a5, a2, 0
    addi a2, a2, 8
    driven_one a10, a13
    driven_one a11, a14
    driven_one a12, a15
    bne a2, a3, driven_input
    l32i a5, a1, F_LEFT
    l32i a9, a1, F_END
    bne a5, a9, driven_three
driven_done:
    # Add the sum of changes a7 to the checksum at a5
    .macro add_changes
    l32i a8, a5, 0
    add a8, a8, a7
    extui a8, a8, 0, 16
    s32i a8, a5, 0
    .endm
    l32i a3, a1, F_TABLE
    l32i a5, a3, SUMS
    add_changes
    addi a4, a3, AT_CROSSBARS
    s32i a4, a1, F_LAYER
    j between_next

# `plain.update_between` of the layer a4, and the list of its differences and means, of an even number of nodes: a6 plus,
# a7 minus, a8 end, a9 list
between:
    l32i a6, a4, PLUS
    l32i a7, a4, MINUS
    l32i a8, a4, NODES
    l32i a9, a3, STATES
    addx2 a8, a8, a6
between_above:
    l16si a10, a6, 0
    l16si a11, a7, 0
    addi a6, a6, 2
    addi a7, a7, 2
    sub a12, a10, a11
    add a10, a10, a11
    srai a10, a10, 1
    append a9, a12, a10
    bne a6, a8, between_above
    l32i a8, a4, NODES
    bbci a8, 0, between_even
    movi a12, 0
    append a9, a12, a12
between_even:
    # Two nodes above at once, from the list: a0 and a8 changes, a2 weights, a3 list, a4 its end, a5 mean below, a6
    # difference below, a7 sum of the changes, a9 weight, a10 half, a11 bytes of a row, a12 plus below, a13 minus below,
    # a14 row, a15 end of the rows
    add a11, a8, a8
    l32i a15, a4, RATE_SHIFT
    half_of a10, a15
    ssr a15
    l32i a14, a4, W
    addi a13, a4, -PER_CROSSBAR
    l32i a12, a13, PLUS
    l32i a13, a13, MINUS
    l32i a15, a4, ROWS
    addx2 a15, a15, a12
    mov a4, a9
    movi a7, 0
between_row:
    l16si a5, a12, 0
    l16si a8, a13, 0
    addi a12, a12, 2
    addi a13, a13, 2
    or a6, a5, a8
    beqz a6, between_skip
    sub a6, a5, a8
    add a5, a5, a8
    l32i a3, a1, F_TABLE
    srai a5, a5, 1
    l32i a3, a3, STATES
    mov a2, a14
    .macro between_one at
    l32i a8, a3, 8 * \at
    l32i a9, a3, 8 * \at + 4
    mull a8, a8, a5
    mull a9, a9, a6
    add a8, a8, a10
    add a8, a8, a9
    sra a8, a8
    beqz a8, 1f
    l16si a9, a2, 2 * \at
    add a8, a8, a9
    sub a7, a7, a9
    clamp16 8
    s16i a8, a2, 2 * \at
    add a7, a7, a8
1:
    .endm
between_two:
    between_one 0
    between_one 1
    addi a3, a3, 16
    addi a2, a2, 4
    bne a3, a4, between_two
between_skip:
    add a14, a14, a11
    bne a12, a15, between_row
    l32i a5, a1, F_SWEEP
    add_changes
    l32i a3, a1, F_TABLE
    l32i a4, a1, F_LAYER
# The next crossbar, with the checksum of the one below at a5
between_next:
    l32i a6, a4, ABOVE
    beqz a6, programmed
    addi a4, a4, PER_CROSSBAR
    addi a5, a5, 4
    s32i a4, a1, F_LAYER
    s32i a5, a1, F_SWEEP
    j between
programmed:
    l32i a0, a1, F_RETURN
    ret

# scatter(weights, stream): as `plain.scatter`. The stream is Marsaglia's xorshift, in two words at a3, each with half of
# the state: a4 state, a5 spread, a8 end, a9 2**15, a10 what is shifted
    function scatter, 2, 2
    l32i a4, a3, 4
    l32i a10, a3, 0
    slli a4, a4, 16
    or a4, a4, a10
    l32i a5, a3, 8
    l32i a8, a3, 12
    addx2 a8, a8, a2
    movi a9, 1
    slli a9, a9, 15
scatter_next:
    slli a10, a4, 13
    xor a4, a4, a10
    extui a10, a4, 17, 15
    xor a4, a4, a10
    slli a10, a4, 5
    xor a4, a4, a10
    extui a10, a4, 16, 16
    sub a10, a10, a9
    mull a10, a10, a5
    srai a10, a10, 15
    s16i a10, a2, 0
    addi a2, a2, 2
    bne a2, a8, scatter_next
    extui a10, a4, 16, 16
    s32i a10, a3, 4
    extui a4, a4, 0, 16
    s32i a4, a3, 0
    movi a2, 0
    result

# total(weights, count): return their sum modulo 2**16. a3 end, a4 sum
    function total, 2, 1
    addx2 a3, a3, a2
    movi a4, 0
total_next:
    l16si a5, a2, 0
    addi a2, a2, 2
    add a4, a4, a5
    bne a2, a3, total_next
    extui a2, a4, 0, 16
    result

# ask(call): do the verb of a call's list, as `eqprop.crossbar.calls` says: a8 words, then `run`, a9 x, a10 to a13 as `run`
    function ask, 1, 0
    l32i a8, a2, 16
    l32i a8, a8, 12
    l32i a9, a2, 0
    l32i a10, a2, 8
    bne a9, a10, unknown
    l32i a10, a9, 8
    l32i a11, a8, 0
    bne a10, a11, unknown
    l32i a13, a2, 4
    bbci a13, 0, unknown
    srli a13, a13, 1
    l32i a12, a2, 12
    srai a12, a12, 1
    l32i a10, a9, 12
    l32i a11, a9, 0
    l32i a2, a2, 20
    bne a2, a11, whole
    l32i a2, a9, 4              # of a memoryview: the first item, above 8 bits of its type
    srli a2, a2, 8
    add a10, a10, a2
whole:
    l32i a11, a8, 4
    l32i a8, a8, 8
    slli a8, a8, 2
    callx8 8
    mov a2, a10
    j asked
unknown:
    movi a2, -1
asked:
    result
