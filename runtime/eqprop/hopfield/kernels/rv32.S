# The Hopfield network's dynamics in RISC-V assembler, RV32IMC: the same bits as `eqprop.hopfield.dynamics`.
#
# The one source of rv32.py, which holds its machine code: `make generated` assembles it. One call of `run` does one
# verb, or learns one sample. It works on the table of `eqprop.hopfield.native`; offsets are its numbers times four, and
# addresses of arrays are in the even words, the low halves.
#
# Products of a crossbar, in whichever direction, are one loop, `multiply`, over a list of the values that are not zero:
# two words each, the byte offset of the value's weights and the value. The inputs' list begins at active[1], and
# active[0] is its end; that of a layer's states, errors or changes begins at the table's states.
#
# Loops over sixteen lines, or over five values in registers, are unrolled. If fewer are left, a jump enters the loop
# partway. Its distance is computed from the bytes that one line or value takes, which is the same for all: a loop has
# instructions of two bytes only where all of its registers allow them.
#
# The result is always a small integer, because MicroPython would allocate any other. Nothing here allocates.
    .include "rv32_common.S"

    .include "table.S"

# On the stack
    .equ F_TABLE, 0
    .equ F_NUMBER, 4            # label or phase, then the prediction
    .equ F_VERB, 8
    .equ F_END, 12              # of the list that was made last
    .equ F_LIST, 16             # of `multiply`
    .equ F_LIST_END, 20
    .equ F_SOURCE, 24
    .equ F_POST, 28
    .equ F_UNITS, 32            # its loop, and the bytes of a line in it
    .equ F_UNIT, 36
    .equ F_RETURN, 40           # return address of a routine that calls others
    .equ F_MULTIPLIED, 44       # return address of `multiply`
    .equ F_LAYER, 48            # a layer's words
    .equ F_SWEEP, 52
    .equ F_LEFT, 56             # columns left
    .equ F_PAIRS, 60
    .equ F_WEIGHTS, 64
    .equ F_SAVED, 68
    .equ FRAME, 128

    .macro five operation       # on each of five pairs of registers
    \operation s0, s5, 0
    \operation s1, s6, 1
    \operation s2, s7, 2
    \operation s3, s8, 3
    \operation s4, s9, 4
    .endm

# run(features, table, verb, label or phase): return the prediction, or the loss; of learn, whether the rates halve now.
# settle and learn return -1, and do nothing, for a label without an output, or on a table whose words no longer add up
# to 0. learn counts in the tally (`eqprop.learner`), which begins with the loss.
    function run, 4, 2
    addi sp, sp, -FRAME
    saved sw
    sw a1, F_TABLE(sp)
    sw a2, F_VERB(sp)
    sw a3, F_NUMBER(sp)
    li s0, LEARN
    bleu a2, s0, free
    li s0, NUDGE
    bltu a2, s0, only_errors
    beq a2, s0, only_nudge
    li s0, PROGRAM
    bltu s0, a2, only_where
    c.jal change
    li a0, 0
    j exit
only_where:
    place run_code
    j exit
only_nudge:
    c.jal displace
    li a0, 0
    j exit
only_errors:
    mv a0, a3
    c.jal set_errors
exit:
    saved lw
    addi sp, sp, FRAME
    ret

# The sum of all the table's words: s0 the last word, which makes it 0, s1 sum, t2 word. An even number of crossbars has
# two words beside fours
free:
    lw a5, COUNTS(a1)
    andi s0, a5, 15
    li s1, PER_CROSSBAR
    mul s0, s0, s1
    addi s0, s0, AT_CROSSBARS
    add s0, s0, a1
    lw s1, 0(s0)
    mv t2, a1
    andi a5, a5, 1
    bnez a5, words
    lw a4, 0(t2)
    lw a5, 4(t2)
    addi t2, t2, 8
    add s1, s1, a4
    add s1, s1, a5
words:
    lw a4, 0(t2)
    lw a5, 4(t2)
    add s1, s1, a4
    lw a4, 8(t2)
    add s1, s1, a5
    lw a5, 12(t2)
    addi t2, t2, 16
    add s1, s1, a4
    add s1, s1, a5
    bne t2, s0, words
    bnez s1, refuse
    lw a4, CLASSES(a1)
    bltu a3, a4, load
