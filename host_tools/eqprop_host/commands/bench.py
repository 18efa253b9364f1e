"""Measure how fast a board learns and infers, and what fits its heap."""

from eqprop.bench import LAWS

from ..files import check_writable
from ..ports import open_board
from . import options as common


def add_options(parser):
    """Add what may be typed behind `eqprop bench`."""
    common.add_port(parser)
    common.add_layers(parser)
    text = "to take the mean of (%(default)s)"
    parser.add_argument("--samples", type=common.whole(1, 65535), metavar="N", default=100, help=text)
    common.add_json(parser)


def run(options):
    """Print a table to paste into an issue, and write its figures."""
    if options.json:
        check_writable(options.json)
    with open_board(options.port, common.tell) as board:
        measures = board.bench(options.layers, options.samples)
        identity = board.identity
    layers = common.layers_text(options.layers)
    unit = measures.unit
    rows = [("training sample", measures.learn), ("inference", measures.infer), *zip(LAWS, measures.laws, strict=True)]
    print(f"{layers} on {identity}, tier {measures.tier}\n")
    print(f"| mean of {options.samples} | {unit} |\n|---|---:|")
    for name, ticks in rows:
        print(f"| {name} | {ticks:,} |")
    widest = f"{options.layers[0]}-{measures.widest}-{options.layers[-1]}" if measures.widest else "no limit"
    print(f"\nheap: {measures.heap_bytes:,} bytes; widest network that fits: {widest}")
    results = {
        f"train_{unit}": measures.learn,
        f"infer_{unit}": measures.infer,
        **{f"{law}_{unit}": ticks for law, ticks in zip(LAWS, measures.laws, strict=True)},
        "heap_bytes": measures.heap_bytes,
        "widest_hidden_layer": measures.widest,
        "tier": measures.tier,
        "layers": layers,
        "samples": options.samples,
        "board": identity,
    }
    if unit == "us" and measures.learn:
        results["training_samples_per_second"] = 1e6 / measures.learn
    common.write_json(options.json, results)
