// UART_INTERRUPT in the core's own controller. While it is pending, `wfi` ends, whether interrupts are on or off.
#include <stdbool.h>

#define NVIC_ISER0 REGISTER(0xe000e100)
#define NVIC_ICER0 REGISTER(0xe000e180)
#define NVIC_ICPR0 REGISTER(0xe000e280)

static inline void uart_interrupt(bool on) {
    if (on) {
        NVIC_ISER0 = 1 << UART_INTERRUPT;
    } else {
        NVIC_ICER0 = 1 << UART_INTERRUPT;
    }
}

static inline void uart_watch(void) {
    NVIC_ICPR0 = 1 << UART_INTERRUPT;
}

static inline void uart_wait(void) {
    __asm__ volatile ("wfi");
}

static inline void interrupts_on(void) {
    __asm__ volatile ("cpsie i");
}

static inline void interrupts_off(void) {
    __asm__ volatile ("cpsid i");
}
