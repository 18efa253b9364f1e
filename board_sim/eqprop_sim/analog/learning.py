"""Equilibrium Propagation on a circuit, batched.

Between two equilibria, "high" and "low", whose nudges differ by `span`, every conductance changes by

    dg = -eta / (2 span) sum over the batch of [ (dv_high)^2 - (dv_low)^2 ],    dv: the voltage across the device

(Scellier & Bengio 2017; Kendall et al. 2020). Centred: +beta and -beta, span 2 beta (Laborieux et al. 2021). With D and
M for difference and mean over the two, x_high^2 - x_low^2 = 2 D M, so a crossbar takes two matrix products of node
voltages, and the driven one, whose rows do not move, one: x^T D.

A step is one call of machine code (`steps.learn`); training in place settles in one (`steps.phases`), and then programs
its devices. NumPy settles phases that end at a tolerance, and those of hardware that is not ideal.
"""

import numpy as np

from eqprop.fixed import G_MAX, U_MAX

from .circuits.circuit import volts_per_code
from .circuits.ideal import Settings, drive, settle
from .errors import PhysicsError, check_between
from .steps import LOSSES, learn, nudge, program

NUDGINGS = ("centred", "positive", "negative", "random-sign")


def _whole(labels):
    """Return labels as int64. Raises TypeError unless they are whole numbers; NumPy makes an empty list float."""
    labels = np.asarray(labels)
    return labels.astype(np.int64, casting="same_kind" if labels.size else "unsafe", copy=False)


