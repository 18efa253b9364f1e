// A 16550 without its queues: a byte is there until it is taken. Needs UART_BASE, and UART_STRIDE, the bytes from one
// register to the next.
#include <stdbool.h>

#define UART(index) (*(volatile uint8_t *)(UART_BASE + (index) * UART_STRIDE))

static inline void uart_interrupt(bool on) {
    UART(1) = on;                // IER: when a byte has come
}

static inline int uart_ready(void) {
    return UART(5) & 1;          // LSR: data ready
}

static inline uint8_t uart_take(void) {
    return UART(0);              // RBR
}

static inline void uart_send(uint8_t byte) {
    while (!(UART(5) & 0x20)) {  // LSR: transmitter empty
    }
    UART(0) = byte;              // THR
}
