"""The program of a simulated MicroPython board after its reset: main.py OPTION=VALUE... [NAME NS-OF-AN-INSTRUCTION]."""

import gc
import sys
import time

# Compiling leaves much garbage; collecting it early keeps lasting objects from scattering over the heap
gc.threshold(4096)

try:
    import eqprop.service
    from eqprop.checkpoint import Checkpoints
    from flash import Flash, options

    gc.threshold(-1)  # once loaded, because collecting so often makes a frame of answers three times as slow
    values, words = options(sys.argv[1:])
    every = values.pop("checkpoint_every")
    network = eqprop.Network
    via = values.pop("via", "")
    rot_ppm = values.pop("rot_ppm")
    if rot_ppm:  # loaded only then, to save other boards' heap
        from rot import rotting

        network = rotting(network, rot_ppm, values["seed"])
    if "tier" in values:
        from eqprop.hopfield.selection import use

        use(values.pop("tier"))
    # An emulated board gets its name and the duration of an instruction, and counts instructions
    emulated = {"clock": (time.ticks_cpu, "instructions", int(words[1]))} if words else {}
    checkpoints = Checkpoints(every=every, rest_s=0, open_file=Flash(**values).open)
    if via:
        sys.path.insert(0, sys.path[0] + "/wires")  # with simulated parts of a board
        import eqprop.net.waiting

        if via.startswith("ble"):
            from bluetooth import sleep_ms

            eqprop.net.waiting.sleep_ms = sleep_ms
        eqprop.net.serve(via, network, checkpoints=checkpoints)
    eqprop.service.main(network, checkpoints=checkpoints, identity="".join(words[:1]), **emulated)
except OSError:  # the host hung up
    pass
except MemoryError as error:
    gc.collect()
    text = "heap of {} bytes is too small to serve: {}"
    raise MemoryError(text.format(gc.mem_alloc() + gc.mem_free(), error)) from error
