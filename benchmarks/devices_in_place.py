"""How fast 784-100-10 learns in place, and how much faster than at an earlier commit. A benchmark, not a test.

    python benchmarks/devices_in_place.py mnist:DIR [--before COMMIT]

Batch 4, one thread, processor time. Both commits learn in turns, in processes of their own, so that a busy machine
slows both alike; each figure is the fastest of many short turns. 9195d1b~ is the last commit without compiled pulses.
"""

import argparse

from turns import compared, roots, started, turn

TURNS = 25
SAMPLES = 80

LEARNER = """
import sys, time
import numpy as np
from threadpoolctl import threadpool_limits
import eqprop
from eqprop_host import datasets
from eqprop_sim.analog import recipe
from eqprop_sim.analog.learning import features
try:
    from eqprop_sim.analog.devices.devices import Device
    plan = eqprop.plan("784-100-10", "resistive")
except ImportError:
    from eqprop_sim.analog.devices import Device
    plan = eqprop.plan("784-100-10")
threadpool_limits(1)
data = datasets.prepare(datasets.load(sys.argv[1]), 0)
x, y = features(data.train_x[:4000]).astype(np.float32), np.asarray(data.train_y[:4000])
device = Device(levels=256, on_off=100.0, dw_min_dtod=0.3, w_max_dtod=0.3)
try:
    trainer = recipe.build(plan, device, seed=0, rounding=sys.argv[2])
except ValueError:  # before read-back
    trainer = recipe.build(plan, device, seed=0, rounding="mixed")
at = 0
for line in sys.stdin:
    started = time.process_time()
    for _ in range(int(line) // 4):
        part = slice(at, at + 4)
        trainer.step(x[part], y[part])
        at = (at + 4) % 4000
    print(time.process_time() - started, flush=True)
"""


def main():
    """Print the samples per second for each kind of rounding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="the data, mnist:DIR")
    parser.add_argument("--before", metavar="COMMIT", help="a commit to compare with")
    options = parser.parse_args()
    with roots(options.before) as folders:
        for rounding in ("read-back", "mixed", "stochastic"):
            best = dict.fromkeys(folders, float("inf"))
            with started(LEARNER, folders, options.data, rounding) as learners:
                for learner in learners.values():
                    turn(learner, 400)
                for _ in range(TURNS):
                    for name, learner in learners.items():
                        best[name] = min(best[name], float(turn(learner, SAMPLES)[0]))
            print(f"{rounding}: {compared({name: SAMPLES / seconds for name, seconds in best.items()})}")


if __name__ == "__main__":
    main()
