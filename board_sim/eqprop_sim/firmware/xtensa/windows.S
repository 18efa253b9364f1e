/* Windowed code and this firmware's call each other.

   The compiler there is makes code for the call0 ABI, which knows no windows: a0 is the return address, a1 the stack,
   a2... the arguments and the result, a12 to a15 are kept. MicroPython's emitter makes code for the windowed ABI (Xtensa
   ISA, "The Windowed Register Option"): `callx8` shows the callee a8... as its a0..., and `entry` moves its stack.
   Registers of callers that are needed for deeper ones are stored by the overflow handlers: a0 to a3 below the callee's
   stack pointer, a4 to a7 at the end of the caller's own frame; the underflow handlers fetch them.

   Firmware runs only while no window but its own is live: a door spills all others before it calls a function. So that
   may move its stack, call windowed code, or leave by longjmp, as it pleases.

   The assembler knows no windows either, hence the macros. Native generators, which jump to an address that was made
   callable, are not to be had here. */

        .macro  L32E t, s, offset
        .byte   \t << 4, (64 + \offset) << 2 | \s, 0x09
        .endm
        .macro  S32E t, s, offset
        .byte   \t << 4, (64 + \offset) << 2 | \s, 0x49
        .endm
        .macro  RFWO
        .byte   0x00, 0x34, 0x00
        .endm
        .macro  RFWU
        .byte   0x00, 0x35, 0x00
        .endm
        .macro  ENTRY_A1 bytes
        .byte   0x36, (\bytes / 8 & 15) << 4 | 1, \bytes / 128
        .endm
        .macro  CALLX8 s
        .byte   0xe0, \s, 0x00
        .endm
        .macro  RETW
        .byte   0x90, 0x00, 0x00
        .endm
        .macro  ROTW units
        .byte   (\units & 15) << 4, 0x80, 0x40
        .endm
        .macro  WSR_WINDOWBASE t
        .byte   \t << 4, 72, 0x13
        .endm
        .macro  WSR_WINDOWSTART t
        .byte   \t << 4, 73, 0x13
        .endm

        .set    REGISTERS, 32           /* that the core has */
        .set    LEVEL1_INTERRUPT, 4     /* EXCCAUSE */
        .set    PS_WOE, 1 << 18         /* windows; with INTLEVEL 1, above the UART's interrupt */

/* ---- vectors, where VECBASE points to after a reset */

        .section .vectors, "ax"
        .align  1024
vectors:
        .org    vectors + 0x000         /* overflow of a window of 4 */
        S32E    0, 5, -16
        S32E    1, 5, -12
        S32E    2, 5, -8
        S32E    3, 5, -4
        RFWO
        .org    vectors + 0x040         /* underflow */
        L32E    0, 5, -16
        L32E    1, 5, -12
        L32E    2, 5, -8
        L32E    3, 5, -4
        RFWU
        .org    vectors + 0x080         /* overflow of a window of 8 */
        S32E    0, 9, -16
        L32E    0, 1, -12
        S32E    1, 9, -12
        S32E    2, 9, -8
        S32E    3, 9, -4
        S32E    4, 0, -32
        S32E    5, 0, -28
        S32E    6, 0, -24
        S32E    7, 0, -20
        RFWO
        .org    vectors + 0x0c0         /* underflow */
        L32E    0, 9, -16
        L32E    1, 9, -12
        L32E    2, 9, -8
        L32E    7, 1, -12
        L32E    3, 9, -4
        L32E    4, 7, -32
        L32E    5, 7, -28
        L32E    6, 7, -24
        L32E    7, 7, -20
        RFWU
        .org    vectors + 0x300         /* interrupts and faults */
        wsr     a0, excsave1
        rsr     a0, exccause
        bnei    a0, LEVEL1_INTERRUPT, 1f
        movi    a0, 0
        wsr     a0, intenable           /* it has ended `waiti`: that is all */
        rsr     a0, excsave1
        rfe
1:      j       stopped
        .org    vectors + 0x340
        j       stopped
        .org    vectors + 0x3c0
        j       stopped
        .literal_position
        .align  4
stopped:
        rsr     a2, epc1
        rsr     a4, exccause
        movi    a3, cause
        movi    a5, 1
        wsr     a5, ps
        rsync
        movi    a1, ram_end
        call0   board_fault
cause:  .asciz  "cause"

/* ---- start */

        .text
        .literal_position
        .align  4
        .global reset
reset:
        movi    a2, 0
        WSR_WINDOWBASE 2
        rsync
        movi    a2, 1
        WSR_WINDOWSTART 2
        rsync
        movi    a2, PS_WOE | 1
        wsr     a2, ps
        rsync
        movi    a1, ram_end
        call0   board_windows
        call0   board_main

/* ---- from firmware into windowed code */

        .bss
        .align  4
        .global windowed_target
