"""How long poles stand, before and after learning, with the motor's wires swapped, and with learning frozen; by seeds.

    python examples/pole/study.py [--seeds 10] [--picture pole.svg]

Each seed is another pole, with another motor, and another network. The program is `balancer.py`'s, as `main.py` runs
it, and the network the board's, bit for bit. A pole is set up ten times, learns nothing meanwhile, and is let stand for
20 s at most.
"""

import statistics
import sys
from pathlib import Path

from eqprop_host.deploy import studying

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]

from balancer import Balancer  # noqa: E402
from body import TICK_S, Pole  # noqa: E402

from eqprop_sim.emulator.compiled_network import Network  # noqa: E402

PART = 500  # ticks
FIRST, WEAKER, SWAPPED = 2, 2, 4  # parts that are practised
TRIES = 10
WEAK = 0.7  # of the motor's strength at first


def seconds(parts):
    """Return the time of some parts as text."""
    return f"{parts * PART * TICK_S:.0f} s"


def life(seed):
    """Return ({stage: how long the pole stands, seconds}, {stage: falls until then}, [(seconds, falls)])."""
    balancer = Balancer(Pole(seed), seed, Network)
    found, falls, curve = {}, {}, []

    def stage(name):
        found[name] = statistics.mean(balancer.stands_s() for _ in range(TRIES))
        falls[name] = balancer.falls

    def practise(parts):
        for _ in range(parts):
            balancer.practise(PART)
            curve.append((balancer.learnt * TICK_S, balancer.falls))

    stage("before learning")
    practise(1)
    stage(f"after {seconds(1)} of practice")
    practise(FIRST - 1)
    stage(f"after {seconds(FIRST)}")
    balancer.pole.strength = WEAK
    stage(f"motor {round(100 - 100 * WEAK)} % weaker, learning frozen")
    practise(WEAKER)
    stage(f"{seconds(WEAKER)} of practice later")
    balancer.pole.wires = -1
    stage("wires swapped, learning frozen")
    practise(SWAPPED // 2)
    stage(f"{seconds(SWAPPED // 2)} of practice after that")
    practise(SWAPPED - SWAPPED // 2)
    stage(f"{seconds(SWAPPED)} of practice after that")
    return found, falls, curve


def draw(path, curves):
    """Draw how often the poles have fallen, over the time of practice."""
    figure = studying.figure(8, 3)
    axes = figure.add_subplot()
    for curve in curves:
        axes.plot(*zip(*curve, strict=True), color="tab:blue", alpha=0.5)
    for parts, name in ((FIRST, "motor weaker"), (FIRST + WEAKER, "wires swapped")):
        axes.axvline(parts * PART * TICK_S, color="tab:gray", linestyle=":")
        axes.annotate(name, (parts * PART * TICK_S, 0), rotation=90, va="bottom", ha="right")
    axes.set_xlabel("seconds of practice")
    axes.set_ylabel("falls")
    studying.write(figure, path)


def main(argv=None):
    """Print the table of the README."""
    options = studying.parser(__doc__).parse_args(argv)
    lives = [life(seed) for seed in range(options.seeds)]
    print("| | stands for, s | worst pole | falls so far |\n|---|---:|---:|---:|")
    for stage in lives[0][0]:
        stands = [found[stage] for found, _, _ in lives]
        fallen = statistics.mean(falls[stage] for _, falls, _ in lives)
        print(f"| {stage} | {statistics.mean(stands):.1f} | {min(stands):.1f} | {fallen:.0f} |")
    if options.picture:
        draw(options.picture, [curve for _, _, curve in lives])


if __name__ == "__main__":
    main()
