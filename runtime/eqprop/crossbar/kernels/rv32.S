# The circuit's dynamics in RISC-V assembler, RV32IMC: the same bits as `eqprop.crossbar.dynamics` on `plain`.
#
# The one source of rv32.py, which holds its machine code: `make generated` assembles it. One call of `run` does one
# verb, or learns one sample.
#
# The table is that of `eqprop.crossbar.native`, offsets are its numbers times four; addresses of arrays are in the even
# words, the low halves. active[0] is the address of the end of the list of inputs that are not zero, the bias row last.
# From active[1] on, each has two words: the byte offset of its pair of devices in a node's row, and its value.
#
# Loops over sixteen nodes, or over five in registers, are unrolled. If fewer are left, a jump enters the loop partway.
# Its distance is computed from the size of what it skips, so the instructions there stand between `.option norvc` and
# `pop` and take four bytes each. g_max is always 32767, the largest 15-bit value, so one addition changes two devices:
# if one of them leaves its limits, bit 15 or 31 is set in the new pair, or in the new pair minus g_min in both halves.
# A result is always a small integer, because MicroPython would allocate any other. Nothing here allocates.
    .include "rv32_common.S"

    .equ LEARN, 1
    .equ NUDGE, 3
    .equ PROGRAM, 4
    .equ REFRESH, 5

    .include "table.S"
    .equ V_PLUS, 4 * 34
    .equ V_MINUS, 4 * 36

# On the stack
    .equ F_TABLE, 0
    .equ F_NUMBER, 4            # label or phase, then the loss
    .equ F_VERB, 8
    .equ F_ANSWER, 12
    .equ F_RETURN, 16           # return address of a routine that calls others
    .equ F_SWEPT, 20            # return address of `sweep`
    .equ F_RELAXED, 24          # return address of `relax`
    .equ F_HALVES, 28           # half sweeps left
    .equ F_FIRST, 32            # the half sweep's first crossbar
    .equ F_C, 36                # crossbar
    .equ F_PHASE, 40            # bytes from a layer's words to the address of its voltages in this phase
    .equ F_ZERO, 44             # whether all the layers above are at zero volts
    .equ F_LAYER, 48            # a layer's words
    .equ F_NODE, 52
    .equ F_LIST, 56
    .equ F_END, 60
    .equ F_MEANS, 64            # bytes from the deltas of the layer below to its means
    .equ F_TOTALS, 68           # its totals
    .equ F_NODES_END, 72        # its deltas' end, without and with the bias pair
    .equ F_DELTAS_END, 76
    .equ F_WIDTH, 80
    .equ F_MOVES, 84            # whether rows at zero volts change
    .equ F_LEFT, 88
    .equ F_MISSING, 92
    .equ F_STILL, 96            # a mask of what rows at zero volts still have to change by
    .equ F_SUMS, 100            # 16 words
    .equ F_SAVED, 164
    .equ FRAME, 224

    .macro zero sum, node
    li \sum, 0
    .endm
    .macro change_pair limit    # two devices at t0, by the upper halves of a1 + t1 and a1 - t1; t6: all changes
    add t3, a1, t1
    sub t1, a1, t1
    srai t3, t3, 16
    and t1, t1, a3
    add t3, t3, t1
    lw t1, 0(t0)
    add t6, t6, t3
    add t1, t1, t3
    sub t4, t1, s8
    or t4, t4, t1
    and t4, t4, s9
    bnez t4, \limit
    sw t1, 0(t0)
    .endm
    .macro five operation       # on each of five deltas, means and totals
    \operation s0, s5, s10, 0
    \operation s1, s6, s11, 1
    \operation s2, s7, a5, 2
    \operation s3, s8, a6, 3
    \operation s4, s9, a7, 4
    .endm

# run(features, table, verb, label or phase): return the prediction of settle; of learn, whether the rates halve now, or
# -2 if it met a total out of range; of both -1, and nothing done, for a label without an output, or on a table whose
# words no longer add up to 0; the loss of set_nudge; and 1 from program and refresh for a total out of range. learn
# counts in the tally (`eqprop.learner`).
    function run, 4, 2
    addi sp, sp, -FRAME
    saved sw
    sw a1, F_TABLE(sp)
    sw a2, F_VERB(sp)
    sw a3, F_NUMBER(sp)
    li t0, LEARN
    bleu a2, t0, free
    li t0, NUDGE
    beq a2, t0, only_nudge
    bltu a2, t0, only_set_nudge
    li t0, PROGRAM
    beq a2, t0, only_program
    li t0, REFRESH
    bne a2, t0, only_where
    jal refresh
    j exit
only_where:
    place run_code
    j exit
only_program:
    jal program
    j exit
only_nudge:
    mv a0, a3
    jal nudge
    li a0, 0
    j exit
only_set_nudge:
    mv a0, a3
    jal set_nudge
exit:
    saved lw
    addi sp, sp, FRAME
    ret

# The sum of all the table's words: t0 the last word, which makes it 0, t1 sum, t2 word
free:
    lw t0, OUT_COUNTS(a1)
    andi t0, t0, 15
    li t1, PER_CROSSBAR
    mul t0, t0, t1
    addi t0, t0, AT_CROSSBARS
    add t0, t0, a1
    lw t1, 0(t0)
    mv t2, a1
words:
    lw a4, 0(t2)
    lw a5, 4(t2)
    addi t2, t2, 8
    add t1, t1, a4
    add t1, t1, a5
    bne t2, t0, words
    bnez t1, refuse
    lw a4, OUT_NODES(a1)
    bltu a3, a4, load
refuse:
    li a0, -1
    j exit

# `plain.load`: a0 features, t0 their end, a2 list, a3 offset, a4 feature, t1 = -128
load:
    lw t0, IN_FEATURES(a1)
    add t0, t0, a0
    lw t2, IN_ACTIVE(a1)
    addi a2, t2, 4
    li a3, 0
    li t1, -128
load_next:
    lb a4, 0(a0)
    addi a0, a0, 1
    beqz a4, load_zero
    beq a4, t1, load_least
load_used:
    sw a3, 0(a2)
    sw a4, 4(a2)
    addi a2, a2, 8
