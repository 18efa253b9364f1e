"""A picture of predicted numbers: each test sample as a dot, what is right against what the network predicts."""

import io

from ..files import write_whole

_DPI = 120
_SIDE_INCH = 4.2
_COLUMNS = 3


def draw_predictions(path, names, targets, predictions, title):
    """Write a PNG with a square for each target to `path`: whole, or not at all.

    targets, predictions: float (samples, targets). Raises LogError if the file cannot be written.
    """
    from matplotlib.figure import Figure

    count = len(names)
    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    figure = Figure(figsize=(_SIDE_INCH * columns, _SIDE_INCH * rows + 0.4), dpi=_DPI, layout="constrained")
    figure.suptitle(title, parse_math=False)
    for n, name in enumerate(names):
        axes = figure.add_subplot(rows, columns, n + 1)
        axes.scatter(targets[:, n], predictions[:, n], s=8, color="#1f5fa8", alpha=0.6)
        axes.axline((targets[0, n], targets[0, n]), slope=1, color="#8c8c8c", linewidth=1)
        axes.set_xlabel(f"{name}, measured", parse_math=False)
        axes.set_ylabel("predicted")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi="figure")
    write_whole(path, file.getvalue())
