// What the emulator does for the board: files and the command line of the computer it runs on (Arm's "Semihosting for
// AArch32 and AArch64", 2.0). None of it exists on real boards.
#include <stddef.h>
#include <stdint.h>

// Open for reading; returns a handle, or -1.
int host_open(const char *path);
void host_close(int handle);
// Returns the bytes read, fewer than `size` at the end of the file.
size_t host_read(int handle, void *buffer, size_t size);
// Copy the text the board was started with, ended by a zero; returns 0, or -1 when it does not fit.
int host_command_line(char *buffer, size_t size);
void host_error(const char *text, size_t length);
__attribute__((noreturn)) void host_exit(int code);
