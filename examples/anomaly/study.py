"""How well faults that nobody has seen are told from normal vibration; over several seeds, beside other ways.

    python examples/anomaly/study.py [--seeds 10] [--picture examples/anomaly/anomaly.svg]

Each seed is another fan and another network. It learns and sets its limit as `main.py` does, from `scene.py`'s fan
through the same features; then come 500 normal windows, and 100 of each fault. The area under the ROC curve (AUC) is
how often a window with a fault scores higher than a normal one. Beside it, on the same scaled features: the mean
distance from the five nearest of all windows learnt; a float ReLU network of the same layers that learns the same
measured and made-up samples; and a float autoencoder, which learns the measured ones.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPRegressor

import eqprop
from eqprop_host.deploy import studying
from eqprop_host.studies import baselines
from eqprop_sim.emulator.compiled_network import Network
from eqprop_sim.emulator.features import Window

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(studying.FIELD)]

import scene  # noqa: E402
from novelty import SCALED, UNITS, Novelty  # noqa: E402
from vibration import FEATURES, SAMPLES, Vibration  # noqa: E402

LAYERS = (UNITS * FEATURES, 24, 2)
LEARNT, SET = 2500, 250
OVER = 5  # in a row
NORMAL, EACH = 500, 100
NARROW = 8  # hidden nodes of the autoencoder
WAYS = ("EqProp", "neighbours", "ReLU", "autoencoder")


class Recorder(Network):
    """A network that keeps what it learns."""

    def __init__(self, layers, seed):
        super().__init__(layers, seed)
        self.samples, self.labels = [], []

    def learn(self, x, label):
        """Learn, and keep it."""
        super().learn(x, label)
        self.samples.append(bytes(x))
        self.labels.append(label)


def windows(vibration, window, fan, count):
    """Yield the features of so many windows, int16."""
    for _ in range(count):
        for n in range(SAMPLES):
            window.samples[n] = fan.sample()
        if trouble := vibration.check():
            raise ValueError(trouble)
        yield vibration.describe()


def run(seed):
    """Return ({way: {None or fault: scores}}, the limit) of one fan and one network."""
    window, fan = Window(SAMPLES), scene.Fan(seed)
    vibration = Vibration(window)
    network = Recorder(LAYERS, seed)
    novelty = Novelty(network, FEATURES)
    measured = []
    for features in windows(vibration, window, fan, (1 << SCALED) + LEARNT):
        if novelty.scaled:
            measured.append(np.array(novelty.scale(features)))
        novelty.learn(features)
    limit = 1000 + max(novelty.score(features) for features in windows(vibration, window, fan, SET))
    scores, scaled, codes = {}, {}, {}
    for fault in (None, *scene.FAULTS):
        fan.fault = fault
        fan.change()
        rows = windows(vibration, window, fan, EACH if fault else NORMAL)
        found = [
            (novelty.score(features), np.array(novelty.scale(features)), np.array(novelty.code(features), np.int8))
            for features in rows
        ]
        scores[fault], scaled[fault], codes[fault] = map(np.array, zip(*found, strict=True))
    measured = np.array(measured)
    ways = {
        "neighbours": lambda fault: baselines.neighbour_distances(measured, scaled[fault], 5),
        "ReLU": _relu(network, seed, codes),
        "autoencoder": _autoencoder(measured, seed, scaled),
    }
    return {"EqProp": scores, **{way: {fault: score(fault) for fault in scores} for way, score in ways.items()}}, limit


def _relu(network, seed, codes):
    x = np.frombuffer(b"".join(network.samples), np.int8).reshape(-1, LAYERS[0]) / 127
    relu = baselines.fitted(x, network.labels, LAYERS[1:-1], seed, epochs=10)
    return lambda fault: relu.predict_proba(codes[fault] / 127)[:, 1]


def _autoencoder(measured, seed, scaled):
    x = measured / 127
    encoder = MLPRegressor(hidden_layer_sizes=(NARROW,), random_state=seed, batch_size=32, max_iter=100)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        encoder.fit(x, x)
    return lambda fault: ((encoder.predict(scaled[fault] / 127) - scaled[fault] / 127) ** 2).sum(axis=1)


def auc(scores, faults):
    """Return the area under the ROC curve of these faults' windows."""
    strange = np.concatenate([scores[fault] for fault in faults])
    truth = np.repeat([0, 1], [len(scores[None]), len(strange)])
    return roc_auc_score(truth, np.concatenate([scores[None], strange]))


