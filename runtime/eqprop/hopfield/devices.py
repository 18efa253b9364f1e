"""What of a Hopfield network's crossbar runs rarely: its weights from bytes, and what changed in memory by itself."""

from ..crossbar import Rot, check_bytes


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
    plan, circuit = crossbar.plan, crossbar.circuit
    try:
        if plan.__dict__ != type(plan)(plan.layers).__dict__ or circuit.sweeps != plan.sweeps:
            raise Rot("plan")
        for name, items, first, end, value in crossbar.fixed():
            for i in range(first, end):
                if items[i] != value:
                    raise Rot(name)
        for at, word in enumerate(crossbar.words()):
            if crossbar.table[at] != word:
                raise Rot("table")
    except (IndexError, ValueError) as error:  # a size that is impossible
        raise Rot("plan") from error
    for c, w in enumerate(circuit.w):
        if circuit.rate_shifts[c] != rate_shifts[c]:
            raise Rot("rate shift of crossbar {}".format(c))
        if circuit.sums[c] != crossbar.checksum(w):
            raise Rot("a conductance or the checksum of crossbar {}".format(c))
