"""What becomes of a sorter whose sensor ages: one that goes on learning, and others; over several seeds.

    python examples/drift/study.py [--seeds 10] [--picture examples/drift/drift.svg] [--model resistive]

Every tomato is sorted as it comes, and an error is one that was sorted wrongly: of the last 1000 before the sensor
begins to age, and of the 1000 behind the end of it. What they look like, and the sensor, are `scene.py`'s, read as
`main.py` reads them; the network is the board's, bit for bit. Beside it, on the same features, nearest neighbours among
the last 200 tomatoes with a label, and a float ReLU network of the same layers that is trained on them.
"""

import sys
from pathlib import Path

import numpy as np

import eqprop
from eqprop.network import DEFAULT
from eqprop_host.deploy import studying
from eqprop_host.studies import baselines
from eqprop_sim.emulator.compiled_network import Network

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(studying.FIELD)]

import scene  # noqa: E402
from colour import Colour, ColourSensor  # noqa: E402

import machine  # noqa: E402
from parts.noise import Noise  # noqa: E402
from parts.tcs3472 import TCS3472  # noqa: E402

LAYERS = (24, 16, 5)
MEMORY, REPLAY = 2300, 4  # as main.py
LIFE = scene.TAUGHT + scene.YOUNG + scene.AGEING + scene.OLD
BEGIN = scene.TAUGHT + scene.YOUNG  # of ageing
EARLY = slice(BEGIN - 1000, BEGIN)
LATE = slice(LIFE - 1000, LIFE)
SHARE = 500  # tomatoes to a point of the picture
KEPT = 200  # labelled tomatoes that the others keep
KEPT_BYTES = KEPT * (LAYERS[0] + 1)
COLOURS = {"frozen": "tab:red", "learns its own answers": "tab:orange", "learns on": "tab:blue"}


def life(seed):
    """Return (features (LIFE, 24) int8, stages (LIFE,)) of all tomatoes that pass a sensor in its life."""
    tomatoes, aged, colour = scene.Tomatoes(seed), scene.Sensor(), Colour()
    machine.attach(scene.ADDRESS, TCS3472(lambda: aged.counts(tomatoes.reflected), seed))
    sensor = ColourSensor(machine.I2C(0))
    sensor.start()
    x, stages = np.zeros((LIFE, LAYERS[0]), np.int8), np.zeros(LIFE, int)
    for n in range(LIFE):
        aged.age = scene.age(n)
        tomatoes.next()
        if trouble := sensor.read():
            raise ValueError(f"tomato {n}: {trouble}")
        x[n], stages[n] = np.frombuffer(colour.see(sensor.counts), np.int8), tomatoes.stage
    return x, stages


def wrong(x, stages, called, seed, model, alone=LIFE):
    """Sort all tomatoes as they come, learn those that are `called`; return which were sorted wrongly.

    alone: the tomato from which on the operator is gone, and what is learnt is what they were taken for. model: the
    energy model.
    """
    network = Network(LAYERS, seed, model=model)
    network.remember(MEMORY)
    found = np.zeros(len(stages), int)
    begin = 0
    for n in (*np.flatnonzero(called), len(stages) - 1):
        found[begin : n + 1] = [network.infer(row) for row in x[begin : n + 1]]
        begin = n + 1
        if called[n]:
            network.learn(x[n], int(stages[n] if n < alone else found[n]), REPLAY)
    return found != stages


def run(seed, model):
    """Return {way of learning: which tomatoes were sorted wrongly} of one sensor's life, and {rival: its errors}.

    A rival's errors are before ageing, at its end, and at its end with what it had learnt when ageing began.
    """
    x, stages = life(seed)
    operator = Noise(seed + 1)
    called = np.array([scene.called(operator, n) for n in range(LIFE)])
    before = np.arange(LIFE) < BEGIN
    done = {
        "learns on": wrong(x, stages, called, seed, model),
        "learns on, 1 label in 50": wrong(x, stages, called & (before | (np.cumsum(called) % 5 == 0)), seed, model),
        "learns its own answers": wrong(x, stages, called, seed, model, alone=BEGIN),
        "frozen": wrong(x, stages, called & before, seed, model),
    }

    def errors(answer):
        for end, rows in ((EARLY.start, EARLY), (LATE.start, LATE), (BEGIN, LATE)):
            known = np.flatnonzero(called[:end])[-KEPT:]
            yield 100 - answer(x[known], stages[known], x[rows]).right_percent(stages[rows])

    answers = {
        "neighbours": lambda *samples: baselines.nearest_neighbours(*samples, k=5),
        "ReLU": lambda *samples: baselines.relu_network(*samples, hidden=LAYERS[1], seed=seed),
    }
    return done, {name: list(errors(answer)) for name, answer in answers.items()}


