"""The circuit of an emulated crossbar in exact integers, and random small networks to check its laws on.

In volts of the driven rows the amplifiers are invisible: a network of conductances g between node voltages w, where
layer l's stored voltage is v = w * 2**S_l and S_l the sum of the gains up to it. Here every voltage is taken in units
of the output layer, V = w * 2**S_L, which is an integer for every layer.
"""

import random
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

import eqprop
from eqprop.crossbar import dynamics
from eqprop.crossbar.plain import PlainCrossbar
from eqprop.fixed import U_MAX
from eqprop.network import zeros
from support.references.float_circuit import FloatCircuit


class ExactCircuit:
    """Ohm's and Kirchhoff's laws for a crossbar's conductances as they are now, independent of the kernels' rounding.

    A node is (c, j): node j of layer c + 1. `v` is one phase's voltages as the crossbar holds them.
    """

    def __init__(self, crossbar):
        """Read the conductances, scales and limits of `crossbar`."""
        self.plan = plan = crossbar.plan
        self.circuit = circuit = crossbar.circuit
        self.count = len(plan.shapes)
        self.sums = [sum(plan.gains[: c + 1]) for c in range(self.count)]  # S of the layer above crossbar c
        self.up = [self.sums[-1] - s for s in self.sums]  # V = v << up
        rows, columns = plan.shapes[0][1], plan.shapes[0][0]
        self.g = [[[circuit.g[0][j * rows + i] for j in range(columns)] for i in range(rows)]]
        for c in range(1, self.count):
            rows, columns = plan.shapes[c]
            self.g.append([list(circuit.g[c][i * columns : (i + 1) * columns]) for i in range(rows)])
        self.nodes = [(c, j) for c in range(self.count) for j in range(plan.layers[c + 1])]

    def rows(self, v, c):
        """Return V of the rows of crossbar c: the driven rows, or the nodes of the layer below and its bias pair."""
        if c:
            return [x << self.up[c - 1] for x in v[c - 1]]
        inputs = self.circuit.inputs
        return [(-u if sign else u) << self.sums[-1] for u in inputs for sign in (0, 1)]

    def neighbours(self, v, c, j):
        """Return (conductance, V) of all that node j of layer c + 1 is joined to."""
        found = [(g[j], x) for g, x in zip(self.g[c], self.rows(v, c), strict=True)]
        if c + 1 < self.count:
            found += [(g, x << self.up[c + 1]) for g, x in zip(self.g[c + 1][j], v[c + 1], strict=False)]
        return found

    def total(self, c, j):
        """Return the sum of the conductances at a node."""
        above = sum(self.g[c + 1][j]) if c + 1 < self.count else 0
        return sum(g[j] for g in self.g[c]) + above

    def source(self, base, c, j):
        """Return a node's current `base`, in the kernels' unit, as conductance steps times V."""
        return base << self.plan.scales[c] + self.up[c]

    def injected(self, c, j, norton=True):
        """Return the current into a node besides its devices': the nudge, and if norton the driven rows' currents."""
        base = self.circuit.base[c][j]
        return self.source(base if norton or c else base - self.circuit.driven[j], c, j)

    def power(self, v):
        """Return what settling minimises: twice the power less what the injected currents bring, up to a constant.

        The driven rows count as the currents that they send (Norton), rounded as the kernels round them:
        sum over devices between layers of g (V - V')**2, over driven ones of g V**2, less 2 sum of current * V.
        """
        twice = 0
        for c, j in self.nodes:
            volt = v[c][j] << self.up[c]
            twice -= 2 * self.injected(c, j) * volt
            for g, x in zip(self.g[c], self.rows(v, c), strict=True):
                twice += g[j] * (volt - (x if c else 0)) ** 2
        return twice

    def best(self, v, c, j, norton=True):
        """Return the voltage, exact, in the layer's own unit, that brings a node's net current to zero.

        norton: take the driven rows' currents as the kernels rounded them, instead of from the rows' voltages.
        """
        skip = len(self.g[0]) if norton and c == 0 else 0
        current = self.injected(c, j, norton) + sum(g * x for g, x in self.neighbours(v, c, j)[skip:])
        return Fraction(current, self.total(c, j) << self.up[c])

    def net(self, v, c, j):
        """Return the net current into a node from all its devices and the nudge, in conductance steps times V."""
        volt = v[c][j] << self.up[c]
        return self.injected(c, j, norton=False) + sum(g * (x - volt) for g, x in self.neighbours(v, c, j))

    def rounding(self, c, j, best, norton=True):
        """Return how far from `best` the kernels may leave a node, in the layer's own voltage unit.

        1/2 for the rounding of v; 1 for the floor of the current's shift, as total >= 2**(shift + scale);
        2**scale / total for each product's floor: one for each row below (of the driven ones, for each active input),
        2**-back for each column above, 1 for the floor of that shift; 2**-13 of the voltage for the reciprocal.
        """
        shape, total = self.circuit.shape[c], self.total(c, j)
        floors = shape[1] + Fraction(shape[2], 1 << shape[4]) + 1
        if not norton and c == 0:
            floors += self.circuit.active[0]
        error = 1 + Fraction(1, 1 << 13)
        return Fraction(1, 2) + error + floors * error * (1 << self.plan.scales[c]) / total + abs(best) / (1 << 13)

    def limits(self, c, j):
        """Return (low, high) of a node."""
        return self.circuit.low[c][j], self.circuit.high[c][j]

    def spread(self, errors):
        """Return what rounding errors e at every node (own unit each) can add up to at equilibrium, at every node.

        An error moves a node's neighbours by its share of their conductance: |x| <= N |x| + e, |x| <= (1 - N)**-1 e.
        """
        place = {node: n for n, node in enumerate(self.nodes)}
        matrix = np.eye(len(self.nodes))
        for (c, j), n in place.items():
            total = self.total(c, j)
            if c:
                for i in range(self.plan.layers[c]):
                    matrix[n, place[c - 1, i]] = -self.g[c][i][j] / total * 2.0 ** self.plan.gains[c]
            if c + 1 < self.count:
                for k in range(self.plan.layers[c + 2]):
                    matrix[n, place[c + 1, k]] = -self.g[c + 1][j][k] / total * 2.0 ** -self.plan.gains[c + 1]
        return dict(zip(self.nodes, np.linalg.solve(matrix, np.array(errors, float)), strict=True))

    def in_float(self):
        """Return (FloatCircuit, its sources) with the same conductances, limits and fixed rows."""
        bias = self.plan.bias
        sources = [np.array(self.rows(None, 0), float) / 2.0 ** self.sums[-1]]
        sources += [np.array([bias, -bias]) / 2.0 ** self.sums[c - 1] for c in range(1, self.count)]
        low, high = np.array([[x / 2.0 ** self.sums[c] for x in self.limits(c, j)] for c, j in self.nodes]).T
        return FloatCircuit(self.g, low, high), sources


