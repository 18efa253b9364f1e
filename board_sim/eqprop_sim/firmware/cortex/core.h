// What MicroPython's emitters and its caller must know of a Cortex-M: viper, native and inline assembler; on ARMv6-M as
// the RP2040 has them.
#define MICROPY_EMIT_THUMB (1)
#define MICROPY_EMIT_INLINE_THUMB (1)
#define MICROPY_EMIT_INLINE_THUMB_FLOAT (0)
#if __ARM_ARCH == 6
#define MICROPY_EMIT_THUMB_ARMV7M (0)
#endif
#define MICROPY_MAKE_POINTER_CALLABLE(p) ((void *)((mp_uint_t)(p) | 1))
