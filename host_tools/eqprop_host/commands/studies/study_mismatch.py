"""Compare learning in place on imperfect devices with transferring weights to them."""

import statistics

from eqprop_sim.analog.devices.tiki_taka import WAYS

from ...errors import DataError
from ...replacing import check_replaceable
from ...studies.mismatch import BATCH, METHODS, MODELS, SERIES, compare, draw, points
from ...training.config import layers_text
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop study mismatch`."""
    add = parser.add_argument
    common.add_data(parser)
    common.add_layers(parser)
    text = (
        "energy model of the chip: resistive, or hopfield, of differential pairs with amplifiers (default: %(default)s)"
    )
    add("--model", choices=MODELS, default="resistive", help=text)
    common.add_epochs(parser)
    add("--seeds", type=common.whole(1, 1000), metavar="N", default=5, help="runs to average (default: %(default)s)")
    add(
        "--seed",
        type=common.whole(0, 2**31),
        metavar="N",
        default=0,
        help="the first of their seeds (default: %(default)s)",
    )
    add("--coarse", action="store_true", help="compare only the first and last point of each series")
    text = "how changes become pulses in place: read-back (accumulators and a reading after each pulse), mixed "
    text += "(accumulators), stochastic (neither), tiki-taka and agad (a second, fast device at every crossing) "
    text += "(default: %(default)s)"
    add("--rounding", choices=WAYS, default="read-back", help=text)
    add("--only", choices=SERIES, help="compare only this series (default: all)")
    common.add_json(parser)
    add("--picture", type=common.picture, metavar="PATH", help="draw the curves, .png")


def run(options):
    """Print, write and draw the table."""
    if options.picture:
        check_replaceable(options.picture, "picture")
    if options.json and options.picture and options.json.resolve() == options.picture.resolve():
        raise DataError(f"--picture {options.picture}: is also the file of --json")
    dataset = common.load_data(options.data, options)
    options.layers = common.sizes(options, dataset)
    chips = [point for point in points(options.coarse, options.model) if options.only in (None, point.series)]
    if not chips:
        raise DataError(f"--only {options.only}: has no end points, so --coarse leaves nothing to compare")
    if options.picture and options.only == "cases":
        raise DataError(f"--picture {options.picture}: the series cases has no picture")
    seeds = range(options.seed, options.seed + options.seeds)
    rows = compare(dataset, options.layers, options.epochs, seeds, chips, common.tell, options.rounding, options.model)
    _show(rows, options)
    results = {
        "points": rows,
        "model": options.model,
        "rounding": options.rounding,
        "layers": layers_text(options.layers),
        "data": options.data,
    }
    common.write_json(options.json, {**results, "epochs": options.epochs, "seed": options.seed, "batch": BATCH})
    if options.picture:
        title = f"{options.data}, {layers_text(options.layers)}, {options.seeds} seeds"
        draw(options.picture, [row for row in rows if row["series"] != "cases"], title)


def _show(rows, options):
    layers = layers_text(options.layers)
    print(f"{options.data}, {layers}, {options.epochs} epochs: test error in percent, mean of {options.seeds} seeds\n")
    print(f"| chip | {' | '.join(METHODS.values())} |\n|---|{'---:|' * len(METHODS)}")
    for row in rows:
        unit = {"spread": f"spread {row['value']} %", "stuck": f"stuck {row['value']} %"}
        name = unit.get(row["series"], f"{row['value']} levels" if row["series"] == "levels" else row["value"])
        means = (statistics.fmean(row[f"{method}_error_percent"]) for method in METHODS)
        print(f"| {name} | {' | '.join(f'{mean:.2f}' for mean in means)} |")
