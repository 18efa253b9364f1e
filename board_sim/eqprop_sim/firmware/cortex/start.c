// Where a Cortex-M starts, and where its faults end.
#include <stdint.h>

#include "board.h"
#include "start.h"

extern char ram_end;

__attribute__((naked)) void reset(void) {
    __asm__ volatile ("cpsid i \n ldr r0, =board_main \n bx r0");
}

static __attribute__((used)) void report(const uint32_t *frame) {
    board_fault(frame[6], "called from", frame[5]);
}

static __attribute__((naked)) void fault(void) {
    __asm__ volatile ("mov r0, sp \n ldr r1, =report \n bx r1");
}

// Every fault becomes a HardFault, because no other handler is enabled.
__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    &ram_end, reset, fault, fault, [16 + UART_INTERRUPT] = board_take_bytes,
};