load_zero:
    addi a3, a3, 4
    bne a0, t0, load_next
    li a4, 127
    sw a3, 0(a2)
    sw a4, 4(a2)
    addi a2, a2, 8
    sw a2, 0(t2)

# `plain.multiply`, sixteen nodes at once: a0 rows, a1 nodes left, a2 and t0 devices, a3 currents, t1 list, t2 its end,
# t3 entry's value, t4 its pair, t5 the loop for as many nodes as are left, t6 shift, ra bytes of a row
drive:
    addi t2, t2, 4
    sw t2, F_LIST(sp)
    sw a2, F_END(sp)
    lw a0, IN_CONDUCTANCES(a1)
    lw a3, IN_DRIVEN(a1)
    lw t6, IN_SHIFT(a1)
    lw ra, IN_WIDTH(a1)
    lw a1, IN_NODES(a1)
drive_sixteen:
    addi a1, a1, -16
    li t0, 0
    bgez a1, drive_all
    neg t0, a1
drive_all:
    lla t5, drive_plain
    li t1, 24
    beqz t6, drive_chosen
    lla t5, drive_shifted
    li t1, 28
drive_chosen:
    mul t1, t1, t0
    add t5, t5, t1
    slli t0, t0, 2
    sub a3, a3, t0
    lw t1, F_LIST(sp)
    lw t2, F_END(sp)
    sixteen zero
drive_entry:
    lw t4, 0(t1)
    lw t3, 4(t1)
    addi t1, t1, 8
    add t4, t4, a0
    jr t5
    .option push
    .option norvc
drive_plain:
    .macro plain_pair sum, node
    lhu t0, 0(t4)
    lhu a2, 2(t4)
    add t4, t4, ra
    sub t0, t0, a2
    mul t0, t0, t3
    add \sum, \sum, t0
    .endm
    sixteen plain_pair
    bne t1, t2, drive_entry
    j driven
drive_shifted:
    .macro shifted_pair sum, node
    lhu t0, 0(t4)
    lhu a2, 2(t4)
    add t4, t4, ra
    sub t0, t0, a2
    mul t0, t0, t3
    sra t0, t0, t6
    add \sum, \sum, t0
    .endm
    sixteen shifted_pair
    bne t1, t2, drive_entry
driven:
    li t0, 0
    bgez a1, driven_all
    neg t0, a1
driven_all:
    lla t5, drive_store
    slli t0, t0, 2
    add t5, t5, t0
    jr t5
drive_store:
    .macro store_current sum, node
    sw \sum, 4 * \node(a3)
    .endm
    sixteen store_current
    .option pop
    slli t0, ra, 4
    add a0, a0, t0
    addi a3, a3, 64
    bgtz a1, drive_sixteen

# The free phase. The first half sweep relaxes every second layer, on the voltages of those below alone: these start at
# zero volts. a1 layer's words, t0 crossbars left
settle:
    lw a0, F_TABLE(sp)
    lw t0, OUT_COUNTS(a0)
    andi t0, t0, 255
    addi t0, t0, -2
    blez t0, cleared
    addi a1, a0, AT_CROSSBARS + PER_CROSSBAR
clear:
    lw t1, V_FREE(a1)
    lw t2, NODES(a1)
    slli t2, t2, 1
    add t2, t2, t1
clear_node:
    sh zero, 0(t1)
    addi t1, t1, 2
    bne t1, t2, clear_node
    addi a1, a1, 2 * PER_CROSSBAR
    addi t0, t0, -2
    bgtz t0, clear
cleared:
    lw t0, OUT_NODES(a0)
    lw t1, OUT_REST(a0)
    lw t2, OUT_BASE(a0)
    slli t0, t0, 2
    add t0, t0, t1
rest:
    lw a2, 0(t1)
    addi t1, t1, 4
    sw a2, 0(t2)
    addi t2, t2, 4
    bne t1, t0, rest
    lw t0, OUT_COUNTS(a0)
    srli t0, t0, 8
    andi t0, t0, 255
    slli a0, t0, 1
    li a1, 0
    li a2, V_FREE
    li a3, 1
    jal sweep
    # `plain.highest`: a0 best, t0 output, t1 their end, t2 the best's voltage
    lw a1, F_TABLE(sp)
    lw t0, OUT_V_FREE(a1)
    lw t1, OUT_NODES(a1)
    slli t1, t1, 1
    add t1, t1, t0
    mv a0, t0
    lh t2, 0(t0)
highest:
    lh a2, 0(t0)
    ble a2, t2, lower
    mv t2, a2
    mv a0, t0
lower:
    addi t0, t0, 2
    bne t0, t1, highest
    lw t0, OUT_V_FREE(a1)
    sub a0, a0, t0
    srli a0, a0, 1
    lw t0, F_VERB(sp)
    beqz t0, exit
    sw a0, F_ANSWER(sp)
    lw a0, F_NUMBER(sp)
    jal set_nudge
    sw a0, F_NUMBER(sp)
    beqz a0, learnt
    li a0, 1
    jal nudge
    li a0, 2
    jal nudge
    jal program
    beqz a0, learnt
    li a0, -2
    j exit
learnt:
    lw t0, F_TABLE(sp)
    lw t0, IN_TALLY(t0)
    lw a1, F_NUMBER(sp)
    lw a2, F_ANSWER(sp)
    lw a3, 8(t0)
    lw a4, 12(t0)
    addi a3, a3, 1
    addi a4, a4, -1
    sw a1, 0(t0)
    sw a2, 4(t0)
    sw a3, 8(t0)
    sw a4, 12(t0)
    seqz a0, a4
    j exit
load_least:
    li a4, -127
    j load_used

# a0 half sweeps, the first from crossbar a1 on, in the phase whose voltages' addresses are a2 bytes after their layer's
# words; a3 whether the layers above are at zero volts in the first
sweep:
    sw ra, F_SWEPT(sp)
    sw a0, F_HALVES(sp)
    sw a1, F_FIRST(sp)
    sw a2, F_PHASE(sp)
    sw a3, F_ZERO(sp)
half_sweep:
    lw t0, F_HALVES(sp)
    beqz t0, swept
    addi t0, t0, -1
    sw t0, F_HALVES(sp)
    lw a0, F_FIRST(sp)
