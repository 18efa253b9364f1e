"""What a program and its board are, for a host that asks."""

import struct
import sys

from .. import __version__
from .._compat import free_heap
from ..protocol import telemetry as kinds
from ..protocol.messages import MODELS

_CLOCK_AT = 12
_WORDS_MOST = 72  # bytes


def describe(telemetry):
    """Let `telemetry` tell ABOUT and HEALTH."""
    network = telemetry.network
    implementation = sys.implementation
    version = "{}.{}.{}".format(*implementation.version[:3])
    words = ("eqprop", __version__, implementation.name, version, sys.platform, telemetry.identity)
    if network:
        flags = kinds.CALIBRATED if network.confidence else 0
        flags |= (kinds.WITH_MEMORY if network.memory else 0) | (kinds.LEARNS_NUMBERS if network.regression else 0)
        about = (MODELS.index(network.model), flags, network.layers, network.seed, network.lr_halving_samples)
    else:
        about = (0, 0, (), 0, 0)
    model, flags, layers, seed, halving = about
    data = struct.pack("<BBBB", kinds.FORMAT, model, flags, len(layers))
    data += struct.pack("<{}H".format(len(layers)), *layers) + struct.pack("<II", seed or 0, halving)
    telemetry.tell(kinds.ABOUT, data + " ".join(words).strip().encode()[:_WORDS_MOST])
    free = free_heap()
    sample = network.sample if network else 0
    telemetry.tell(kinds.HEALTH, struct.pack("<III", sample, 0xFFFFFFFF if free is None else free, telemetry.dropped))
