"""The board's self-test: checks that this interpreter, with the tier in use, computes the same bits as all others.

    import eqprop.selftest
    eqprop.selftest.run()

The expected values are those of the plain kernels on CPython. It takes some 5 KB of heap, and frees them.
"""

from array import array
from binascii import crc32

from .crossbar import FREE, MINUS, PLUS
from .network import Network

SAMPLES = 20
# CRC-32 of all results of a crossbar's verbs in three samples, with one, two and no hidden layers
VECTORS = (("12-8-4", 0xAAEF52DD), ("9-6-7-3", 0xA865C666), ("5-3", 0xD592F8F9))
TRAINED = ("16-12-4", 0x2448F70E)  # CRC-32 of the conductances after SAMPLES


def samples(layers, count):
    """Yield `count` pairs of features, bytes of int8, and a label, always the same pairs."""
    x = array("b", bytes(layers[0]))
    state = 1
    for n in range(count):
        for i in range(layers[0]):
            state = (state * 75 + 74) % 65537  # a small integer on any board, so it allocates nothing
            x[i] = state % 255 - 127 if state & 1536 else 0
        yield x, n % layers[-1]


def verbs_crc(layers):
    """Return the CRC-32 of the voltages in each phase, predictions, losses and conductances of three samples."""
    network = Network(layers, 1)
    crossbar = network.crossbar
    crc = 0
    for x, label in samples(network.layers, 3):
        answer = crossbar.settle(x)
        loss = crossbar.set_nudge(label)
        crossbar.nudge(PLUS)
        crossbar.nudge(MINUS)
        for layer in range(1, len(network.layers)):
            for phase in (FREE, PLUS, MINUS):
                crc = crc32(crossbar.voltages(layer, phase), crc)
        crossbar.program()
        crc = crc32(b"%d %d %d" % (answer, loss, network.crc()), crc)
    return crc


def trained_crc(layers):
    """Return the CRC-32 of the conductances after SAMPLES training samples."""
    network = Network(layers, 1, SAMPLES // 2)
    for x, label in samples(network.layers, SAMPLES):
        network.learn(x, label)
    return network.crc()


def run():
    """Run all checks; return (tier, CRC-32 of the conductances after SAMPLES).

    Raises ValueError naming the first wrong result.
    """
    for layers, expected in VECTORS:
        crc = verbs_crc(layers)
        if crc != expected:
            raise ValueError("selftest: verbs of {}: expected {:08x}, got {:08x}".format(layers, expected, crc))
    layers, expected = TRAINED
    crc = trained_crc(layers)
    if crc != expected:
        raise ValueError("selftest: training {}: expected {:08x}, got {:08x}".format(layers, expected, crc))
    return Network(layers).crossbar.tier, crc