sweep_layer:
    lw a1, F_TABLE(sp)
    lw t0, OUT_COUNTS(a1)
    andi t0, t0, 255
    bge a0, t0, half_swept
    sw a0, F_C(sp)
    li t0, PER_CROSSBAR
    mul t0, t0, a0
    add a1, a1, t0
    addi a1, a1, AT_CROSSBARS
    jal relax
    lw a0, F_C(sp)
    addi a0, a0, 2
    j sweep_layer
half_swept:
    lw t0, F_FIRST(sp)
    xori t0, t0, 1
    sw t0, F_FIRST(sp)
    sw zero, F_ZERO(sp)
    j half_sweep
swept:
    lw ra, F_SWEPT(sp)
    ret

# `plain.relax` of the layer a1, sixteen nodes at once: a0 first column or node, a3 how many nodes fewer, t0 product, t1
# voltages, t2 their end, t3 voltage, t4 devices, t5 the loop for as many nodes as are left, t6 shift, ra bytes of a row
relax:
    sw ra, F_RELAXED(sp)
    sw a1, F_LAYER(sp)
    li a0, 0
relax_sixteen:
    sw a0, F_NODE(sp)
    lw t0, NODES(a1)
    sub t0, t0, a0
    li a3, 16
    sub a3, a3, t0
    bgez a3, relax_few
    li a3, 0
relax_few:
    lw t6, PRODUCT_SHIFT(a1)
    sixteen zero
    lw t2, COLUMNS(a1)
    beqz t2, below
    lw t0, F_ZERO(sp)
    bnez t0, below
    slli ra, t2, 1
    lw t1, F_PHASE(sp)
    add t1, t1, a1
    lw t1, PER_CROSSBAR(t1)
    add t2, t1, ra
    mul a0, a0, ra
    lw t0, G_ABOVE(a1)
    add a0, a0, t0
    lla t5, above
    li t0, 20
    mul t0, t0, a3
    add t5, t5, t0
above_next:
    lh t3, 0(t1)
    mv t4, a0
    addi t1, t1, 2
    addi a0, a0, 2
    beqz t3, above_zero
    jr t5
    .option push
    .option norvc
above:
    .macro above_node sum, node
    lhu t0, 0(t4)
    add t4, t4, ra
    mul t0, t0, t3
    sra t0, t0, t6
    add \sum, \sum, t0
    .endm
    sixteen above_node
    .option pop
above_zero:
    bne t1, t2, above_next
    lw t0, BACK_SHIFT(a1)
    .macro shift_back sum, node
    sra \sum, \sum, t0
    .endm
    sixteen shift_back
    lw a0, F_NODE(sp)
below:
    lw t2, ROWS(a1)
    beqz t2, finish
    lw ra, NODES(a1)
    slli ra, ra, 1
    lw t1, F_PHASE(sp)
    add t1, t1, a1
    lw t1, -PER_CROSSBAR(t1)
    slli t2, t2, 1
    add t2, t2, t1
    sub t4, a0, a3
    slli t4, t4, 1
    lw t0, G(a1)
    add t4, t4, t0
    lla t5, below_nodes
    slli t0, a3, 4
    add t5, t5, t0
below_next:
    lh t3, 0(t1)
    addi t1, t1, 2
    beqz t3, below_zero
    jr t5
    .option push
    .option norvc
below_nodes:
    .macro below_node sum, node
    lhu t0, 2 * \node(t4)
    mul t0, t0, t3
    sra t0, t0, t6
    add \sum, \sum, t0
    .endm
    sixteen below_node
    .option pop
below_zero:
    add t4, t4, ra
    bne t1, t2, below_next
# Unrolled for four nodes: t0 sums, t6 their end, a0 voltages, a2 base currents, a4 shifts, a5 reciprocals, a6 lows, a7
# highs, t1 voltage, s0 = 65535, s1 = 8192, s2 = -65535
finish:
    .macro store_sum sum, node
    sw \sum, F_SUMS + 4 * \node(sp)
    .endm
    sixteen store_sum
    lw a0, F_NODE(sp)
    andi t3, a3, 3
    sub a0, a0, t3
    sub a3, a3, t3
    slli t0, a3, 2
    add t0, t0, sp
    addi t0, t0, F_SUMS
    addi t6, sp, F_SUMS + 64
    lw a2, BASE(a1)
    lw a4, SHIFT(a1)
    lw a5, RECIPROCAL(a1)
    lw a6, LOW(a1)
    lw a7, HIGH(a1)
    lw t1, F_PHASE(sp)
    add t1, t1, a1
    lw t1, 0(t1)
    add a4, a4, a0
    slli t2, a0, 1
    add a5, a5, t2
    add a6, a6, t2
    add a7, a7, t2
    add a0, t1, t2
    slli t2, t2, 1
    add a2, a2, t2
    li s0, 65535
    li s1, 8192
    neg s2, s0
    lla t5, finish_nodes
    li t1, 52
    mul t3, t3, t1
    add t5, t5, t3
    jr t5
    .option push
    .option norvc
finish_nodes:
    .macro finish_node node
    lw t1, 4 * \node(t0)
    lw t2, 4 * \node(a2)
    add t1, t1, t2
    lbu t2, \node(a4)
    sra t1, t1, t2
    bgeu t1, s0, finish_far\node
finish_within\node:
    lhu t2, 2 * \node(a5)
    mul t1, t1, t2
    add t1, t1, s1
    srai t1, t1, 14
    lh t2, 2 * \node(a7)
    bgt t1, t2, finish_high\node
finish_store\node:
    sh t1, 2 * \node(a0)
    .endm
    finish_node 0
    finish_node 1
    finish_node 2
    finish_node 3
    .option pop
    addi t0, t0, 16
    addi a2, a2, 16
    addi a4, a4, 4
    addi a5, a5, 8
    addi a6, a6, 8
    addi a7, a7, 8
    addi a0, a0, 8
    bne t0, t6, finish_nodes
    lw a1, F_LAYER(sp)
    lw a0, F_NODE(sp)
    addi a0, a0, 16
    lw t0, NODES(a1)
    blt a0, t0, relax_sixteen
    lw ra, F_RELAXED(sp)
    ret
    # Above the limit of a voltage, or below zero: held there, or within its low
    .macro finish_beyond node
