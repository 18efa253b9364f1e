"""How long a training step of the float solver takes, in multiples of its matrix products. A benchmark, not a test.

    python benchmarks/float_step.py [--before COMMIT]

The step is `Trainer.step` in float32 with the plan's two sweeps and both nudges, called from Python. Its products are
the products that any implementation needs, with batch B, inputs n, hidden nodes h and outputs o:

    drive            (B, n) (n, h)    once, because the inputs are held in all phases
    free sweeps      (B, h) (h, o)    twice
                     (B, o) (o, h)    once: in the first sweep, the outputs are still at 0 V
    nudged sweeps    (B, o) (o, h), (B, h) (h, o)      once for both nudges, which act only on the outputs' own step
                     (2 B, o) (o, h), (2 B, h) (h, o)  for both nudges, one below the other
    rule             (n, B) (B, h)    once, x^T D
                     (h, 2 B) (2 B, o)  once, for D^T M and M^T D

BLAS computes them one after another into arrays of their own: from compiled code, where a product costs little more
than its arithmetic, and with one call from NumPy for each. One thread, processor time, dense random features. Steps and
products take short turns in one process, of about the same length, and the fastest turn of each counts. 8b098b0 is the
last commit whose steps called NumPy.
"""

import argparse

from turns import roots, started, turn

TURNS = 200
STEPS = 40
SHAPES = (("784-100-10", 4), ("784-100-10", 1), ("64-32-10", 100), ("64-32-10", 4))

LEARNER = """
import sys, time
import numba
import numpy as np
from threadpoolctl import threadpool_limits
import eqprop
from eqprop_sim.analog import Circuit, Trainer

plan, batch = eqprop.plan(sys.argv[1], "resistive"), int(sys.argv[2])
inputs, hidden, outputs = plan.layers
trainer = Trainer.from_plan(Circuit.from_plan(plan, seed=0, dtype=np.float32), plan)
threadpool_limits(1)
random = np.random.default_rng(0)


def some(*shape):
    return random.uniform(-1, 1, shape).astype(np.float32)


x, labels = some(batch, inputs), random.integers(0, outputs, batch)
driven, forward, backward = some(inputs, hidden), some(hidden, outputs), some(outputs, hidden)
h, o, hh, oo = some(batch, hidden), some(batch, outputs), some(2 * batch, hidden), some(2 * batch, outputs)
found = [np.empty_like(array) for array in (h, o, hh, oo, driven, forward)]


def products(multiply):
    def run(times, x, driven, forward, backward, h, o, hh, oo, to_h, to_o, to_hh, to_oo, change, between):
        for _ in range(times):
            multiply(x, driven, to_h)
            multiply(h, forward, to_o)
            multiply(o, backward, to_h)
            multiply(h, forward, to_o)
            multiply(o, backward, to_h)
            multiply(h, forward, to_o)
            multiply(oo, backward, to_hh)
            multiply(hh, forward, to_oo)
            multiply(x.T, h, change)
            multiply(hh.T, oo, between)

    return run


def steps(times, *_):
    for _ in range(times):
        trainer.step(x, labels)


@numba.njit
def compiled(a, b, out):
    np.dot(a, b, out)


ways = steps, products(lambda a, b, out: np.matmul(a, b, out=out)), numba.njit(products(compiled))
arrays = x, driven, forward, backward, h, o, hh, oo, *found
for line in sys.stdin:
    took = []
    for way in ways:
        times = int(line) * (1 if way is steps else 2)
        started = time.process_time()
        way(times, *arrays)
        took.append((time.process_time() - started) / times)
    print(*took, flush=True)
"""


def main():
    """Print microseconds of a step and of its products, and their ratio, for each shape."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", metavar="COMMIT", help="a commit to compare with")
    options = parser.parse_args()
    with roots(options.before) as folders:
        for layers, batch in SHAPES:
            best = {name: [float("inf")] * 3 for name in folders}
            with started(LEARNER, folders, layers, str(batch)) as learners:
                for learner in learners.values():
                    turn(learner, 10)
                for _ in range(TURNS):
                    for name, learner in learners.items():
                        best[name] = list(map(min, best[name], map(float, turn(learner, STEPS))))
            for name, (step, numpy, compiled) in best.items():
                print(
                    f"{layers} batch {batch}, {name}: step {step * 1e6:.1f} us, products {compiled * 1e6:.1f} us or, "
                    f"called from NumPy, {numpy * 1e6:.1f} us: {step / compiled:.2f} and {step / numpy:.2f} times them"
                )


if __name__ == "__main__":
    main()
