"""What a simulated MicroPython board runs after its reset: main.py OPTION=VALUE... [NAME NS-OF-AN-INSTRUCTION]."""

import gc
import sys
import time

# Compiling leaves much behind: collected early, it does not scatter over the heap what stays
gc.threshold(4096)

try:
    import eqprop.service
    from eqprop.checkpoint import Checkpoints
    from flash import Flash, options

    gc.threshold(-1)  # loaded: collecting so often makes a frame of answers three times as slow
    values, words = options(sys.argv[1:])
    every = values.pop("checkpoint_every")
    network = eqprop.Network
    rot_ppm = values.pop("rot_ppm")
    if rot_ppm:  # no other board has room to spare for it
        from rot import rotting

        network = rotting(network, rot_ppm, values["seed"])
    if "tier" in values:
        eqprop.crossbar.tiers.use(values.pop("tier"))
    # An emulated board is told its name and how long an instruction takes, and counts instructions
    emulated = {"clock": (time.ticks_cpu, "instructions", int(words[1]))} if words else {}
    checkpoints = Checkpoints(every=every, rest_s=0, open_file=Flash(**values).open)
    eqprop.service.main(network, checkpoints=checkpoints, identity="".join(words[:1]), **emulated)
except OSError:  # the host hung up
    pass
except MemoryError as error:
    gc.collect()
    text = "heap of {} bytes is too small to serve: {}"
    raise MemoryError(text.format(gc.mem_alloc() + gc.mem_free(), error)) from error
