"""What a simulated Pico runs after its reset, as `eqprop deploy --boot` has a board do."""

import gc

import micropython

micropython.kbd_intr(-1)  # a host may speak already, and Ctrl-C is a byte of its like any other
gc.threshold(4096)
from simulated import CHECKPOINT_EVERY, TIER  # noqa: E402

import eqprop.service  # noqa: E402
from eqprop.checkpoint import Checkpoints  # noqa: E402

gc.threshold(-1)
if TIER:
    from eqprop.hopfield.selection import use

    use(TIER)
eqprop.service.main(checkpoints=Checkpoints(every=CHECKPOINT_EVERY))
