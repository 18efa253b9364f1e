"""A simulated board's processor: `python -m eqprop_sim OPTION=VALUE...` serves the compiled network on its streams."""

import contextlib
import io
import sys

import eqprop.service
from eqprop.checkpoint import Checkpoints

from .emulator.compiled_network import Network, unpack, warm_up
from .firmware.flash import Flash, options
from .firmware.rot import rotting

_CREDIT = 4096  # bytes that a pseudo terminal buffers for a reader


if __name__ == "__main__":
    values, _ = options(sys.argv[1:])
    every = values.pop("checkpoint_every")
    rot_ppm = values.pop("rot_ppm")
    network = rotting(Network, rot_ppm, values["seed"]) if rot_ppm else Network
    # Bytes that the board has not read stay in its receive buffer, not in this interpreter's
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False), eqprop.service.CHUNK))
    warm_up()  # before the first host speaks, so that no answer is late
    with contextlib.suppress(OSError):  # the host hung up
        checkpoints = Checkpoints(every=every, rest_s=0, open_file=Flash(**values).open)
        eqprop.service.main(network, checkpoints=checkpoints, credit=_CREDIT, identity="numba", unpack=unpack)
