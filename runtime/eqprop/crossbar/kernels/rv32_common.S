# What RISC-V kernels of all energy models share: how a function begins, loops, streams of random numbers, and how a
# word of a table is replaced.
#
# Each function is called in one of two ways. As an inline assembler function, its arguments are integers and addresses
# in a0 to a3, and it returns an integer. Only MicroPython's rp2 and qemu ports have that assembler. `eqprop deploy`
# tags the same code as viper code, which every port with machine code for RISC-V runs (eqprop_host.deploy.retagging):
# then the function gets their number in a1 and objects at a3, and returns an object. The loader writes the address of
# MicroPython's `mp_native_from_obj` in the function's second word, which is zero otherwise.
    .option norelax
    .text

    .equ PTR8, 5                # MP_NATIVE_TYPE_PTR8: a buffer's address, or an integer

# pointers: how many of the arguments, the first ones, are buffers; the others are small integers, objects of twice
# their value and one. 0 is for a single argument, a list, of which the function gets the address of its objects
    .macro function name, arguments, pointers
    .balign 4
    .globl \name
\name:
    j 1f
    .balign 4
    .word 0
1:
    auipc t0, 0
    lw t0, -4(t0)
    beqz t0, 5f
.if \pointers > 0
    addi sp, sp, -16
    sw ra, 12(sp)
    sw s0, 8(sp)
    sw s1, 4(sp)
    mv s0, a3
    mv s1, t0
    lw a0, 0(s0)
    li a1, PTR8
    jalr s1
.if \pointers > 1
    sw a0, 0(sp)
    lw a0, 4(s0)
    li a1, PTR8
    jalr s1
    mv a1, a0
    lw a0, 0(sp)
.else
    lw a1, 4(s0)
    srai a1, a1, 1
.endif
.if \arguments > 2
    lw a2, 8(s0)
    srai a2, a2, 1
    lw a3, 12(s0)
    srai a3, a3, 1
.endif
    jal 5f
    slli a0, a0, 1
    addi a0, a0, 1
    lw ra, 12(sp)
    lw s0, 8(sp)
    lw s1, 4(sp)
    addi sp, sp, 16
.else
    addi sp, sp, -16
    sw ra, 12(sp)
    lw a0, 0(a3)
    lw a0, 12(a0)
    jal 5f
    slli a0, a0, 1
    addi a0, a0, 1
    lw ra, 12(sp)
    addi sp, sp, 16
.endif
    ret
    .balign 4
\name\()_code:
5:
    .endm
    .macro place code           # a0: a quarter of its address
1:
    auipc a0, %pcrel_hi(\code)
    addi a0, a0, %pcrel_lo(1b)
    srli a0, a0, 2
    .endm

    .macro sixteen operation    # on each of sixteen sums in registers
    \operation s0, 0
    \operation s1, 1
    \operation s2, 2
    \operation s3, 3
    \operation s4, 4
    \operation s5, 5
    \operation s6, 6
    \operation s7, 7
    \operation s8, 8
    \operation s9, 9
    \operation s10, 10
    \operation s11, 11
    \operation a4, 12
    \operation a5, 13
    \operation a6, 14
    \operation a7, 15
    .endm
    .macro saved operation      # what a function must not change
    \operation ra, F_SAVED(sp)
    \operation s0, F_SAVED + 4(sp)
    \operation s1, F_SAVED + 8(sp)
    \operation s2, F_SAVED + 12(sp)
    \operation s3, F_SAVED + 16(sp)
    \operation s4, F_SAVED + 20(sp)
    \operation s5, F_SAVED + 24(sp)
    \operation s6, F_SAVED + 28(sp)
    \operation s7, F_SAVED + 32(sp)
    \operation s8, F_SAVED + 36(sp)
    \operation s9, F_SAVED + 40(sp)
    \operation s10, F_SAVED + 44(sp)
    \operation s11, F_SAVED + 48(sp)
    .endm

# A stream of random numbers, Marsaglia's xorshift, in two words at a1, each with half of the state: t0 state; a3, t1
    .macro begin_stream
    lw t0, 4(a1)
    slli t0, t0, 16
    lw t1, 0(a1)
    or t0, t0, t1
    .endm
    .macro step_stream
    slli a3, t0, 13
    xor t0, t0, a3
    srli a3, t0, 17
    xor t0, t0, a3
    slli a3, t0, 5
    xor t0, t0, a3
    .endm
    .macro end_stream
    srli a3, t0, 16
    sw a3, 4(a1)
    slli t0, t0, 16
    srli t0, t0, 16
    sw t0, 0(a1)
    .endm

# enter(table, at, word, last): write a word of the table, and to its last word what leaves the sum of all as it is
    function enter, 4, 1
    slli a1, a1, 2
    add a1, a1, a0
    slli a3, a3, 2
    add a3, a3, a0
    lw t0, 0(a1)
    sw a2, 0(a1)
    sub t0, t0, a2
    lw t1, 0(a3)
    add t1, t1, t0
    sw t1, 0(a3)
    li a0, 0
    ret

# ask(call): do the verb of a call's list, as `eqprop.crossbar.calls` says: t0 words, t1 x, a2 verb, a3 label, a4 `run`
    function ask, 1, 0
    lw t0, 16(a0)
    lw t0, 12(t0)
    lw t1, 0(a0)
    lw a4, 8(a0)
    bne t1, a4, 1f
    lw a4, 8(t1)
    lw a5, 0(t0)
    bne a4, a5, 1f
    lw a3, 4(a0)
    andi a4, a3, 1
    beqz a4, 1f
    srli a3, a3, 1
    lw a2, 12(a0)
    srai a2, a2, 1
    lw a5, 0(t1)
    lw a4, 20(a0)
    lw a0, 12(t1)
    bne a4, a5, 2f
    lw a5, 4(t1)                # of a memoryview: the first item, above 8 bits of its type
    srli a5, a5, 8
    add a0, a0, a5
2:
    lw a1, 4(t0)
    lw a4, 8(t0)
    slli a4, a4, 2
    jr a4
1:
    li a0, -1
    ret
