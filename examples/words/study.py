"""How well the words are told apart, over seeds, beside nearest neighbours and a ReLU network. Runs on a PC.

    python examples/words/study.py [--folder FOLDER] [--seeds 10] [--picture words.svg]

Each seed has its own training and test voices, and its own network, which is taught voice after voice, once, as the
board is. The rivals see the same features, all at once and as often as they like. FOLDER: WAV files
to use in place of espeak-ng, FOLDER/WORD/VOICE-1.wav and so on.
"""

import sys
from pathlib import Path

import numpy as np

from eqprop_host.commands.options import whole
from eqprop_host.deploy import studying
from eqprop_host.errors import DataError, EqpropError
from eqprop_host.studies.baselines import conductance_bytes, nearest_neighbours, relu_network
from eqprop_sim.emulator.compiled_network import Network

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]

from ear import BANDS, FEATURES, STEPS  # noqa: E402
from recordings import WORDS, features, read_folder, speak  # noqa: E402

HIDDEN = 24
MEMORY, REPLAY = 8700, 8  # as main.py
HELD_OUT = 20  # voices of 71, or as large a share of a folder's
BOARD = "the board, each word taught once"


def split(voices, seed):
    """Return (voices that teach, in their order; voices that are held out)."""
    names = np.unique(voices)
    if len(names) < 2:
        raise DataError(f"{len(names)} voice: one at least is to teach, another to ask")
    order = np.random.default_rng(seed).permutation(names)
    held_out = max(1, round(len(names) * HELD_OUT / 71))
    return order[held_out:], order[:held_out]


def rounds(labels, rows):
    """Return a voice's rows in the order of its lessons: each word in turn, then each one's next recording."""
    said = {label: rows[labels[rows] == label] for label in np.unique(labels[rows])}
    most = max(map(len, said.values()))
    return [each[n] for n in range(most) for each in said.values() if n < len(each)]


class Taught:
    """A network that is taught as the board is, and how right it is on the held-out voices after each voice."""

    def __init__(self, x, labels, voices, seed):
        """Teach it voice after voice."""
        self.teachers, asked = split(voices, seed)
        self.network = Network((FEATURES, HIDDEN, int(labels.max()) + 1), seed)
        self.train = np.isin(voices, self.teachers)
        self.test = np.isin(voices, asked)
        self.right_percent = []
        self.network.remember(MEMORY)
        for voice in self.teachers:
            for row in rounds(labels, np.flatnonzero(voices == voice)):
                self.network.learn(x[row], int(labels[row]), REPLAY)
            answers = [self.network.infer(row) for row in x[self.test]]
            self.right_percent.append(100 * float(np.mean(answers == labels[self.test])))


def compare(x, labels, voices, seeds, tell=lambda line: None):
    """Return ({who: [right percent of each seed]}, {who: bytes}, [a board's curve of each seed])."""
    right, kept, curves = {}, {}, []
    for seed in range(seeds):
        taught = Taught(x, labels, voices, seed)
        curves.append(taught.right_percent)
        right.setdefault(BOARD, []).append(taught.right_percent[-1])
        kept[BOARD] = conductance_bytes(taught.network.plan)
        train, test = taught.train, taught.test
        for rival in (
            nearest_neighbours(x[train], labels[train], x[test], 3),
            relu_network(x[train], labels[train], x[test], HIDDEN, seed, epochs=60),
        ):
            right.setdefault(rival.name, []).append(rival.right_percent(labels[test]))
            kept[rival.name] = rival.kept_bytes
        tell(f"seed {seed}: " + ", ".join(f"{each[-1]:.1f} %" for each in right.values()))
    return right, kept, curves


def table(right, kept):
    """Return the lines of the README's table."""
    yield "| | right, held-out voices | kept, bytes |"
    yield "|---|---|---|"
    for who, each in right.items():
        yield f"| {who} | {np.mean(each):.1f} ± {np.std(each):.1f} % | {kept[who]:,} |"


def draw(path, x, labels, words, curves, right):
    """Draw what the board makes of each word, and how it learns from voice to voice."""
    figure = studying.figure(8, 4.6)
    grid = figure.add_gridspec(2, len(words), height_ratios=(1, 1.9))
    for word, text in enumerate(words):
        axes = figure.add_subplot(grid[0, word])
        axes.imshow(x[labels == word].mean(axis=0).reshape(STEPS, BANDS).T, origin="lower", vmin=-110, vmax=110)
        axes.set_title(text, fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])
        if not word:
            axes.set_xlabel("time", fontsize=8)
            axes.set_ylabel("pitch", fontsize=8)
    axes = figure.add_subplot(grid[1, :])
    curves = np.array([curve[: min(map(len, curves))] for curve in curves])
    taught = np.arange(1, curves.shape[1] + 1)
    mean, spread = curves.mean(axis=0), curves.std(axis=0)
    axes.fill_between(taught, mean - spread, np.minimum(100, mean + spread), alpha=0.25, linewidth=0)
    axes.plot(taught, mean, label=BOARD)
    for (who, each), style in zip(list(right.items())[1:], ("--", ":"), strict=True):
        axes.axhline(np.mean(each), color="0.35", linestyle=style, linewidth=1, label=f"{who}, all voices at once")
    axes.set_xscale("log", base=2)
    axes.set_xticks([n for n in (1, 2, 4, 8, 16, 32, 64) if n <= len(taught)])
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_xlabel("voices that have taught it")
    axes.set_ylabel("correct on held-out voices, %")
    axes.set_ylim(50, 100)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize=9)
    studying.write(figure, path)


def main(arguments):
    """Run what the command line says; return the exit code."""
    parser = studying.parser(__doc__)
    parser.add_argument("--folder", help="with WAV files, in place of espeak-ng")
    parser.add_argument("--times", type=whole(1, 100), default=5, metavar="N", help="that a voice says each word")
    asked = parser.parse_args(arguments)
    try:
        recordings, words = read_folder(asked.folder) if asked.folder else (speak(0, times=asked.times), WORDS)
        x, labels, voices, missed = features(recordings, np.random.default_rng(0))
        print(f"{len(recordings)} recordings of {', '.join(words)}; in {missed} not one word was heard")
        right, kept, curves = compare(x, labels, voices, asked.seeds, lambda line: print(line, file=sys.stderr))
        print(*table(right, kept), sep="\n")
        if asked.picture:
            draw(asked.picture, x, labels, words, curves, right)
    except (OSError, EqpropError) as error:
        print(f"eqprop: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
