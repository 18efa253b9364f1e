"""How fast a 784-100-10 network with resistive wires is solved, against a sparse direct solver.

    python benchmarks/wired_sample.py mnist:DIR

To learn a sample, a network takes new conductances and settles three times. `Wired` corrects a circuit without wires
until the node voltages rest. A direct solver must factorise each crossbar for each sample and solve it once in each
phase, even if it knows the node voltages: only this minimum is measured here. One thread, processor time; both take
turns in one process, and the fastest turn counts.
"""

import argparse
import time

import numpy as np
from threadpoolctl import threadpool_limits

import eqprop
from eqprop_host import datasets
from eqprop_sim.analog.circuits.circuit import Circuit
from eqprop_sim.analog.circuits.ideal import Settings
from eqprop_sim.analog.circuits.wired import Wired
from eqprop_sim.analog.circuits.wires import WiredCrossbar, Wires, flat
from eqprop_sim.analog.learning import features

OHM = 0.5  # a segment
SAMPLES = 6
PULL_A = 1e-7


def direct(circuit, wires, volts):
    """Solve each crossbar in each phase: volts[phase] has the rows' and the nodes' voltages of each crossbar."""
    for c, g in enumerate(circuit.g):
        crossbar = WiredCrossbar(flat(g, c), wires)
        for phase in volts:
            crossbar.currents(*phase[c])


def iterated(wired, circuit, settings, x, nudge):
    """Return the node voltages in the three phases."""
    wired.follow(circuit.g)
    free = wired.settle(x, settings=settings)
    return [free, *(wired.settle(x, sign * nudge, free, settings) for sign in (1, -1))]


def timed(work, *given):
    """Return what `work` returns and the processor's seconds that it took."""
    started = time.process_time()
    found = work(*given)
    return found, time.process_time() - started


def main():
    """Print milliseconds a sample and their ratio, for bit lines and for all lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="the data, mnist:DIR")
    data = datasets.prepare(datasets.load(parser.parse_args().data), 0)
    threadpool_limits(1)
    plan = eqprop.plan("784-100-10", "resistive")
    circuit = Circuit.from_plan(plan, seed=0, g_on=1e-4, dtype=np.float32)
    nudge = np.linspace(-PULL_A, PULL_A, 10, dtype=np.float32)[None]
    for wires in (Wires(0.0, OHM), Wires(OHM, OHM)):
        wired = Wired(circuit.copy(), wires)
        slow = fast = float("inf")
        for n in range(SAMPLES):
            x = features(data.train_x[n : n + 1]).astype(np.float32)
            phases, seconds = timed(iterated, wired, circuit, Settings(plan.sweeps), x, nudge)
            fast = min(fast, seconds)
            volts = [[(wired.ends(c, x, v)[0], v[c + 1][0]) for c in range(len(circuit.g))] for v in phases]
            slow = min(slow, timed(direct, circuit, wires, volts)[1])
        print(f"{wires}: {1e3 * slow:.0f} ms directly, {1e3 * fast:.2f} ms as here: {slow / fast:.0f} times as fast")


if __name__ == "__main__":
    main()