STYLES = ("uniform", "extremes", "lowest", "highest", "aligned", "strong inputs", "strong outputs")


def fill(crossbar, style, rng, x):
    """Set all conductances of `crossbar` in a style, drawing from `rng`; aligned: so that inputs `x` all pull up."""
    low, high = crossbar.plan.g_min, crossbar.plan.g_max
    for c, g in enumerate(crossbar.circuit.g):
        for i in range(len(g)):
            if style == "extremes":
                g[i] = rng.choice((low, high))
            elif style == "lowest":
                g[i] = low
            elif style == "highest":
                g[i] = high
            elif style == "aligned":
                plus = i % 2 == 0 if c == 0 else i // crossbar.plan.shapes[c][1] < crossbar.plan.shapes[c][0] - 1
                feature = i // 2 % (len(x) + 1)
                flipped = c == 0 and feature < len(x) and x[feature] < 0
                g[i] = high if plus != flipped else low
            elif style != "uniform":
                g[i] = rng.randint(low, high) if (c == 0) == (style == "strong inputs") else rng.randint(low, 2 * low)
            else:
                g[i] = rng.randint(low, high)
    crossbar.refresh()


def build(plan, sweeps=None):
    """Return an emulated crossbar of `plan` on the plain kernels, with `sweeps` in each phase if given."""
    crossbar = PlainCrossbar(plan, zeros, 0)
    if sweeps:
        crossbar.circuit = crossbar.circuit._replace(sweeps=sweeps)
    return crossbar


def features(rng, inputs):
    """Return int8 features: any, sparse, or full scale."""
    kind = rng.randrange(3)
    if kind == 2:
        return [rng.choice((-U_MAX - 1, U_MAX)) for _ in range(inputs)]
    return [rng.randint(-U_MAX - 1, U_MAX) * (kind or rng.randrange(2)) for _ in range(inputs)]


SHAPES = st.lists(st.integers(1, 8), min_size=2, max_size=5).map(tuple)


@st.composite
def networks(draw, styles=STYLES, plan=eqprop.plan, sweeps=None):
    """Draw (crossbar, random.Random): up to 3 hidden layers, all of 1..8, conductances in a style, inputs driven."""
    layers = draw(SHAPES)
    style = draw(st.sampled_from(styles))
    rng = random.Random(draw(st.integers(0, 2**32 - 1)))
    crossbar = build(plan(layers, "resistive"), sweeps)
    x = features(rng, layers[0])
    fill(crossbar, style, rng, x)
    dynamics.drive(crossbar.circuit, x)
    return crossbar, rng