refuse:
    li a0, -1
    j exit

# `plain.load`: a0 features, s0 their end, a2 list, a3 offset, a4 feature, a5 bytes of a row, s1 = -128
load:
    lw s0, FEATURES(a1)
    add s0, s0, a0
    lw t2, ACTIVE(a1)
    addi a2, t2, 4
    lw a5, AT_CROSSBARS + NODES(a1)
    slli a5, a5, 1
    li a3, 0
    li s1, -128
load_next:
    lb a4, 0(a0)
    addi a0, a0, 1
    beqz a4, load_zero
    beq a4, s1, load_least
load_used:
    sw a3, 0(a2)
    sw a4, 4(a2)
    addi a2, a2, 8
load_zero:
    add a3, a3, a5
    bne a0, s0, load_next
    li a4, 127
    sw a3, 0(a2)
    sw a4, 4(a2)
    addi a2, a2, 8
    sw a2, 0(t2)
    # `plain.drive`
    mv t0, a1
    mv a5, a2
    addi a4, t2, 4
    lw a0, AT_CROSSBARS + W(t0)
    lw a1, AT_CROSSBARS + NODES(t0)
    li a2, 0
    lw a3, BASE(t0)
    lw a6, BACK_SHIFT(t0)
    li a7, 2
    lw t6, DRIVEN_SHIFT(t0)
    c.jal multiply
    # the sweeps
    li s0, 0
sweep:
    sw s0, F_SWEEP(sp)
    lw a7, F_TABLE(sp)
    addi a1, a7, AT_CROSSBARS
    sw a1, F_LAYER(sp)
    lw a0, BASE(a7)
    lw s1, ABOVE(a1)
    beqz s1, settle_layer
    beqz s0, settle_layer
    mv a2, a0
    j fed
upper:
    lw a0, W(a1)
    lw a3, CURRENT(a1)
    lw a1, NODES(a1)
    li a2, 0
    lw a4, STATES(a7)
    lw a5, F_END(sp)
    li a6, 0
    li a7, 2
    c.jal multiply_states
    lw a1, F_LAYER(sp)
    lw a2, CURRENT(a1)
    mv a0, a2
    lw s0, F_SWEEP(sp)
    beqz s0, settle_layer
    lw s0, ABOVE(a1)
    beqz s0, settle_layer
fed:                            # with what the layer above brings: a2 the words that it adds to
    sw a2, F_WEIGHTS(sp)
    lw a0, PER_CROSSBAR + FREE(a1)
    lw a2, PER_CROSSBAR + NODES(a1)
    c.jal list_states
    lw a2, F_WEIGHTS(sp)
    lw a1, F_LAYER(sp)
    lw a3, CURRENT(a1)
    c.jal feed
    lw a1, F_LAYER(sp)
    lw a0, CURRENT(a1)
settle_layer:
    lw a2, FREE(a1)
    c.jal finish
    lw a7, F_TABLE(sp)
    lw a1, F_LAYER(sp)
    lw s0, ABOVE(a1)
    addi a1, a1, PER_CROSSBAR
    beqz s0, top
    sw a1, F_LAYER(sp)
    j upper
top:
    lw s0, F_SWEEP(sp)
    addi s0, s0, 1
    lw s1, COUNTS(a7)
    srli s1, s1, 8
    andi s1, s1, 255
    bltu s0, s1, sweep
    # `plain.highest`: a0 best, s0 output, s1 their end, t2 the best's value
    lw a1, F_LAYER(sp)
    lw s0, FREE(a1)
    lw s1, NODES(a1)
    slli s1, s1, 1
    add s1, s1, s0
    mv a0, s0
    lh t2, 0(s0)
highest:
    lh a2, 0(s0)
    ble a2, t2, lower
    mv t2, a2
    mv a0, s0
