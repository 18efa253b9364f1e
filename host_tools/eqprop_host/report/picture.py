"""A picture of a training run: the error over time, and every crossbar's conductances before and after training.

A heat map has a row for each node that the crossbar feeds and a column for each wire that it feeds them from. If the
inputs are a square image of 8 x 8 or more, the picture also shows what the first crossbar computes: for each node, an
image of the signed weights g+ - g-, the conductance from +x less the one from -x. Red pixels push the node's voltage
up, blue ones down.
"""

import io
import math
from functools import partial
from pathlib import Path

import numpy as np

from ..files import write_whole
from .history import by_node

WIDTH_INCH = 11
DPI = 120

SIDE_MIN = 8
"""Inputs that form a square image of at least this side are drawn as an image."""

_LAST_LETTER = "\u024f"  # the last of the Latin alphabets
_HALF_INCH = 4.2  # about the width of one of two maps
_HALF_PIXELS = 340  # of inputs side by side in that width
_NAME = 16  # letters of a name
_NAMED_MAX = 14  # more nodes or wires than this are not named
_GREY, _BLUE = "#8c8c8c", "#1f5fa8"


def draw(path, log):
    """Write a PNG of the run in `log`, a `runlog.reader.Log`, to `path`: whole, or not at all.

    It is WIDTH_INCH * DPI pixels wide; more crossbars make it higher. Before and after are the first and the last
    logged conductances; without any, only the curve is drawn. Raises LogError if the file cannot be written or the
    log's conductances do not match its layers, DataError if the log does not say its layers.
    """
    # Drawing without pyplot touches no global state and needs no display; Matplotlib is loaded only to draw.
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    plan = log.plan
    sections = [(2.7, partial(_draw_curve, log.metrics))]
    if log.logged:
        moments = [(sample, log.snapshot(sample)) for sample in (log.logged[0], log.logged[-1])]
        names = (_drawable(log.feature_names, plan.layers[0]), _drawable(log.class_names, plan.layers[-1]))
        for c in range(len(plan.shapes)):
            sections += _crossbar_sections(plan, c, [(sample, steps[c]) for sample, steps in moments], names)
    heights = [height for height, _ in sections]
    layout = ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.08)
    figure = Figure(figsize=(WIDTH_INCH, sum(heights) + 0.5), dpi=DPI, layout=layout)
    figure.suptitle(_title(plan, log), fontsize=14, parse_math=False)
    parts = figure.subfigures(len(sections), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, (_, section) in zip(parts, sections, strict=True):
        section(part)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi="figure")
    write_whole(path, file.getvalue())


def _title(plan, log):
    title = f"eqprop {plan}"
    if "data" in log.configuration:
        name = Path(str(log.configuration["data"])).name
        title += " on " + _in_font(name)[-40:]
    if log.metrics:
        last = log.metrics[-1]
        if "test_rmse" in last:
            text = f"test RMSE {last['test_rmse']:.4g}"
        elif "test_error_percent" in last:
            text = f"test error {last['test_error_percent']:.2f} %"
        else:
            text = f"error {last['train_error_percent']:.2f} %"
        title += f": {text} after {last['sample']:,} samples"
    return title


def _in_font(text):
    """Return a text with a question mark for each letter that the font lacks."""
    return "".join(c if c.isprintable() and c <= _LAST_LETTER else "?" for c in text)


def _drawable(names, count):
    """Return names that a picture can show, or nothing unless each of `count` nodes has one."""
    return [_in_font(name)[:_NAME] for name in names] if len(names) == count else []


def _draw_curve(metrics, part):
    """Draw the errors over the epochs."""
    from matplotlib.ticker import MaxNLocator

    axes = part.subplots()
    numbers = bool(metrics) and "test_rmse" in metrics[-1]
    # A board that learnt without a host's epochs
    alone = bool(metrics) and not numbers and "test_error_percent" not in metrics[-1]
    epochs = [record["sample" if alone else "epoch"] for record in metrics]
    marker = "o" if len(metrics) <= 40 else ""
    for key, label, colour in (
        ("train_error_percent", "training, each sample before it is learnt", _GREY),
        ("test_error_percent", "test, after the epoch", _BLUE),
        ("test_rmse", "test, after the epoch", _BLUE),
    ):
        if metrics and key in metrics[-1]:
            values = [record.get(key, math.nan) for record in metrics]
            axes.plot(epochs, values, marker=marker, markersize=4, color=colour, label=label)
    axes.set(title="Learning curve", xlabel="samples" if alone else "epoch", ylabel="RMSE" if numbers else "error (%)")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if metrics:
        axes.legend(frameon=False)
    else:
        axes.text(0.5, 0.5, "no epoch finished", ha="center", transform=axes.transAxes)


def _crossbar_sections(plan, c, pair, names):
    """Return crossbar c's sections as (inches, drawing function); first, last: (sample, steps).

    names: the features' and the classes', or empty.
    """
    sections = []
    side = math.isqrt(plan.layers[0])
    if c == 0 and side >= SIDE_MIN and side * side == plan.layers[0]:
        columns, rows = _grid(_tiles(plan.layers[1], side))
        sections.append((_HALF_INCH * rows / columns + 0.7, partial(_draw_weights, plan, pair)))
    sections.append((_heat_inches(plan.layers[c + 1]), partial(_draw_conductances, plan, c, pair, names)))
    return sections


def _heat_inches(nodes):
    return 1.0 + min(max(0.13 * nodes, 1.0), 1.9)