finish_high\node:
    mv t1, t2
    j finish_store\node
finish_far\node:
    bltz t1, 1f
    mv t1, s0
    j finish_within\node
1:
    lh t3, 2 * \node(a6)
    beqz t3, 3f
    bge t1, s2, 2f
    mv t1, s2
2:
    lhu t2, 2 * \node(a5)
    mul t1, t1, t2
    add t1, t1, s1
    srai t1, t1, 14
    bge t1, t3, finish_store\node
3:
    mv t1, t3
    j finish_store\node
    .endm
    finish_beyond 0
    finish_beyond 1
    finish_beyond 2
    finish_beyond 3

# `dynamics.nudge` of phase a0. Each layer's free voltages are copied two at once: a1 layer's words, a2 crossbars left
nudge:
    sw ra, F_RETURN(sp)
    slli t0, a0, 3
    addi t0, t0, V_FREE
    sw t0, F_PHASE(sp)
    lw a3, F_TABLE(sp)
    lw a2, OUT_COUNTS(a3)
    andi a2, a2, 255
    addi a1, a3, AT_CROSSBARS
copy:
    lw t0, F_PHASE(sp)
    add t0, t0, a1
    lw t0, 0(t0)
    lw t1, V_FREE(a1)
    lw t2, WIRED(a1)
    addi t2, t2, -1
    slli t2, t2, 1
    add t2, t2, t1
    bgeu t1, t2, copy_last
copy_two:
    lw a4, 0(t1)
    addi t1, t1, 4
    sw a4, 0(t0)
    addi t0, t0, 4
    bltu t1, t2, copy_two
copy_last:
    bne t1, t2, copied
    lh a4, 0(t1)
    sh a4, 0(t0)
copied:
    addi a1, a1, PER_CROSSBAR
    addi a2, a2, -1
    bnez a2, copy
    # `plain.set_base_currents` and `plain.shift_outputs`: t0 end of the voltages, t1 base currents, t2 shifts, a2 rest,
    # a4 currents, a5 reciprocals, a6 lows, a7 highs, s0 = 65535, s1 = 8192, s2 = -65535, s3 voltages, s4 current
    addi a1, a1, -PER_CROSSBAR
    lw t1, OUT_BASE(a3)
    lw a2, OUT_REST(a3)
    lw a4, OUT_CURRENTS(a3)
    lw t0, OUT_NODES(a3)
    lw t2, SHIFT(a1)
    lw a5, RECIPROCAL(a1)
    lw a6, LOW(a1)
    lw a7, HIGH(a1)
    lw s3, F_PHASE(sp)
    add s3, s3, a1
    lw s3, 0(s3)
    slli t0, t0, 1
    add t0, t0, s3
    li s0, 65535
    li s1, 8192
    neg s2, s0
    addi a0, a0, -1
output:
    lw s4, 0(a4)
    addi a4, a4, 4
    beqz a0, output_signed
    neg s4, s4
output_signed:
    lw s5, 0(a2)
    addi a2, a2, 4
    add s5, s5, s4
    sw s5, 0(t1)
    addi t1, t1, 4
    beqz s4, output_stays
    lbu s5, 0(t2)
    sra s4, s4, s5
    ble s4, s0, output_most
    mv s4, s0
output_most:
    bge s4, s2, output_least
    mv s4, s2
output_least:
    lhu s5, 0(a5)
    mul s4, s4, s5
    add s4, s4, s1
    srai s4, s4, 14
    lh s5, 0(s3)
    add s4, s4, s5
    lh s5, 0(a7)
    ble s4, s5, output_high
    mv s4, s5
output_high:
    lh s5, 0(a6)
    bge s4, s5, output_low
    mv s4, s5
output_low:
    sh s4, 0(s3)
output_stays:
    addi t2, t2, 1
    addi a5, a5, 2
    addi a6, a6, 2
    addi a7, a7, 2
    addi s3, s3, 2
    bne s3, t0, output
    # down from the layer below the outputs, and one sweep less
    lw a1, OUT_COUNTS(a3)
    srli a0, a1, 8
    andi a0, a0, 255
    addi a0, a0, -1
    slli a0, a0, 1
    andi a1, a1, 1
    lw a2, F_PHASE(sp)
    li a3, 0
    jal sweep
    lw ra, F_RETURN(sp)
    ret

# `plain.set_nudge` for the label a0: return the loss. t0 output's voltage, t1 their end, t2 currents, t3 the right one,
# t4 error, t5 current, t6 limit of a current, a2 of the loss, a3 beta, a4 shift, a5 target of the others, a6 of the
# right
set_nudge:
    lw a1, F_TABLE(sp)
    lw t0, OUT_V_FREE(a1)
    lw t1, OUT_NODES(a1)
    slli t1, t1, 1
    add t1, t1, t0
    slli t3, a0, 1
    add t3, t3, t0
    lw t2, OUT_CURRENTS(a1)
    lw a3, OUT_BETA(a1)
    lw a4, OUT_SHIFT(a1)
    lh a5, OUT_WRONG(a1)
    lh a6, OUT_RIGHT(a1)
    li t6, 536870911
    neg a7, t6
    li a2, 1073741823
    li a0, 0
nudge_output:
    lh t4, 0(t0)
    beq t0, t3, nudge_right
    sub t4, a5, t4
    bltz t4, nudge_counts
nudge_none:
    sw zero, 0(t2)
nudge_next:
    addi t0, t0, 2
    addi t2, t2, 4
    bne t0, t1, nudge_output
    ret
nudge_right:
    sub t4, a6, t4
    blez t4, nudge_none
nudge_counts:
    mul t5, t4, a3
    sra t5, t5, a4
    ble t5, t6, nudge_most
    mv t5, t6
nudge_most:
    bge t5, a7, nudge_least
    mv t5, a7
nudge_least:
    sw t5, 0(t2)
    srai t4, t4, 4
    mul t4, t4, t4
    sub t5, a2, t4
    add t4, t4, a0
    bge a0, t5, nudge_full
    mv a0, t4
    j nudge_next