lower:
    addi s0, s0, 2
    bne s0, s1, highest
    lw s0, FREE(a1)
    sub a0, a0, s0
    srli a0, a0, 1
    lw s0, F_VERB(sp)
    beqz s0, exit
    lw s0, F_NUMBER(sp)
    sw a0, F_NUMBER(sp)
    mv a0, s0
    c.jal set_errors
    beqz a0, learnt
    c.jal displace
    c.jal change
learnt:
    lw a0, F_TABLE(sp)
    lw a0, LOSS(a0)
    lw a1, F_NUMBER(sp)
    lw a2, 8(a0)
    lw a3, 12(a0)
    addi a2, a2, 1
    addi a3, a3, -1
    sw a1, 4(a0)
    sw a2, 8(a0)
    sw a3, 12(a0)
    seqz a0, a3
    j exit
load_least:
    li a4, -127
    j load_used

# Let a1 be the words of the output layer, and a7 the table
outputs:
    lw a7, F_TABLE(sp)
    lw a1, COUNTS(a7)
    andi a1, a1, 15
    li s0, PER_CROSSBAR
    mul a1, a1, s0
    add a1, a1, a7
    addi a1, a1, AT_CROSSBARS - PER_CROSSBAR
    ret

# List the a2 states at a0 that are not zero: their places and values
list_states:
    lw a7, F_TABLE(sp)
    lw a3, STATES(a7)
    slli a2, a2, 1
    add a2, a2, a0
    li s0, 0
list_state:
    lh s1, 0(a0)
    addi a0, a0, 2
    beqz s1, list_zero
    sw s0, 0(a3)
    sw s1, 4(a3)
    addi a3, a3, 8
list_zero:
    addi s0, s0, 2
    bne a0, a2, list_state
    sw a3, F_END(sp)
    ret

# The same for the differences between the states of a phase, whose address is a0 bytes after a1, the layer's words, and
# the free states
list_changes:
    lw a7, F_TABLE(sp)
    lw a3, STATES(a7)
    add a0, a0, a1
    lw a0, 0(a0)
    lw a2, NODES(a1)
    lw a1, FREE(a1)
    slli a2, a2, 1
    add a2, a2, a0
    li s0, 0
list_change:
    lh s1, 0(a0)
    lh t2, 0(a1)
    addi a0, a0, 2
    addi a1, a1, 2
    sub s1, s1, t2
    beqz s1, list_same
    sw s0, 0(a3)
    sw s1, 4(a3)
    addi a3, a3, 8
list_same:
    addi s0, s0, 2
    bne a0, a2, list_change
    sw a3, F_END(sp)
    ret

# Set the words at a3 to those at a2, or to zero without any, plus what the list of the layer above a1 brings
feed:
    lw a7, F_TABLE(sp)
    lw a0, PER_CROSSBAR + W(a1)
    lw t0, ABOVE(a1)
    lw a1, NODES(a1)
    lw a4, STATES(a7)
    lw a5, F_END(sp)
    lw a6, FEEDBACK_SHIFT(a7)
    slli a7, t0, 1
multiply_states:
    lw t6, F_TABLE(sp)
    lw t6, PRODUCT_SHIFT(t6)
# Set each of a1 words at a3 to that at a2, or to 0 if a2 is 0, plus (the sum of (weight * value >> t6) over the list
# a4..a5) >> a6. The weights' addresses are a0 plus each entry's offset, a7 bytes further for each word; with a7 = 2 the
# weights are neighbours. t0 product, t1 list, t2 its end, t3 value, t4 its weights, t5 the loop for as many lines as are
# left, ra = a7, s0 to s11 and a4 to a7 sums
multiply:
    sw ra, F_MULTIPLIED(sp)
    sw a2, F_SOURCE(sp)
    sw a4, F_LIST(sp)
    sw a5, F_LIST_END(sp)
    sw a6, F_POST(sp)
    mv ra, a7
    li t0, 2
    lla t1, far
    li t2, 16
    bne ra, t0, chosen
    lla t1, near
    li t2, 14
    bnez t6, chosen
    lla t1, plain
    li t2, 10
chosen:
    sw t1, F_UNITS(sp)
    sw t2, F_UNIT(sp)
