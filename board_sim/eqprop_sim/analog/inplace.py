"""EqProp in place: the same rule on real devices, with real converters."""

import numpy as np

from .circuits.ideal import drive, settle
from .devices.devices import DeviceArray
from .learning import Trainer, across, across_driven
from .periphery import Periphery, rail_v


def make_devices(circuit, device, seed, rounding="mixed"):
    """Return a `DeviceArray` for each crossbar of a circuit, with spreads from `seed`."""
    seeds = np.random.default_rng(seed).spawn(len(circuit.g))
    return [DeviceArray(device, g.shape, s, rounding) for g, s in zip(circuit.g, seeds, strict=True)]


class InPlaceTrainer(Trainer):
    """Trains the devices of a circuit: it requests changes, and uses the conductances that result.

    - devices: a `DeviceArray` for each crossbar; the circuit's conductances are theirs
    """

    def __init__(self, circuit, devices, *, periphery=Periphery(), **options):  # noqa: B008 (frozen)
        """Train `circuit` through `devices`; options as for `Trainer`; its limits are the devices' own."""
        device = devices[0].device
        self.devices = devices
        self.periphery = periphery
        self.full_scale_v = rail_v(circuit)
        for name in ("g_min", "g_max"):
            options.pop(name, None)
        # Devices may reach beyond their nominal range
        super().__init__(circuit, g_min=np.finfo(np.float32).tiny, g_max=1e3 * device.g_on, **options)
        self._noisy = any(d.device.read_noise_std for d in devices)
        self.take()

    def take(self):
        """Read the devices' conductances, after a change from outside."""
        for g, devices in zip(self.circuit.g, self.devices, strict=True):
            g[...] = devices.g
        self.circuit.refresh()

    def write(self, g, verify=0):
        """Program all devices to conductances g, arrays as the circuit's: see `DeviceArray.write`."""
        for devices, target in zip(self.devices, g, strict=True):
            devices.write(np.asarray(target, float), verify)
        self.take()

    def _rest(self, x, base, nudge, start, settings):
        dac, adc = self.periphery.dac, self.periphery.adc
        if self._noisy:
            for g, devices in zip(self.circuit.g, self.devices, strict=True):
                g[...] = devices.read()
            self.circuit.follow()
        if dac.bits or dac.noise_v:
            x = dac.convert(x * self.circuit.drive_v, self.circuit.drive_v, self.random) / self.circuit.drive_v
        if self._noisy or dac.bits or dac.noise_v:
            base = drive(self.circuit, x)
        v = settle(self.circuit, base, nudge, start, settings)
        return [None, *(adc.convert(each, self.full_scale_v, self.random) for each in v[1:])]

    def _program(self, x, difference, mean, span):
        for c, devices in enumerate(self.devices):
            sums = across(self.circuit, c, difference, mean) if c else across_driven(self.circuit, x, difference, mean)
            devices.program(sums * (-self.eta[c] / span))
            self.circuit.g[c][...] = devices.g
        self.circuit.follow()
