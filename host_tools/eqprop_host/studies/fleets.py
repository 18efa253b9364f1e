"""The runs of `eqprop study fleet`: boards that learn apart, each from its own samples, and average their networks.

The training samples of the digits are dealt to the boards: i.i.d., or skewed, so that each board sees few classes. All
boards start from the same conductances. After each of R rounds, which are equal parts of all epochs, every board gets
the average (`eqprop_host.averaging`) and resumes. Compared are a board that learns its own samples alone, and one that
has all boards' samples; each passes over its samples equally often.
"""

import io
import statistics
from dataclasses import dataclass

import numpy as np

import eqprop
from eqprop_sim.emulator.compiled_network import Network
from eqprop_sim.sample_order import SampleOrder

from .. import datasets
from ..averaging import means
from ..datasets import Dataset
from ..files import write_whole
from ..link.steps import on_the_line
from ..training.config import default_lr_halving_epochs
from .running import over_seeds

BEGIN, END = "<!-- study fleet -->", "<!-- end -->"
SPLITS = {"iid": "all classes", "skewed": "2 classes, mostly"}
"""How samples are dealt to boards, and what the table calls it."""

_SHARDS = 2  # runs of samples, sorted by class, of each board (McMahan et al. 2017, section 3)
_DPI = 120


@dataclass(frozen=True)
class Run:
    """One fleet that learns."""

    boards: int
    """Boards that learn apart; 1 for a board that has all samples."""

    rounds: int
    """How often their networks are averaged; 0 for never."""

    split: str
    """One of `SPLITS`."""

    model: str
    """The energy model."""

    epochs: int
    """Passes of each board over its samples."""

    seed: int
    """The seed of the split, the initial conductances, the order, and how samples are dealt."""

    hidden: tuple[int, ...]
    """Sizes of the hidden layers."""

    held_out: bool = False
    """Whether the samples tested are held back from the training samples, and the test samples are not touched."""

    def told(self, results):
        """Return a line about the run's results."""
        how = f"{self.boards} boards, {self.split}, {self.rounds} rounds" if self.boards > 1 else "all samples"
        return f"{how}, seed {self.seed}: test error {results['test_error_percent']:.2f} %"

    def do(self):
        """Train, and return {"test_error_percent"}: of the average; without rounds the mean of the boards' own."""
        dataset = datasets.load("digits")
        if self.held_out:
            train, _ = datasets.split(dataset, self.seed)
            dataset = Dataset("digits", dataset.features[train], dataset.labels[train], dataset.classes)
        data = datasets.prepare(dataset, self.seed)
        layers = (data.train_x.shape[1], *self.hidden, data.classes)
        shares = dealt(data.train_y, self.boards, self.split, self.seed)
        counts = np.array([len(share) for share in shares], np.int64)
        halving = default_lr_halving_epochs(self.epochs)
        networks = [Network(layers, self.seed, halving * int(count), self.model) for count in counts]
        for part in range(max(1, self.rounds)):
            for network, share in zip(networks, shares, strict=True):
                until = self.epochs * len(share) * (part + 1) // max(1, self.rounds)
                order = SampleOrder.shuffled(len(share), self.seed)
                for rows in order.parts(network.sample, until, 512, len(share)):
                    network.learn_all(data.train_x[share[rows]], data.train_y[share[rows]])
            if self.rounds:
                _averaged(networks, counts)
        errors = [100 * np.mean(network.infer_all(data.test_x)[0] != data.test_y) for network in networks]
        return {"test_error_percent": float(np.mean(errors))}


def dealt(labels, boards, split, seed):
    """Return the samples of each board: arrays of rows, as many as possible of the same length.

    skewed: the samples are sorted by class and cut into two pieces for each board, which are dealt at random.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(len(labels))
    if split == "iid" or boards == 1:
        return np.array_split(rows, boards)
    pieces = np.array_split(rows[np.argsort(labels[rows], kind="stable")], _SHARDS * boards)
    chosen = random.permutation(len(pieces)).reshape(boards, _SHARDS)
    return [np.concatenate([pieces[k] for k in own]) for own in chosen]


def _averaged(networks, counts):
    """Give each network the average of all; each goes on with its own next sample."""
    each = ([network.conductances(c) for c in range(network.crossbar_count)] for network in networks)
    merged = [on_the_line(steps, networks[0].plan).tobytes() for steps in means(each, counts)]
    for network in networks:
        for c, steps in enumerate(merged):
            network.restore(c, 0, steps)
        network.resume_at(network.sample)


def rows_of(runs, done):
    """Return the JSON row of each kind of fleet whose runs are all in `done`, {run: results}."""
    return [
        {
            "boards": run.boards,
            "rounds": run.rounds,
            "split": run.split,
            "model": run.model,
            "epochs": run.epochs,
            "held_out": run.held_out,
            "seeds": len(errors),
            "test_error_percent": statistics.mean(errors),
            "spread": statistics.stdev(errors) if len(errors) > 1 else None,
        }
        for run, errors in over_seeds(runs, done, "test_error_percent").items()
    ]


def table(rows):
    """Return the rows as a table in Markdown, a line for each number of rounds."""
    splits = [*dict.fromkeys(row["split"] for row in rows if row["boards"] > 1)]
    found = {(row["boards"] > 1, row["rounds"], row["split"]): row for row in rows}
    heads = " | ".join(f"each board sees {SPLITS[split]}" for split in splits)
    lines = [f"| test error, % | {heads} |", "|---|" + "---:|" * len(splits)]
    for rounds in dict.fromkeys(row["rounds"] for row in rows if row["boards"] > 1):
        name = f"averaged {rounds} times" if rounds > 1 else "averaged once" if rounds else "one board alone"
        lines.append(f"| {name} | {' | '.join(_cell(found.get((True, rounds, split))) for split in splits)} |")
    whole = next((row for row in rows if row["boards"] == 1), None)
    lines.append(f"| one board with all samples | {' | '.join(_cell(whole) for _ in splits)} |")
    return "\n".join(lines) + "\n"


def _cell(row):
    if row is None:
        return ""
    return f"{row['test_error_percent']:.1f}" + ("" if row["spread"] is None else f" ± {row['spread']:.1f}")


def draw(path, rows):
    """Draw the error over the rounds, a line for each split, as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    for split, text in SPLITS.items():
        own = [row for row in rows if row["split"] == split and row["boards"] > 1]
        if own:
            axes.plot(range(len(own)), [row["test_error_percent"] for row in own], "o-", label=f"boards see {text}")
            axes.set_xticks(range(len(own)), [str(row["rounds"]) for row in own])
    for row in rows:
        if row["boards"] == 1:
            axes.axhline(row["test_error_percent"], color="#8c8c8c", label="one board with all samples")
    axes.set(xlabel=f"rounds of averaging (eqprop {eqprop.__version__})", ylabel="test error, %")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi="figure")
    write_whole(path, file.getvalue())
