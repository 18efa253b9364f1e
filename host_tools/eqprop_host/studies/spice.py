"""Compare the analog solver with ngspice: their agreement, and how much longer ngspice takes."""

import time

import numpy as np
from threadpoolctl import threadpool_limits

import eqprop.planning
from eqprop_sim.analog import Circuit, Diode, Nodal, Trainer, drive, settle
from eqprop_sim.analog.circuits import exponential, spice

from ..errors import DataError

_G_ON = 1e-4  # siemens
_LIT = 0.2  # fraction of active inputs, as in an image of a handwritten digit
_ROUNDS = 40


def compare(plan: eqprop.planning.Plan, batch: int, points: int, seed: int) -> dict:
    """Return the differences between the solver and ngspice on a network, and the seconds that each takes.

    batch: samples settled or learnt at once. points: operating points to time in ngspice. seed: for conductances and
    features. Raises DataError without ngspice.
    """
    random = np.random.default_rng(seed)
    shape = (batch, plan.layers[0])
    x = random.uniform(-1, 1, shape) * (random.random(shape) < _LIT)
    labels = random.integers(0, plan.layers[-1], batch)
    circuit = Circuit.from_plan(plan, seed=seed, g_on=_G_ON)
    with threadpool_limits(1):
        results = {**_against_ngspice(circuit, x[0], points), **_timed(plan, circuit, x, labels)}
    for kind in ("literal", "folded"):
        seconds = results[f"ngspice_{kind}_seconds"]
        results[f"{kind}_ratio"] = seconds / results["settle_seconds"]
        results[f"{kind}_ratio_batch_1"] = seconds / results["settle_batch_1_seconds"]
    return results


def _against_ngspice(circuit, x, points):
    """Return the differences of the node voltages, and ngspice's seconds for an operating point."""
    nodal = Nodal(circuit)
    ours, report = exponential.settle(nodal, nodal.source(x[None]), Diode())
    try:
        theirs = spice.operating_point(circuit, x)
        seconds = {
            f"ngspice_{kind}_seconds": spice.seconds_per_point(circuit, x, n, folded=folded)
            for kind, folded, n in (("literal", False, points), ("folded", True, 10 * points))
        }
    except spice.Unavailable as error:
        raise DataError(str(error)) from error
    far = max(np.abs(a[0] - b).max() for a, b in zip(nodal.layers(ours)[1:], theirs[1:], strict=True))
    full = max(np.abs(v).max() for v in theirs[1:])
    return {"difference_v": far, "difference_percent": 100 * far / full, "newton": report.iterations, **seconds}


def _timed(plan, circuit, x, labels):
    """Return the seconds per sample of settling and learning, and of their matrix products alone."""
    single = circuit.copy(np.float32)
    trainer = Trainer.from_plan(single, plan, g_on=_G_ON)
    x = x.astype(np.float32)
    few = min(4, len(x))
    what = {
        "settle": (lambda: settle(single, drive(single, x), settings=trainer.free), len(x)),
        "settle_products": (_products(plan, single, x, learning=False), len(x)),
        "settle_batch_1": (lambda: settle(single, drive(single, x[:1]), settings=trainer.free), 1),
        "train": (lambda: trainer.step(x, labels), len(x)),
        "train_products": (_products(plan, single, x, learning=True), len(x)),
        "train_batch_4": (lambda: trainer.step(x[:few], labels[:few]), few),
    }
    best = dict.fromkeys(what, np.inf)
    for _ in range(_ROUNDS):  # in turn, so that a busy machine slows all alike
        for name, (work, _) in what.items():
            begin = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - begin)
    return {f"{name}_seconds": best[name] / what[name][1] for name in what}


def _products(plan, circuit, x, learning):
    """Return a function that only computes the matrix products of a settle or of a training step."""
    layers = plan.layers
    v = [x, *(np.ones((len(x), n), np.float32) for n in layers[1:])]
    into = [np.empty_like(each) for each in v]
    weights = [circuit.signed[:-1], *circuit.forward[1:]]
    change = [np.empty((a, b), np.float32) for a, b in zip(layers[:-1], layers[1:], strict=True)]
    sweeps = plan.sweeps

    def products():
        np.matmul(x, weights[0], out=into[1])
        for phase in range(3 if learning else 1):
            for sweep in range(sweeps):
                for c in range(1, len(weights)):
                    np.matmul(v[c], weights[c], out=into[c + 1])
                    if sweep or phase:  # the first relaxation starts from zero volts
                        np.matmul(v[c + 1], circuit.backward[c], out=into[c])
        if learning:
            np.matmul(x.T, v[1], out=change[0])
            for c in range(1, len(weights)):
                np.matmul(v[c].T, v[c + 1], out=change[c])
                np.matmul(v[c].T, v[c + 1], out=change[c])

    return products
