// Where a RISC-V core starts, and where its faults and interrupts end.
#include "board.h"
#include "start.h"

static __attribute__((used, aligned(4), interrupt("machine"))) void trap(void) {
    uint32_t at, cause;
    __asm__ volatile ("csrr %0, mepc \n csrr %1, mcause" : "=r" (at), "=r" (cause));
    if (!(cause >> 31)) {
        board_fault(at, "cause", cause);
    }
    uint32_t source = PLIC(PLIC_CLAIM);
    board_take_bytes();
    PLIC(PLIC_CLAIM) = source;
}

__attribute__((naked, section(".vectors"), used)) void reset(void) {
    __asm__ volatile ("la sp, ram_end \n la t0, trap \n csrw mtvec, t0 \n la t0, board_main \n jr t0");
}