def _draw_conductances(plan, c, pair, names, part):
    """Draw crossbar c's conductances, a row for each node that it feeds."""
    from matplotlib.colors import Normalize, PowerNorm

    low = min(int(steps.min()) for _, steps in pair)
    high = max(int(steps.max()) for _, steps in pair)
    # A few devices grow far beyond the others; the square root shows both.
    norm = PowerNorm(0.5, low, max(high, low + 1)) if plan.g_min >= 0 else Normalize(low, max(high, low + 1))
    target = f"{_kind(plan, c + 1)} node"
    wires = ", a pair of wires each," if plan.g_min >= 0 else ""
    source = f"{plan.layers[c]} hidden nodes" if c else f"{plan.layers[c]} inputs{wires}"
    part.suptitle(f"Crossbar {c}: {source} to {plan.layers[c + 1]} {target}s", fontsize=11)
    both = part.subplots(1, 2, sharey=True)
    for k, axes in enumerate(both):
        sample, steps = pair[k]
        table = by_node(plan, c, steps)
        image = axes.imshow(table, norm=norm, aspect="auto", cmap="viridis")
        axes.set_title(("before", "after")[k] + f" training ({sample:,} samples)", fontsize=10)
        axes.set_ylabel(target if k == 0 else "")
        _name_wires(axes, plan, c, names[0])
        _name_nodes(axes, plan.layers[c + 1], names[1] if c + 2 == len(plan.layers) else [])
    ticks = [round(norm.inverse(height)) for height in (0, 1 / 3, 2 / 3, 1)]
    part.colorbar(image, ax=both, label="conductance\n(steps)", pad=0.01, ticks=ticks, format="{x:,.0f}")


def _kind(plan, layer):
    return "output" if layer + 1 == len(plan.layers) else "hidden"


def _name_wires(axes, plan, c, features):
    """Name crossbar c's source wires in order; input wires get the features' names."""
    signs = "+−" if plan.g_min >= 0 else ("",)
    wires = (plan.layers[c] + 1) * len(signs) if c == 0 else plan.layers[c] + len(signs)
    if wires > _NAMED_MAX:
        axes.set_xlabel("wire, the bias last")
        return
    inputs = features or [f"x{i}" for i in range(plan.layers[0])]
    names = [f"h{i}" for i in range(plan.layers[c])] if c else [f"{s}{name}" for name in inputs for s in signs]
    tilt = {"rotation": 30, "ha": "right"} if features and c == 0 else {}
    ticks = [*names, *(f"{s}b" for s in signs)]
    axes.set_xticks(range(wires), ticks, fontsize=8, parse_math=False, **tilt)
    axes.set_xlabel("wire (b: bias)")


def _name_nodes(axes, count, names):
    from matplotlib.ticker import MaxNLocator

    if count <= _NAMED_MAX:
        axes.set_yticks(range(count), names or None, **({"parse_math": False} if names else {}))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_tick_params(labelsize=8)


def _tiles(nodes, side):
    """Return how many nodes' images of side x side pixels fit with visible pixels."""
    return min(nodes, 128, max(2, (_HALF_PIXELS // side) ** 2 // 2))


def _grid(tiles):
    """Return (columns, rows) for `count` tiles, about twice as wide as high."""
    columns = math.ceil(math.sqrt(2 * tiles))
    return columns, -(-tiles // columns)


def _draw_weights(plan, pair, part):
    """Draw each node's signed weights as an image of the inputs: after training, and their change by training."""
    nodes, side = plan.layers[1], math.isqrt(plan.layers[0])
    count = _tiles(nodes, side)
    shown = nodes if count == nodes else f"first {count} of {nodes}"
    part.suptitle(f"Weights of {shown} {_kind(plan, 1)} nodes", fontsize=11)
    signed = signed_weights if plan.g_min >= 0 else _without_bias
    before, after = (signed(steps)[:count].reshape(count, side, side) for _, steps in pair)
    maps = (("weights after training", after), ("change by training", after - before))
    for axes, (title, tiles) in zip(part.subplots(1, 2), maps, strict=True):
        # One weight in 200 saturates the colour; otherwise the largest would leave all others pale.
        limit = max(1.0, float(np.quantile(np.abs(tiles), 0.995)))
        image = axes.imshow(_montage(tiles), vmin=-limit, vmax=limit, cmap="RdBu_r")
        axes.set_title(title, fontsize=10)
        axes.set_axis_off()
        part.colorbar(image, ax=axes, label="g+ − g− (steps)", extend="both", pad=0.01)


def signed_weights(steps):
    """Return g+ - g- of crossbar 0, int32 (nodes, inputs), from its steps, uint16 (nodes, 2 * (inputs + 1)).

    The bias pair is left out.
    """
    signed = steps.astype(np.int32)
    return signed[:, 0:-2:2] - signed[:, 1:-2:2]


def _without_bias(steps):
    """Return crossbar 0 of signed weights, (inputs + 1, nodes), as int32 (nodes, inputs)."""
    return steps[:-1].T.astype(np.int32)


def _montage(tiles):
    """Return tiles (count, height, width) as one image with gaps of NaN between them, which are left blank."""
    count, height, width = tiles.shape
    columns, rows = _grid(count)
    gap = 1 + width // 16
    canvas = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for k, tile in enumerate(tiles):
        y, x = k // columns * (height + gap), k % columns * (width + gap)
        canvas[y : y + height, x : x + width] = tile
    return canvas
