"""Compare the analog solver with ngspice: how well they agree, and how much longer ngspice takes."""

import time

import numpy as np
from threadpoolctl import threadpool_limits

import eqprop
from eqprop_sim.analog import Circuit, Diode, Nodal, Trainer, drive, settle
from eqprop_sim.analog.circuits import exponential, spice

from ..commands import options as common
from ..errors import DataError
from ..replacing import check_replaceable

_G_ON = 1e-4  # siemens
_LIT = 0.2  # of the inputs, as in an image of a handwritten digit
_ROUNDS = 40


def add_options(parser):
    """Add the options of `eqprop study spice`."""
    text = "sizes, inputs first (default: 784-100-10)"
    parser.add_argument("--layers", type=common.layers, metavar="SIZES", default=(784, 100, 10), help=text)
    text = "samples settled or learnt at once (default: %(default)s)"
    parser.add_argument("--batch", type=common.whole(1, 100000), metavar="N", default=100, help=text)
    text = "operating points to time in ngspice (default: %(default)s)"
    parser.add_argument("--points", type=common.whole(1, 1000), metavar="N", default=2, help=text)
    text = "seed for conductances and features (default: %(default)s)"
    parser.add_argument("--seed", type=common.whole(0, 2**32 - 1), metavar="N", default=0, help=text)
    common.add_json(parser)


def run(options):
    """Print the figures, and write them."""
    if options.json:
        check_replaceable(options.json, "results")
    plan = eqprop.plan(options.layers)
    random = np.random.default_rng(options.seed)
    shape = (options.batch, plan.layers[0])
    x = random.uniform(-1, 1, shape) * (random.random(shape) < _LIT)
    labels = random.integers(0, plan.layers[-1], options.batch)
    circuit = Circuit.from_plan(plan, seed=options.seed, g_on=_G_ON)
    with threadpool_limits(1):
        results = {**_against_ngspice(circuit, x[0], options.points), **_timed(plan, circuit, x, labels)}
    for kind in ("literal", "folded"):
        seconds = results[f"ngspice_{kind}_seconds"]
        results[f"{kind}_ratio"] = seconds / results["settle_seconds"]
        results[f"{kind}_ratio_batch_1"] = seconds / results["settle_batch_1_seconds"]
    _show(results, options)
    common.write_json(options.json, {**results, "layers": common.layers_text(options.layers), "seed": options.seed})


def _against_ngspice(circuit, x, points):
    """Return how far the node voltages lie apart, and ngspice's seconds for an operating point."""
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
    """Return the seconds a sample that settling and learning take, and what their matrix products alone take."""
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
    for _ in range(_ROUNDS):  # in turn, so that a busy machine is so to all
        for name, (work, _) in what.items():
            begin = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - begin)
    return {f"{name}_seconds": best[name] / what[name][1] for name in what}


def _products(plan, circuit, x, learning):
    """Return a function that makes the matrix products of a settle or of a training step, and nothing else."""
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


def _show(results, options):
    microseconds = {name.removesuffix("_seconds"): 1e6 * s for name, s in results.items() if name.endswith("_seconds")}
    train = 1e6 / microseconds["train"]
    print(f"{common.layers_text(options.layers)}, batch {options.batch}, one thread, microseconds a sample\n")
    rows = [
        ("ngspice .op, every device a resistor", "ngspice_literal"),
        ("ngspice .op, inputs folded", "ngspice_folded"),
        ("settle", "settle"),
        ("its matrix products", "settle_products"),
        ("settle, batch 1", "settle_batch_1"),
        ("training step", "train"),
        ("its matrix products", "train_products"),
        ("training step, batch 4", "train_batch_4"),
    ]
    print("| what | us |\n|---|---:|")
    for text, name in rows:
        print(f"| {text} | {microseconds[name]:,.2f} |")
    print(f"\nngspice, literal: {results['literal_ratio']:,.0f} times as long, batch 1 {_of(results, 'literal')}")
    print(f"ngspice, folded: {results['folded_ratio']:,.0f} times as long, batch 1 {_of(results, 'folded')}")
    print(f"training samples/s: {train:,.0f}, batch 4: {1e6 / microseconds['train_batch_4']:,.0f}")
    settled, learnt = (microseconds[name] / microseconds[f"{name}_products"] for name in ("settle", "train"))
    print(f"times its own matrix products: settle {settled:.2f}, training step {learnt:.2f}")
    print(
        f"node voltages differ by {results['difference_v']:.2g} V, {results['difference_percent']:.2g} % of the largest"
    )


def _of(results, kind):
    return f"{results[f'{kind}_ratio_batch_1']:,.1f}"
