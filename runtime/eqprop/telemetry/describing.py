"""What a program and its board are, for a host that asks."""

import struct

from .. import __version__
from .._compat import free_heap
from ..protocol.messages import MODELS, identify
from ..protocol.telemetry import ABOUT, CALIBRATED, FORMAT, HEALTH, LEARNS_NUMBERS, WITH_MEMORY

_WORDS_MOST = 72  # bytes


def describe(telemetry, left):
    """Let `telemetry` tell ABOUT, or HEALTH if no record is left after it."""
    network = telemetry.network
    if not left:
        free = free_heap()
        sample = network.sample if network else 0
        telemetry.tell(HEALTH, struct.pack("<III", sample, 0xFFFFFFFF if free is None else free, telemetry.dropped))
        return
    if network:
        flags = CALIBRATED if network.confidence else 0
        flags |= (WITH_MEMORY if network.memory else 0) | (LEARNS_NUMBERS if network.regression else 0)
        about = (MODELS.index(network.model), flags, network.layers, network.seed, network.lr_halving_samples)
    else:
        about = (0, 0, (), 0, 0)
    model, flags, layers, seed, halving = about
    data = bytes((FORMAT, model, flags, len(layers)))
    data += struct.pack("<{}H".format(len(layers)), *layers) + struct.pack("<II", seed or 0, halving)
    telemetry.tell(ABOUT, data + identify(__version__, telemetry.identity).encode()[:_WORDS_MOST])
