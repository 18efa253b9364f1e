// The two systems on chip that QEMU offers around these cores: Arm's MPS2 (Cortex-M3, M4, M7) and Nordic's nRF51 (M0).
// Both UARTs hold one byte at a time. QEMU offers the next byte once the last one has been read; the others wait with
// the host.
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#if defined(BOARD_MPS2)

// Cortex-M System Design Kit's UART; Application Note 385, FPGAIO
#define UART(offset) REGISTER(0x40004000 + (offset))
#define UART_INTERRUPT 0
#include "nvic.h"

static inline void board_init(void) {
    UART(0x10) = 16;             // BAUDDIV: anything above 15
    UART(0x08) = 1 | 2 | 8;      // CTRL: transmit, receive, interrupt when a byte has come
    REGISTER(0x4002801c) = 0;    // PRESCALE: 25 MHz
    uart_interrupt(true);
}

static inline int uart_ready(void) {
    UART(0x0c) = 2;              // INTCLEAR
    return UART(0x04) & 2;       // STATE: receive buffer full
}

static inline uint8_t uart_take(void) {
    return UART(0x00);
}

static inline void uart_send(uint8_t byte) {
    while (UART(0x04) & 1) {     // STATE: transmit buffer full
    }
    UART(0x00) = byte;
}

static inline uint32_t counter(void) {
    return REGISTER(0x40028018);
}

enum { NANOSECONDS_PER_INSTRUCTION = 128 }; // -icount shift=7: 3.2 steps

static inline uint32_t to_instructions(uint64_t steps) {
    return (steps * 5 + 8) >> 4;
}

#elif defined(BOARD_NRF51)

// nRF51 Series Reference Manual 3.0, sections 29 (UART) and 18 (TIMER)
#define UART(offset) REGISTER(0x40002000 + (offset))
#define TIMER(offset) REGISTER(0x40008000 + (offset))
#define UART_INTERRUPT 2
#include "nvic.h"

static inline void board_init(void) {
    UART(0x500) = 4;             // ENABLE
    UART(0x000) = 1;             // STARTRX
    UART(0x008) = 1;             // STARTTX
    UART(0x304) = 4;             // INTENSET: RXDRDY
    TIMER(0x510) = 1;            // PRESCALER: 8 MHz; QEMU's 16 MHz would lose half a nanosecond at each reading
    TIMER(0x508) = 3;            // BITMODE: 32
    TIMER(0x000) = 1;            // START
    uart_interrupt(true);
}

static inline int uart_ready(void) {
    return UART(0x108);          // RXDRDY
}

static inline uint8_t uart_take(void) {
    UART(0x108) = 0;             // before RXD, which sets it again when more bytes wait
    return UART(0x518);          // RXD
}

static inline void uart_send(uint8_t byte) {
    UART(0x11c) = 0;             // TXDRDY
    UART(0x51c) = byte;          // TXD
    while (!UART(0x11c)) {
    }
}

static inline uint32_t counter(void) {
    TIMER(0x040) = 1;            // CAPTURE[0]
    return TIMER(0x540);         // CC[0]
}

enum { NANOSECONDS_PER_INSTRUCTION = 512 }; // -icount shift=9: 4.096 steps

static inline uint32_t to_instructions(uint64_t steps) {
    return (steps * 125 + 256) >> 9;
}

#endif
