// Functions that Debian's libgcc leaves to the ROM of an ESP8266. The core has a divider that the assembler does not
// know.
#include <stdint.h>

#define INSTRUCTION(name, operation) \
    static inline uint32_t name(uint32_t left, uint32_t right) { \
        register uint32_t a2 __asm__("a2") = left; \
        register uint32_t a3 __asm__("a3") = right; \
        __asm__ (".byte 0x30, 0x22, " #operation : "+r" (a2) : "r" (a3)); \
        return a2; \
    }
INSTRUCTION(quou, 0xc2)
INSTRUCTION(quos, 0xd2)
INSTRUCTION(remu, 0xe2)

extern uint64_t __udivmoddi4(uint64_t left, uint64_t right, uint64_t *remainder);

uint32_t __udivsi3(uint32_t left, uint32_t right) {
    return quou(left, right);
}

int32_t __divsi3(int32_t left, int32_t right) {
    return quos(left, right);
}

uint32_t __umodsi3(uint32_t left, uint32_t right) {
    return remu(left, right);
}

uint64_t __umulsidi3(uint32_t left, uint32_t right) {
    // In 16-bit halves: the core does not compute the upper half of a product
    uint32_t low = (left & 0xffff) * (right & 0xffff);
    uint32_t middle = (left >> 16) * (right & 0xffff) + (low >> 16);
    uint32_t other = (left & 0xffff) * (right >> 16) + (middle & 0xffff);
    uint32_t high = (left >> 16) * (right >> 16) + (middle >> 16) + (other >> 16);
    return (uint64_t)high << 32 | other << 16 | (low & 0xffff);
}

uint64_t __muldi3(uint64_t left, uint64_t right) {
    uint32_t crosswise = (uint32_t)left * (uint32_t)(right >> 32) + (uint32_t)right * (uint32_t)(left >> 32);
    return __umulsidi3(left, right) + ((uint64_t)crosswise << 32);
}

uint64_t __udivdi3(uint64_t left, uint64_t right) {
    return __udivmoddi4(left, right, 0);
}

uint64_t __umoddi3(uint64_t left, uint64_t right) {
    uint64_t remainder;
    __udivmoddi4(left, right, &remainder);
    return remainder;
}