sixteen_lines:
    lw t5, F_UNITS(sp)
    addi a1, a1, -16
    bgez a1, all_lines
    # Each array is taken to begin so much earlier that its last lines are the last of a block
    lw t1, F_UNIT(sp)
    neg t0, a1
    mul t1, t1, t0
    add t5, t5, t1
    slli t1, t0, 2
    sub a2, a2, t1
    sub a3, a3, t1
    lw t1, F_UNIT(sp)
    addi t1, t1, -16
    beqz t1, all_lines
    slli t0, t0, 1
    sub a0, a0, t0
all_lines:
    lw t1, F_LIST(sp)
    lw t2, F_LIST_END(sp)
    .macro zero sum, line
    li \sum, 0
    .endm
    sixteen zero
    beq t1, t2, summed
each_value:
    lw t4, 0(t1)
    lw t3, 4(t1)
    addi t1, t1, 8
    add t4, t4, a0
    jr t5
near:
    .macro near_line sum, line
    lh t0, 2 * \line(t4)
    mul t0, t0, t3
    sra t0, t0, t6
    add \sum, \sum, t0
    .endm
    sixteen near_line
    bne t1, t2, each_value
    j summed
plain:
    .macro plain_line sum, line
    lh t0, 2 * \line(t4)
    mul t0, t0, t3
    add \sum, \sum, t0
    .endm
    sixteen plain_line
    bne t1, t2, each_value
    j summed
far:
    .macro far_line sum, line
    lh t0, 0(t4)
    add t4, t4, ra
    mul t0, t0, t3
    sra t0, t0, t6
    add \sum, \sum, t0
    .endm
    sixteen far_line
    bne t1, t2, each_value
summed:
    lw t1, F_POST(sp)
    lw t2, F_SOURCE(sp)
    li t0, 0
    bgez a1, all_sums
    neg t0, a1
all_sums:
    lla t5, alone
    li t3, 8
    beqz t2, without_source
    lla t5, added
    li t3, 14
without_source:
    mul t0, t0, t3
    add t5, t5, t0
    jr t5
added:
    .macro add_line sum, line
    lw t2, 4 * \line(a2)
    sra \sum, \sum, t1
    add t2, t2, \sum
    sw t2, 4 * \line(a3)
    .endm
    sixteen add_line
    j stored
    .option push
    .option norvc               # with four of the sums `sw` takes two bytes otherwise
alone:
    .macro set_line sum, line
    sra \sum, \sum, t1
    sw \sum, 4 * \line(a3)
    .endm
    sixteen set_line
    .option pop
stored:
    slli t0, ra, 4
    add a0, a0, t0
    addi a2, a2, 64
    addi a3, a3, 64
    bgtz a1, sixteen_lines
    lw ra, F_MULTIPLIED(sp)
    ret

# `plain.settle_layer` of the layer a1, from the sums a0 to the states a2, and the list for the crossbar above, without
# those at the lowest: s0 shift, s1 half, t2 highest, a6 lowest, a3 list, a4 end of the states, a5 offset, a7 bytes of a
# row
finish:
    lw a7, F_TABLE(sp)
    lw s0, ROUND_SHIFT(a7)
    li s1, 1
    sll s1, s1, s0
    srli s1, s1, 1
    lw t2, RAIL(a7)
    lw a3, STATES(a7)
    lw a4, NODES(a1)
    slli a4, a4, 1
    add a4, a4, a2
    lw a7, ABOVE(a1)
    slli a7, a7, 1
    li a6, 0
    bnez a7, finish_hidden
    neg a6, t2
finish_hidden:
    li a5, 0
finish_node:
    lw a1, 0(a0)
    addi a0, a0, 4
    add a1, a1, s1
    sra a1, a1, s0
    ble a1, a6, finish_low
    bgt a1, t2, finish_high
finish_listed:
    sw a5, 0(a3)
    sw a1, 4(a3)
    addi a3, a3, 8
    sh a1, 0(a2)
    addi a2, a2, 2
    add a5, a5, a7
    bne a2, a4, finish_node
    j finished
finish_high:
    mv a1, t2
    j finish_listed
