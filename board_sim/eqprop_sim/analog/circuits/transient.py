"""The settling time of a circuit: every node charges its capacitance through its conductances.

    C dv_j/dt = net current into node j,    so by itself v_j approaches its resting voltage with tau_j = C / G_j

Ideal diodes and rails hold a node as they do at rest; amplifiers are assumed to be much faster than the nodes.
"""

import numpy as np

from ..errors import ConvergenceError, check_between
from .ideal import Settings, drive, settle

_STEP = 0.1  # step, in time constants of the fastest node
_STEPS = 20000


def settling_time(circuit, x, capacitance_f, tolerance_v):
    """Return the seconds, (batch,), after which every node is within tolerance_v of its resting voltage.

    x: features (batch, n_0), switched on at t = 0 with all nodes at 0 V. capacitance_f: of each node, farads.
    Raises ConvergenceError if a sample takes more than _STEPS steps of a tenth of the fastest time constant.
    """
    check_between("capacitance_f", capacitance_f, np.finfo(np.float64).tiny)
    check_between("tolerance_v", tolerance_v, np.finfo(np.float64).tiny)
    circuit = circuit.copy(np.float64)
    base = drive(circuit, np.asarray(x, float))
    rest = settle(circuit, base, settings=Settings(20000, tolerance_v / 100))
    count = len(circuit.layers) - 1
    tau = [None, *(capacitance_f * inverse for inverse in circuit.inverse[1:])]
    step = _STEP * min(t.min() for t in tau[1:])
    share = [None, *(-np.expm1(-step / t) for t in tau[1:])]
    v = [None, *(np.zeros_like(each) for each in rest[1:])]
    last = np.zeros(len(base))
    for n in range(1, _STEPS + 1):
        far = np.max([np.abs(a - b).max(1) for a, b in zip(v[1:], rest[1:], strict=True)], axis=0) > tolerance_v
        last[far] = n * step
        if not far.any():
            return last
        following: list = [None]
        for layer in range(1, count + 1):
            goal = base.copy() if layer == 1 else circuit.rest[layer] + v[layer - 1] @ circuit.forward[layer - 1]
            if layer < count:
                goal = goal + v[layer + 1] @ circuit.backward[layer]
            moved = v[layer] + (goal - v[layer]) * share[layer]
            following.append(np.clip(moved, circuit.low[layer], circuit.high[layer]))
        v = following
    raise ConvergenceError(f"sample {int(np.argmax(far))} has not settled after {_STEPS * step:.3g} s")