class Trainer:
    """Trains a circuit on batches.

    - circuit: its conductances change in place
    - eta: learning rates, siemens^2 / volt^2, one for each crossbar; they may change between steps
    - random: the generator of random-sign nudges
    """

    def __init__(
        self,
        circuit,
        *,
        beta,
        eta,
        g_min,
        g_max,
        targets=(1.0, 0.0),
        nudging="centred",
        loss="squared",
        temperature_v=1.0,
        paired=False,
        free=Settings(),  # noqa: B008 (frozen)
        nudged=Settings(),  # noqa: B008
        seed=0,
    ):
        """Train `circuit` within g_min..g_max siemens.

        beta: nudging conductance, siemens; the nudge is a current beta * error. targets: volts of the right class and
        of the others. nudging: one of NUDGINGS; "random-sign" draws a sign for each sample, from `seed`. loss: one of
        LOSSES: squared errors; "squared-hinge", the same of what is on the wrong side of its target alone, as in the
        runtime (`eqprop.crossbar.kernels.plain.set_nudge`); for cross-entropy the error is
        temperature_v * (one-hot - softmax(score / temperature_v)).
        paired: a class has two output nodes, 2k and 2k + 1; its score is their difference, and the nudge goes into the
        one and out of the other (Kendall et al. 2020). free, nudged: `Settings` of the phases.
        """
        if nudging not in NUDGINGS:
            raise PhysicsError(f"nudging: {nudging!r} is not one of {', '.join(NUDGINGS)}")
        if loss not in LOSSES:
            raise PhysicsError(f"loss: {loss!r} is not one of {', '.join(LOSSES)}")
        outputs = circuit.layers[-1]
        if paired and outputs % 2:
            raise PhysicsError(f"paired: {outputs} outputs are not pairs")
        check_between("beta", beta, np.finfo(np.float32).tiny)
        check_between("temperature_v", temperature_v, np.finfo(np.float32).tiny)
        check_between("g_min", g_min, np.finfo(np.float32).tiny)
        check_between("g_max", g_max, g_min)
        if len(eta) != len(circuit.g):
            raise PhysicsError(f"eta: {len(eta)} rates for {len(circuit.g)} crossbars")
        self.circuit = circuit
        self.beta, self.eta, self.targets = beta, list(eta), targets
        self.g_min, self.g_max = circuit.dtype.type(g_min), circuit.dtype.type(g_max)
        self.nudging, self.loss, self.temperature_v, self.paired = nudging, loss, temperature_v, paired
        self.free, self.nudged = free, nudged
        self.classes = outputs // 2 if paired else outputs
        self.random = np.random.default_rng(seed)
        for g in circuit.g:
            np.clip(g, self.g_min, self.g_max, out=g)
        circuit.refresh()
        self._no_signs = np.empty(0, circuit.dtype)

    @classmethod
    def from_plan(cls, circuit, plan, *, g_on=1.0, **changes):
        """Return a trainer with the nudge, targets, loss, limits and rates of the runtime's `plan`.

        circuit: from `Circuit.from_plan` with the same g_on. changes: arguments of `Trainer` that replace the plan's.
        """
        step = g_on / G_MAX
        volt = volts_per_code(plan, circuit.drive_v)
        beta = 4 * plan.beta * step
        settings = Settings(plan.sweeps)
        eta = [2 * beta * step * factor / volt**2 for factor in plan_rates(plan)]
        chosen = {
            "beta": beta,
            "eta": eta,
            "g_min": plan.g_min * step,
            "g_max": g_on,
            "targets": tuple(t * volt for t in plan.targets),
            "loss": "squared-hinge",
            "free": settings,
            "nudged": settings,
        }
        return cls(circuit, **{**chosen, **changes})

    def predict(self, x):
        """Return the classes (batch,) of features x (batch, n_0), -1..1."""
        return self.scores(self._rest(x, drive(self.circuit, x), None, None, self.free)).argmax(1)

    def scores(self, v):
        """Return the classes' scores at node voltages v: (batch, classes) volts."""
        return v[-1][:, ::2] - v[-1][:, 1::2] if self.paired else v[-1]

    def nudge(self, v, labels):
        """Return the currents +beta * error into the outputs, (batch, n_L) amperes, for free voltages v."""
        if len(labels) != len(v[-1]):
            raise PhysicsError(f"labels: expected {len(v[-1])}, got {len(labels)}")
        currents = np.empty_like(v[-1])
        nudge(v[-1], _whole(labels), self._rule(), currents)
        return currents

    def _rule(self):
        """Return the fields of a `steps.Rule`; a plain tuple gets into machine code in less time."""
        right, wrong = self.targets
        return LOSSES.index(self.loss), self.paired, *map(float, (self.beta, right, wrong, self.temperature_v))

    def step(self, x, labels):
        """Learn one batch: x (batch, n_0) in -1..1, labels (batch,); return the free scores, volts.

        Raises PhysicsError for another shape, IndexError for a label without an output, and TypeError for labels that
        are not whole numbers.
        """
        circuit = self.circuit
        x = np.ascontiguousarray(x, circuit.dtype)
        if x.shape != (len(labels), circuit.layers[0]):
            raise PhysicsError(f"x: expected shape ({len(labels)}, {circuit.layers[0]}), got {x.shape}")
        if self._ideal and not (self.free.tolerance_v or self.nudged.tolerance_v):
            return self._step_at_once(x, _whole(labels))
        base = drive(circuit, x)
        free = self._rest(x, base, None, None, self.free)
        high, low, span = self._phases(x, base, free, self.nudge(free, labels))
        half = circuit.dtype.type(0.5)
        states = tuple(np.concatenate((h - n, (h + n) * half)) for h, n in zip(high[1:], low[1:], strict=True))
        self._program(x, states, span)
        return self.scores(free)

    @property
    def _ideal(self):
        """Whether `steps.phases` settles as `_rest` does."""
        return True

    def _step_at_once(self, x, labels):
        circuit, centred = self.circuit, self.nudging == "centred"
        outputs = np.empty((len(x), circuit.layers[-1]), circuit.dtype)
        states = tuple([np.empty((2 * len(x), n), circuit.dtype) for n in circuit.layers[1:]])
        signs = self._no_signs if centred else self._signs(len(x))
        sweeps = self.free.sweeps, self.nudged.sweeps
        phases_of = circuit.arrays, x, labels, self._rule(), signs, sweeps, outputs, states
        self._learn(phases_of, (1 + centred) * self.beta)
        return self.scores([outputs])

    def _learn(self, phases_of, span):
        """Settle, and change the conductances; phases_of: the arguments of `steps.phases`."""
        self.circuit.check_floating(learn(*phases_of, self._factors(span), (self.g_min, self.g_max)))

    def _factors(self, span):
        return tuple([float(eta / span) for eta in self.eta])

    def _signs(self, batch):
        """Return the signs of the samples' only nudges, (batch,)."""
        if self.nudging == "random-sign":
            return np.where(self.random.random(batch) < 0.5, 1, -1).astype(self.circuit.dtype)
        return np.full(batch, 1 if self.nudging == "positive" else -1, self.circuit.dtype)

    def _rest(self, _x, base, nudge, start, settings):
        """Return the voltages at rest as the learner reads them; base: from `drive` for the features."""
        return settle(self.circuit, base, nudge, start, settings)

    def _phases(self, x, base, free, nudge):
        """Return (high, low, span): the voltages of the two equilibria, and the difference of their nudges."""
        if self.nudging == "centred":
            high, low = (self._rest(x, base, signed, free, self.nudged) for signed in (nudge, -nudge))
            return high, low, 2 * self.beta
        plus = self._signs(len(x))[:, None] > 0
        moved = self._rest(x, base, np.where(plus, nudge, -nudge), free, self.nudged)
        high = [None, *(np.where(plus, m, f) for m, f in zip(moved[1:], free[1:], strict=True))]
        low = [None, *(np.where(plus, f, m) for m, f in zip(moved[1:], free[1:], strict=True))]
        return high, low, self.beta

    def _program(self, x, states, span):
        """Change every conductance by the rule, and update the derived arrays."""
        limits = self.g_min, self.g_max
        self.circuit.check_floating(program(self.circuit.arrays, x, states, self._factors(span), limits))


