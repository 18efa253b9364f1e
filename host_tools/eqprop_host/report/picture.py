"""One picture of a training run: how the error fell, and every crossbar's conductances before and after.

Each heat map has a row for every node that the crossbar feeds and a column for every wire it feeds them from. Where
the inputs are a square image of 8 x 8 or more, the first crossbar is shown once more as what it computes: for each
node an image of the signed weights g+ - g-, the conductance from +x less the one from -x. Red pixels push the node's
voltage up, blue ones down.
"""

import io
import math
from functools import partial
from pathlib import Path

import numpy as np

from ..files import write_whole

WIDTH_INCH = 11
DPI = 120

SIDE_MIN = 8
"""Inputs that are this number squared, or a larger one, are drawn as an image."""

_LAST_LETTER = "\u024f"  # of the Latin alphabets
_HALF_INCH = 4.2  # about the width of one of two maps
_HALF_PIXELS = 340  # of inputs side by side in that width
_NAME = 16  # letters of a name
_NAMED_MAX = 14  # nodes or wires that are named one by one
_GREY, _BLUE = "#8c8c8c", "#1f5fa8"


def draw(path, log):
    """Write a PNG of the run in `log`, a `runlog.reader.Log`, to `path`: whole, or not at all.

    It is WIDTH_INCH * DPI pixels wide, and the higher the more crossbars there are. Before and after are the first and
    the last logged conductances; without any, only the curve is drawn. Raises LogError when the file cannot be
    written or the log has conductances of other layers, DataError when it does not say of which it is.
    """
    # Drawing without pyplot touches no global state, needs no display, and is loaded only where something is drawn.
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
        title += f": test error {last['test_error_percent']:.2f} % after {last['sample']:,} samples"
    return title


def _in_font(text):
    """Return a text with a question mark for each letter of which the font has no glyph."""
    return "".join(c if c.isprintable() and c <= _LAST_LETTER else "?" for c in text)


def _drawable(names, count):
    """Return names that a picture can show; none unless there is one for each of `count` nodes."""
    return [_in_font(name)[:_NAME] for name in names] if len(names) == count else []


def _draw_curve(metrics, part):
    """Draw the errors over the epochs."""
    from matplotlib.ticker import MaxNLocator

    axes = part.subplots()
    epochs = [record["epoch"] for record in metrics]
    marker = "o" if len(metrics) <= 40 else ""
    for key, label, colour in (
        ("train_error_percent", "training, each sample before it is learnt", _GREY),
        ("test_error_percent", "test, after the epoch", _BLUE),
    ):
        axes.plot(epochs, [record[key] for record in metrics], marker=marker, markersize=4, color=colour, label=label)
    axes.set(title="Learning curve", xlabel="epoch", ylabel="error (%)")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if metrics:
        axes.legend(frameon=False)
    else:
        axes.text(0.5, 0.5, "no epoch was finished", ha="center", transform=axes.transAxes)


def _crossbar_sections(plan, c, pair, names):
    """Return the sections for crossbar c, first and last (sample, steps): (inches, what draws it).

    names: of the features and of the classes, or none.
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
    from matplotlib.colors import PowerNorm

    low = min(int(steps.min()) for _, steps in pair)
    high = max(int(steps.max()) for _, steps in pair)
    # A few devices grow far beyond the others; the root keeps both in sight.
    norm = PowerNorm(0.5, low, max(high, low + 1))
    target = f"{_kind(plan, c + 1)} node"
    source = f"{plan.layers[c]} hidden nodes" if c else f"{plan.layers[c]} inputs, a pair of wires each,"
    part.suptitle(f"Crossbar {c}: {source} to {plan.layers[c + 1]} {target}s", fontsize=11)
    both = part.subplots(1, 2, sharey=True)
    for k, axes in enumerate(both):
        # Stored node by node where the inputs drive it, wire by wire elsewhere.
        sample, steps = pair[k]
        table = steps if c == 0 else steps.T
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
    """Name the wires that crossbar c feeds its nodes from, in order; those of inputs by the features' names."""
    if plan.rows[c] > _NAMED_MAX:
        axes.set_xlabel("wire, the bias pair last")
        return
    inputs = features or [f"x{i}" for i in range(plan.layers[0])]
    names = [f"h{i}" for i in range(plan.layers[c])] if c else [f"{s}{name}" for name in inputs for s in "+−"]
    tilt = {"rotation": 30, "ha": "right"} if features and c == 0 else {}
    ticks = [*names, "+b", "−b"]
    axes.set_xticks(range(plan.rows[c]), ticks, fontsize=8, parse_math=False, **tilt)
    axes.set_xlabel("wire (b: bias)")


def _name_nodes(axes, count, names):
    from matplotlib.ticker import MaxNLocator

    if count <= _NAMED_MAX:
        axes.set_yticks(range(count), names or None, **({"parse_math": False} if names else {}))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_tick_params(labelsize=8)


def _tiles(nodes, side):
    """Return how many of the nodes' images of side x side pixels fit where a pixel is still seen."""
    return min(nodes, 128, max(2, (_HALF_PIXELS // side) ** 2 // 2))


def _grid(tiles):
    """Return (columns, rows) that hold so many tiles, about twice as wide as high."""
    columns = math.ceil(math.sqrt(2 * tiles))
    return columns, -(-tiles // columns)


def _draw_weights(plan, pair, part):
    """Draw each node's signed weights as an image of the inputs, after training and what training changed of them."""
    nodes, side = plan.layers[1], math.isqrt(plan.layers[0])
    count = _tiles(nodes, side)
    shown = nodes if count == nodes else f"first {count} of {nodes}"
    part.suptitle(f"What the {shown} {_kind(plan, 1)} nodes look for", fontsize=11)
    before, after = (signed_weights(steps)[:count].reshape(count, side, side) for _, steps in pair)
    maps = (("weights after training", after), ("what training changed in them", after - before))
    for axes, (title, tiles) in zip(part.subplots(1, 2), maps, strict=True):
        # Full colour at what one weight in 200 exceeds, or the largest would leave all others pale.
        limit = max(1.0, float(np.quantile(np.abs(tiles), 0.995)))
        image = axes.imshow(_montage(tiles), vmin=-limit, vmax=limit, cmap="RdBu_r")
        axes.set_title(title, fontsize=10)
        axes.set_axis_off()
        part.colorbar(image, ax=axes, label="g+ − g− (steps)", extend="both", pad=0.01)


def signed_weights(steps):
    """Return g+ - g- of crossbar 0: int32 (nodes, inputs), of its steps, uint16 (nodes, 2 * (inputs + 1)).

    The bias pair is left out.
    """
    signed = steps.astype(np.int32)
    return signed[:, 0:-2:2] - signed[:, 1:-2:2]


def _montage(tiles):
    """Return tiles (count, height, width) as one image, a gap of NaN, which is drawn as nothing, between them."""
    count, height, width = tiles.shape
    columns, rows = _grid(count)
    gap = 1 + width // 16
    canvas = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for k, tile in enumerate(tiles):
        y, x = k // columns * (height + gap), k % columns * (width + gap)
        canvas[y : y + height, x : x + width] = tile
    return canvas
