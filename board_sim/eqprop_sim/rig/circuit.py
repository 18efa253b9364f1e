"""The rig's circuit at rest: resistors between rows and nodes, a clamp at each hidden node, a nudge at each output.

Kirchhoff's current law at every node, solved by elimination. Volts are from Vmid. A clamp keeps its node at `low` or
above: by an ideal diode (an op-amp with a diode in its loop), or by a BAT54 whose anode is at `low` + BAT54_V.
"""

from math import exp

BAT54_V = 0.2
_SATURATION_A = 2e-7  # a BAT54 at 25 degrees Celsius: 0.2 V at 0.4 mA
_THERMAL_V = 1.05 * 0.02585
_ROUNDS = 60


def eliminate(a, b):
    """Solve a x = b by elimination without pivoting, for diagonally dominant a; both are overwritten; return b."""
    n = len(b)
    for i in range(n):
        row = a[i]
        p = 1.0 / row[i]
        for j in range(i + 1, n):
            other = a[j]
            f = other[i]
            if f:
                f *= p
                for k in range(i + 1, n):
                    other[k] -= f * row[k]
                b[j] -= f * b[i]
    for i in range(n - 1, -1, -1):
        row = a[i]
        s = b[i]
        for k in range(i + 1, n):
            s -= row[k] * b[k]
        b[i] = s / row[i]
    return b


class Circuit:
    """The nodes' conductances to each other and their total, kept up to date device by device.

    - low: the clamp's voltage of each node, or None.
    """

    def __init__(self, nodes):
        self.nodes = nodes
        self.low: list = [None] * nodes
        self.diode = False  # a BAT54 instead of an ideal one
        self._a = [[0.0] * nodes for _ in range(nodes)]
        self._held = set()

    def to_row(self, node, g):
        """Add g siemens from a node to a row."""
        self._a[node][node] += g

    def between(self, one, other, g):
        """Add g siemens between two nodes."""
        a = self._a
        a[one][one] += g
        a[other][other] += g
        a[one][other] -= g
        a[other][one] -= g

    def settle(self, into):
        """Return the node voltages for the currents into the nodes from all rows, amperes."""
        return self._with_diodes(into) if self.diode else self._with_clamps(into)

    def _with_clamps(self, into):
        held = self._held
        low = self.low
        for _ in range(_ROUNDS):
            free = [n for n in range(self.nodes) if n not in held]
            a = [[self._a[i][j] for j in free] for i in free]
            b = []
            for i in free:
                row = self._a[i]
                s = into[i]
                for j in held:
                    s -= row[j] * low[j]
                b.append(s)
            v = list(low)
            for i, volts in zip(free, eliminate(a, b)):
                v[i] = volts
            now = set()
            for n in range(self.nodes):
                if low[n] is None:
                    continue
                if n in held:
                    row = self._a[n]
                    push = into[n]
                    for j in range(self.nodes):
                        push -= row[j] * v[j]
                    if push < 0:  # the clamp still lifts the node
                        now.add(n)
                elif v[n] < low[n]:
                    now.add(n)
            if now == held:
                return v
            self._held = held = now
        raise ValueError("circuit: its clamps switch for ever")

    def _with_diodes(self, into):
        """Newton's method from the ideal clamps' solution."""
        v = self._with_clamps(into)
        nodes = range(self.nodes)
        for _ in range(_ROUNDS):
            a = [list(row) for row in self._a]
            b = []
            for i in nodes:
                row = self._a[i]
                s = into[i]
                for j in nodes:
                    s -= row[j] * v[j]
                if self.low[i] is not None:
                    e = exp(min((self.low[i] + BAT54_V - v[i]) / _THERMAL_V, 60.0))
                    s += _SATURATION_A * (e - 1)
                    a[i][i] += _SATURATION_A / _THERMAL_V * e
                b.append(s)
            step = eliminate(a, b)
            most = max(abs(s) for s in step)
            factor = min(1.0, 0.1 / most) if most else 1.0
            v = [volts + factor * s for volts, s in zip(v, step)]
            if most < 1e-6:  # Newton's steps square the error
                return v
        raise ValueError("circuit: its diodes find no rest")
