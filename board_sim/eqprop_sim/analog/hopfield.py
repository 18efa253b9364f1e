"""The `hopfield` model on crossbars of differential pairs with amplifiers, trained in place.

A weight is a pair of devices: W = (g+ - g-) R, R the feedback resistor of the amplifier that sums a column's currents
at its virtual ground. The amplifier's rails are the model's limits. Its output drives a row of the next crossbar at +
and one at -. Driven from the columns instead and read at the rows, the same devices give a layer its feedback, through
amplifiers of a smaller R. No node loads another, so the devices' smallest conductance costs no signal. Batched, with
the sweeps and the rule of the runtime (`eqprop.hopfield`).
"""

import numpy as np

from eqprop.fixed import U_MAX
from eqprop.hopfield.planning import ONE

from .devices.devices import Device
from .devices.tiki_taka import make_array
from .recipe import dithered

# Chosen on held-out digits with few levels, spread and stuck devices
FULL_WEIGHT = 0.5
"""The weight of a pair with one device at g_on and one at g_off; larger ones make coarse and uneven weights."""

_MIDDLE = 0.3
"""Both devices of a weight of 0, in the range: low, because some devices end early."""

_SWEEPS = 200
_VERIFY = 5


class HopfieldTrainer:
    """Devices that learn a layered Hopfield network. States are in the model's unit: 1.0 is the right class's target.

    - plan: of `eqprop.plan(layers, "hopfield")`
    - devices: for each crossbar a `DeviceArray` of (2, rows, columns), the devices at + and at -, the bias row last
    - signed: g+ - g-, (rows, columns) siemens
    - feedback: how much weaker a layer feels the one above; eta: learning rates, which may change between steps
    """

    def __init__(self, plan, device=Device(), *, seed=0, rounding="read-back", full=FULL_WEIGHT, dtype=np.float32):  # noqa: B008
        """Make the devices, with spreads from `seed`, and write small random weights.

        full: weight of a pair with its devices at opposite ends.
        """
        self.plan, self.dtype = plan, np.dtype(dtype)
        streams = np.random.default_rng([seed, 2]).spawn(len(plan.shapes) + 1)
        self.device = device
        self.ohm = full / max(device.g_on - device.g_off, np.finfo(float).tiny)
        shapes = plan.shapes
        self.devices = [
            make_array(device, (2, *shape), stream, rounding, dtype)
            for shape, stream in zip(shapes, streams, strict=False)
        ]
        self.signed = [np.zeros(shape, dtype) for shape in shapes]
        self.feedback = 2.0**-plan.feedback_shift
        self.rail = plan.rail / ONE
        self.target, self.other = (target / ONE for target in plan.targets)
        # Shifts of products in the runtime's integers; an input has 7 bits after the point, all else 12
        self.eta = [2.0 ** ((12 if c else 7) - shift) for c, shift in enumerate(plan.rate_shifts)]
        random = streams[-1]
        weights = [random.uniform(-n / ONE, n / ONE, shape) for n, shape in zip(plan.initial, shapes, strict=True)]
        for each in weights:
            each[-1] = 0.0
        # Read and corrected, because a mismatch of large conductances is larger than these weights
        self._program([dithered(pair, device, random) for pair in self._pairs(weights)], _VERIFY)

    @property
    def conductances(self):
        """Return a copy of all conductances, (2, rows, columns) siemens for each crossbar."""
        return [devices.g.copy() for devices in self.devices]

    def write(self, weights, verify=0):
        """Program all devices to weights, arrays as `weights` returns them: see `DeviceArray.write`."""
        self._program(self._pairs(weights), verify)

    def _pairs(self, weights):
        """Return conductances around that of a weight of 0, (2, rows, columns) for each crossbar."""
        device = self.device
        middle = device.g_off + _MIDDLE * (device.g_on - device.g_off)
        pairs = []
        for each in weights:
            apart = np.abs(np.asarray(each, float)) / self.ohm
            low = np.maximum(middle - apart / 2, device.g_off)
            high = np.minimum(low + apart, device.g_on)
            pairs.append(np.where(np.asarray(each) > 0, (high, low), (low, high)))
        return pairs

    def _program(self, pairs, verify):
        for devices, signed, pair in zip(self.devices, self.signed, pairs, strict=True):
            devices.write(pair, verify)
            signed[...] = devices.g[0] - devices.g[1]

    def weights(self):
        """Return the weights, (rows, columns), with a row for the bias."""
        return [signed * self.dtype.type(self.ohm) for signed in self.signed]

    def free(self, x, weights=None):
        """Return (states, sums) of layers 1..L, (batch, n_l), after the free phase's sweeps from 0."""
        weights = weights or self.weights()
        states = [None] * len(weights)
        sums = [None] * len(weights)
        base = self._below(weights[0], x, U_MAX / (U_MAX + 1))
        for _ in range(self.plan.sweeps):
            for c in range(len(weights)):
                sums[c] = base if c == 0 else self._below(weights[c], states[c - 1])
                if c + 1 < len(weights) and states[c + 1] is not None:
                    sums[c] = sums[c] + self._above(weights[c + 1], states[c + 1])
                states[c] = self._clamped(c, sums[c])
        return states, sums

    def settle(self, x, nudge=0.0):
        """Return the states at rest, which the phases of learning approach: sweeps until nothing moves any more.

        nudge: added to what the outputs sum, (batch, n_L).
        """
        weights = self.weights()
        count = len(weights)
        states = [np.zeros((len(x), w.shape[1]), self.dtype) for w in weights]
        for _ in range(_SWEEPS):
            before = states[:]
            for c in range(count):
                total = self._below(weights[c], states[c - 1]) if c else self._below(weights[0], x, U_MAX / (U_MAX + 1))
                total = total + (self._above(weights[c + 1], states[c + 1]) if c + 1 < count else nudge)
                states[c] = self._clamped(c, total)
            if all((a == b).all() for a, b in zip(states, before, strict=True)):
                break
        return states

    def _below(self, weights, states, bias=1.0):
        return states @ weights[:-1] + weights[-1] * self.dtype.type(bias)

    def _above(self, weights, states):
        return (states @ weights[:-1].T) * self.dtype.type(self.feedback)

    def _clamped(self, c, sums):
        return np.clip(sums, -self.rail if c + 1 == len(self.signed) else 0, self.rail)

    def predict(self, x):
        """Return the classes (batch,) of features x (batch, n_0), -1..1."""
        return self.free(x)[0][-1].argmax(1)

    def step(self, x, labels):
        """Learn one batch: x (batch, n_0) in -1..1, labels (batch,); return the free outputs."""
        weights = self.weights()
        free, sums = self.free(x, weights)
        rows = np.arange(len(x))
        errors = np.minimum(self.other - free[-1], 0)
        errors[rows, labels] = np.maximum(self.target - free[-1][rows, labels], 0)
        errors = np.clip(errors, -self.rail, self.rail)
        plus, minus = ([*free[:-1], free[-1] + sign * errors] for sign in (1, -1))
        for states, moved in ((plus, errors), (minus, -errors)):
            for c in range(len(free) - 2, -1, -1):
                states[c] = self._clamped(c, sums[c] + self._above(weights[c + 1], moved))
                moved = states[c] - free[c]
        difference = [p - m for p, m in zip(plus, minus, strict=True)]
        mean = [(p + m) / 2 for p, m in zip(plus, minus, strict=True)]
        slower = self._slower(x)
        for c, devices in enumerate(self.devices):
            d = difference[c] * (slower if c == 0 else 1)
            change = np.empty_like(self.signed[c])
            change[:-1] = (x if c == 0 else mean[c - 1]).T @ d
            if c:
                change[:-1] += difference[c - 1].T @ mean[c]
            change[-1] = d.sum(0)
            change *= self.dtype.type(self.eta[c] / (2 * self.ohm * devices.step_s))
            devices.owed[0] += change
            devices.owed[1] -= change
            devices.pay(self.signed[c])
        return free[-1]

    def _slower(self, x):
        """Return the factor of each sample's change in the driven crossbar, (batch, 1): bright ones learn slower."""
        power = np.einsum("bi,bi->b", x, x) * U_MAX**2
        bits = np.ceil(np.log2(np.floor(power) + 1))
        return (2.0 ** -np.maximum(bits - self.plan.power_bits, 0)).astype(self.dtype)[:, None]
