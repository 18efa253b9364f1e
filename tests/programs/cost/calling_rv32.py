"""Call machine code on a RISC-V core."""

import micropython

RETURN = 0x8082  # ret


@micropython.asm_rv32
def call(a0, a1, a2, a3):
    """Call the function at address a3, with a0 to a2."""
    c_addi(sp, -16)
    c_swsp(ra, 12)
    c_jalr(a3)
    c_lwsp(ra, 12)
    c_addi(sp, 16)
    c_li(a0, 0)


@micropython.asm_rv32
def nothing(a0, a1, a2, a3):
    """Do nothing."""
    c_li(a0, 0)
