// MicroPython's settings for an Xtensa core with windowed registers, such as the ESP32's. The emitter's code is
// windowed; this firmware's code is not (windows.S). So are the functions of the inline assembler, as in MicroPython 1.28
// (family.mk).
#define MICROPY_EMIT_XTENSAWIN (1)
#define MICROPY_EMIT_INLINE_XTENSA (1)
#define MICROPY_NLR_SETJMP (1)
#define MICROPY_GCREGS_SETJMP (1)

void *windowed_callable(void *code);
#define MICROPY_MAKE_POINTER_CALLABLE(p) windowed_callable((void *)(p))

// Debian's libgcc leaves most of the floats to an ESP8266's ROM
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_NONE)

void board_take_bytes(void);
#define MICROPY_VM_HOOK_LOOP board_take_bytes();
