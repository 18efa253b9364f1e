"""How many times a person must name a state until the board knows it; over several seeds.

    python examples/sensor/study.py [--seeds 10]

The readings are those of `scene.py`, the features and the network the board's, bit for bit.
"""

import sys
from array import array
from pathlib import Path

import numpy as np

from eqprop_host.deploy import studying
from eqprop_sim.emulator.compiled_network import Network

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(studying.FIELD)]

from readings import FEATURES, SIZE, Readings  # noqa: E402
from scene import STATES, Machine  # noqa: E402

LAYERS = (FEATURES, 16, len(STATES))
PERIOD_US = 20000  # between two readings, as in main.py
NAMED = (1, 2, 3, 5, 10, 20)
MEMORY, REPLAY = 600, 20  # as main.py
TESTED = 25  # windows of each state


def samples(seed, count):
    """Return (features (3 * count, FEATURES) int8, states) of windows, in turn of each state."""
    machine, readings, x = Machine(seed), Readings(), array("b", bytes(FEATURES))
    found, us = [], 0
    for n in range(3 * count):
        machine.state = n % 3
        for _ in range(SIZE):
            us += PERIOD_US
            readings.push(machine.current(us) >> 1)
        readings.describe(x)
        found.append(list(x))
    return np.array(found, np.int8), np.arange(3 * count) % 3


def wrong_percent(seed, named):
    """Return how many of the test's windows are answered wrongly after each state was named so often."""
    x, states = samples(seed, named + TESTED)
    network = Network(LAYERS, seed)
    network.remember(MEMORY)
    for row, state in zip(x[: 3 * named], states, strict=False):
        network.learn(row, int(state), REPLAY)
    answers = [network.infer(row) for row in x[3 * named :]]
    return 100 * float(np.mean(answers != states[3 * named :]))


def main(arguments=None):
    """Print the table."""
    options = studying.parser(__doc__).parse_args(arguments)
    print("| times each state was named | answered wrongly | worst run |\n|---:|---:|---:|")
    for named in NAMED:
        errors = [wrong_percent(seed, named) for seed in range(options.seeds)]
        print(f"| {named} | {np.mean(errors):.1f} % | {max(errors):.1f} % |")


if __name__ == "__main__":
    main()
