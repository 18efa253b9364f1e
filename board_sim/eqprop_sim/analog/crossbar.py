"""The analog crossbar with the runtime's contract (`eqprop.crossbar`): the board's own learner drives it unchanged.

The learner reads codes: int16 node voltages in the plan's scale, as from an ADC, and uint16 conductances in units of
1 / G_MAX of the device's g_on. Everything between two readings is analog: volts, siemens and their imperfections.
"""

from dataclasses import dataclass

import numpy as np

import eqprop
from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.crossbar.external import ExternalCrossbar
from eqprop.crossbar.kernels.plain import highest, set_nudge
from eqprop.fixed import G_MAX, U_MAX, V_MAX
from eqprop.network import parts

from .circuits.circuit import Circuit, from_steps, initial_steps, to_steps, volts_per_code
from .circuits.ideal import Settings, drive, settle
from .circuits.wired import Wired
from .circuits.wires import Wires
from .devices.devices import Device
from .devices.tiki_taka import check_rounding
from .energy import power
from .errors import PhysicsError, check_between
from .inplace import make_devices
from .learning import across, across_driven, plan_rates
from .periphery import Periphery, rail_v
from .recipe import Recipe, dithered

_TOLERANCE = 1e-9
"""How exactly node voltages are solved with resistive lines, of `drive_v`."""

DRIVE_V = (1e-6, 1000.0)
"""The range of `Hardware.drive_v`: lower voltages drown in noise, higher ones destroy devices."""


@dataclass(frozen=True)
class Hardware:
    """The parts of a simulated chip."""

    device: Device = Device()
    """The device at every crossing."""

    periphery: Periphery = Periphery()
    """The circuits around the crossbars."""

    wires: Wires | None = None
    """Line resistance; None for perfect lines."""

    drive_v: float = 1.0
    """The voltage of a row at full scale, volts."""

    rounding: str = "read-back"
    """How changes become pulses: one of `tiki_taka.WAYS`."""

    verify: int = 0
    """How many times conductances written from outside are read back and corrected."""

    recipe: Recipe = Recipe()
    """How training differs from the runtime's plan."""

    def __post_init__(self):
        check_between("drive_v", self.drive_v, *DRIVE_V)
        check_rounding(self.rounding)
        for name in ("rounding", "verify") if self.device.dw_min is None else ():
            if getattr(self, name) != getattr(type(self), name):
                raise PhysicsError(f"{name}: {getattr(self, name)!r} does nothing here: set levels too")
        if self.verify != int(self.verify) or self.verify < 0:
            raise PhysicsError(f"verify: {self.verify!r} is not a whole number of 0 or more")