finish_low:
    sh a6, 0(a2)
    addi a2, a2, 2
    add a5, a5, a7
    bne a2, a4, finish_node
finished:                       # the bias of the layer above
    li a1, 4096
    sw a5, 0(a3)
    sw a1, 4(a3)
    addi a3, a3, 8
    sw a3, F_END(sp)
    ret

# `plain.set_errors` of the label a0; return the loss. s0 output, s1 their end, t2 errors, a2 error, a3 target of the
# others, a4 of the right one, a5 rail, a6 the largest loss, ra the right output
set_errors:
    sw ra, F_RETURN(sp)
    c.jal outputs
    lw s0, FREE(a1)
    lw s1, NODES(a1)
    slli s1, s1, 1
    add s1, s1, s0
    slli ra, a0, 1
    add ra, ra, s0
    lw t2, ERRORS(a7)
    lw a3, WRONG(a7)
    lw a4, RIGHT(a7)
    lw a5, RAIL(a7)
    li a6, 0x3FFFFFFF
    li a0, 0
error:
    lh a2, 0(s0)
    beq s0, ra, error_right
    sub a2, a3, a2
    bltz a2, error_counts
error_none:
    sw zero, 0(t2)
error_next:
    addi s0, s0, 2
    addi t2, t2, 4
    bne s0, s1, error
    lw s0, LOSS(a7)
    sw a0, 0(s0)
    lw ra, F_RETURN(sp)
    ret
error_right:
    sub a2, a4, a2
    blez a2, error_none
    ble a2, a5, error_counts
    mv a2, a5
error_counts:
    sw a2, 0(t2)
    srai a2, a2, 4
    mul a2, a2, a2
    add a0, a0, a2
    ble a0, a6, error_next
    mv a0, a6
    j error_next

# `dynamics.nudge`, both phases. The outputs, and the list of their errors: s0 free, s1 plus, t2 minus, a2 error, a3
# list, a4 end, a5 errors, a6 place
displace:
    sw ra, F_RETURN(sp)
    c.jal outputs
    lw s0, FREE(a1)
    lw s1, PLUS(a1)
    lw t2, MINUS(a1)
    lw a5, ERRORS(a7)
    lw a3, STATES(a7)
    lw a4, NODES(a1)
    slli a4, a4, 1
    add a4, a4, s0
    li a6, 0
displace_output:
    lw a2, 0(a5)
    lh a0, 0(s0)
    beqz a2, displace_none
    sw a6, 0(a3)
    sw a2, 4(a3)
    addi a3, a3, 8
displace_none:
    add ra, a0, a2
    sub a0, a0, a2
    sh ra, 0(s1)
    sh a0, 0(t2)
    addi a5, a5, 4
    addi a6, a6, 2
    addi s0, s0, 2
    addi s1, s1, 2
    addi t2, t2, 2
    bne s0, a4, displace_output
    sw a3, F_END(sp)
    addi a7, a7, AT_CROSSBARS
    beq a1, a7, displaced
    # The layer below: both phases from one sum
    addi a1, a1, -PER_CROSSBAR
    sw a1, F_LAYER(sp)
    lw a3, F_TABLE(sp)
    lw a3, PULL(a3)
    li a2, 0
    c.jal feed
    # a0 current, a1 pull, a2 plus, a3 minus, a4 end, a5 shift, a6 half, a7 rail, s0 state of plus, s1 of minus
    lw s0, F_TABLE(sp)
    lw s1, F_LAYER(sp)
    lw a1, PULL(s0)
    lw a5, ROUND_SHIFT(s0)
    li a6, 1
    sll a6, a6, a5
    srli a6, a6, 1
    lw a7, RAIL(s0)
    lw a0, CURRENT(s1)
    lw a2, PLUS(s1)
    lw a3, MINUS(s1)
    lw a4, NODES(s1)
    slli a4, a4, 1
    add a4, a4, a2
displace_node:
    lw s0, 0(a0)
    lw s1, 0(a1)
    addi a0, a0, 4
    add s0, s0, a6
    addi a1, a1, 4
    sub t2, s0, s1
    add s0, s0, s1
    sra s0, s0, a5
    bltz s0, displace_low
    bgt s0, a7, displace_high
