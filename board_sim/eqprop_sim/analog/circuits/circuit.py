"""The network description: layers of nodes, crossbars of conductances between them, diodes, amplifiers, bias pairs.

Node voltages v in volts, conductances in siemens, currents in amperes. Layer 0 is driven; crossbar c joins layer c to
layer c + 1. Node j of layer l, with crossbar l - 1 below and l above, is at rest where the currents into it cancel:

    sum_i g_ij (r_i - v_j) + b_j sum_k g_jk (v_k - r_j) + I_j = 0,    r_j = a_j v_j + o_j

or where its diode or rail holds it. r_j is the voltage of node j's row in crossbar l. Between node and row is a
bidirectional amplifier: voltage gain a_j forward, current gain b_j back (1 / a_j), offset o_j (Kendall et al. 2020,
arXiv 2006.01981). If a b = 1 everywhere, the amplifiers only change the unit of each layer's voltages.

Crossbar 0 has a row pair for each feature, at +x and -x times `drive_v`; every crossbar has a bias pair, its last.
"""

import copy

import numpy as np

from eqprop.crossbar.kernels.plain import scatter
from eqprop.fixed import G_MAX, U_MAX, V_MAX
from eqprop.xorshift import Xorshift32

from ..errors import PhysicsError, check_between, check_finite
from ..kernels import Arrays, derive


