"""Call machine code on an Arm core."""

import micropython

RETURN = 0x4770  # bx lr


@micropython.asm_thumb
def call(r0, r1, r2, r3):
    """Call the function at address r3, with r0 to r2."""
    push({r4, r5})
    add(r3, 1)
    data(2, 0x4798)  # blx r3
    pop({r4, r5})
    mov(r0, 0)


@micropython.asm_thumb
def nothing(r0, r1, r2, r3):
    """Do nothing."""
    mov(r0, 0)