displace_plus:
    sh s0, 0(a2)
    sra t2, t2, a5
    bltz t2, displace_low2
    bgt t2, a7, displace_high2
displace_minus:
    sh t2, 0(a3)
    addi a2, a2, 2
    addi a3, a3, 2
    bne a2, a4, displace_node
    # The layers below that: each phase by itself
lower_layer:
    lw a1, F_LAYER(sp)
    lw a7, F_TABLE(sp)
    addi a7, a7, AT_CROSSBARS
    beq a1, a7, displaced
    li a0, PLUS
    c.jal lower_phase
    li a0, MINUS
    c.jal lower_phase
    lw a1, F_LAYER(sp)
    addi a1, a1, -PER_CROSSBAR
    sw a1, F_LAYER(sp)
    j lower_layer
displaced:
    lw ra, F_RETURN(sp)
    ret
displace_low:
    li s0, 0
    j displace_plus
displace_high:
    mv s0, a7
    j displace_plus
displace_low2:
    li t2, 0
    j displace_minus
displace_high2:
    mv t2, a7
    j displace_minus
# Settle the layer below F_LAYER in the phase whose states' address is a0 bytes after the layer's words
lower_phase:
    sw a0, F_WEIGHTS(sp)
    sw ra, F_SWEEP(sp)
    lw a1, F_LAYER(sp)
    c.jal list_changes
    lw a1, F_LAYER(sp)
    addi a1, a1, -PER_CROSSBAR
    lw a2, CURRENT(a1)
    lw a3, PULL(a7)
    c.jal feed
    lw a7, F_TABLE(sp)
    lw a0, PULL(a7)
    lw a1, F_LAYER(sp)
    addi a1, a1, -PER_CROSSBAR
    lw a2, F_WEIGHTS(sp)
    add a2, a2, a1
    lw a2, 0(a2)
    c.jal finish
    lw ra, F_SWEEP(sp)
    ret

# `dynamics.program`. `plain.excess`: t0 entry of the inputs' list, t1 its end, t2 power
change:
    sw ra, F_RETURN(sp)
    lw a7, F_TABLE(sp)
    lw t0, ACTIVE(a7)
    lw t1, 0(t0)
    addi t0, t0, 4
    li t2, 0
power:
    lw a0, 4(t0)
    addi t0, t0, 8
    mul a0, a0, a0
    add t2, t2, a0
    bne t0, t1, power
    lw t0, POWER_BITS(a7)
    srl t2, t2, t0
    lw t1, AT_CROSSBARS + RATE_SHIFT(a7)
    beqz t2, rate_known
rate_bit:
    srli t2, t2, 1
    addi t1, t1, 1
    bnez t2, rate_bit
rate_known:
    li t0, 24
    ble t1, t0, rate_limited
    mv t1, t0
rate_limited:
    li t0, 1
    sll t0, t0, t1
    srli t0, t0, 1
    # The list of the first layer's differences that change a weight, which no magnitude of at most a6 = (half - 1) / 127
    # does: t0 half, t1 rate_shift, a0 plus, a1 minus, a2 list, a3 end, a4 place, a5 difference, a7 twice a6
    lw a0, AT_CROSSBARS + PLUS(a7)
    lw a1, AT_CROSSBARS + MINUS(a7)
    lw a2, STATES(a7)
    sw a2, F_PAIRS(sp)
    lw a3, AT_CROSSBARS + NODES(a7)
    slli a3, a3, 1
    add a3, a3, a0
    li a4, 127
    addi a6, t0, -1
    divu a6, a6, a4
    slli a7, a6, 1
    li a4, 0
difference:
    lh a5, 0(a0)
    lh t2, 0(a1)
    addi a0, a0, 2
    addi a1, a1, 2
    sub a5, a5, t2
    beqz a5, difference_none
    add t2, a5, a6
    bleu t2, a7, difference_none
    sw a4, 0(a2)
    sw a5, 4(a2)
    addi a2, a2, 8
