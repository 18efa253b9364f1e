"""How well arms learn to reach, before and after a joint is bent, and with learning frozen; over several seeds.

    python examples/arm/study.py [--seeds 10] [--picture arm.svg]

Each seed is another arm, with other wear, and another network. The program is `reacher.py`'s, as `main.py` runs it, and
the network the board's, bit for bit. A miss is the distance between the hand and its goal, in percent of the reach.
"""

import statistics
import sys
from pathlib import Path

from eqprop_host.deploy import studying

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]

from body import Arm  # noqa: E402
from reacher import Reacher  # noqa: E402

from eqprop_sim.emulator.compiled_network import Network  # noqa: E402

MOVEMENTS = 3000
BEND = 0.35  # radians, of the elbow
AFTER = 1000  # movements after that
GOALS = 300
EVERY = 100
STAGES = ("before learning", f"after {MOVEMENTS} movements", "elbow bent by 20 degrees", f"{AFTER} movements later")
FROZEN = f"{AFTER} movements later, learning frozen"


def life(seed):
    """Return ({stage: miss in percent}, [(movements, mean miss of the last ones)])."""
    reacher = Reacher(Arm(seed), seed, Network)
    found, curve, misses = {STAGES[0]: reacher.missed_percent(GOALS)}, [], []

    def practise(count):
        for _ in range(count):
            misses.append(100 * reacher.practise())
            if len(misses) == EVERY:
                curve.append((reacher.tried, statistics.mean(misses)))
                misses.clear()

    practise(MOVEMENTS)
    found[STAGES[1]] = reacher.missed_percent(GOALS)
    reacher.arm.bent[1] += BEND
    found[STAGES[2]] = reacher.missed_percent(GOALS)
    before = reacher.arm.movements
    reacher.arm.movements += AFTER  # a frozen arm drifts as far
    found[FROZEN] = reacher.missed_percent(GOALS)
    reacher.arm.movements = before
    practise(AFTER)
    found[STAGES[3]] = reacher.missed_percent(GOALS)
    return found, curve


def draw(path, curves):
    """Draw the mean miss over all movements."""
    figure = studying.figure(8, 3)
    axes = figure.add_subplot()
    movements = [point for point, _ in curves[0]]
    means = [statistics.mean(values) for values in zip(*([miss for _, miss in curve] for curve in curves), strict=True)]
    axes.semilogy(movements, means)
    axes.axvline(MOVEMENTS, color="tab:gray", linestyle=":", label="elbow bent")
    axes.set_xlabel("movements")
    axes.set_ylabel("miss, % of the reach")
    axes.legend()
    studying.write(figure, path)


def main(argv=None):
    """Print the table of the README."""
    options = studying.parser(__doc__).parse_args(argv)
    lives = [life(seed) for seed in range(options.seeds)]
    print("| | mean miss, % of the reach | worst arm |\n|---|---:|---:|")
    for stage in (*STAGES[:3], FROZEN, STAGES[3]):
        misses = [found[stage] for found, _ in lives]
        print(f"| {stage} | {statistics.mean(misses):.1f} | {max(misses):.1f} |")
    if options.picture:
        draw(options.picture, [curve for _, curve in lives])


if __name__ == "__main__":
    main()