nudge_full:
    mv a0, a2
    j nudge_next

# Change every conductance; a0 is then 1 if a total is out of range, otherwise 0. `plain.contrast`: a0 layer's words, a1
# layers left, a2 delta, a3 mean, a4 plus, a5 minus, a6 end, a7 limit, t0 its negative
program:
    sw ra, F_RETURN(sp)
    lw a0, F_TABLE(sp)
    lw a1, OUT_COUNTS(a0)
    andi a1, a1, 255
    addi a0, a0, AT_CROSSBARS
contrast:
    lw a2, DELTA(a0)
    lw a3, MEAN(a0)
    lw a4, V_PLUS(a0)
    lw a5, V_MINUS(a0)
    lw a6, WIRED(a0)
    slli a6, a6, 1
    add a6, a6, a2
    lw a7, DELTA_LIMIT(a0)
    neg t0, a7
contrast_node:
    lh t1, 0(a4)
    lh t2, 0(a5)
    addi a4, a4, 2
    addi a5, a5, 2
    add t3, t1, t2
    sub t1, t1, t2
    srai t3, t3, 1
    bgt t1, a7, contrast_most
    blt t1, t0, contrast_least
contrast_store:
    sh t1, 0(a2)
    sh t3, 0(a3)
    addi a2, a2, 2
    addi a3, a3, 2
    bne a2, a6, contrast_node
    addi a0, a0, PER_CROSSBAR
    addi a1, a1, -1
    bnez a1, contrast
    j update_driven
contrast_most:
    mv t1, a7
    j contrast_store
contrast_least:
    mv t1, t0
    j contrast_store

# `plain.update_driven`: s0 row, s1 delta, s2 mean, s3 total, s4 end of the deltas, s5 rate_shift, s6 gain, s7 offset,
# s8 g_min twice, s9 = 0x80008000, s11 end of the list, a5 the most that all inputs may change by for sums of 16 bits,
# a6 = 16 - rate_shift, a7 bytes of a row
update_driven:
    lw t0, F_TABLE(sp)
    lw s0, IN_CONDUCTANCES(t0)
    lw a7, IN_WIDTH(t0)
    lw t1, IN_ACTIVE(t0)
    lw s11, 0(t1)
    addi t1, t1, 4
    sw t1, F_LIST(sp)
    lw s4, IN_NODES(t0)
    lw a5, IN_FEATURES(t0)
    addi a5, a5, 1
    li t1, 32767
    divu a5, t1, a5
    addi t0, t0, AT_CROSSBARS
    lw s1, DELTA(t0)
    lw s2, MEAN(t0)
    lw s3, TOTAL(t0)
    slli s4, s4, 1
    add s4, s4, s1
    lw s5, RATE_SHIFT(t0)
    lw s6, GAIN(t0)
    li s7, 1
    sll s7, s7, s5
    srli s7, s7, 1
    lw s8, G_MIN(t0)
    slli t1, s8, 16
    or s8, s8, t1
    li s9, 0x80008000
    li a6, 16
    sub a6, a6, s5
driven_row:
    lh a0, 0(s1)
    beqz a0, row_next
    # a0 d, a1 c, t3 the most and t4 the least that an input changes by, a2 what one at zero volts does
    lh a1, 0(s2)
    mul a1, a1, a0
    sra a1, a1, s6
    sub a1, s7, a1
    srai t1, a0, 31
    xor t2, a0, t1
    sub t2, t2, t1
    slli t1, t2, 7
    sub t1, t1, t2
    add t3, a1, t1
    sub t4, a1, t1
    sra t3, t3, s5
    sra t4, t4, s5
    or t1, t3, t4
    beqz t1, row_next
    lw t2, F_LIST(sp)
    mv t0, s0
    li a4, 0
    li t6, 0
    bltz a6, row_far
    bgt t3, a5, row_far
    neg t1, a5
    blt t4, t1, row_far
    sra a2, a1, s5
    # a0 d and a1 c, shifted left: changes in the upper half; t0 pair, t1 devices, t2 list, t3 change, t6 sum of the
    # changes, in each half, a3 mask of the upper half, a4 sum of the limited ones
    sll a0, a0, a6
    sll a1, a1, a6
    li a3, 0xFFFF0000
    bnez a2, row_whole
    sub t4, s11, t2
    andi t4, t4, 8
    beqz t4, row_two
    lw t0, 0(t2)
    lw t1, 4(t2)
    addi t2, t2, 8
    mul t1, t1, a0
    add t0, t0, s0
    change_pair row_limit
    beq t2, s11, row_done
row_two:                        # and pair a2, with change t5 and new devices t4
    lw t0, 0(t2)
    lw t1, 4(t2)
    lw a2, 8(t2)
    lw t4, 12(t2)
    addi t2, t2, 16
    mul t1, t1, a0
    mul t4, t4, a0
    add t0, t0, s0
    add a2, a2, s0
    add t3, a1, t1
    sub t1, a1, t1
    srai t3, t3, 16
    and t1, t1, a3
    add t3, t3, t1
    add t5, a1, t4
    sub t4, a1, t4
    srai t5, t5, 16
    and t4, t4, a3
    add t5, t5, t4
    lw t1, 0(t0)
    lw t4, 0(a2)
    add t6, t6, t3
    add t1, t1, t3
    add t6, t6, t5
    add t4, t4, t5
    sub ra, t1, s8
    sub s10, t4, s8
    or ra, ra, t1
    or s10, s10, t4
    or ra, ra, s10
    and ra, ra, s9
    bnez ra, two_limit
    sw t1, 0(t0)
    sw t4, 0(a2)
    bne t2, s11, row_two
row_done:
    slli t1, t6, 16
    srai t1, t1, 16
    sub t6, t6, t1
    srai t6, t6, 16
    add t1, t1, t6
    add t1, t1, a4
    lw t2, 0(s3)
    add t2, t2, t1
    sw t2, 0(s3)
row_next:
    add s0, s0, a7
    addi s1, s1, 2
    addi s2, s2, 2
    addi s3, s3, 4
    bne s1, s4, driven_row
    j update_between
row_limit:
    jal limit_pair
    bne t2, s11, row_two
    j row_done
