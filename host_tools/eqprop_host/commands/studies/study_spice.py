"""Compare the analog solver with ngspice: their agreement, and how much longer ngspice takes."""

import eqprop

from ...studies.spice import compare
from ...training.config import layers_text
from .. import options as common


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
    """Print and write the figures."""
    results = compare(eqprop.plan(options.layers, "resistive"), options.batch, options.points, options.seed)
    _show(results, options)
    common.write_json(options.json, {**results, "layers": layers_text(options.layers), "seed": options.seed})


def _show(results, options):
    microseconds = {name.removesuffix("_seconds"): 1e6 * s for name, s in results.items() if name.endswith("_seconds")}
    train = 1e6 / microseconds["train"]
    print(f"{layers_text(options.layers)}, batch {options.batch}, one thread, microseconds a sample\n")
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
