# Xtensa with windowed registers: CPU=xtensawin, on the board of board.h
CROSS_COMPILE = xtensa-lx106-elf-
# Where Debian's picolibc is, of which the headers are used
CORE = -mlongcalls -mtext-section-literals -isystem /usr/lib/xtensa-lx106-elf/include
ifeq ($(shell uname),Linux)
CORE += -DHOST_LINUX
endif
# One RAM of 4 MB
MEMORY = -Wl,--defsym=text_start=0x60000000 -Wl,--defsym=ram_end=0x60400000 -Wl,--no-relax -Wl,--wrap=mp_fun_table
GCHELPER_C = shared/runtime/gchelper_generic.c
HOST = simcall.c
SRC_FAMILY = windows.S doors.c arithmetic.c
LIBRARIES = $(shell $(CROSS_COMPILE)gcc -print-libgcc-file-name)

$(BUILD)/py/emitinlinextensa.o: CFLAGS += -Dasm_xtensa_entry=asm_xtensa_entry_win -Dasm_xtensa_exit=asm_xtensa_exit_win
