// What MicroPython's emitters must know of RV32IMC: viper, native and inline assembler.
#define MICROPY_EMIT_RV32 (1)
#define MICROPY_EMIT_INLINE_RV32 (1)
