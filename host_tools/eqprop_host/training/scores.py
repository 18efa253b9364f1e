"""How well a network tells its classes apart: accuracy, recall of each class, and confusion.

Counts are a table (classes, predictions) of test samples, `confusion`; it may have more rows and columns than there are
classes, because a network may have more outputs.
"""

import shutil

import numpy as np
from rich.cells import cell_len, set_cell_size

from ..terminal.printing import printable

_NAME = 18  # width of a class's name
_CELL = 4  # least width of a count, with its gap
_MIXED = 3  # wrong predictions named per class if the table does not fit
_ROWS = 40  # the most classes shown one by one


def confusion(labels, predictions, outputs):
    """Return the counts of samples by (class, prediction): (outputs, outputs); both int64 (samples,)."""
    return np.bincount(labels * outputs + predictions, minlength=outputs**2).reshape(outputs, outputs)


def error_percent(counts):
    """Return the percentage of wrong predictions in a table of counts."""
    return 100 * float((counts.sum() - np.trace(counts)) / counts.sum())


def class_labels(class_names, classes):
    """Return each class's name, made safe for a terminal, or its number."""
    return [*map(printable, class_names[:classes]), *map(str, range(len(class_names), classes))]


def recall_percent(counts):
    """Return the percentage of each class's test samples predicted correctly; None for a class without samples."""
    totals = counts.sum(axis=1).tolist()
    return [100 * int(counts[k, k]) / total if total else None for k, total in enumerate(totals)]


def summary(counts, labels):
    """Return the entries of `--json` for a table of counts: accuracy, names, recall and the counts."""
    counts = counts[: len(labels), : max(len(labels), counts.shape[1])]
    return {
        "accuracy_percent": 100 * float(np.trace(counts)) / max(1, int(counts.sum())),
        "class_names": labels,
        "recall_percent": dict(zip(labels, recall_percent(counts), strict=True)),
        "confusion": counts.tolist(),
    }


def table(counts, labels, width=None):
    """Return the lines that show a table of counts in a terminal `width` columns wide (its own)."""
    width = width or shutil.get_terminal_size().columns
    correct, total = int(np.trace(counts)), int(counts.sum())
    recalls = recall_percent(counts)
    shown = sorted(range(len(labels)), key=lambda k: (recalls[k] is None, recalls[k] or 0))[:_ROWS]
    shown.sort()
    name = max(5, min(_NAME, max(cell_len(labels[k]) for k in shown)))
    left = name + 19
    heads = _heads(labels, counts.shape[1], (width - left - 2) // counts.shape[1])
    lines = [f"accuracy {100 * correct / max(1, total):.2f} %: {correct:,} of {total:,} test samples"]
    title = "answered as" if heads is None else "".join(_right(head, len_) for head, len_ in heads)
    lines.append(f"  {set_cell_size('class', name)}   recall  samples  {title}".rstrip())
    for k in shown:
        cells = _mixed(counts[k], labels, k, width - left - 3) if heads is None else _cells(counts[k], heads)
        recall = "      -" if recalls[k] is None else f"{recalls[k]:5.1f} %"
        lines.append(f"  {set_cell_size(labels[k], name)}  {recall}  {int(counts[k].sum()):>7,}  {cells}".rstrip())
    if len(labels) > _ROWS:
        lines.append(f"  the {_ROWS} classes of least recall, of {len(labels)}")
    return lines


def _heads(labels, answers, most):
    """Return (head, columns) of each prediction, at most `most` wide in all; None if they do not fit.

    Shortened names are used if they differ, otherwise the classes' numbers.
    """
    if most < _CELL or answers > len(labels):
        return None
    longest = min(most, max(_CELL, 2 + max(map(cell_len, labels))))
    cut = [set_cell_size(label, min(cell_len(label), longest - 1)) for label in labels]
    if len(set(cut)) < len(cut):
        cut = [str(k) for k in range(len(labels))]
        longest = max(_CELL, 1 + len(cut[-1]))
    return None if longest > most else [(head, longest) for head in cut]


def _right(text, columns):
    return " " * max(0, columns - cell_len(text)) + text


def _cells(row, heads):
    return "".join(
        _right(str(count) if count else ".", columns) for count, (_, columns) in zip(row, heads, strict=True)
    )


def _mixed(row, labels, own, room):
    """Return a class's most frequent wrong predictions, in words."""
    wrong = [k for k in np.argsort(-row, kind="stable").tolist() if row[k] and k != own]
    said = [f"{labels[k] if k < len(labels) else f'output {k}'} ({int(row[k])})" for k in wrong[:_MIXED]]
    text = ", ".join(said) + (", ..." if len(wrong) > _MIXED else "")
    return set_cell_size(text, room).rstrip() if cell_len(text) > room else text
