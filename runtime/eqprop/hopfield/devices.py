"""Rarely used parts of a Hopfield network's crossbar: restoring weights, and finding what changed in memory."""

from ..crossbar import Rot, check_bytes
from ..crossbar.network_rot import inspect_fixed


def restore(crossbar, c, start, data):
    """Restore weights as `HopfieldCrossbar.restore` says."""
    check_bytes("restore", data)
    count = len(data) // 2
    w = crossbar.conductances(c)
    if len(data) % 2 or start < 0 or start + count > len(w):
        raise ValueError("restore: {} bytes at {} of {} devices".format(len(data), start, len(w)))
    for i in range(count):
        w[start + i] = ((data[2 * i] | data[2 * i + 1] << 8) ^ 0x8000) - 0x8000


def inspect(crossbar, rate_shifts):
    """Inspect a crossbar as `HopfieldCrossbar.inspect` says."""
    inspect_fixed(crossbar, ("sweeps",))
    circuit = crossbar.circuit
    for c, w in enumerate(circuit.w):
        if circuit.rate_shifts[c] != rate_shifts[c]:
            raise Rot("rate shift of crossbar {}".format(c))
        if circuit.sums[c] != crossbar.checksum(w):
            raise Rot("a conductance or the checksum of crossbar {}".format(c))
