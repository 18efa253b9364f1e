"""Layer sizes, and what the plans of all energy models compute from them: shifts, and sizes in MicroPython's heap."""

import sys

from .fixed import CURRENT_MAX

ITEM_BYTES = {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4}
BLOCK_BYTES = 32 if sys.maxsize > 2**32 else 16  # MicroPython's heap has blocks of four machine words


def parse_layers(layers):
    """Return the layer sizes as a tuple: "64-32-10" or (64, 32, 10) gives (64, 32, 10).

    Raises ValueError naming the text unless it is 2..16 sizes of 1..8191 joined by "-".
    """
    try:
        # Bytes, because a board looks a new text up among all names
        sizes = tuple(map(int, layers.encode().split(b"-") if isinstance(layers, str) else layers))
    except (TypeError, ValueError):
        sizes = ()
    if not 2 <= len(sizes) <= 16 or min(sizes) < 1 or max(sizes) > 8191:
        raise ValueError("layers: 2..16 sizes of 1..8191, such as 64-32-10, not {!r}".format(layers))
    return sizes


def product_shift(terms, largest):
    """Return the smallest shift p for which terms * (largest * 2**-p + 1) <= CURRENT_MAX (the 1: `>>` floors)."""
    end = CURRENT_MAX // terms - 1  # of what a shifted term may be
    p = 0
    while largest >> p > end:
        p += 1
    return p


def tuple_blocks(items):
    """Return a tuple's size in blocks: two words plus one for each item; 0 for an empty tuple."""
    return -(-(2 + items) // 4) if items else 0