def alarms(scores, limit):
    """Return how often the alarm sounds: so many scores in a row over the limit, counted once."""
    row = sounds = 0
    for score in scores:
        row = row + 1 if score > limit else 0
        sounds += row == OVER
    return sounds


def table(runs):
    """Return the lines of a table: AUC by way and fault, means over the runs."""
    plan = eqprop.plan(LAYERS)
    weights = 4 * sum((a + 1) * b for a, b in zip(LAYERS, LAYERS[1:], strict=False))
    narrow = 4 * ((FEATURES + 1) * NARROW + (NARROW + 1) * FEATURES)
    about = {
        "EqProp": (f"EqProp {plan}", baselines.conductance_bytes(plan)),
        "neighbours": (f"5 nearest of {LEARNT}", LEARNT * FEATURES),
        "ReLU": (f"float ReLU {plan}, Adam, the same samples", weights),
        "autoencoder": (f"float autoencoder {FEATURES}-{NARROW}-{FEATURES}, Adam", narrow),
    }
    lines = [
        f"| | all | worst seed | {' | '.join(scene.FAULTS)} | bytes kept |",
        "|---" * (len(scene.FAULTS) + 4) + "|",
    ]
    for way, (text, size) in about.items():
        whole = [auc(done[way], scene.FAULTS) for done, _ in runs]
        each = [np.mean([auc(done[way], [fault]) for done, _ in runs]) for fault in scene.FAULTS]
        cells = " | ".join(f"{value:.3f}" for value in (np.mean(whole), np.min(whole), *each))
        lines.append(f"| {text} | {cells} | {size:,} |")
    return lines


def draw(runs, path):
    """Draw the scores of one run, and the AUC of all."""
    figure = studying.figure(9, 3.4)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    done, limit = runs[0]
    at = 0
    for fault, scores in done["EqProp"].items():
        scores = scores[:200]
        left.plot(np.arange(at, at + len(scores)), scores, ".", ms=2.5, color="tab:red" if fault else "tab:blue")
        left.text(at + len(scores) / 2, 36000, fault or "normal", ha="center", va="bottom", rotation=35, fontsize=8)
        at += len(scores)
    left.axhline(limit, color="0.4", lw=1)
    left.text(at, limit, " limit", va="center", fontsize=8, color="0.4")
    left.set(xlabel="windows", ylabel="score, steps of voltage", xlim=(0, at))
    rows = np.arange(len(scene.FAULTS))
    for n, way in enumerate(WAYS[:3]):
        values = [np.mean([auc(each[way], [fault]) for each, _ in runs]) for fault in scene.FAULTS]
        right.plot(values, rows + 0.15 * (n - 1), "o", ms=5, color=("tab:blue", "0.6", "tab:orange")[n], label=way)
    right.axvline(0.95, color="0.8", lw=1, zorder=0)
    right.set(yticks=rows, yticklabels=scene.FAULTS, xlabel=f"AUC, mean of {len(runs)} seeds", xlim=(0.7, 1.005))
    right.legend(frameon=False, loc="lower left", fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    studying.write(figure, path)


def main(arguments=None):
    """Print the table, and draw the picture."""
    options = studying.parser(__doc__).parse_args(arguments)
    runs = [run(seed) for seed in range(options.seeds)]
    print("\n".join(table(runs)))
    false = sum(alarms(done["EqProp"][None], limit) for done, limit in runs)
    found = sum(alarms(done["EqProp"][fault], limit) > 0 for done, limit in runs for fault in scene.FAULTS)
    print(f"\nalarms in {NORMAL * len(runs)} normal windows: {false}")
    print(f"faults that sounded the alarm within {EACH} windows: {found} of {len(runs) * len(scene.FAULTS)}")
    if options.picture:
        draw(runs, options.picture)


if __name__ == "__main__":
    main()
