"""What all models' kernels in Thumb assembler share."""

import micropython


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
def ask(r0):
    """Do the verb of a call's list, as `..calls` says: r1 x, r2 features, then verb, r3 label, r4 words."""
    ldr(r4, [r0, 16])
    ldr(r4, [r4, 12])
    ldr(r1, [r0, 0])
    ldr(r2, [r0, 8])
    cmp(r1, r2)
    bne(REFUSE)
    ldr(r2, [r1, 8])
    ldr(r3, [r4, 0])
    cmp(r2, r3)
    bne(REFUSE)
    ldr(r3, [r0, 4])
    lsr(r3, r3, 1)
    bcc(REFUSE)
    ldr(r2, [r0, 12])
    lsr(r2, r2, 1)
    ldr(r5, [r1, 0])
    ldr(r6, [r0, 20])
    ldr(r0, [r1, 12])
    cmp(r5, r6)
    bne(ADDRESS)
    ldr(r5, [r1, 4])  # of a memoryview: the first item, above 8 bits of its type
    lsr(r5, r5, 8)
    add(r0, r0, r5)
    label(ADDRESS)
    ldr(r1, [r4, 4])
    ldr(r5, [r4, 8])
    data(2, 0x4728)  # bx r5
    label(REFUSE)
    mov(r0, 0)
    sub(r0, 1)
