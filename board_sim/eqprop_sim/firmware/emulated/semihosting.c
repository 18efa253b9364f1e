// Arm's "Semihosting for AArch32 and AArch64", 2.0, which RISC-V has adopted; families differ in `semihosting_call`.
#include "host.h"

#include <string.h>

#include "semihosting_call.h"

enum { SYS_OPEN = 1, SYS_CLOSE = 2, SYS_WRITE = 5, SYS_READ = 6, SYS_GET_CMDLINE = 0x15, SYS_EXIT_EXTENDED = 0x20 };
enum { APPLICATION_EXIT = 0x20026 };

int host_open(const char *path, int mode) {
    uint32_t arguments[] = {(uint32_t)path, mode, strlen(path)};
    return semihosting_call(SYS_OPEN, arguments);
}

void host_close(int handle) {
    semihosting_call(SYS_CLOSE, &handle);
}

size_t host_read(int handle, void *buffer, size_t size) {
    uint32_t arguments[] = {handle, (uint32_t)buffer, size};
    size_t left = semihosting_call(SYS_READ, arguments);
    return left > size ? 0 : size - left;
}

size_t host_write(int handle, const void *buffer, size_t size) {
    uint32_t arguments[] = {handle, (uint32_t)buffer, size};
    size_t left = semihosting_call(SYS_WRITE, arguments);
    return left > size ? 0 : size - left;
}

int host_command_line(char *buffer, size_t size) {
    uint32_t arguments[] = {(uint32_t)buffer, size};
    return semihosting_call(SYS_GET_CMDLINE, arguments);
}

void host_error(const char *text, size_t length) {
    static int console = -1;
    if (console < 0) {
        console = host_open(":tt", HOST_APPEND); // standard error
    }
    host_write(console, text, length);
}

void host_exit(int code) {
    uint32_t arguments[] = {APPLICATION_EXIT, code};
    for (;;) {
        semihosting_call(SYS_EXIT_EXTENDED, arguments);
    }
}