def across(circuit, c, difference, mean):
    """Return the sum over the batch of D M across each device of crossbar c >= 1: half the difference of squares.

    difference, mean: over the two equilibria, lists of (batch, n_l) volts.
    """
    d_row = difference[c] * circuit.gain[c]
    m_row = circuit.rows(c, mean[c])
    d_node, m_node = difference[c + 1], mean[c + 1]
    sums = np.empty_like(circuit.g[c])
    product = sums[:-2]
    np.matmul(d_row.T, m_node, out=product)
    product += m_row.T @ d_node
    np.subtract(np.einsum("bi,bi->i", d_row, m_row)[:, None], product, out=product)
    own = np.einsum("bk,bk->k", d_node, m_node)
    product += own
    pull = circuit.dtype.type(circuit.bias_v[c]) * d_node.sum(0)
    sums[-2] = own - pull
    sums[-1] = own + pull
    return sums


def across_driven(circuit, x, difference, mean):
    """Return the same for crossbar 0: (2, n_0 + 1, n_1)."""
    sums = np.empty_like(circuit.g[0])
    own = np.einsum("bj,bj->j", difference[1], mean[1])
    pull = np.matmul(x.T, difference[1] * circuit.dtype.type(circuit.drive_v))
    sums[0, :-1], sums[1, :-1] = own - pull, own + pull
    bias = circuit.dtype.type(circuit.bias_v[0]) * difference[1].sum(0)
    sums[0, -1], sums[1, -1] = own - bias, own + bias
    return sums


def plan_rates(plan, rates=None):
    """Return for each crossbar the factor k in the plan's rule: a change in steps is k * (-D M), in codes squared.

    The voltage is that across the device itself, after the amplifier, whose gain the plan's integers omit. rates: right
    shifts, by default the plan's first ones.
    """
    rates = rates or plan.rate_shifts
    first = 2.0 ** -(rates[0] + plan.gains[0])
    return [first] + [2.0 ** -(rate + 2 * gain) for rate, gain in zip(rates[1:], plan.gains[1:], strict=True)]


def features(x):
    """Return int8 inputs, 127 for full scale, as features -1..1, float64."""
    return np.asarray(x, np.float64) / U_MAX
