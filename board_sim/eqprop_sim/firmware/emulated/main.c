// A board with nothing but a core, a UART and a heap. It runs one Python program, then the emulator ends.
//
// The core's own part is in the folder of its family. Its board.h has
//   board_init()                    called once, at start, with interrupts off
//   uart_ready(), uart_take()       whether a byte has come, and the byte; no byte is lost while it waits with the host
//   uart_send(byte)
//   uart_watch(), uart_wait()       uart_wait sleeps until a byte has come since the last uart_watch
//   uart_interrupt(bool)            whether a byte that comes interrupts
//   interrupts_on(), interrupts_off()
//                                   while on, the UART's interrupt calls board_take_bytes, or something calls it often
//   counter()                       virtual time: a counter of 32 bits
//   to_instructions(steps)          the number of instructions that take so many of its steps, rounded to nearest; an
//                                   instruction takes a step or more, so that this is exact for every phase
//   NANOSECONDS_PER_INSTRUCTION     2 to the power of QEMU's -icount shift
//
// It is started with a text: the heap's size in bytes, a space, the folder that serves as its flash (without one, it
// cannot write files), a newline, and the program. Uncaught exceptions go to the host's standard error. The program's
// exit code becomes the emulator's.
//
// Without a program it behaves like a new board: it runs boot.py and main.py from its own flash, then shows
// MicroPython's prompt. Four words replace the folder in the text: the flash's size in KB, the bytes of a block, the
// filesystem (littlefs, fat or none) and its mount point. The flash is memory that a reset leaves untouched. Such a
// board takes the serial port's interrupt, so that Ctrl-C ends a program that reads nothing.
#include <string.h>

#include "py/compile.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/mpprint.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "py/stream.h"
#include "lib/oofatfs/ff.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/interrupt_char.h"
#include "shared/runtime/pyexec.h"
#include "board.h"
#include "host.h"
#include "start.h"

enum { STACK_BYTES = 32 * 1024, STACK_RESERVE = 1024, SMALLEST_HEAP = 4096, FLASH_BYTES = 1024 * 1024 };

extern char heap_start, ram_end;
extern void hostfs_mount(const char *flash);

// ---- time: virtual, counted in instructions

static uint64_t instructions(void) {
    static uint64_t total;
    static uint32_t last;
    uint32_t now = counter();
    total += to_instructions(now - last);
    last = now;
    return total;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return instructions();
}

mp_uint_t mp_hal_ticks_us(void) {
    return instructions() * NANOSECONDS_PER_INSTRUCTION / 1000;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return instructions() * NANOSECONDS_PER_INSTRUCTION / 1000000;
}

uint64_t mp_hal_time_ns(void) {
    return instructions() * NANOSECONDS_PER_INSTRUCTION;
}

void mp_hal_delay_us(mp_uint_t us) {
    for (mp_uint_t start = mp_hal_ticks_us(); mp_hal_ticks_us() - start < us;) {
        mp_event_handle_nowait();
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    for (mp_uint_t start = mp_hal_ticks_ms(); mp_hal_ticks_ms() - start < ms;) {
        mp_event_handle_nowait();
    }
}

// FAT stamps files with a time. There is no calendar: use the first moment that FAT can name.
DWORD get_fattime(void) {
    return 1 << 21 | 1 << 16;
}

// ---- the serial port

// Bytes that a blank board has taken before a program reads them.
static volatile uint8_t taken[256];
static volatile uint8_t taken_first, taken_end;
static bool takes_bytes;

void board_take_bytes(void) {
    while (takes_bytes) {
        if ((uint8_t)(taken_end + 1) == taken_first) {
            // Off until there is room. This comes before uart_ready, which may clear a byte's interrupt: cleared later,
            // the byte would never interrupt
            uart_interrupt(false);
            return;
        }
        if (!uart_ready()) {
            return;
        }
        int byte = uart_take();
        if (byte == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else {
            taken[taken_end++] = byte;
        }
    }
}

static int next_taken(void) {
    for (;;) {
        interrupts_off(); // a byte that comes between the check and the wait still ends the wait
        if (taken_first != taken_end) {
            int byte = taken[taken_first++];
            uart_interrupt(true);
            interrupts_on();
            return byte;
        }
        uart_wait();
        interrupts_on();
        mp_handle_pending(true);
    }
}

// With a program, the interrupt is never taken, so that the program counts its own instructions alone. A pending
// interrupt ends the wait.
int mp_hal_stdin_rx_chr(void) {
    if (takes_bytes) {
        return next_taken();
    }
    for (;;) {
        uart_watch(); // before checking, so that a byte cannot be missed
        if (uart_ready()) {
            int byte = uart_take();
            if (byte != mp_interrupt_char) {
                return byte;
            }
            mp_sched_keyboard_interrupt();
        } else {
            uart_wait();
        }
        mp_handle_pending(true);
    }
}

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t length) {
    for (size_t i = 0; i < length; ++i) {
        uart_send(text[i]);
    }
    return length;
}

uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    bool can_read = takes_bytes ? taken_first != taken_end : uart_ready();
    return (flags & MP_STREAM_POLL_RD) && can_read ? ready | MP_STREAM_POLL_RD : ready;
}

// ---- the program

static void error_print(void *unused, const char *text, size_t length) {
    host_error(text, length);
}
static const mp_print_t error = {NULL, error_print};

void nlr_jump_fail(void *exception) {
    mp_printf(&error, "exception outside any program\n");
    host_exit(1);
}

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
}