difference_none:
    addi a4, a4, 2
    bne a0, a3, difference
    # `plain.update_driven`, five differences at once in s0 to s4, the addresses of their weights less the row's in s5
    # to s9: a0 input, a1 row, a2 inputs' list, a3 its end, t0 half, t1 rate_shift, a4 change, a5 new weight, t4 its
    # address, t5 the loop for as many as are left, t6 sum of the changes
    lw ra, F_PAIRS(sp)
    sub a2, a2, ra
    srli a2, a2, 3
    li t6, 0
    blez a2, driven_done
driven_five:
    addi a2, a2, -5
    sw a2, F_LEFT(sp)
    lw t4, F_TABLE(sp)
    lw a1, ACTIVE(t4)
    lw a3, 0(a1)
    lw t4, AT_CROSSBARS + W(t4)
    lw ra, F_PAIRS(sp)
    addi t3, ra, 40
    sw t3, F_PAIRS(sp)
    lla t5, driven
    lla t3, driven_load
    bgez a2, driven_all
    li t2, -38
    mul t2, t2, a2
    add t5, t5, t2
    slli t2, a2, 3
    add ra, ra, t2
    li t2, -10
    mul t2, t2, a2
    add t3, t3, t2
driven_all:
    addi a2, a1, 4
    jr t3
driven_load:
    .macro driven_load_one difference, place, at
    lw \place, 8 * \at(ra)
    lw \difference, 8 * \at + 4(ra)
    add \place, \place, t4
    .endm
    five driven_load_one
driven_input:
    lw a1, 0(a2)
    lw a0, 4(a2)
    addi a2, a2, 8
    jr t5
driven:
    .macro driven_one difference, place, at
    mul a4, \difference, a0
    add a4, a4, t0
    sra a4, a4, t1
    beqz a4, 1f
    add t4, a1, \place
    lh a5, 0(t4)
    add t6, t6, a4
    add a5, a5, a4
    sh a5, 0(t4)
    lh a4, 0(t4)
    beq a4, a5, 1f
    c.jal driven_limit
1:
    .endm
    five driven_one
    bne a2, a3, driven_input
    lw a2, F_LEFT(sp)
    bgtz a2, driven_five
    lw a7, F_TABLE(sp)
    lw a0, SUMS(a7)
    c.jal add_change
driven_done:
    lw a7, F_TABLE(sp)
    addi a1, a7, AT_CROSSBARS
    sw a1, F_LAYER(sp)
    lw a0, SUMS(a7)
    sw a0, F_SWEEP(sp)
    j between_next
# A weight a5 beyond 16 bits is at the limit
driven_limit:
    srai a4, a5, 31
    sub t6, t6, a5
    li a5, 32767
    xor a5, a5, a4
    add t6, t6, a5
    sh a5, 0(t4)
    ret
# Add the sum of changes t6 to the checksum at a0
add_change:
    lw t0, 0(a0)
    add t0, t0, t6
    slli t0, t0, 16
    srli t0, t0, 16
    sw t0, 0(a0)
    ret

# `plain.update_between` of the layer a1, and the list of its differences and means: a0 plus, a2 minus, a3 end, a4 list
between:
    lw a0, PLUS(a1)
    lw a2, MINUS(a1)
    lw a3, NODES(a1)
    slli a6, a3, 1
    add t0, a6, a0
    lw a4, STATES(a7)
    sw a4, F_PAIRS(sp)
between_above:
    lh t1, 0(a0)
    lh t2, 0(a2)
    addi a0, a0, 2
    addi a2, a2, 2
    sub a5, t1, t2
    add t1, t1, t2
    srai t1, t1, 1
    sw a5, 0(a4)
    sw t1, 4(a4)
    addi a4, a4, 8
    bne a0, t0, between_above
    # Five nodes above at once, their differences in s0 to s4, their means in s5 to s9: a0 mean below, t4 difference
    # below, a1 weights, a2 plus below, a3 minus below, t0 half, t1 rate_shift, a4 change, a5 new weight, t5 the loop
    # for as many as are left, t6 sum of the changes, a6 bytes of a row, a7 end of plus below; a3 how many are left
    lw t1, RATE_SHIFT(a1)
    li t0, 1
    sll t0, t0, t1
    srli t0, t0, 1
    lw t2, W(a1)
    sw t2, F_WEIGHTS(sp)
    lw t2, ROWS(a1)
    slli t2, t2, 1
    lw a7, PLUS - PER_CROSSBAR(a1)
    add a7, a7, t2
    li t6, 0
