"""Whether this core has the DSP instructions."""

import micropython


@micropython.asm_thumb
def has_dsp():
    """Return 1 on a core with ARMv7E-M's instructions: a Cortex-M4 or M7, or one whose ID_ISAR3 says so.

    ARMv6-M does not have that register.
    """
    mov(r1, 0xE0)
    lsl(r1, r1, 16)
    add(r1, 0xED)
    lsl(r1, r1, 8)
    ldr(r0, [r1, 0])  # CPUID: its part number is 0xC24 on an M4, 0xC27 on an M7
    lsl(r0, r0, 16)
    lsr(r0, r0, 20)
    mov(r2, 0xC2)
    lsl(r2, r2, 4)
    sub(r0, r0, r2)
    cmp(r0, 4)
    beq(YES)
    cmp(r0, 7)
    beq(YES)
    ldr(r0, [r1, 0x6C])  # ID_ISAR3: bits 4 to 7 are 3 where the core has all SIMD instructions
    lsl(r0, r0, 24)
    lsr(r0, r0, 28)
    sub(r0, 3)
    beq(YES)
    mov(r0, 0)
    b(END)
    label(YES)
    mov(r0, 1)
    label(END)