two_limit:
    jal limit_pair
    mv t0, a2
    mv t3, t5
    jal limit_pair
    bne t2, s11, row_two
    j row_done
# The same if inputs at zero volts change too, by a2, up to pair t5; how many there are is known
row_whole:
    slli t1, a2, 16
    add a2, a2, t1
    sub t1, s11, t2
    srli t1, t1, 3
    srli t3, a7, 2
    sub t3, t3, t1
    mul t6, t3, a2
row_entry:
    lw t5, 0(t2)
    addi t2, t2, 8
    add t5, t5, s0
    beq t0, t5, row_pair
row_idle:
    lw t1, 0(t0)
    add t1, t1, a2
    sub t4, t1, s8
    or t4, t4, t1
    and t4, t4, s9
    bnez t4, idle_limit
    sw t1, 0(t0)
idle_done:
    addi t0, t0, 4
    bne t0, t5, row_idle
row_pair:
    lw t1, -4(t2)
    mul t1, t1, a0
    change_pair pair_limit
pair_done:
    addi t0, t0, 4
    bne t2, s11, row_entry
    j row_done
idle_limit:
    mv t3, a2
    jal limit_pair
    j idle_done
pair_limit:
    jal limit_pair
    j pair_done
# Change the devices of pair t0 by the halves of t3, within their limits; t6 has counted it
limit_pair:
    sub t6, t6, t3
    slli t1, t3, 16
    srai t1, t1, 16
    sub t4, t3, t1
    srai t4, t4, 16
# The same by t1 and t4
limit_devices:
    .macro limit_device change, at
    lhu t3, \at(t0)
    sub a4, a4, t3
    add t3, t3, \change
    slli \change, s8, 16
    srli \change, \change, 16
    bge t3, \change, 1f
    mv t3, \change
1:
    srli \change, t3, 15
    beqz \change, 2f
    li t3, 32767
2:
    add a4, a4, t3
    sh t3, \at(t0)
    .endm
    limit_device t1, 0
    limit_device t4, 2
    ret
# Changes whose sum may exceed 16 bits, or a rate_shift of more than 16
row_far:
    lw t5, 0(t2)
    addi t2, t2, 8
    add t5, t5, s0
far_pair:
    li t1, 0
    bne t0, t5, far_zero
    lw t1, -4(t2)
    mul t1, t1, a0
far_zero:
    sub t4, a1, t1
    add t1, t1, a1
    sra t1, t1, s5
    sra t4, t4, s5
    jal limit_devices
    addi t0, t0, 4
    bleu t0, t5, far_pair
    bne t2, s11, row_far
    j row_done

# `plain.update_between`, from the second crossbar to the last: a3 crossbars left, a0 layer's words
update_between:
    lw a0, F_TABLE(sp)
    lw a3, OUT_COUNTS(a0)
    andi a3, a3, 255
    addi a0, a0, AT_CROSSBARS
between_next:
    addi a3, a3, -1
    addi a0, a0, PER_CROSSBAR
    beqz a3, invert
    sw a3, F_C(sp)
    sw a0, F_LAYER(sp)
    addi a1, a0, -PER_CROSSBAR
    lw t0, DELTA(a1)
    lw t1, MEAN(a1)
    sub t1, t1, t0
    sw t1, F_MEANS(sp)
    lw t1, NODES(a1)
    slli t1, t1, 1
    add t1, t1, t0
    sw t1, F_NODES_END(sp)
    lw t1, ROWS(a0)
    slli t1, t1, 1
    add t1, t1, t0
    sw t1, F_DELTAS_END(sp)
    # A total's address is twice the address of the delta that follows, plus F_TOTALS
    lw t1, TOTAL(a1)
    slli t0, t0, 1
    sub t1, t1, t0
    addi t1, t1, -4
    sw t1, F_TOTALS(sp)
    lw t0, NODES(a0)
    sw t0, F_LEFT(sp)
    slli t0, t0, 1
    sw t0, F_WIDTH(sp)
    sw zero, F_NODE(sp)
    li t1, -1
    sw t1, F_STILL(sp)
    # Rows at zero volts in both phases change by what the layer above alone brings. Up to 32 nodes above, an even number,
    # change two at once; then s0 offset, s1 rate_shift, s2 gain, s3 deltas, s4 means, s5 pairs of changes, s6 their end,
    # s7 sum of all, s8 whether any is not zero, s9 whether any has more than 16 bits
    andi t1, t0, 2
    bnez t1, between_five
    li t1, 64
    bgtu t0, t1, between_five
    lw s1, RATE_SHIFT(a0)
    li s0, 1
    sll s0, s0, s1
    srli s0, s0, 1
    lw s2, GAIN(a0)
    lw s3, DELTA(a0)
    lw s4, MEAN(a0)
    addi s5, sp, F_SUMS
    add s6, s5, t0
    li s7, 0
    li s8, 0
    li s9, 0
still_pair:
    .macro still_change to, at
    lh \to, \at(s3)
    lh t2, \at(s4)
    sra \to, \to, s2
    sra t2, t2, s2
    mul \to, \to, t2
    sub \to, s0, \to
    sra \to, \to, s1
    or s8, s8, \to
    add s7, s7, \to
    slli t2, \to, 16
    srai t2, t2, 16
    xor t2, t2, \to
    or s9, s9, t2
    .endm
    still_change t0, 0
    still_change t1, 2
    slli t1, t1, 16
    add t0, t0, t1
    sw t0, 0(s5)
    addi s3, s3, 4
    addi s4, s4, 4
    addi s5, s5, 4
    bne s5, s6, still_pair
    beqz s8, between_five
    bnez s9, between_five
    sw zero, F_STILL(sp)
    # a0 delta below, s0 bytes from there to the mean, s1 end of the deltas, a2 devices, s2 bytes of a row, s3 totals
    # below, s4 g_min twice, s5 = 0x80008000, s8 how many rows, t0 devices, t1 changes, t6 the row's sum
    lw s4, G_MIN(a0)
    slli t0, s4, 16
    or s4, s4, t0
    li s5, 0x80008000
    lw s9, TOTAL(a0)
    lw a2, G(a0)
    lw a0, DELTA - PER_CROSSBAR(a0)
    lw s0, F_MEANS(sp)
    lw s1, F_DELTAS_END(sp)
    lw s2, F_WIDTH(sp)
    lw s3, F_TOTALS(sp)
    li s8, 0