class AnalogCrossbar(ExternalCrossbar):
    """The verbs of `eqprop.crossbar.emulated` on a simulated analog chip, one sample at a time, float64.

    - circuit: its conductances are those of `devices`, one `DeviceArray` for each crossbar
    - settles: operating points computed so far
    - full_scale_v: full scale of the nodes' ADCs
    - currents: currents into the outputs, int32, in the plan's unit
    """

    tier = "analog"

    def __init__(self, plan, hardware=Hardware(), seed=0):  # noqa: B008 (frozen)
        """Make the chip of a runtime's `plan`.

        seed: for the initial conductances, which equal the runtime's but for the recipe, and for all spreads and noise.
        """
        super().__init__(plan)
        self.hardware = hardware
        device = hardware.device
        streams = np.random.default_rng(seed).spawn(3)
        self.circuit = circuit = Circuit.from_plan(plan, seed=seed, g_on=device.g_on, drive_v=hardware.drive_v)
        hardware.periphery.spread(circuit, streams[0])
        wires = hardware.wires
        self._wired = Wired(circuit.copy(), wires, _TOLERANCE * hardware.drive_v) if wires else None
        self.devices = make_devices(circuit, device, streams[1], hardware.rounding)
        self.settles = 0
        self._random = streams[2]
        self._volt = volts_per_code(plan, hardware.drive_v)
        self.full_scale_v = rail_v(circuit)
        self._siemens = device.g_on / G_MAX
        self._currents = np.frombuffer(self.currents, np.int32)
        self._codes = [[np.zeros(n, np.int16) for n in self._widths()] for _ in (FREE, PLUS, MINUS)]
        self._volts: list = [None, None, None]
        self._free = None
        self._wanted = [g.astype(np.uint16) for g in hardware.recipe.initial(initial_steps(plan, seed), G_MAX)]
        self._dither = hardware.recipe.dithered
        self._noisy = bool(device.read_noise_std)
        self._given = [True] * len(self._wanted)
        self.refresh()

    def _widths(self):
        """Return how many voltages a learner reads from each layer; those of hidden layers end with their bias pair."""
        return [n + 2 for n in self.plan.layers[1:-1]] + [self.plan.layers[-1]]

    def refresh(self):
        """Program the restored conductances, and read those that result."""
        for c, devices in enumerate(self.devices):
            if self._given[c]:
                target = from_steps(self.plan, c, self._wanted[c]).astype(float) * self._siemens
                if self._dither:
                    target = dithered(target, self.hardware.device, self._random)
                devices.write(target, self.hardware.verify)
                self._given[c] = False
            self.circuit.g[c][...] = devices.g
        self._dither = False
        self.circuit.refresh()
        if self._wired:
            self._wired.follow(self.circuit.g)

    def settle(self, x):
        """Free phase: put features `x` (int8, or their bytes) on the row pairs, through the DACs, and settle from 0 V.

        Returns the first of the highest outputs. Raises TypeError for anything but a buffer, ValueError for a wrong
        number of features.

        On perfect hardware the codes equal the runtime's up to rounding. One relaxation of the runtime misses a node's
        voltage by at most, in codes, with n rows below (driven ones: active inputs) and m columns above,

            e = 1/2 + 1 + (n + m + 2) 2**scale / total + (|v| + 8) / 2**13

        (total: the node's conductance in steps; scale: the plan's, for its layer). A node's error also includes its
        neighbours' errors, weighted by their shares of its conductance.
        """
        try:
            codes = np.frombuffer(x, np.int8)
        except (TypeError, ValueError):
            self.check(x)
            raise
        if len(codes) != self.features:
            self.check(codes.tobytes())
        full = self.circuit.drive_v
        volts = np.maximum(codes, -U_MAX)[None] * (full / U_MAX)
        self._x = self.hardware.periphery.dac.convert(volts, full, self._random) / full
        self._free = None
        self._free = self._rest(FREE, None)
        return highest(self._codes[FREE][-1], self.classes)

    def set_nudge(self, label):
        """Set `currents` to pull the free outputs to the plan's targets; return the loss (`plain.set_nudge`).

        Raises ValueError for a label without an output.
        """
        self.check_label(label)
        plan = self.plan
        codes = self._codes[FREE][-1].tolist()
        wanted = [0] * len(codes)
        loss = set_nudge(codes, plan.targets, label, plan.beta, plan.scales[-1] - 2, wanted)
        self._currents[:] = wanted
        return loss

    def nudge(self, phase):
        """Nudged phase PLUS or MINUS: settle from the free state with `currents` into, or out of, the output nodes.

        Raises ValueError for another phase.
        """
        self.check_phase(phase)
        # A current's unit is a step times a code over 2**scale
        recipe = self.hardware.recipe
        unit = 2.0 ** self.plan.scales[-1] * self._siemens * self._volt
        amperes = self._currents * (unit * recipe.target * recipe.nudge * recipe.fill)
        self._rest(phase, amperes[None] if phase == PLUS else -amperes[None])

    def _rest(self, phase, nudge):
        """Settle from the free state, read the nodes into the phase's volts and codes, and return the volts."""
        circuit = self.circuit
        if self._noisy:
            for g, devices in zip(circuit.g, self.devices, strict=True):
                g[...] = devices.read()
            circuit.follow()
            if self._wired:
                self._wired.follow(circuit.g)
        if self._wired:
            v = self._wired.settle(self._x, nudge, self._free, Settings(self.plan.sweeps))
        else:
            v = settle(circuit, drive(circuit, self._x), nudge, self._free, Settings(self.plan.sweeps))
        self.settles += 1
        adc = self.hardware.periphery.adc
        self._volts[phase] = [None, *(adc.convert(each, self.full_scale_v, self._random) for each in v[1:])]
        for layer, n in enumerate(self.plan.layers[1:], 1):
            last = layer == len(self.plan.layers) - 1
            # The learner knows the plan's targets
            codes = np.rint(self._volts[phase][layer][0] / (self._volt * (self.hardware.recipe.target if last else 1)))
            self._codes[phase][layer - 1][:n] = np.clip(codes, -V_MAX, V_MAX)
            if not last:
                self._codes[phase][layer - 1][n:] = self.plan.bias, -self.plan.bias
        return v

    def voltages(self, layer, phase):
        """Return the codes of layer 1..L in that phase: int16, valid until the next settle; bias pair last."""
        return self._codes[phase][layer - 1]

    def program(self):
        """Ask every device for the change that follows from PLUS and MINUS, at its crossbar's rate_shift."""
        recipe = self.hardware.recipe
        plus, minus = self._volts[PLUS], self._volts[MINUS]
        difference = [None, *(p - m for p, m in zip(plus[1:], minus[1:], strict=True))]
        mean = [None, *((p + m) / 2 for p, m in zip(plus[1:], minus[1:], strict=True))]
        for c, (devices, factor) in enumerate(zip(self.devices, plan_rates(self.plan, self.rate_shifts), strict=True)):
            circuit = self.circuit
            sums = across(circuit, c, difference, mean) if c else across_driven(circuit, self._x, difference, mean)
            factor *= recipe.rate(c) * recipe.fill / recipe.nudge
            devices.program(sums * (-factor * self._siemens / self._volt**2))
            circuit.g[c][...] = devices.g
        self.circuit.follow()
        if self._wired:
            self._wired.follow(self.circuit.g)

    def age(self, seconds):
        """Let time pass without pulses: conductances drift, states relax."""
        for c, devices in enumerate(self.devices):
            devices.age(seconds)
            self.circuit.g[c][...] = devices.g
        self.circuit.refresh()
        if self._wired:
            self._wired.follow(self.circuit.g)

    def power(self, phase):
        """Return the watts that the conductances dissipate in a phase."""
        return float(power(self.circuit, self._x, self._volts[phase])[0])

    @property
    def pulses_j(self):
        """Joules of all programming pulses so far."""
        return sum(devices.spent_j for devices in self.devices)

    def conductances(self, c):
        """Return crossbar c's conductances in steps, flat as in `plan.shapes`: uint16, a copy, clipped to G_MAX."""
        steps = np.rint(self.devices[c].g / self._siemens)
        return to_steps(c, np.minimum(steps, G_MAX).astype(np.uint16))

    def restore(self, c, start, data):
        """Take little-endian uint16 conductances from device `start` of crossbar c on; `refresh` programs them.

        The devices may then hold other values: blind programming misses. Raises ValueError, changing nothing, for data
        that do not fit the crossbar or are outside g_min..g_max.
        """
        steps = np.frombuffer(data, "<u2") if len(data) % 2 == 0 else None
        size = len(self._wanted[c])
        if steps is None or start < 0 or start + len(steps) > size:
            raise ValueError(f"restore: {len(data)} bytes at {start} of {size} devices")
        low, high = self.plan.g_min, self.plan.g_max
        if len(steps) and not low <= steps.min() <= steps.max() <= high:
            wrong = steps[(steps < low) | (steps > high)][0]
            raise ValueError(f"restore: conductance {wrong} is not in {low}..{high}")
        if not self._given[c]:
            self._wanted[c] = np.clip(self.conductances(c), low, high)
            self._given[c] = True
        self._wanted[c][start : start + len(steps)] = steps


