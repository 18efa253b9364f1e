"""Kernels of the Hopfield network for an interpreter without machine code: the bits of `eqprop.hopfield.kernels.plain`.

MicroPython's WebAssembly build, in which the board in the studio's page runs, takes a loop over weights step by step,
but adds and multiplies whole numbers of any length in one step. So a row of a crossbar is two such numbers here: of its
even and of its odd nodes, 32 bits (a lane) each. A lane holds its value plus a power of two, so it is never negative
and borrows nothing from the next. All of it takes heap. On CPython it computes the same, for tests.
"""

from array import array

from eqprop.hopfield import dynamics
from eqprop.hopfield.kernels import plain

_MOST_INPUTS = 500  # whose sum fits a lane
_MOST_NODES = 128  # of whose changes the sum does
_PRODUCT = 1 << 22  # above any weight * input, and a multiple of 2**shift
_CHANGE = 1 << 25  # above any change before its shift, and a multiple of 2**rate_shift
_CARRY = 1 << 24  # above any change
_LANE = 0xFFFFFFFF


class _Row:
    """The masks for rows of `nodes` weights: for even nodes, for odd ones.

    - ones: 1 in each lane. lanes: how many
    """

    def __init__(self, nodes):
        self.size = 2 * nodes
        self.lanes = (nodes + 1 >> 1, nodes >> 1)
        self.ones = [_repeated(1, lanes) for lanes in self.lanes]
        self._low = [0xFFFF * ones for ones in self.ones]
        self._signs = _repeated(0x80008000, nodes + 1 >> 1) & (1 << 16 * nodes) - 1

    def halves(self, data):
        """Return (even, odd) lanes of int16 in bytes, each plus 2**15."""
        row = int.from_bytes(data, "little") ^ self._signs
        return row & self._low[0], row >> 16 & self._low[1]

    def data(self, even, odd):
        """Return the bytes of lanes that `halves` made; what is above 16 bits is dropped."""
        row = (even & self._low[0] | (odd & self._low[1]) << 16) ^ self._signs
        return row.to_bytes(self.size, "little")


def _repeated(value, lanes):
    return int.from_bytes(value.to_bytes(4, "little") * lanes, "little")


_rows = {}


def _row(nodes):
    if nodes not in _rows:
        _rows[nodes] = _Row(nodes)
    return _rows[nodes]


def drive(w, inputs, active, shift, back, base):
    """As `plain.drive`."""
    nodes = len(base)
    if active[0] > _MOST_INPUTS:
        plain.drive(w, inputs, active, shift, back, base)
        return
    row = _row(nodes)
    weights = _bytes(w)
    ones, others = row.ones
    whole = _LANE >> shift << shift
    whole, whole_others = whole * ones, whole * others
    total = total_others = 0
    for a in range(1, active[0] + 1):
        i = active[a]
        x = inputs[i]
        least = _PRODUCT - 32768 * x
        even, odd = row.halves(weights[i * row.size : (i + 1) * row.size])
        total += even * x + least * ones & whole
        total_others += odd * x + least * others & whole_others
    below = active[0] * (_PRODUCT >> shift)
    for first, whole in enumerate((total, total_others)):
        for n, lane in enumerate(array("I", whole.to_bytes(4 * row.lanes[first], "little"))):
            base[first + 2 * n] = ((lane >> shift) - below) >> back


def update_driven(w, inputs, active, rate_shift, delta, sums):
    """As `plain.update_driven`."""
    nodes = len(w) // len(inputs)
    if nodes > _MOST_NODES:
        plain.update_driven(w, inputs, active, rate_shift, delta, sums)
        return
    row = _row(nodes)
    weights = _bytes(w)
    ones, others = row.ones
    change, change_others = row.halves(_bytes(delta)[: row.size])
    half = _CHANGE + (1 << rate_shift - 1)
    kept, kept_others = [(_LANE >> rate_shift) * each for each in row.ones]
    moved, moved_others = [(_CARRY - (_CHANGE >> rate_shift)) * each for each in row.ones]
    beyond, beyond_others = [0xFFFF0000 * each for each in row.ones]
    within, within_others = [_CARRY * each for each in row.ones]
    total = sums[0]
    for a in range(1, active[0] + 1):
        i = active[a]
        x = inputs[i]
        at = i * row.size
        least = half - 32768 * x
        even, odd = row.halves(weights[at : at + row.size])
        new = even + (change * x + least * ones >> rate_shift & kept) + moved
        new_others = odd + (change_others * x + least * others >> rate_shift & kept_others) + moved_others
        if new & beyond == within and new_others & beyond_others == within_others:
            weights[at : at + row.size] = row.data(new, new_others)
            total += (new - even + new_others - odd) % _LANE  # the sum of all lanes
        else:  # a weight is at its limit
            sums[0] = total & 0xFFFF
            plain.update_driven(w, inputs, array("I", (1, i)), rate_shift, delta, sums)
            total = sums[0]
    sums[0] = total & 0xFFFF


def feed_back(w, above, nodes_above, shift, feedback, current):
    """As `plain.feed_back`."""
    live = [k for k in range(nodes_above) if above[k]]
    if live:
        for j in range(len(current)):
            current[j] += _brought(w, j * nodes_above, above, live, shift) >> feedback


def displace_layer(w, delta, nodes_above, shift, feedback, sign, current, round_shift, high, v):
    """As `plain.displace_layer`."""
    live = [k for k in range(nodes_above) if delta[k]]
    half = 1 << round_shift - 1
    for j in range(len(current)):
        s = _brought(w, j * nodes_above, delta, live, shift) >> feedback
        v[j] = max(0, min(high, current[j] + sign * s + half >> round_shift))


def _brought(w, at, above, live, shift):
    s = 0
    for k in live:
        s += w[at + k] * above[k] >> shift
    return s


try:
    from uctypes import addressof, bytearray_at  # type: ignore[import-not-found]

    def _bytes(items):
        """Return the bytes of an array of int16, its own memory."""
        return memoryview(bytearray_at(addressof(items), 2 * len(items)))

except ImportError:  # CPython, in tests

    def _bytes(items):
        """Return the bytes of an array of int16, its own memory."""
        return memoryview(items).cast("B")


def use():
    """Let the plain Hopfield networks of this interpreter use these kernels."""
    for kernel in (drive, update_driven, feed_back, displace_layer):
        setattr(dynamics, kernel.__name__, kernel)
