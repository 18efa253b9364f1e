// QEMU's `lx60-nommu` with a `de212` (hw/xtensa/xtfpga.c): a 16550 on the core's first interrupt.
#include <stdint.h>

#define UART_BASE 0x9d050020
#define UART_STRIDE 4
#include "uart16550.h"

#include "start.h"

enum { UART_INTERRUPT = 1 << 0 };

static inline void board_init(void) {
    uart_interrupt(true);
}

static inline void uart_watch(void) {
    // Nothing to do: the interrupt stays pending as long as there is a byte
}

// The interrupt is taken only in `waiti`, which admits its level; its handler (windows.S) disables it.
static inline void uart_wait(void) {
    uint32_t state;
    __asm__ volatile ("wsr %1, intenable \n waiti 0 \n rsil %0, 1" : "=r" (state) : "r" (UART_INTERRUPT) : "memory");
}

// An interrupt could come while windowed code runs. The interpreter polls for bytes instead (core.h).
static inline void interrupts_on(void) {
    board_take_bytes();
}

static inline void interrupts_off(void) {
}

enum { NANOSECONDS_PER_INSTRUCTION = 128 }; // -icount shift=7: 5.12 steps, since the core runs at 40 MHz

static inline uint32_t counter(void) {
    uint32_t count;
    __asm__ volatile ("rsr %0, ccount" : "=r" (count));
    return count;
}

static inline uint32_t to_instructions(uint64_t steps) {
    return (steps * 25 + 64) >> 7;
}
