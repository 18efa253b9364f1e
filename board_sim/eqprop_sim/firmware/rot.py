"""A network in memory that rots: after a sample now and then one bit of a conductance or of a node's total is flipped.

For MicroPython and CPython alike.
"""

from eqprop.fixed import Xorshift32

_MILLION = 1000000


def rotting(network_type, ppm, seed):
    """Return `network_type` in memory that rots after so many samples of a million."""
    random = Xorshift32(seed)

    class Rotting(network_type):
        """Learns as it is asked to, and is damaged."""

        def learn(self, x, label):
            super().learn(x, label)
            if random.below(_MILLION) < ppm:
                flip(self, random)

    return Rotting


def flip(network, random):
    """Flip a bit of a conductance of the network, or of a total."""
    c = random.below(network.crossbar_count)
    if random.below(4):
        g = network.conductances(c)
        g[random.below(len(g))] ^= 1 << random.below(16)
    else:
        total = network.crossbar.circuit.total[c]
        total[random.below(len(total))] ^= 1 << random.below(31)