class Circuit:
    """A resistive network. Arrays may be changed in place, and voltages set; then call `refresh`, which checks them.

    - layers: sizes, inputs first, (n_0, ..., n_L)
    - g[0]: (2, n_0 + 1, n_1) siemens, the rows driven at + and at -, the bias pair's last
    - g[c]: (n_c + 2, n_c+1) siemens for c >= 1, the rows of the bias pair, + and -, last
    - low[l], high[l]: (n_l,) volts for l >= 1, the limits that diodes and rails set for a node; [0] is None
    - gain[c], back[c], offset_v[c]: (n_c,) a, b and o of the amplifiers that drive crossbar c >= 1; [0] is None
    - bias_v[c]: volts of crossbar c's bias pair, row side
    - drive_v: volts of a row at full scale, x = 1
    - dtype: the dtype of all arrays, float32 or float64
    """

    def __init__(self, g, low, high, *, gain=None, back=None, offset_v=None, bias_v=None, drive_v=1.0):
        """Take conductances, and limits for layers 1..L as lists of arrays or scalars.

        gain, back, offset_v: lists for crossbars 1.., of scalars or arrays; 1, 1 / gain and 0 V by default.
        bias_v: list for all crossbars; `drive_v` by default. Raises PhysicsError for impossible values.
        """
        self.g = [np.ascontiguousarray(each) for each in g]
        self.dtype = self.g[0].dtype
        if self.dtype not in (np.float32, np.float64):
            raise PhysicsError(f"conductances: expected float32 or float64, got {self.dtype}")
        count = len(self.g)
        self.layers = (self.g[0].shape[-2] - 1, *(each.shape[-1] for each in self.g))
        self._check_shapes()
        self.drive_v = float(drive_v)
        self.bias_v = [self.drive_v] * count if bias_v is None else [float(v) for v in bias_v]
        gain = [1.0] * (count - 1) if gain is None else gain
        back = [1.0 / np.asarray(a) for a in gain] if back is None else back
        offset_v = [0.0] * (count - 1) if offset_v is None else offset_v
        self.low = self._vectors(low, 1)
        self.high = self._vectors(high, 1)
        self.gain = self._vectors(gain, 1)
        self.back = self._vectors(back, 1)
        self.offset_v = self._vectors(offset_v, 1)
        self._allocate()
        self.refresh()

    def _allocate(self):
        """Make the arrays that `derive` fills."""
        columns = [g.shape[-1] for g in self.g]
        self.inverse = [None, *(np.empty(n, self.dtype) for n in columns)]
        self.rest = [None, *(np.empty(n, self.dtype) for n in columns)]
        self.forward = [None, *(np.empty((len(g) - 2, g.shape[1]), self.dtype) for g in self.g[1:])]
        self.backward = [None, *(np.empty((g.shape[1], len(g) - 2), self.dtype) for g in self.g[1:])]
        self.signed = np.empty(self.g[0].shape[1:], self.dtype)
        self.below = np.empty(columns[0], self.dtype)

    def _vectors(self, values, first):
        """Return [None, vector of layer 1, ...] of scalars or vectors."""
        vectors = [np.broadcast_to(np.asarray(v, self.dtype), self.layers[first + i]) for i, v in enumerate(values)]
        return [None, *(v.copy() for v in vectors)]

    def _check_shapes(self):
        for c, g in enumerate(self.g):
            expected = (self.layers[c] + 2, self.layers[c + 1]) if c else (2, self.layers[0] + 1, self.layers[1])
            if g.shape != expected:
                raise PhysicsError(f"crossbar {c}: expected shape {expected}, got {g.shape}")
            if g.dtype != self.dtype:
                raise PhysicsError(f"crossbar {c}: expected {self.dtype} as in crossbar 0, got {g.dtype}")

    @classmethod
    def from_plan(cls, plan, *, seed=0, g_on=1.0, drive_v=1.0, dtype=np.float64, steps=None):
        """Return the circuit that the runtime's `plan` emulates in integers, at the same scales.

        One step of conductance is g_on / G_MAX siemens, one step of voltage `volts_per_code(plan, drive_v)`; the
        amplifiers have the gain 2**plan.gains[c]. steps: each crossbar's conductances, flat as in the runtime; without
        them, the initial ones of `seed`, as in `EmulatedCrossbar`. Raises PhysicsError for a plan of another model than
        resistive.
        """
        if plan.model != "resistive":
            raise PhysicsError(f"plan: expected one for the model resistive, got {plan.model}: give plan() that model")
        check_between("g_on", g_on, np.finfo(np.float32).tiny)
        check_between("drive_v", drive_v, np.finfo(np.float32).tiny)
        steps = initial_steps(plan, seed) if steps is None else steps
        g = [from_steps(plan, c, np.asarray(flat)).astype(dtype) * dtype(g_on / G_MAX) for c, flat in enumerate(steps)]
        volt = volts_per_code(plan, drive_v)
        rail = V_MAX * volt
        low, high = [], []
        for c, n in enumerate(plan.layers[1:]):
            excitatory = np.arange(n) < (plan.excitatory[c] if c < len(plan.excitatory) else 0)
            hidden = c < len(plan.excitatory)
            low.append(np.where(hidden & excitatory, 0, -rail))
            high.append(np.where(hidden & ~excitatory, 0, rail))
        gain = [2.0**shift for shift in plan.gains[1:]]
        bias_v = [drive_v] + [plan.bias * volt * a for a in gain]
        return cls(g, low, high, gain=gain, bias_v=bias_v, drive_v=drive_v)

    def refresh(self):
        """Check all arrays and update everything derived from the conductances.

        Raises PhysicsError naming the first fault: a negative or infinite conductance, a node without conductances, a
        diode whose limits cross, a gain of 0.
        """
        for c, g in enumerate(self.g):
            if not (g >= 0).all() or not np.isfinite(g).all():
                at = tuple(map(int, np.argwhere(~((g >= 0) & np.isfinite(g)))[0]))
                raise PhysicsError(f"crossbar {c}, device {list(at)}: {g[at]} S is not a conductance")
        for layer in range(1, len(self.layers)):
            low, high = self.low[layer], self.high[layer]
            if not (low <= high).all():
                j = int(np.argmin(low <= high))
                raise PhysicsError(f"layer {layer}, node {j}: limits {low[j]} V and {high[j]} V cross")
        for c in range(1, len(self.g)):
            for name, values in (("gain", self.gain[c]), ("back", self.back[c])):
                if not (values > 0).all():
                    j = int(np.argmin(values > 0))
                    raise PhysicsError(f"crossbar {c}, row {j}: {name} {values[j]} is not positive")
            check_finite(f"offset_v of crossbar {c}", self.offset_v[c])
        check_finite("bias_v", np.array(self.bias_v))
        self.arrays = tuple(self._packed())
        self.follow()

    def follow(self):
        """Update everything as `refresh` does, without checking the conductances."""
        np.subtract(self.g[0][0], self.g[0][1], out=self.signed)
        np.sum(self.g[0], (0, 1), out=self.below)
        self.derive()

    def derive(self):
        """Update the arrays for relaxing, except the first crossbar's `signed` and `below`, which are up to date.

        - signed: (n_0 + 1, n_1), conductance at + minus conductance at -; below: (n_1,), the sum of both
        - inverse[l]: (n_l,), 1 / total conductance of layer l's nodes, ohm
        - forward[c]: (n_c, n_c+1), weights from layer c's voltages to layer c + 1's; backward[c]: the other way
        - rest[l]: (n_l,) volts, the contribution of constant sources: bias pairs and offsets
        """
        self.check_floating(derive(self.arrays))

    def check_floating(self, fault):
        """Raise PhysicsError for a node that floats, as `kernels.derive` returns it: (layer, node, siemens)."""
        layer, j, total = fault
        if layer:
            raise PhysicsError(f"layer {layer}, node {j} floats: its total conductance is {total} S")

    def _packed(self):
        """Return the `kernels.Arrays`, which share their memory with this circuit's arrays."""

        def by_crossbar(arrays, dimensions):
            return (np.empty((0,) * dimensions, self.dtype), *arrays[1:])

        layers = {name: tuple(getattr(self, name)[1:]) for name in ("inverse", "rest", "low", "high")}
        weights = {name: by_crossbar(getattr(self, name), 2) for name in ("g", "forward", "backward")}
        amplifiers = {name: by_crossbar(getattr(self, name), 1) for name in ("gain", "back", "offset_v")}
        return Arrays(
            driven=self.g[0],
            signed=self.signed,
            below=self.below,
            bias_v=np.array(self.bias_v, self.dtype),
            drive_v=self.dtype.type(self.drive_v),
            **layers,
            **weights,
            **amplifiers,
        )

    def rows(self, c, v):
        """Return crossbar c's row voltages, without the bias pair,, for node voltages v[c] (batch, n_c), c >= 1."""
        return self.gain[c] * v + self.offset_v[c]

    def copy(self, dtype=None):
        """Return a circuit of its own arrays, of another dtype if given."""
        twin = copy.copy(self)
        twin.dtype = np.dtype(dtype or self.dtype)
        twin.g = [g.astype(twin.dtype) for g in self.g]
        for name in ("low", "high", "gain", "back", "offset_v"):
            setattr(twin, name, [None, *(v.astype(twin.dtype) for v in getattr(self, name)[1:])])
        twin.bias_v = list(self.bias_v)
        twin._allocate()
        twin.refresh()
        return twin


