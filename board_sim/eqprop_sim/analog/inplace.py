"""EqProp in place: the same rule on real devices, with real converters."""

import numpy as np

from .circuits import exponential
from .circuits.ideal import drive, settle
from .circuits.nodal import Nodal
from .circuits.wired import Wired
from .devices import kernels
from .devices.array import DeviceArray
from .errors import PhysicsError
from .learning import Trainer
from .periphery import Periphery, rail_v


def make_devices(circuit, device, seed, rounding="read-back"):
    """Return a `DeviceArray` for each crossbar of a circuit, with spreads from `seed`."""
    seeds = np.random.default_rng(seed).spawn(len(circuit.g))
    return [DeviceArray(device, g.shape, s, rounding, circuit.dtype) for g, s in zip(circuit.g, seeds, strict=True)]


_TOLERANCE = 1e-5
"""How exactly node voltages are solved with resistive lines, of `drive_v`."""


class InPlaceTrainer(Trainer):
    """Trains the devices of a circuit: it requests changes, and uses the conductances that result.

    - devices: a `DeviceArray` for each crossbar; the circuit's conductances are theirs, or what lines leave of them
    """

    def __init__(self, circuit, devices, *, periphery=Periphery(), wires=None, diode=None, **options):  # noqa: B008
        """Train `circuit` through `devices`; options as for `Trainer`; its limits are the devices' own.

        wires: resistance of the lines, `Wires`, or None. The controller does not know of it: it computes changes from
        the voltages at the lines' ends. diode: the exponential `Diode` at every node's limit, or None for ideal ones;
        see `exponential.refer` for the limits.
        """
        if wires and diode:
            raise PhysicsError("wires, diode: resistive lines are solved with ideal diodes alone: leave one out")
        self.diode = diode
        device = devices[0].device
        self.devices = devices
        self.periphery = periphery
        self.full_scale_v = rail_v(circuit)
        for name in ("g_min", "g_max"):
            options.pop(name, None)
        # Devices may reach beyond their nominal range
        super().__init__(circuit, g_min=np.finfo(np.float32).tiny, g_max=1e3 * device.g_on, **options)
        self._noisy = any(d.device.read_noise_std for d in devices)
        self.wired = Wired(circuit, wires, _TOLERANCE * circuit.drive_v) if wires else None
        self._shared = not self._noisy and not wires
        if self._shared:
            circuit.g = [each.g for each in devices]
        self.take()

    def take(self):
        """Read the devices' conductances, after a change from outside."""
        self._nodal = None
        if not self._shared:
            self._copy([devices.g for devices in self.devices])
        self.circuit.refresh()
        self._below = self.circuit.g[0].sum((0, 1), dtype=np.float64)

    def _copy(self, g):
        """Give the circuit conductances g, or what the lines leave of them."""
        self._nodal = None
        if self.wired:
            self.wired.follow(g)
            return
        for own, each in zip(self.circuit.g, g, strict=True):
            own[...] = each
        self.circuit.follow()

    def write(self, g, verify=0):
        """Program all devices to conductances g, arrays as the circuit's: see `DeviceArray.write`."""
        for devices, target in zip(self.devices, g, strict=True):
            devices.write(np.asarray(target, float), verify)
        self.take()

    def _rest(self, x, base, nudge, start, settings):
        dac, adc = self.periphery.dac, self.periphery.adc
        if self._noisy:
            self._copy([devices.read() for devices in self.devices])
        if dac.bits or dac.noise_v:
            x = dac.convert(x * self.circuit.drive_v, self.circuit.drive_v, self.random) / self.circuit.drive_v
        if self._noisy or dac.bits or dac.noise_v:
            base = drive(self.circuit, x)
        if self.diode:
            nodal = self._nodal = self._nodal or Nodal(self.circuit)
            found, _ = exponential.settle(nodal, nodal.source(x, 0.0 if nudge is None else nudge), self.diode)
            v = nodal.layers(found.astype(self.circuit.dtype))
        elif self.wired:
            v = self.wired.settle(x, nudge, start, settings)
        else:
            v = settle(self.circuit, base, nudge, start, settings)
        return [None, *(adc.convert(each, self.full_scale_v, self.random) for each in v[1:])]

    def _program(self, x, difference, mean, span):
        for c, devices in enumerate(self.devices):
            if devices.step_s:
                owe = self._owe if c else self._owe_driven
                owe(c, x, difference, mean, self.circuit.dtype.type(self.eta[c] / span / devices.step_s))
                devices.pay()
        self._follow()

    def _owe(self, c, _x, difference, mean, steps):
        """Owe the devices of crossbar c >= 1 what the rule asks; steps: of a device for D M of 1 V^2."""
        circuit = self.circuit
        rows = difference[c] * circuit.gain[c], circuit.rows(c, mean[c])
        bias_v = circuit.dtype.type(circuit.bias_v[c])
        kernels.owe(self.devices[c].owed, *rows, difference[c + 1], mean[c + 1], bias_v, steps)

    def _owe_driven(self, c, x, difference, mean, steps):
        """Owe the driven devices of crossbar 0 what the rule asks."""
        circuit, owed = self.circuit, self.devices[c].owed
        difference, mean = difference[1] * steps, mean[1]
        constant = np.einsum("bj,bj->j", difference, mean)
        bias = circuit.dtype.type(circuit.bias_v[0]) * difference.sum(0)
        kernels.owe_driven(owed, x, difference * circuit.dtype.type(circuit.drive_v), constant, bias)

    def _follow(self):
        """Bring the circuit's derived arrays up to date with the devices."""
        circuit = self.circuit
        self._nodal = None
        if not self._shared:
            self._copy([devices.g for devices in self.devices])
            return
        driven = self.devices[0]
        kernels.sign(circuit.g[0], driven.changed, circuit.signed)
        self._below += driven.gained
        circuit.below = self._below.astype(circuit.dtype)
        circuit.derive()