windowed_target:
        .space  4

        .text
        .literal_position
        .align  4
        .global call_windowed
call_windowed:                          /* with the arguments a2 to a5; what is called is in windowed_target */
        addi    a9, a1, -16
        addi    a1, a1, -80
        addi    a8, a1, -16
        s32i    a9, a8, 4               /* for its caller's stack pointer, below which a4 to a7 are spilled */
        s32i    a0, a1, 0
        s32i    a12, a1, 4
        s32i    a13, a1, 8
        s32i    a14, a1, 12
        s32i    a15, a1, 16
        movi    a8, windowed_target
        l32i    a8, a8, 0
        mov     a10, a2
        mov     a11, a3
        mov     a12, a4
        mov     a13, a5
        CALLX8  8
        mov     a2, a10
        l32i    a0, a1, 0
        l32i    a12, a1, 4
        l32i    a13, a1, 8
        l32i    a14, a1, 12
        l32i    a15, a1, 16
        addi    a1, a1, 80
        ret

/* ---- from windowed code into the firmware */

        /* Touching a15 has the windows that begin in the three units of 4 registers above this one's first spilled */
        .macro  SPILL
        .set    unit, 3
        mov     a15, a15
        .rept   (REGISTERS / 4 - 1) / 3 - 1
        ROTW    3
        mov     a15, a15
        .set    unit, unit + 3
        .endr
        .if     REGISTERS / 4 - 1 - unit == 1
        ROTW    3
        mov     a4, a4
        .set    unit, unit + 3
        .elseif REGISTERS / 4 - 1 - unit
        .error  "spill what is left"
        .endif
        ROTW    REGISTERS / 4 - unit + 3
        .endm

        .literal_position
        .align  4
door:                                   /* a8: which */
        SPILL
        s32i    a0, a1, 0
        movi    a9, __real_mp_fun_table
        addx4   a8, a8, a9
        l32i    a8, a8, 0
        addi    a1, a1, -16             /* this window's caller was spilled there */
        callx0  a8
        addi    a1, a1, 16
        l32i    a0, a1, 0
        RETW

        .align  4
        .global windowed_doors
windowed_doors:                         /* of 12 bytes each */
        .set    number, 0
        .rept   64
        .align  4
        ENTRY_A1 64
        _movi   a8, number
        j       door
        .set    number, number + 1
        .align  4
        .endr

/* ---- setjmp and longjmp, for either

   A buffer of windowed code has a0 to a7 of the window that called setjmp, where a1 has its lowest bit set, which tells
   it from one of the firmware's. Words 4 to 6 are what the emitter writes its three locals to before they may be needed.
   Word 16 is where setjmp returns to. */

        .align  4
        .global windowed_setjmp
windowed_setjmp:
        ENTRY_A1 64
        SPILL
        addi    a8, a1, -16
        .set    word, 0
        .rept   4
        l32i    a9, a8, 4 * word
        s32i    a9, a2, 4 * word
        .set    word, word + 1
        .endr
        l32i    a8, a2, 4
        addi    a9, a8, 1
        s32i    a9, a2, 4
        addi    a8, a8, -16
        l32i    a8, a8, 4
        addi    a8, a8, -32
        .set    word, 0
        .rept   4
        l32i    a9, a8, 4 * word
        s32i    a9, a2, 16 + 4 * word
        .set    word, word + 1
        .endr
        s32i    a0, a2, 64
        movi    a2, 0
        RETW

        .align  4
        .global setjmp
setjmp:
        s32i    a0, a2, 0
        s32i    a1, a2, 4
        s32i    a12, a2, 8
        s32i    a13, a2, 12
        s32i    a14, a2, 16
        s32i    a15, a2, 20
        movi    a2, 0
        ret

        .align  4
        .global longjmp
longjmp:
        l32i    a0, a2, 0
        l32i    a1, a2, 4
        bbsi    a1, 0, 1f
        l32i    a12, a2, 8
        l32i    a13, a2, 12
        l32i    a14, a2, 16
        l32i    a15, a2, 20
        mov     a2, a3
        ret
1:      l32i    a4, a2, 8               /* back as from windowed_setjmp: put the window where underflow looks for it */
        l32i    a5, a2, 12
        addi    a1, a1, -1
        addi    a7, a1, -16
        l32i    a7, a7, 4
        addi    a7, a7, -32
        .set    word, 0
        .rept   4
        l32i    a6, a2, 16 + 4 * word
        s32i    a6, a7, 4 * word
        .set    word, word + 1
        .endr
        mov     a6, a1
        addi    a1, a1, -64
        addi    a7, a1, -16
        s32i    a0, a7, 0
        s32i    a6, a7, 4
        s32i    a4, a7, 8
        s32i    a5, a7, 12
        l32i    a0, a2, 64
        mov     a2, a3
        RETW
