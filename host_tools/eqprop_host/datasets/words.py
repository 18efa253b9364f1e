"""Formats values and names from data for messages: short, on one line, without control characters."""

from ..terminal.printing import printable

_SHOWN = 40  # characters of a cell
_LISTED = 4  # items of a list
_REASON = 200  # characters of a library's message


def columns_text(count):
    """Return "1 column" or "3 columns"."""
    return "1 column" if count == 1 else f"{count} columns"


def shortened(value):
    """Return the repr of a value, shortened to fit in a message."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def reason(error):
    """Return an exception's reason in one line of bounded length."""
    text = getattr(error, "strerror", None) or getattr(error, "error_string", None) or str(error)
    text = printable(" ".join(str(text).split())) or type(error).__name__
    return text if len(text) <= _REASON else text[: _REASON - 3] + "..."


def listed(items):
    """Return "a, b, c", or "a, b, c and 5 more" for many items."""
    if len(items) <= _LISTED:
        return ", ".join(items)
    return f"{', '.join(items[: _LISTED - 1])} and {len(items) - _LISTED + 1} more"


def made_of(recipe):
    """Return what the samples of a recipe are."""
    if "pixels" in recipe:
        return f"a picture of {recipe['pixels']} pixels"
    return "a sound" if recipe else "a table of numbers"
