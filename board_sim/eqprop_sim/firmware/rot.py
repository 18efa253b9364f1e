"""A network in memory that rots: after some samples, a bit flips of a conductance, a node's total or a checksum.

Runs on MicroPython and CPython.
"""

from eqprop.xorshift import Xorshift32

_MILLION = 1000000


def rotting(network_type, ppm, seed):
    """Return `network_type` in memory that rots after `ppm` of a million samples."""
    random = Xorshift32(seed)

    class Rotting(network_type):
        """Learns as usual, and gets damaged."""

        def learn(self, x, label):
            super().learn(x, label)
            if random.below(_MILLION) < ppm:
                flip(self, random)

    return Rotting


def flip(network, random):
    """Flip a bit of a conductance of the network, or of what it keeps to check them: a node's total, or a checksum."""
    c = random.below(network.crossbar_count)
    if random.below(4):
        g = network.conductances(c)
        g[random.below(len(g))] ^= 1 << random.below(16)
    elif network.model.startswith("hopfield"):
        network.crossbar.circuit.sums[c] ^= 1 << random.below(16)
    else:
        total = network.crossbar.circuit.total[c]
        total[random.below(len(total))] ^= 1 << random.below(31)
