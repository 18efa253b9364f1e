"""Call machine code on an Arm core."""

import micropython


@micropython.asm_thumb
def call(r0, r1, r2, r3):
    """Call the function at address r3, with r0 to r2."""
    push({r4, r5})
    add(r3, 1)
    data(2, 0x4798)  # blx r3
    pop({r4, r5})
    mov(r0, 0)
