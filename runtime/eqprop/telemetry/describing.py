"""What a program and its board are, for a host that asks."""

import struct
import sys

from .. import __version__
from .._compat import free_heap
from ..protocol.messages import MODELS
from ..protocol.telemetry import ABOUT, CALIBRATED, FORMAT, HEALTH, LEARNS_NUMBERS, WITH_MEMORY

_CLOCK_AT = 12
_WORDS_MOST = 72  # bytes


def describe(telemetry):
    """Let `telemetry` tell ABOUT and HEALTH."""
    network = telemetry.network
    implementation = sys.implementation
    version = "{}.{}.{}".format(*implementation.version[:3])
    words = ("eqprop", __version__, implementation.name, version, sys.platform, telemetry.identity)
    if network:
        flags = CALIBRATED if network.confidence else 0
        flags |= (WITH_MEMORY if network.memory else 0) | (LEARNS_NUMBERS if network.regression else 0)
        about = (MODELS.index(network.model), flags, network.layers, network.seed, network.lr_halving_samples)
    else:
        about = (0, 0, (), 0, 0)
    model, flags, layers, seed, halving = about
    data = bytes((FORMAT, model, flags, len(layers)))
    data += struct.pack("<{}H".format(len(layers)), *layers) + struct.pack("<II", seed or 0, halving)
    telemetry.tell(ABOUT, data + " ".join(words).strip().encode()[:_WORDS_MOST])
    free = free_heap()
    sample = network.sample if network else 0
    telemetry.tell(HEALTH, struct.pack("<III", sample, 0xFFFFFFFF if free is None else free, telemetry.dropped))