between_five:
    lw a1, F_WEIGHTS(sp)
    addi t2, a1, 10
    sw t2, F_WEIGHTS(sp)
    lw ra, F_PAIRS(sp)
    addi t2, ra, 40
    sw t2, F_PAIRS(sp)
    lla t5, between_loop
    lla t3, between_load
    addi a3, a3, -5
    sw a3, F_LEFT(sp)
    bgez a3, between_all
    slli t2, a3, 1
    add a1, a1, t2
    slli t2, a3, 3
    add ra, ra, t2
    sub t3, t3, t2
    li t2, -44
    mul t2, t2, a3
    add t5, t5, t2
between_all:
    lw t2, F_LAYER(sp)
    lw a2, PLUS - PER_CROSSBAR(t2)
    lw a3, MINUS - PER_CROSSBAR(t2)
    jr t3
between_load:
    .macro between_load_one difference, mean, at
    lw \difference, 8 * \at(ra)
    lw \mean, 8 * \at + 4(ra)
    .endm
    five between_load_one
between_row:
    lh a4, 0(a2)
    lh a5, 0(a3)
    addi a2, a2, 2
    addi a3, a3, 2
    or t4, a4, a5
    beqz t4, between_skip
    sub t4, a4, a5
    add a0, a4, a5
    srai a0, a0, 1
    jr t5
between_loop:
    .macro between_one difference, mean, at
    mul a4, \difference, a0
    mul a5, \mean, t4
    add a4, a4, t0
    add a4, a4, a5
    sra a4, a4, t1
    beqz a4, 1f
    lh a5, 2 * \at(a1)
    add t6, t6, a4
    add a5, a5, a4
    sh a5, 2 * \at(a1)
    lh a4, 2 * \at(a1)
    beq a4, a5, 1f
    c.jal between_limit
    sh a5, 2 * \at(a1)
1:
    .endm
    five between_one
between_skip:
    add a1, a1, a6
    bne a2, a7, between_row
    lw a3, F_LEFT(sp)
    bgtz a3, between_five
    lw a0, F_SWEEP(sp)
    c.jal add_change
# The next crossbar
between_next:
    lw a7, F_TABLE(sp)
    lw a1, F_LAYER(sp)
    lw a0, F_SWEEP(sp)
    lw t0, ABOVE(a1)
    beqz t0, programmed
    addi a1, a1, PER_CROSSBAR
    addi a0, a0, 4
    sw a1, F_LAYER(sp)
    sw a0, F_SWEEP(sp)
    j between
programmed:
    lw ra, F_RETURN(sp)
    ret
between_limit:
    srai a4, a5, 31
    sub t6, t6, a5
    li a5, 32767
    xor a5, a5, a4
    add t6, t6, a5
    ret

# scatter(weights, stream): as `plain.scatter`. t0 state, t1 spread, t2 end, a2 = 2**15
    function scatter, 2, 2
    begin_stream
    lw t1, 8(a1)
    lw t2, 12(a1)
    slli t2, t2, 1
    add t2, t2, a0
    li a2, 32768
scatter_next:
    step_stream
    srli a3, t0, 16
    sub a3, a3, a2
    mul a3, a3, t1
    srai a3, a3, 15
    sh a3, 0(a0)
    addi a0, a0, 2
    bne a0, t2, scatter_next
    end_stream
    li a0, 0
    ret

# total(weights, count): return their sum modulo 2**16. t0 end, t1 sum
    function total, 2, 1
    slli t0, a1, 1
    add t0, t0, a0
    li t1, 0
total_next:
    lh t2, 0(a0)
    addi a0, a0, 2
    add t1, t1, t2
    bne a0, t0, total_next
    slli a0, t1, 16
    srli a0, a0, 16
    ret
