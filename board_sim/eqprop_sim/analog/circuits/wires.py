"""Wire resistance of word and bit lines: one crossbar as a sparse network of resistors.

Word line i runs along the columns and is fed at column 0. Bit line j runs along the rows and is read after the last
row, as in badcrossbar (Joksas & Mehonic 2020, SoftwareX 12, 100617). `row_ohm` and `column_ohm` are the resistances of
one segment: between neighbouring devices, and from a line's end to its first device. In CrossSim: Rp_row and Rp_col.
"""

import functools
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from ..errors import check_between

MOST_OHM = 1e6
"""The largest resistance of a segment; a larger one is an open line."""


@dataclass(frozen=True)
class Wires:
    """Resistance of one segment of a line, ohm; 0 for a perfect one."""

    row_ohm: float = 0.0
    """The resistance of a word line between neighbouring columns."""

    column_ohm: float = 0.0
    """The resistance of a bit line between neighbouring rows."""

    def __post_init__(self):
        check_between("row_ohm", self.row_ohm, 0.0, MOST_OHM)
        check_between("column_ohm", self.column_ohm, 0.0, MOST_OHM)


@dataclass(frozen=True)
class Currents:
    """The currents in a crossbar, amperes."""

    devices: np.ndarray
    """(rows, columns) from word line to bit line."""

    rows: np.ndarray
    """(rows,) into each word line."""

    columns: np.ndarray
    """(columns,) out of each bit line."""


class WiredCrossbar:
    """One crossbar of conductances g (rows, columns), siemens, with resistive lines: Kirchhoff's law, factorised once.

    Needs a sparse LU of up to 2 * rows * columns unknowns.
    """

    def __init__(self, g, wires):
        """Assemble and factorise."""
        self.g = g = np.asarray(g, np.float64)
        rows, columns = g.shape
        count = rows + columns
        word, bit = self._lines(rows, columns, wires)
        inner = max(word.max(), bit.max()) + 1 - count
        parts = [(word.ravel(), bit.ravel(), g.ravel())]
        if wires.row_ohm:
            before = np.hstack([np.arange(rows)[:, None], word[:, :-1]])
            parts.append((before.ravel(), word.ravel(), np.full(g.size, 1 / wires.row_ohm)))
        if wires.column_ohm:
            after = np.vstack([bit[1:], rows + np.arange(columns)[None]])
            parts.append((bit.ravel(), after.ravel(), np.full(g.size, 1 / wires.column_ohm)))
        a, b, conductance = (np.concatenate(each) for each in zip(*parts, strict=True))
        size = count + inner
        off = sparse.coo_array((conductance, (a, b)), (size, size)).tocsc()
        off = off + off.T
        laplacian = (sparse.diags_array(np.asarray(off.sum(0)).ravel()) - off).tocsc()
        self._word, self._bit = word, bit
        self._direct = laplacian[:count, :count]
        self._between = laplacian[count:, :count]
        self._inside = (
            splu(laplacian[count:, count:], "MMD_AT_PLUS_A", options={"SymmetricMode": True}) if inner else None
        )

    @functools.cached_property
    def ends(self):
        """The conductances between the lines' ends, rows first: the currents into the crossbar are `ends @ volts`."""
        seen = self._direct.toarray()
        if self._inside:
            seen -= self._between.T @ self._inside.solve(self._between.toarray())
        return seen

    @staticmethod
    def _lines(rows, columns, wires):
        """Return the number of the line node at each device, (rows, columns), of word and of bit lines."""
        places = np.arange(rows * columns).reshape(rows, columns) + rows + columns
        word = places if wires.row_ohm else np.repeat(np.arange(rows)[:, None], columns, 1)
        if not wires.column_ohm:
            return word, np.repeat(rows + np.arange(columns)[None], rows, 0)
        return word, places + (rows * columns if wires.row_ohm else 0)

    def currents(self, row_v, column_v=0.0):
        """Return the `Currents` with the word lines' ends at row_v (rows,) and the bit lines' at column_v, volts."""
        ends = np.concatenate([row_v, np.broadcast_to(column_v, self.g.shape[1])])
        volts = np.concatenate([ends, -self._inside.solve(self._between @ ends)]) if self._inside else ends
        devices = self.g * (volts[self._word] - volts[self._bit])
        return Currents(devices, devices.sum(1), devices.sum(0))


def flat(g, c):
    """Return crossbar c's conductances in the order of the rows along a bit line: + and - side by side."""
    return g if c else g.transpose(1, 0, 2).reshape(-1, g.shape[2])


def unflat(g, c):
    """Return the inverse of `flat`."""
    return g if c else g.reshape(-1, 2, g.shape[1]).transpose(1, 0, 2)
