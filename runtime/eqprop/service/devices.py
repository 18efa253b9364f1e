"""Lets a host read a network's conductances, or write them, a piece at a time."""

from ..protocol.messages import DEVICES, DONE, READ, READ_LAYOUT, WRITE_HEADER, WRITE_LAYOUT, unpack


def answer(network, kind, payload, room):
    """Answer READ or WRITE in `room` bytes; return (type, payload).

    Raises ValueError for devices that the network does not have, more devices than fit, or conductances out of range;
    it then writes nothing.
    """
    if kind == READ:
        crossbar, start, count = unpack(READ_LAYOUT, payload, "READ")
    else:
        crossbar, start = unpack(WRITE_LAYOUT, payload, "WRITE")
    if crossbar >= network.crossbar_count:
        raise ValueError("crossbar: {} is not in 0..{}".format(crossbar, network.crossbar_count - 1))
    if kind != READ:
        network.restore(crossbar, start, payload[WRITE_HEADER:])
        return DONE, b""
    g = network.conductances(crossbar)
    if start + count > len(g) or 2 * count > room:
        raise ValueError("READ: {} devices at {} of {}".format(count, start, len(g)))
    return DEVICES, bytes(g[start : start + count])
