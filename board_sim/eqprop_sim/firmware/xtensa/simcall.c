// The host's services through the Xtensa simulator's `simcall`, as QEMU has it (target/xtensa/xtensa-semi.c).
#include "host.h"

enum { SYS_EXIT = 1, SYS_READ = 3, SYS_WRITE = 4, SYS_OPEN = 5, SYS_CLOSE = 6, SYS_ARGV_SIZE = 1001, SYS_ARGV = 1002 };
// QEMU passes them to the computer's open()
#if defined(HOST_LINUX)
enum { O_WRITE = 1, O_CREATED = 0x40, O_TRUNCATED = 0x200, O_APPENDED = 0x400 };
#else
enum { O_WRITE = 1, O_APPENDED = 8, O_CREATED = 0x200, O_TRUNCATED = 0x400 };
#endif
enum { OWNER_WRITES_ALL_READ = 0644, STANDARD_ERROR = 2 };

static int simcall(int number, int first, int second, int third) {
    register int a2 __asm__("a2") = number;
    register int a3 __asm__("a3") = first;
    register int a4 __asm__("a4") = second;
    register int a5 __asm__("a5") = third;
    __asm__ volatile (".byte 0x00, 0x51, 0x00" : "+r" (a2), "+r" (a3) : "r" (a4), "r" (a5) : "memory");
    return a2;
}

int host_open(const char *path, int mode) {
    int flags = mode == HOST_WRITE ? O_WRITE | O_CREATED | O_TRUNCATED : mode == HOST_APPEND ? O_WRITE | O_APPENDED : 0;
    return simcall(SYS_OPEN, (int)path, flags, OWNER_WRITES_ALL_READ);
}

void host_close(int handle) {
    simcall(SYS_CLOSE, handle, 0, 0);
}

static size_t all(int number, int handle, char *buffer, size_t size) {
    size_t done = 0;
    for (int bytes = 1; bytes > 0 && done < size; done += bytes > 0 ? bytes : 0) {
        bytes = simcall(number, handle, (int)(buffer + done), size - done);
    }
    return done;
}

size_t host_read(int handle, void *buffer, size_t size) {
    return all(SYS_READ, handle, buffer, size);
}

size_t host_write(int handle, const void *buffer, size_t size) {
    return all(SYS_WRITE, handle, (char *)buffer, size);
}

int host_command_line(char *buffer, size_t size) {
    // The arguments' addresses, a null pointer, then their text
    static char *arguments[2048 + 4];
    if (simcall(SYS_ARGV_SIZE, 0, 0, 0) > sizeof(arguments)) {
        return -1;
    }
    simcall(SYS_ARGV, (int)arguments, 0, 0);
    const char *text = arguments[0];
    for (size_t i = 0; i < size; ++i) {
        buffer[i] = text[i];
        if (!text[i]) {
            return 0;
        }
    }
    return -1;
}

void host_error(const char *text, size_t length) {
    host_write(STANDARD_ERROR, text, length);
}

void host_exit(int code) {
    for (;;) {
        simcall(SYS_EXIT, code, 0, 0);
    }
}
