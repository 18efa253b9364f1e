// Settings of MicroPython's viper, native and inline assembler emitters for RV32IMC.
#define MICROPY_EMIT_RV32 (1)
#define MICROPY_EMIT_INLINE_RV32 (1)