def volts_per_code(plan, drive_v=1.0):
    """Return the volts that one step of a node voltage of `plan` stands for, the same in every layer."""
    return drive_v / (U_MAX * 2.0 ** plan.gains[0])


def initial_steps(plan, seed):
    """Return the runtime's initial conductances, uint16 steps, flat, for each crossbar (as `EmulatedCrossbar`)."""
    random = Xorshift32(seed)
    stream = [random.low, random.high, plan.g_min, 0, 0]
    crossbars = []
    for (rows, columns), spread in zip(plan.shapes, plan.initial, strict=True):
        crossbars.append(np.zeros(rows * columns, np.uint16))
        stream[3:] = spread, rows * columns
        scatter(crossbars[-1], stream)
    return crossbars


def from_steps(plan, c, flat):
    """Return crossbar c's devices, flat as the runtime keeps them, in the shape of `Circuit.g[c]`."""
    devices = flat.reshape(plan.shapes[c])
    if c:
        return devices
    nodes, rows = devices.shape
    return np.ascontiguousarray(devices.reshape(nodes, rows // 2, 2).transpose(2, 1, 0))


def to_steps(c, devices):
    """Return crossbar c's devices, in the shape of `Circuit.g[c]`, flat as the runtime keeps them."""
    return (devices if c else devices.transpose(2, 1, 0)).reshape(-1)
