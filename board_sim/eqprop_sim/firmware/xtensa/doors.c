// MicroPython's native code calls the interpreter through a table of functions: these are the doors in it.
#include <setjmp.h>
#include <string.h>

#include "py/nativeglue.h"

// In windows.S
extern const void *windowed_target;
extern void call_windowed(void);
extern void windowed_setjmp(void);
extern char windowed_doors[];
enum { DOOR_BYTES = 12 };

// With --wrap, the linker turns every use of `mp_fun_table` but its own into the first of these
void *__wrap_mp_fun_table[sizeof(mp_fun_table_t) / sizeof(void *)];
extern void *const __real_mp_fun_table[];

void *windowed_callable(void *code) {
    windowed_target = code;
    return call_windowed;
}

void board_windows(void) {
    memcpy(__wrap_mp_fun_table, __real_mp_fun_table, sizeof(__wrap_mp_fun_table));
    for (size_t i = MP_F_CONVERT_OBJ_TO_NATIVE; i < MP_F_NUMBER_OF; ++i) {
        __wrap_mp_fun_table[i] = windowed_doors + DOOR_BYTES * i;
    }
    __wrap_mp_fun_table[MP_F_SETJMP] = windowed_setjmp;
}
