"""What a simulated MicroPython board runs after its reset: main.py OPTION=VALUE... [NAME NS-OF-AN-INSTRUCTION]."""

import gc
import sys
import time

# Compiling leaves much behind: collected early, it does not scatter over the heap what stays
gc.threshold(4096)

import eqprop.service  # noqa: E402
from eqprop.checkpoint import Checkpoints  # noqa: E402
from flash import Flash, options  # noqa: E402

values, words = options(sys.argv[1:])
every = values.pop("checkpoint_every")
network = eqprop.Network
rot_ppm = values.pop("rot_ppm")
if rot_ppm:  # no other board has room to spare for it
    from rot import rotting

    network = rotting(network, rot_ppm, values["seed"])
if "tier" in values:
    eqprop.tiers.use(values.pop("tier"))
# An emulated board is told its name and how long an instruction takes, and counts instructions
emulated = {"clock": (time.ticks_cpu, "instructions", int(words[1]))} if words else {}

try:
    checkpoints = Checkpoints(every=every, rest_s=0, open_file=Flash(**values).open)
    eqprop.service.main(network, checkpoints=checkpoints, credit=2048, identity="".join(words[:1]), **emulated)
except OSError:  # the host hung up
    pass