still_row:
    add t1, a0, s0
    lh t0, 0(a0)
    lh t1, 0(t1)
    addi a0, a0, 2
    or t0, t0, t1
    bnez t0, still_next
    addi s8, s8, 1
    mv t0, a2
    addi t1, sp, F_SUMS
    mv t6, s7
still_two:
    lw t2, 0(t0)
    lw t3, 0(t1)
    add t2, t2, t3
    sub t4, t2, s4
    or t4, t4, t2
    and t4, t4, s5
    bnez t4, still_limit
    sw t2, 0(t0)
still_done:
    addi t0, t0, 4
    addi t1, t1, 4
    bne t1, s6, still_two
    slli t2, a0, 1
    add t2, t2, s3
    lw t3, 0(t2)
    add t3, t3, t6
    sw t3, 0(t2)
still_next:
    add a2, a2, s2
    bne a0, s1, still_row
    # All rows' part of the totals above
    addi t1, sp, F_SUMS
still_total:
    lw t3, 0(t1)
    addi t1, t1, 4
    slli t2, t3, 16
    srai t2, t2, 16
    sub t3, t3, t2
    srai t3, t3, 16
    mul t2, t2, s8
    mul t3, t3, s8
    lw t4, 0(s9)
    add t4, t4, t2
    sw t4, 0(s9)
    lw t4, 4(s9)
    add t4, t4, t3
    sw t4, 4(s9)
    addi s9, s9, 8
    bne t1, s6, still_total
# Five nodes above at once: s0 to s4 deltas, s5 to s9 means, s10 to a7 totals, a0 delta below, a1 mean below, a2
# devices, a3 g_min, a4 g_max - g_min, t0 offset, t1 rate_shift, t2 change, t3 device, t4 delta's address, t5 the loop
# for as many nodes as are left, t6 sum of the changes
between_five:
    lw a0, F_LAYER(sp)
    lw t0, F_LEFT(sp)
    addi t0, t0, -5
    sw t0, F_LEFT(sp)
    li t6, 0
    bgez t0, between_all
    neg t6, t0
between_all:
    sw t6, F_MISSING(sp)
    lw t4, F_NODE(sp)
    sub t2, t4, t6
    addi t4, t4, 5
    sw t4, F_NODE(sp)
    lw a3, DELTA(a0)
    lw a4, MEAN(a0)
    lw t4, TOTAL(a0)
    lw a2, G(a0)
    slli t2, t2, 1
    add a3, a3, t2
    add a4, a4, t2
    add a2, a2, t2
    slli t2, t2, 1
    add t4, t4, t2
    sw t4, F_LIST(sp)
    lw t1, RATE_SHIFT(a0)
    li t0, 1
    sll t0, t0, t1
    srli t0, t0, 1
    lw ra, GAIN(a0)
    li a1, 0
    lla t5, between_load
    li t3, 36
    mul t3, t3, t6
    add t5, t5, t3
    jr t5
    .option push
    .option norvc
between_load:
    .macro load_node delta, mean, total, node
    lh \delta, 2 * \node(a3)
    lh \mean, 2 * \node(a4)
    sra \delta, \delta, ra
    sra \mean, \mean, ra
    lw \total, 4 * \node(t4)
    mul t2, \delta, \mean
    sub t2, t0, t2
    sra t2, t2, t1
    or a1, a1, t2
    .endm
    five load_node
    .option pop
    lw t2, F_STILL(sp)
    and a1, a1, t2
    sw a1, F_MOVES(sp)
    lla t5, between_nodes
    li t3, 60
    mul t3, t3, t6
    add t5, t5, t3
    lw a3, G_MIN(a0)
    li a4, 32767
    sub a4, a4, a3
    lw t4, DELTA - PER_CROSSBAR(a0)
between_row:
    lw t2, F_MEANS(sp)
    lh a0, 0(t4)
    add t2, t2, t4
    lh a1, 0(t2)
    addi t4, t4, 2
    or t2, a0, a1
    beqz t2, between_still
    li t2, 8000
    bgt a0, t2, between_most
    neg t2, t2
    blt a0, t2, between_most
between_moves:
    li t6, 0
    jr t5
    .option push
    .option norvc
between_nodes:
    .macro change_node delta, mean, total, node
    sub t2, a0, \delta
    sub t3, a1, \mean
    mul t2, t2, t3
    sub t2, t0, t2
    sra t2, t2, t1
    beqz t2, 1f
    lhu t3, 2 * \node(a2)
    add t6, t6, t2
    add \total, \total, t2
    add t3, t3, t2
    sub t2, t3, a3
    bleu t2, a4, 2f
    jal between_limit
    add \total, \total, t2
2:
    sh t3, 2 * \node(a2)
1:
    .endm
    five change_node
    .option pop
    lw t2, F_NODES_END(sp)
    bgtu t4, t2, between_skip
    slli t2, t4, 1
    lw t3, F_TOTALS(sp)
    add t2, t2, t3
    lw t3, 0(t2)
    add t3, t3, t6
    sw t3, 0(t2)
between_skip:
    lw t2, F_WIDTH(sp)
    lw t3, F_DELTAS_END(sp)
    add a2, a2, t2
    bne t4, t3, between_row
    lw t4, F_LIST(sp)
    lw t6, F_MISSING(sp)
    lla t5, between_store
    slli t6, t6, 2
    add t5, t5, t6
    jr t5
    .option push
    .option norvc
between_store:
    .macro store_total delta, mean, total, node
    sw \total, 4 * \node(t4)
    .endm
    five store_total
    .option pop
    lw t0, F_LEFT(sp)
    bgtz t0, between_five
    lw a0, F_LAYER(sp)
    lw a3, F_C(sp)
    j between_next
