"""What a simulated MicroPython board runs after its reset: main.py [WORDS that say what it is]."""

import gc
import sys
import time

# Compiling leaves much behind: collected early, it does not scatter over the heap what stays
gc.threshold(4096)

import eqprop.service  # noqa: E402

# An emulated board is told its name, and counts instructions
emulated = {"ticks": time.ticks_cpu, "unit": "instructions"} if sys.argv[1:] else {}

try:
    eqprop.service.main(credit=2048, identity=" ".join(sys.argv[1:]), **emulated)
except OSError:  # the host hung up
    pass
