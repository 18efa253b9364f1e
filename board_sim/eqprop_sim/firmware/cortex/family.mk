# Cortex-M: CPU=cortex-m0|cortex-m3|cortex-m4|cortex-m7, on the boards of board.h
CROSS_COMPILE = arm-none-eabi-
CORE = -mthumb -mcpu=$(CPU) -mfloat-abi=soft
SRC_FAMILY = start.c
LIBRARIES = $(shell $(CROSS_COMPILE)gcc $(CORE) -print-libgcc-file-name)

ifeq ($(CPU),cortex-m0)
CORE += -DBOARD_NRF51
# Flash from 0, RAM of 4 MB
MEMORY = -Wl,--defsym=data_start=0x20000000 -Wl,--defsym=ram_end=0x20400000
OBJ_FAMILY = shared/runtime/gchelper_thumb1.o
else
CORE += -DBOARD_MPS2
# One RAM of 4 MB from 0
MEMORY = -Wl,--defsym=ram_end=0x400000
OBJ_FAMILY = shared/runtime/gchelper_thumb2.o
endif