def percent(wrong, rows):
    """Return how many of these tomatoes were sorted wrongly, in percent."""
    return 100 * wrong[rows].mean()


def table(runs, rivals_runs, model):
    """Return the lines of a table: means over the runs, and the bytes that each keeps."""
    plan = eqprop.plan(LAYERS, model)
    conductances = baselines.conductance_bytes(plan)
    weights = 4 * sum((a + 1) * b for a, b in zip(LAYERS, LAYERS[1:], strict=False))

    def mean(kind, rows):
        return f"{np.mean([percent(done[kind], rows) for done in runs]):.1f} %"

    frozen = mean("frozen", LATE)
    lines = ["| | before ageing | at its end | at its end, if frozen before | bytes kept |", "|---|---|---|---|---|"]
    for kind, text in (
        ("learns on", f"EqProp {plan}, 1 label in 10"),
        ("learns on, 1 label in 50", f"EqProp {plan}, 1 label in 50"),
        ("learns its own answers", f"EqProp {plan}, its own answers for labels"),
    ):
        size = f"{conductances:,} and {MEMORY:,} of samples"
        lines.append(f"| {text} | {mean(kind, EARLY)} | {mean(kind, LATE)} | {frozen} | {size} |")
    for name, text, size in (
        ("neighbours", "5 nearest neighbours", f"{KEPT_BYTES:,} of samples"),
        ("ReLU", f"float ReLU {plan}, Adam", f"{weights:,} and {KEPT_BYTES:,} of samples"),
    ):
        early, late, frozen = (f"{error:.1f} %" for error in np.mean([done[name] for done in rivals_runs], axis=0))
        lines.append(f"| {text} | {early} | {late} | {frozen} | {size} |")
    return lines


def draw(runs, path):
    """Draw how the errors go with the sensor's age."""
    figure = studying.figure(8, 3.6)
    axes = figure.subplots()
    centres = np.arange(scene.TAUGHT + SHARE // 2, LIFE - SHARE // 2 + 1, SHARE)
    for kind, colour in COLOURS.items():
        each = np.array(
            [[percent(done[kind], slice(at - SHARE // 2, at + SHARE // 2)) for done in runs] for at in centres]
        )
        axes.plot(centres, each.mean(axis=1), color=colour, label=kind)
        axes.fill_between(centres, each.min(axis=1), each.max(axis=1), color=colour, alpha=0.15, linewidth=0)
    axes.axvspan(BEGIN, BEGIN + scene.AGEING, color="0.93", zorder=0)
    axes.text(BEGIN + scene.AGEING / 2, 97, "the sensor ages", ha="center", va="top", color="0.4")
    axes.set(xlim=(0, LIFE), ylim=(0, 100), xlabel="tomatoes", ylabel="sorted wrongly, %")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.02, 0.9))
    axes.spines[["top", "right"]].set_visible(False)
    studying.write(figure, path)


def main(arguments=None):
    """Print the table, and draw the picture."""
    parser = studying.parser(__doc__)
    parser.add_argument(
        "--model", choices=("hopfield", "resistive"), default=DEFAULT, help="energy model (%(default)s)"
    )
    options = parser.parse_args(arguments)
    runs, rivals_runs = zip(*(run(seed, options.model) for seed in range(options.seeds)), strict=True)
    print("\n".join(table(runs, rivals_runs, options.model)))
    early, late = (np.array([percent(done["learns on"], rows) for done in runs]) for rows in (EARLY, LATE))
    frozen = np.array([percent(done["frozen"], LATE) for done in runs])
    print(f"\nwhat learns on: {(late - early).mean():+.1f} points, in the worst run {(late - early).max():+.1f}")
    print(f"what is frozen: {(frozen - early).mean():+.1f} points, in the best run {(frozen - early).min():+.1f}")
    if options.picture:
        draw(runs, options.picture)


if __name__ == "__main__":
    main()
