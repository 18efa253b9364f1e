// QEMU's `virt` machine (hw/riscv/virt.c): a 16550 on source 10 of the platform's interrupt controller.
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define UART_BASE 0x10000000
#define UART_STRIDE 1
#include "uart16550.h"

// Platform-Level Interrupt Controller 1.0.0; context 0 is the first hart's machine mode
#define PLIC(offset) REGISTER(0x0c000000 + (offset))
enum { UART_SOURCE = 10, PLIC_PRIORITY = 0, PLIC_ENABLE = 0x2000, PLIC_THRESHOLD = 0x200000, PLIC_CLAIM = 0x200004 };
enum { MIE_MEIE = 1 << 11, MSTATUS_MIE = 1 << 3 };

static inline void board_init(void) {
    uart_interrupt(true);
    PLIC(PLIC_PRIORITY + 4 * UART_SOURCE) = 1;
    PLIC(PLIC_ENABLE) = 1 << UART_SOURCE;
    PLIC(PLIC_THRESHOLD) = 0;
    // It ends `wfi`, whether mstatus has interrupts on or off
    __asm__ volatile ("csrw mie, %0" : : "r" (MIE_MEIE));
}

static inline void uart_watch(void) {
    PLIC(PLIC_CLAIM) = PLIC(PLIC_CLAIM); // claim what is pending, and complete it
}

static inline void uart_wait(void) {
    __asm__ volatile ("wfi");
}

static inline void interrupts_on(void) {
    __asm__ volatile ("csrs mstatus, %0" : : "r" (MSTATUS_MIE) : "memory");
}

static inline void interrupts_off(void) {
    __asm__ volatile ("csrc mstatus, %0" : : "r" (MSTATUS_MIE) : "memory");
}

enum { INSTRUCTION_SHIFT = 7, NANOSECONDS_PER_INSTRUCTION = 1 << INSTRUCTION_SHIFT };

// QEMU's minstret counts the nanoseconds of virtual time.
static inline uint32_t counter(void) {
    uint32_t high, low, again;
    do {
        __asm__ volatile ("csrr %0, minstreth \n csrr %1, minstret \n csrr %2, minstreth"
            : "=r" (high), "=r" (low), "=r" (again));
    } while (high != again);
    return ((uint64_t)high << 32 | low) >> INSTRUCTION_SHIFT;
}

static inline uint32_t to_instructions(uint64_t steps) {
    return steps;
}
