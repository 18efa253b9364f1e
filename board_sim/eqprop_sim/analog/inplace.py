"""EqProp in place: the same rule on real devices, with real converters."""

import numpy as np

from .circuits import exponential
from .circuits.ideal import drive, settle
from .circuits.nodal import Nodal
from .circuits.wired import Wired
from .devices import kernels
from .devices.tiki_taka import make_array
from .errors import PhysicsError
from .learning import Trainer
from .periphery import Periphery, rail_v
from .steps import phases


def make_devices(circuit, device, seed, rounding="read-back"):
    """Return a `DeviceArray` for each crossbar of a circuit, with spreads from `seed`."""
    seeds = np.random.default_rng(seed).spawn(len(circuit.g))
    return [make_array(device, g.shape, s, rounding, circuit.dtype) for g, s in zip(circuit.g, seeds, strict=True)]


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
        converters = periphery.dac, periphery.adc
        self._converts = [bool(each.bits or each.noise_v) for each in converters]
        self.wired = Wired(circuit, wires, _TOLERANCE * circuit.drive_v) if wires else None
        self._shared = not self._noisy and not wires
        if self._shared:
            circuit.g = [each.g for each in devices]
        self._unsigned = np.zeros(0, circuit.dtype)
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
        if self._converts[0]:
            x = dac.convert(x * self.circuit.drive_v, self.circuit.drive_v, self.random) / self.circuit.drive_v
        if self._noisy or self._converts[0]:
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

    @property
    def _ideal(self):
        return not (self._noisy or self.wired or self.diode or any(self._converts))

    def _learn(self, phases_of, span):
        phases(*phases_of)
        self._program(phases_of[1], phases_of[-1], span)

    def _program(self, x, states, span):
        circuit = self.circuit
        difference, mean = [v[: len(x)] for v in states], [v[len(x) :] for v in states]
        signed = circuit.signed if self._shared else self._unsigned
        scale = circuit.dtype.type
        for c, devices in enumerate(self.devices):
            if not devices.step_s:
                continue
            steps = scale(self.eta[c] / span / devices.step_s)
            bias_v = scale(circuit.bias_v[c])
            if c:
                row = difference[c - 1], mean[c - 1], circuit.gain[c], circuit.offset_v[c]
                kernels.owe(devices.owed, *row, difference[c], mean[c], bias_v, steps)
            else:
                kernels.owe_driven(devices.owed, x, difference[0], mean[0], steps, scale(circuit.drive_v), bias_v)
            devices.pay(self._unsigned if c else signed)
        self._follow()

    def _follow(self):
        """Bring the circuit's derived arrays up to date with the devices."""
        circuit = self.circuit
        self._nodal = None
        if not self._shared:
            self._copy([devices.g for devices in self.devices])
            return
        self._below += self.devices[0].gained
        circuit.below[:] = self._below
        circuit.derive()
