"""How fast the emulator learns, and how much faster than at an earlier commit. A benchmark, not a test.

    python benchmarks/emulator.py mnist:DIR [--hidden SIZES] [--model MODEL ...] [--before COMMIT]

One thread, processor time, with 784-100-10 by default. Both commits learn the same samples in turns, in processes of
their own, so that a busy machine slows both alike; each figure is the fastest of many short turns. After each turn,
both must have the same conductances. a4dd2dd is a commit before loops over rows of weights used vectors; it has no
weights of 8 bits.
"""

import argparse

from turns import compared, roots, started, turn

from eqprop.protocol.messages import MODELS

TURNS = 25
SAMPLES = 1000

LEARNER = """
import sys, time
from eqprop_host import datasets
from eqprop_sim.emulator.compiled_network import Network
data = datasets.prepare(datasets.load(sys.argv[1]), 0)
x, y = data.train_x, data.train_y
network = Network((x.shape[1], *map(int, sys.argv[2].split("-")), data.classes), 0, 0, sys.argv[3])
network.warm_up()
at = 0
for line in sys.stdin:
    seconds, left = 0.0, int(line)
    while left:
        part = slice(at, at + min(left, 512))
        started = time.process_time()
        network.learn_all(x[part], y[part])
        seconds += time.process_time() - started
        left -= len(y[part])
        at = part.stop if part.stop < len(y) else 0
    print(seconds, network.crc(), flush=True)
"""


def measure(folders, *words):
    """Return the samples per second by name of folder. Raises ValueError if conductances differ."""
    best = dict.fromkeys(folders, float("inf"))
    with started(LEARNER, folders, *words) as learners:
        for _ in range(TURNS):
            found = {name: turn(learner, SAMPLES) for name, learner in learners.items()}
            if len({crc for _, crc in found.values()}) > 1:
                raise ValueError(f"{words}: the conductances differ")
            best = {name: min(best[name], float(seconds)) for name, (seconds, _) in found.items()}
    return {name: SAMPLES / seconds for name, seconds in best.items()}


def main():
    """Print the samples per second of each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="the data, such as mnist:DIR or digits")
    parser.add_argument("--hidden", default="100", metavar="SIZES", help="hidden layers (default: %(default)s)")
    parser.add_argument("--model", action="append", choices=MODELS[1:], help="a model, may be repeated (default: all)")
    parser.add_argument("--before", metavar="COMMIT", help="a commit to compare with")
    options = parser.parse_args()
    with roots(options.before) as folders:
        for model in options.model or MODELS[1:]:
            print(f"{model}: {compared(measure(folders, options.data, options.hidden, model))}", flush=True)


if __name__ == "__main__":
    main()
