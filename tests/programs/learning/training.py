"""Train networks and print what came of it: every interpreter, and the compiled emulator, must print the same lines.

python training.py TIER SAMPLES LR_HALVING_SAMPLES SEED LAYERS...: "64-32-10", or of a model "hopfield:64-32-10", or at
first at one rate_shift of all crossbars "hopfield:64-32-10@3"
"""

import sys
from array import array

import eqprop
from eqprop.hopfield.selection import use
from eqprop.xorshift import Xorshift32


def lesson(random, x, outputs):
    """Fill `x` with features, some at zero and some at either end of int8; return a label."""
    for i in range(len(x)):
        kind = random.below(4)
        x[i] = 0 if kind == 0 else random.below(256) - 128 if kind < 3 else 255 * random.below(2) - 128
    return random.below(outputs)


def report(build, layers, samples, lr_halving_samples, seed):
    """Train `build(layers, seed, lr_halving_samples, model)` on random samples; return lines of all one sees of it."""
    random = Xorshift32(seed + 1)
    model, _, sizes = layers.rpartition(":")
    sizes, _, rate_shift = sizes.partition("@")
    network = build(sizes, seed, lr_halving_samples, model or None)
    if rate_shift:
        for c in range(len(network.layers) - 1):
            network.crossbar.set_rate_shift(c, int(rate_shift))
    lines = [f"{layers} {network.crc()}"]
    x = array("b", [0] * network.layers[0])
    for n in range(samples):
        network.learn(x, lesson(random, x, network.layers[-1]))
        if n % 20 == 19 or n + 1 == samples:
            seen = (
                network.sample,
                network.crc(),
                network.prediction,
                network.loss,
                network.infer(x),
                [int(v) for v in network.outputs],
            )
            lines.append(" ".join(str(item) for item in seen))
    return lines


if __name__ == "__main__":
    use(sys.argv[1])
    samples, lr_halving_samples, seed = map(int, sys.argv[2:5])
    for text in sys.argv[5:]:
        print("\n".join(report(eqprop.Network, text, samples, lr_halving_samples, seed)))