# Change the devices at t0 by the halves of t3, within their limits; the totals count only what was changed
still_limit:
    slli t2, t3, 16
    srai t2, t2, 16
    sub t3, t3, t2
    srai t3, t3, 16
    addi t5, sp, F_SUMS
    sub t5, t1, t5
    slli t5, t5, 1
    add t5, t5, s9
    .macro limit_still change, at
    lhu t4, \at(t0)
    add t4, t4, \change
    slli \change, s4, 16
    srli \change, \change, 16
    bge t4, \change, 1f
    sub \change, \change, t4
    j 2f
1:
    li \change, 32767
    sub \change, \change, t4
    blez \change, 2f
    li \change, 0
2:
    add t4, t4, \change
    sh t4, \at(t0)
    add t6, t6, \change
    lw t4, 2 * \at(t5)
    add t4, t4, \change
    sw t4, 2 * \at(t5)
    .endm
    limit_still t2, 0
    limit_still t3, 2
    j still_done
between_still:
    lw t2, F_MOVES(sp)
    beqz t2, between_skip
    j between_moves
between_most:
    mv a0, t2
    j between_moves
# A device t3 beyond its limits is at the nearer one, which changes it by t2 more
between_limit:
    mv t2, t3
    li t3, 32767
    bge t2, a3, between_limited
    mv t3, a3
between_limited:
    sub t2, t3, t2
    add t6, t6, t2
    ret

# `circuit.divide`: a0 layer's words, a1 layers left, a2 total, a3 their end, a4 reciprocal, a5 shift, a6 14 - scale, t0
# total, t1 exponent; the shift at last is tried first
invert:
    lw a0, F_TABLE(sp)
    lw a1, OUT_COUNTS(a0)
    andi a1, a1, 255
    addi a0, a0, AT_CROSSBARS
    li t3, 16384
    li t4, 268435456
    li t5, 1073741823
    li t6, 32
invert_layer:
    lw a2, TOTAL(a0)
    lw a3, NODES(a0)
    slli a3, a3, 2
    add a3, a3, a2
    lw a4, RECIPROCAL(a0)
    lw a5, SHIFT(a0)
    lw a6, SCALE(a0)
    addi a6, a6, -14
    neg a6, a6
invert_node:
    lw t0, 0(a2)
    lbu t1, 0(a5)
    addi a2, a2, 4
    addi t2, t0, -1
    bgeu t2, t5, out_of_range
    sub t1, t1, a6
    bgeu t1, t6, invert_afresh
    srl t2, t0, t1
    sub a7, t2, t3
    bgeu a7, t3, invert_afresh
inverted:
    srli t0, t2, 1
    add t0, t0, t4
    divu t0, t0, t2
    add t1, t1, a6
    sh t0, 0(a4)
    sb t1, 0(a5)
    addi a4, a4, 2
    addi a5, a5, 1
    bne a2, a3, invert_node
    addi a0, a0, PER_CROSSBAR
    addi a1, a1, -1
    bnez a1, invert_layer
    li a0, 0
    lw ra, F_RETURN(sp)
    ret
out_of_range:
    li a0, 1
    lw ra, F_RETURN(sp)
    ret
invert_afresh:
    li t1, 0
    mv t2, t0
invert_low:
    bgeu t2, t3, invert_fits
    slli t2, t2, 1
    addi t1, t1, -1
    j invert_low
invert_fits:
    sub a7, t2, t3
    bltu a7, t3, inverted
    srli t2, t2, 1
    addi t1, t1, 1
    j invert_fits

# `EmulatedCrossbar.refresh`; a0 is then as from program. a0 layer's words, a1 layers left, a2 totals, a3 nodes left, a4
# the first device below, a5 how many there are, a6 bytes from one to the next, a7 from a node's first to the next's, t3
# the first device above, t4 how many there are
refresh:
    sw ra, F_RETURN(sp)
    lw t0, F_TABLE(sp)
    lw a1, OUT_COUNTS(t0)
    andi a1, a1, 255
    lw a4, IN_CONDUCTANCES(t0)
    lw a7, IN_WIDTH(t0)
    srli a5, a7, 1
    li a6, 2
    addi a0, t0, AT_CROSSBARS
refresh_layer:
    lw a2, TOTAL(a0)
    lw a3, NODES(a0)
    lw t3, G_ABOVE(a0)
    lw t4, COLUMNS(a0)
refresh_node:
    mv t0, a4
    mv t1, a5
    li t5, 0
refresh_below:
    lhu t2, 0(t0)
    add t0, t0, a6
    add t5, t5, t2
    addi t1, t1, -1
    bnez t1, refresh_below
    mv t1, t4
    beqz t1, refresh_total
refresh_above:
    lhu t2, 0(t3)
    addi t3, t3, 2
    add t5, t5, t2
    addi t1, t1, -1
    bnez t1, refresh_above
refresh_total:
    sw t5, 0(a2)
    addi a2, a2, 4
    add a4, a4, a7
    addi a3, a3, -1
    bnez a3, refresh_node
    addi a0, a0, PER_CROSSBAR
    addi a1, a1, -1
    beqz a1, invert
    lw a4, G(a0)
    lw a5, ROWS(a0)
    lw a6, NODES(a0)
    slli a6, a6, 1
    li a7, 2
    j refresh_layer

# scatter(conductances, stream): as `plain.scatter`. t0 state, t1 least, t2 spread, a2 end
    function scatter, 2, 2
    begin_stream
    lw t1, 8(a1)
    lw t2, 12(a1)
    lw a2, 16(a1)
    slli a2, a2, 1
    add a2, a2, a0
scatter_next:
    step_stream
    li a4, 0
    bgez t0, scatter_least
    slli a4, t0, 1
    srli a4, a4, 17
    mul a4, a4, t2
    srli a4, a4, 15
scatter_least:
    add a4, a4, t1
    sh a4, 0(a0)
    addi a0, a0, 2
    bne a0, a2, scatter_next
    end_stream
    li a0, 0
    ret

# gather(conductances, start, count, step): as `plain.gather`
    function gather, 4, 1
    slli a1, a1, 1
    add a0, a0, a1
    slli a3, a3, 1
    li a1, 0
gather_next:
    lhu t0, 0(a0)
    add a0, a0, a3
    add a1, a1, t0
    addi a2, a2, -1
    bnez a2, gather_next
    mv a0, a1
    ret
