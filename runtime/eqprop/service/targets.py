"""Numbers to learn over the link: samples whose records hold a target in place of a label.

A record is one of `eqprop.protocol.records` for a single output, so without bits for a label, and then the target: an
int16 for each of the network's outputs, little-endian. TARGETS carries them as SAMPLES carries records of classes; the
same numbering, cache and totals apply. The totals count no sample as correct.
"""

from array import array

from ..protocol import messages
from ..protocol.records import Code

_SAMPLES_AT = 1  # in a service's handlers


def with_targets(code):
    """Return a `Code` like `code`, whose records hold a target for each of its outputs."""
    made = Code(code.features, 1, code.alphabet)
    made.outputs = code.outputs
    made.size += 2 * code.outputs
    return made


def prepare(service, network):
    """Let the service's new network learn numbers."""
    network.regress()
    code, made = service._code, with_targets(service._code)
    code.size, code.table = made.size, made.table
    handlers = list(service._handlers)
    handlers[_SAMPLES_AT] = None  # so that `answer_samples` gets SAMPLES, too
    service._handlers = tuple(handlers)


def answer_samples(service, kind, payload):
    """Answer TARGETS, or SAMPLES once there was a network that learns numbers. Raises ValueError for the wrong one."""
    network = service.network
    # Without samples, each asks for the totals
    if len(payload) > messages.SAMPLES_HEADER and (kind == messages.SAMPLES) == bool(network.regression):
        if network.regression:
            raise ValueError("SAMPLES: the board's network learns numbers, got labels: TARGETS brings numbers")
        raise ValueError("TARGETS: the board's network learns classes, got numbers: SAMPLES brings labels")
    if kind == messages.SAMPLES:
        return service._samples(payload)
    learn, unpack = network.learn, service._unpack
    outputs = network.layers[-1]
    target = array("h", bytes(2 * outputs))
    targets_at = service._code.size - 2 * outputs

    def unpack_both(data, at, table, x):
        found = unpack(data, at, table, x)
        at += targets_at
        for k in range(outputs):
            target[k] = ((data[at] | data[at + 1] << 8) ^ 0x8000) - 0x8000
            at += 2
        return 1 if found == 0 else -1  # never a learner's prediction, which stays 0

    network.learn = lambda x, label: learn(x, target)
    service._unpack = unpack_both
    try:
        return service._samples(payload)
    finally:
        network.learn, service._unpack = learn, unpack
