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
