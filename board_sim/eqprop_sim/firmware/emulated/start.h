// Called by a family's start-up code and interrupts.
#include <stdint.h>

// Run the board; its stack begins at `ram_end`.
__attribute__((noreturn)) void board_main(void);
// Report a fault of the core and end the emulator. `detail` names `value`.
__attribute__((noreturn)) void board_fault(uint32_t at, const char *detail, uint32_t value);
// Take all bytes that have come; called by the UART's interrupt.
void board_take_bytes(void);
