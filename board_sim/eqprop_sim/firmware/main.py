"""What a simulated MicroPython board runs after its reset: main.py [TIER [NAME NANOSECONDS-OF-AN-INSTRUCTION]]."""

import gc
import sys
import time

# Compiling leaves much behind: collected early, it does not scatter over the heap what stays
gc.threshold(4096)

import eqprop.service  # noqa: E402

tier, name, instruction_ns = (sys.argv[1:] + ["", "", ""])[:3]
if tier:
    eqprop.tiers.use(tier)
# An emulated board is told its name and how long an instruction takes, and counts instructions
emulated = {"clock": (time.ticks_cpu, "instructions", int(instruction_ns))} if name else {}

try:
    eqprop.service.main(credit=2048, identity=name, **emulated)
except OSError:  # the host hung up
    pass
