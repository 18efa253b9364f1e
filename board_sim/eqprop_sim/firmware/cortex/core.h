// Settings of MicroPython's viper, native and inline assembler emitters for a Cortex-M; on ARMv6-M, the RP2040's
// settings.
#define MICROPY_EMIT_THUMB (1)
#define MICROPY_EMIT_INLINE_THUMB (1)
#define MICROPY_EMIT_INLINE_THUMB_FLOAT (0)
#if __ARM_ARCH == 6
#define MICROPY_EMIT_THUMB_ARMV7M (0)
#endif
#define MICROPY_MAKE_POINTER_CALLABLE(p) ((void *)((mp_uint_t)(p) | 1))
