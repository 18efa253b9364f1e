"""Figures of one or more runs for a paper: PNG, or SVG with its text as text."""

import io
import itertools

from ..files import write_whole
from .history import history

_WIDTH_INCH, _HEIGHT_INCH, _DPI = 7.0, 5.2, 300
_COLOURS = ("#1f5fa8", "#c4502e", "#2e8b57", "#7a4fa3", "#b8860b", "#5c5c5c")
_DASHES = ("-", "--", ":", "-.")
_ERRORS = {
    "test_rmse": "test RMSE",
    "test_error_percent": "test error (%)",
    "train_error_percent": "training error (%)",
}
"""Columns of metrics that say how well a network does: the first that a row has is drawn."""


def draw_figure(path, logs, kind):
    """Write a figure of `logs`, a list of `runlog.Log`, to `path`: whole, or not at all. kind: "png" or "svg".

    Four panels: test error (of networks that learn numbers, RMSE), loss, mean change of a device in each crossbar,
    devices at their lower limit.
    Raises LogError if it cannot be written.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "font.size": 8, "svg.hashsalt": "eqprop"}):
        figure = Figure(figsize=(_WIDTH_INCH, _HEIGHT_INCH), dpi=_DPI, layout="constrained")
        (error, loss), (update, lowest) = figure.subplots(2, 2)
        shown: set[str] = set()
        for log, colour in zip(logs, itertools.cycle(_COLOURS)):  # noqa: B905 (the colours repeat)
            samples = [row["sample"] for row in log.metrics]
            columns = [next(name for name in _ERRORS if name in row) for row in log.metrics]
            errors = [row[name] for name, row in zip(columns, log.metrics, strict=True)]
            shown.update(columns)
            error.plot(samples, errors, color=colour, label=log.path.stem)
            loss.plot(samples, [row["loss"] for row in log.metrics], color=colour)
            past = history(log)
            for c, dash in zip(range(len(past.steps)), itertools.cycle(_DASHES)):  # noqa: B905 (the dashes repeat)
                label = f"crossbar {c}" if log is logs[0] else None
                update.plot(past.samples[1:], past.updates[c], dash, color=colour, label=label)
                lowest.plot(past.samples, past.lowest_percent[c], dash, color=colour, label=label)
        for axes, text in (
            (error, " or ".join(text for name, text in _ERRORS.items() if name in shown) or "error"),
            (loss, "mean loss"),
            (update, "|Δg| (steps per 1000 samples)"),
            (lowest, "devices at $g_{min}$ (%)"),
        ):
            axes.set(xlabel="training samples", ylabel=text)
            axes.set_ylim(bottom=0)
            axes.spines[["top", "right"]].set_visible(False)
        for axes in (error, update):
            if axes.get_legend_handles_labels()[1]:
                for text in axes.legend(frameon=False).get_texts():
                    text.set_parse_math(False)
        file = io.BytesIO()
        figure.savefig(file, format=kind, metadata={"Date": None} if kind == "svg" else None)
    write_whole(path, file.getvalue())
