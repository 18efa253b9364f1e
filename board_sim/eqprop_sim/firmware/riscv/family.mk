# RISC-V: CPU=rv32imc, on the board of board.h
CROSS_COMPILE = riscv64-unknown-elf-
CORE = -march=rv32imc_zicsr -mabi=ilp32 -msmall-data-limit=0
CORE += --specs=$(shell $(CROSS_COMPILE)gcc --print-file-name=picolibc.specs)
# One RAM of 4 MB
MEMORY = -Wl,--defsym=text_start=0x80000000 -Wl,--defsym=ram_end=0x80400000 -Wl,--no-relax
AFLAGS = -march=rv32imc_zicsr -mabi=ilp32
SRC_FAMILY = start.c
OBJ_FAMILY = shared/runtime/gchelper_rv32i.o
LIBRARIES = $(shell $(CROSS_COMPILE)gcc -march=rv32im -mabi=ilp32 -print-libgcc-file-name)
