"""How well gestures are told apart, by how many examples of each, over ten hands; beside other ways.

    python examples/gesture/study.py [--seeds N] [--picture FILE]

The same hand, sensor, recorder and lessons as on the board, and the network's own bits. Each hand teaches five
gestures, one after another, and then makes each of them twenty times more.
"""

import sys
from pathlib import Path

import numpy as np

from eqprop_host.deploy import studying

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(studying.FIELD)]

from accelerometer import Accelerometer  # noqa: E402
from gestures import LAYERS, LESSON, MEMORY, SURE  # noqa: E402
from hand import GESTURES, Hand  # noqa: E402
from recorder import FEATURES, SAMPLES, Recorder  # noqa: E402

import eqprop  # noqa: E402
import machine  # noqa: E402
from clock import clock  # noqa: E402
from eqprop_host.studies import baselines  # noqa: E402
from eqprop_sim.emulator.compiled_network import Network  # noqa: E402
from parts.lis3dh import LIS3DH  # noqa: E402
from parts.noise import Noise  # noqa: E402

HIDDEN = eqprop.parse_layers(LAYERS)[1]
TESTED = 20  # of each gesture
TIMES = (1, 2, 3, 5, 7, 10)


class Session:
    """Somebody makes gestures, and a board records them."""

    def __init__(self, seed):
        self.hand = Hand(seed)
        self._noise = Noise(seed + 1000)
        machine.attach(0x18, LIS3DH(self.hand.acceleration, seed, noise_mg=2))
        self._sensor = Accelerometer(machine.I2C(0))
        self._sensor.start()
        self._recorder = Recorder()
        self.traces = []
        self._record(20)

    def _record(self, passes):
        """Return the features of the last gesture that was complete within so many tenths of a second, or None."""
        found = None
        for _ in range(passes):
            clock.advance(100000)
            for at in range(0, 3 * self._sensor.read(), 3):  # five or six, all that there are
                if self._recorder.push(self._sensor.samples, at):
                    self._recorder.measure()
                    found = np.array(self._recorder.features)
                    self._trace = np.array([axis.samples for axis in self._recorder._axes])
        return found

    def make(self, kind):
        """Return the features of a gesture: int8; make it again when the board has not seen it."""
        while True:
            self.hand.make(kind, clock.now() + self._noise.below(16000))
            features = self._record(26)
            if features is not None:
                self.traces.append(self._trace)
                return features


def samples(session, times):
    """Return (x, y): features (gestures * times, FEATURES) int8 and labels, one gesture after another."""
    y = np.repeat(np.arange(len(GESTURES)), times)
    return np.array([session.make(int(kind)) for kind in y]), y


def taught(x, y, seed):
    """Return a network that was taught these samples in order, as `gestures.Gestures` does."""
    network = Network(LAYERS, seed)
    network.remember(MEMORY)
    for features, label in zip(x, y, strict=True):
        network.learn(features, int(label), LESSON)
    return network


def measure(seed):
    """Return one hand's results.

    ({times: percent right of network, neighbours, ReLU}, (percent sure, right of those), traces, bytes of both others)
    """
    session = Session(seed)
    x, y = samples(session, max(TIMES))
    test_x, test_y = samples(session, TESTED)
    right = {}
    for times in TIMES:
        chosen = np.arange(len(y)) % max(TIMES) < times
        network = taught(x[chosen], y[chosen], seed)
        answers = np.array([network.infer(features) for features in test_x])
        near = baselines.nearest_neighbours(x[chosen], y[chosen], test_x)
        relu = baselines.relu_network(x[chosen], y[chosen], test_x, HIDDEN, seed)
        right[times] = 100 * np.mean(answers == test_y), near.right_percent(test_y), relu.right_percent(test_y)
    sure = np.zeros(len(test_y), bool)
    for n, features in enumerate(test_x):
        network.infer(features)
        sure[n] = network.margin_percent >= SURE
    about = 100 * np.mean(sure), 100 * np.mean((answers == test_y)[sure])
    return right, about, session.traces, (near.kept_bytes, relu.kept_bytes)


def table(results):
    """Return the figures as lines of Markdown."""
    right = {times: np.array([result[0][times] for result in results]) for times in TIMES}
    sure, right_when_sure = np.mean([result[1] for result in results], axis=0)
    near_bytes, relu_bytes = results[0][3]
    kept = f"{baselines.conductance_bytes(eqprop.plan(LAYERS)):,} and {MEMORY:,} of examples"
    names = (f"eqprop, {LAYERS}", "nearest neighbour", f"ReLU in float32, {FEATURES}-{HIDDEN}-{len(GESTURES)}")
    lines = [f"| | {' | '.join(f'{times} each' for times in TIMES)} | worst hand | bytes kept |"]
    lines.append("|---|" + "---:|" * (len(TIMES) + 2))
    for n, (name, size) in enumerate(zip(names, (kept, f"{near_bytes:,}", f"{relu_bytes:,}"), strict=True)):
        cells = [f"{right[times][:, n].mean():.1f}" for times in TIMES]
        lines.append(f"| {name} | {' | '.join(cells)} | {right[max(TIMES)][:, n].min():.0f} | {size} |")
    lines.append("")
    lines.append(f"It is sure of {sure:.0f} % of them (a margin of {SURE} % or more), and right in")
    lines.append(f"{right_when_sure:.1f} % of those.")
    return "\n".join(lines) + "\n"


def draw(path, results):
    """Draw what the sensor feels of each gesture, and how the share of right answers grows with examples."""
    figure = studying.figure(10, 4.2)
    left, right = figure.subfigures(1, 2, width_ratios=(3, 2))
    ms = 20 * np.arange(2, SAMPLES, 4)
    rows = left.subplots(len(GESTURES), 1, sharex=True, sharey=True)
    traces = results[0][2]
    for kind, axes in enumerate(rows):
        for n in range(2):
            means = traces[kind * max(TIMES) + n].reshape(3, -1, 4).mean(axis=2) / 8000
            for axis, colour in enumerate(("#1f5fa8", "#d1495b", "#5a9c51")):
                label = "xyz"[axis] if not n else None
                axes.plot(ms, means[axis], colour, lw=0.9, alpha=0.8, label=label)
        axes.set_title(GESTURES[kind], loc="left", fontsize=9, pad=2)
        axes.spines[["top", "right"]].set_visible(False)
    rows[0].legend(ncols=3, fontsize=8, frameon=False, loc="upper right", bbox_to_anchor=(1, 1.5))
    rows[2].set_ylabel("acceleration, g")
    rows[-1].set_xlabel("time, ms (two of each gesture, by one hand)")
    axes = right.subplots()
    looks = (("eqprop, on the board", "#1f5fa8", "o"), ("nearest neighbour", "#8c8c8c", "s"), ("ReLU", "#d1495b", "^"))
    for n, (name, colour, marker) in enumerate(looks):
        shares = [np.mean([result[0][times][n] for result in results]) for times in TIMES]
        axes.plot(TIMES, shares, color=colour, marker=marker, label=name)
    axes.set_xlabel("examples of each gesture")
    axes.set_ylabel(f"correct on new gestures, % (mean of {len(results)} hands)")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    studying.write(figure, path)


def main(arguments=None):
    """Run the study; print its table."""
    asked = studying.parser(__doc__).parse_args(arguments)
    results = [measure(seed) for seed in range(asked.seeds)]
    print(table(results), end="")
    if asked.picture:
        draw(asked.picture, results)


if __name__ == "__main__":
    main()