static void execute(const char *program) {
    mp_lexer_t *lexer = mp_lexer_new_from_str_len(MP_QSTR__lt_string_gt_, program, strlen(program), 0);
    mp_parse_tree_t tree = mp_parse(lexer, MP_PARSE_FILE_INPUT);
    mp_call_function_0(mp_compile(&tree, MP_QSTR__lt_string_gt_, false));
}

// Return the exit code: 0, 1 after an exception, or the argument of sys.exit.
static int run(const char *flash, const char *program) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        hostfs_mount(flash);
        mp_hal_set_interrupt_char(3);
        execute(program);
        nlr_pop();
        return 0;
    }
    mp_obj_base_t *exception = nlr.ret_val;
    if (!mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(exception->type), MP_OBJ_FROM_PTR(&mp_type_SystemExit))) {
        mp_obj_print_exception(&error, MP_OBJ_FROM_PTR(exception));
        return 1;
    }
    mp_obj_t value = mp_obj_exception_get_value(MP_OBJ_FROM_PTR(exception));
    mp_int_t code = 0;
    return value == mp_const_none || mp_obj_get_int_maybe(value, &code) ? code & 255 : 1;
}

// ---- a new board

static const char mount_flash[] =
    "import os, sys, uctypes, vfs\n"
    "class Flash:\n"
    "    def __init__(self, address, size, block):\n"
    "        self.memory = uctypes.bytearray_at(address, size)\n"
    "        self.block = block\n"
    "    def readblocks(self, block, buffer, offset=0):\n"
    "        start = self.block * block + offset\n"
    "        buffer[:] = self.memory[start : start + len(buffer)]\n"
    "    def writeblocks(self, block, buffer, offset=0):\n"
    "        start = self.block * block + offset\n"
    "        self.memory[start : start + len(buffer)] = buffer\n"
    "    def ioctl(self, request, argument):\n"
    "        return {4: len(self.memory) // self.block, 5: self.block}.get(request, 0)\n"
    "block, kind, path = '%s'.split()\n"
    "flash = Flash(0x%x, %u, int(block))\n"
    "try:\n"
    "    if kind != 'none':\n"
    "        vfs.mount(flash, path)\n"
    "except OSError:\n"
    "    (vfs.VfsFat if kind == 'fat' else vfs.VfsLfs2).mkfs(flash)\n"
    "    vfs.mount(flash, path)\n"
    "if path != '/' and kind != 'none':\n"
    "    os.chdir(path)\n"
    "    sys.path.append(path)\n"
    "sys.path.append(path.rstrip('/') + '/lib')\n"
    "del Flash, block, flash, kind, os, path, sys, uctypes, vfs\n";

static __attribute__((noreturn)) void serve(size_t heap_bytes, char *flash, size_t flash_bytes, const char *how) {
    takes_bytes = true;
    interrupts_on();
    for (;;) {
        gc_init(&heap_start, &heap_start + heap_bytes);
        mp_init();
        vstr_t program;
        mp_print_t print;
        vstr_init_print(&program, sizeof(mount_flash) + 64, &print);
        mp_printf(&print, mount_flash, how, (uint)flash, (uint)flash_bytes);
        execute(vstr_null_terminated_str(&program));
        int ended = pyexec_file_if_exists("boot.py");
        if (!(ended & PYEXEC_FORCED_EXIT) && pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) {
            ended = pyexec_file_if_exists("main.py");
        }
        while (!(ended & PYEXEC_FORCED_EXIT)) {
            ended = pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl();
        }
        mp_hal_stdout_tx_strn("MPY: soft reboot\r\n", 18);
        gc_sweep_all();
        mp_deinit();
    }
}

void board_main(void) {
    static char text[8192];
    board_init();
    size_t heap_bytes = 0;
    char *flash = text;
    char *program = NULL;
    if (host_command_line(text, sizeof(text)) == 0) {
        while (*flash >= '0' && *flash <= '9') {
            heap_bytes = heap_bytes * 10 + (*flash++ - '0');
        }
        program = strchr(flash, '\n');
    }
    size_t room = &ram_end - &heap_start - STACK_BYTES;
    if (program == NULL || heap_bytes < SMALLEST_HEAP || heap_bytes > room) {
        mp_printf(&error, "board: heap of %u bytes, there is room for %u to %u\n",
            (uint)heap_bytes, SMALLEST_HEAP, (uint)room);
        host_exit(1);
    }
    mp_stack_set_top(&ram_end);
    mp_stack_set_limit(STACK_BYTES - STACK_RESERVE);
    if (program[1] == 0) {
        size_t flash_bytes = 0;
        while (*++flash >= '0' && *flash <= '9') {
            flash_bytes = flash_bytes * 10 + 1024 * (*flash - '0');
        }
        char *memory = &heap_start + room - FLASH_BYTES;
        if (flash_bytes > FLASH_BYTES || heap_bytes > room - FLASH_BYTES) {
            mp_printf(&error, "board: no room for a flash of %u bytes\n", (uint)flash_bytes);
            host_exit(1);
        }
        *program = 0;
        serve(heap_bytes, memory, flash_bytes, flash);
    }
    gc_init(&heap_start, &heap_start + heap_bytes);
    mp_init();
    *program = 0;
    host_exit(run(flash + 1, program + 1));
}

void board_fault(uint32_t at, const char *detail, uint32_t value) {
    mp_printf(&error, "fault: the core stopped at 0x%08x, %s 0x%08x\n", (uint)at, detail, (uint)value);
    host_exit(1);
}