class AnalogNetwork(eqprop.Network):
    """`eqprop.Network` whose crossbar is a simulated analog chip: the same learner, service and link."""

    hardware = Hardware()
    """The chip's hardware; a subclass, or `on`, sets its own."""

    @classmethod
    def on(cls, hardware):
        """Return a network class on a chip of that hardware, for code that builds networks."""
        return type(cls.__name__, (cls,), {"hardware": hardware})

    def parts(self, model=None, bits=16):
        """As `eqprop.network.parts`, with the simulated chip, which is resistive: ValueError for another model."""
        if model not in (None, "resistive"):
            raise ValueError(f"model: a simulated chip is resistive, got {model!r}")
        return parts("resistive", bits)[0], lambda plan, _allocate, seed: AnalogCrossbar(plan, self.hardware, seed)

    def warm_up(self):
        """Do nothing: this network has no kernels to compile."""

    def learn_all(self, x, y):
        """Learn samples in order; return (correct predictions, total loss), both before learning each sample.

        x: int8 (samples, inputs). y: labels, integers (samples,); or, once `regress` was called, targets, int16
        (samples, outputs), of which no prediction is correct.
        """
        correct = loss = 0
        for row, wanted in zip(x, y, strict=True):
            if self.regression:
                self.learn(row.tobytes(), wanted.tolist())
            else:
                self.learn(row.tobytes(), int(wanted))
                correct += int(self.prediction == wanted)
            loss += self.loss
        return correct, loss

    def infer_all(self, x):
        """Return (classes int64 (samples,), output codes int16 (samples, outputs)) of x, int8 (samples, inputs)."""
        classes, outputs = np.zeros(len(x), np.int64), np.zeros((len(x), self.layers[-1]), np.int16)
        for n, row in enumerate(x):
            classes[n] = self.infer(row.tobytes())
            outputs[n] = self.outputs
        return classes, outputs
