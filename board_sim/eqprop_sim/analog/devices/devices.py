"""Devices of a crossbar: how pulses and time really change a conductance.

A device's state w is a fraction of its nominal range, 0 at g_off and 1 at g_on = on_off * g_off: the affine map
g = g_off + (g_on - g_off) w. Names are aihwkit's (Rasch et al. 2021, arXiv 2104.02184), for that range of 0..1.
One pulse changes device k, at the position p = (w - w_min_k) / (w_max_k - w_min_k) of its own range, by

    up      dw_k+ (1 - gamma_up p)         (1 + dw_min_std xi)
    down    dw_k- (1 - gamma_down (1 - p)) (1 + dw_min_std xi)        dw_k+- = dw_min (1 + dw_min_dtod xi_k)
                                                                               (1 +- (up_down + up_down_dtod xi'_k))

with standard normal xi, drawn for each pulse, and xi_k, xi'_k, drawn once for each device; w stays in its range.
ConstantStep: both gammas are 0. LinearStep: as set. SoftBounds: both 1. Curve: a measured `PulseCurve` instead.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..errors import PhysicsError, check_between
from .pulses import PulseCurve

RESPONSES = ("ConstantStep", "LinearStep", "SoftBounds", "Curve")
ROUNDINGS = ("mixed", "stochastic")
DEVICE_LEAST_S = 1e-15
DEVICE_MOST_S = 0.1
"""Siemens; a conductance outside this range usually has the wrong unit."""

_RATIO_MOST = 1e12
_SPREAD_MOST = 100.0  # relative
_PULSE_MOST = 1000.0  # volts, and seconds
_STEP_LEAST = 0.05  # smallest step, of the nominal one, so that no device moves the wrong way


@dataclass(frozen=True)
class Device:
    """A kind of device. The default is ideal: it takes any conductance in its range at once."""

    g_on: float = 1e-4
    """Largest conductance, siemens."""

    on_off: float = 1e4
    """Ratio of largest to smallest conductance."""

    levels: int | None = None
    """Conductances from g_off to g_on that equal pulses reach, 2 or more; None: any. dw_min = 1 / (levels - 1)."""

    response: str = "ConstantStep"
    """How the step depends on the state: one of RESPONSES."""

    gamma_up: float = 0.0
    """LinearStep: the fraction by which the upward step shrinks at the top of the range, 0..1."""

    gamma_down: float = 0.0
    """LinearStep: the same for the downward step, at the bottom."""

    curve: PulseCurve | None = None
    """Curve: the measured curve; `levels` follows from it."""

    dw_min_dtod: float = 0.0
    """Device-to-device spread of the step, relative standard deviation."""

    dw_min_std: float = 0.0
    """Cycle-to-cycle spread of the step, relative standard deviation."""

    up_down: float = 0.0
    """Asymmetry: how much larger upward steps are, and how much smaller downward steps, than dw_min; relative."""

    up_down_dtod: float = 0.0
    """Device-to-device standard deviation of `up_down`."""

    w_max_dtod: float = 0.0
    """Device-to-device spread of the top of the range, relative to the nominal range."""

    w_min_dtod: float = 0.0
    """Device-to-device spread of the bottom of the range, relative to the nominal range; values below 0 count as 0."""

    write_noise_std: float = 0.0
    """Noise that each write adds to the conductance, without memory; standard deviation in steps of dw_min."""

    read_noise_std: float = 0.0
    """Noise of the conductance from one settle to the next, relative standard deviation."""

    corrupt_devices_prob: float = 0.0
    """Probability that a device is stuck, anywhere in its range."""

    nu: float = 0.0
    """Drift: a conductance falls as (1 + t / drift_t0_s)**-nu with the time t since its last pulse."""

    nu_dtod: float = 0.0
    """Device-to-device standard deviation of `nu`."""

    drift_t0_s: float = 1.0
    """Seconds after a pulse at which drift begins to show."""

    retention_s: float = np.inf
    """Time constant with which the state relaxes to its bottom, seconds."""

    endurance: float = np.inf
    """Pulses after which a device no longer moves."""

    pulse_v: float = 1.0
    """Amplitude of a programming pulse, volts; for the energy it costs."""

    pulse_s: float = 100e-9
    """Length of a programming pulse, seconds."""

    source: str = "none: an ideal device"
    """The source of these figures."""

    def __post_init__(self):
        tiny = float(np.finfo(np.float32).tiny)
        check_between("g_on", self.g_on, DEVICE_LEAST_S, DEVICE_MOST_S)
        check_between("on_off", self.on_off, 1.0, _RATIO_MOST)
        if self.response not in RESPONSES:
            raise PhysicsError(f"response: {self.response!r} is not one of {', '.join(RESPONSES)}")
        if (self.response == "Curve") != (self.curve is not None):
            raise PhysicsError(f"response: {self.response!r} with{'out' if self.curve is None else ''} a curve")
        if self.levels is not None:
            if self.levels != int(self.levels):
                raise PhysicsError(f"levels: {self.levels!r} is not a whole number")
            check_between("levels", self.levels, 2)
        for name in ("gamma_up", "gamma_down", "corrupt_devices_prob"):
            check_between(name, getattr(self, name), 0.0, 1.0)
        for name in _SPREADS:
            check_between(name, getattr(self, name), 0.0, _SPREAD_MOST)
        check_between("up_down", self.up_down, -0.9, 0.9)
        for name in ("drift_t0_s", "retention_s", "endurance"):
            check_between(name, getattr(self, name), tiny)
        for name in ("pulse_v", "pulse_s"):
            check_between(name, getattr(self, name), tiny, _PULSE_MOST)

    @property
    def g_off(self):
        """Smallest conductance, siemens."""
        return self.g_on / self.on_off

    @property
    def dw_min(self):
        """The nominal step as a fraction of the range; None for a device that takes any value."""
        if self.curve is not None:
            return 1.0 / self.curve.pulses
        return None if self.levels is None else 1.0 / (self.levels - 1)

    def varied(self, **changes):
        """Return the same device with some fields changed."""
        return replace(self, **changes)


_SPREADS = (
    "dw_min_dtod",
    "dw_min_std",
    "up_down_dtod",
    "w_max_dtod",
    "w_min_dtod",
    "write_noise_std",
    "read_noise_std",
    "nu",
    "nu_dtod",
)


class DeviceArray:
    """The devices of one crossbar: an array of any shape.

    - g: conductances now, siemens, without read noise
    - stuck: bool, the devices that no longer move
    - pulses: int64, pulses of each device; a device without levels counts every change as one
    - spent_j: energy of all pulses so far, joules: pulse_v^2 g pulse_s each
    """

    def __init__(self, device, shape, seed, rounding="mixed"):
        """Make the devices, at the bottom of their ranges, with spreads drawn from `seed` (an int or a Generator).

        rounding: what happens to a change smaller than a step. "mixed": a digital accumulator for each device collects
        changes until they make a step (Nandakumar et al. 2020, Front. Neurosci. 14, 406). "stochastic": it becomes a
        step with a probability equal to its size.
        """
        self.device = device
        self.rounding = rounding
        self.random = random = np.random.default_rng(seed)
        normal = random.standard_normal
        self.w_min = np.maximum(device.w_min_dtod * normal(shape), 0.0)
        self.w_max = np.maximum(1 + device.w_max_dtod * normal(shape), self.w_min + 0.1)
        spread = np.maximum(1 + device.dw_min_dtod * normal(shape), _STEP_LEAST)
        tilt = np.clip(device.up_down + device.up_down_dtod * normal(shape), -1 + _STEP_LEAST, 1 - _STEP_LEAST)
        step = device.dw_min or 0.0
        self.step_up, self.step_down = step * spread * (1 + tilt), step * spread * (1 - tilt)
        self.nu = np.maximum(device.nu + device.nu_dtod * normal(shape), 0.0)
        self.w = self.w_min.copy()
        self.stuck = random.random(shape) < device.corrupt_devices_prob
        places = random.random(shape)
        self.w[self.stuck] += ((self.w_max - self.w_min) * places)[self.stuck]
        self.noise = np.zeros(shape)
        self.pulses = np.zeros(shape, np.int64)
        self.spent_j = 0.0
        self.owed = np.zeros(shape)
        self.idle_s = np.zeros(shape)

    @property
    def g(self):
        """Conductances, siemens: the affine map of the states, with write noise and drift."""
        device = self.device
        g = device.g_off + (device.g_on - device.g_off) * np.maximum(self.w + self.noise, 0.0)
        if device.nu or device.nu_dtod:
            g = g * (1 + self.idle_s / device.drift_t0_s) ** -self.nu
        return g

    def read(self):
        """Return the conductances during one settle: with read noise."""
        if not self.device.read_noise_std:
            return self.g
        return self.g * np.maximum(1 + self.device.read_noise_std * self.random.standard_normal(self.w.shape), 0.01)

    def program(self, change):
        """Change the conductances by `change` siemens, as far as the devices allow, with pulses of nominal size.

        The caller knows only the nominal step, not the devices: this is learning in spite of mismatch.
        """
        device = self.device
        change = change / (device.g_on - device.g_off) if device.on_off > 1 else np.zeros_like(change)
        if device.dw_min is None:
            moved = ~self.stuck & (change != 0)
            self.w = np.where(moved, np.clip(self.w + change, self.w_min, self.w_max), self.w)
            self._written(moved, 1)
            return
        change /= device.dw_min
        if self.rounding == "mixed":
            self.owed += change
            count = np.trunc(self.owed)
            self.owed -= count
        else:
            count = np.floor(change + self.random.random(change.shape))
        self.pulse(count)

    def pulse(self, count):
        """Apply `n` pulses to each device: whole numbers, positive for up; zeros cost nothing."""
        at = np.nonzero((count != 0) & ~self.stuck)
        n = np.abs(count[at])
        up = np.greater(count[at], 0)
        self.w[at] = self._moved(at, n, up)
        mask = np.zeros(self.w.shape, bool)
        mask[at] = True
        self._written(mask, n.astype(np.int64))

    def _moved(self, at, n, up):
        """Return the states of the devices `at` after n pulses each."""
        device = self.device
        low, high, w = self.w_min[at], self.w_max[at], self.w[at]
        span = high - low
        jitter = 1 + device.dw_min_std * self.random.standard_normal(n.shape) / np.sqrt(n)
        step = np.where(up, self.step_up[at], self.step_down[at]) / span
        position = (w - low) / span
        if device.curve is not None:
            ideal = device.curve.after(position, np.where(up, n, -n) * step * device.curve.pulses)
            moved = position + (ideal - position) * jitter
        else:
            gammas = {"ConstantStep": (0.0, 0.0), "SoftBounds": (1.0, 1.0)}
            gamma_up, gamma_down = gammas.get(device.response, (device.gamma_up, device.gamma_down))
            gone = np.where(up, position, 1 - position)
            # Pulse by pulse: gone += step * (1 - gamma * gone), in closed form
            gamma = gamma_down + up * (gamma_up - gamma_down)
            safe = np.where(gamma > 0, gamma, 1.0)
            curved = (1 - (1 - gamma * gone) * np.maximum(1 - gamma * step, 0.0) ** n) / safe - gone
            gone = gone + np.where(gamma > 0, curved, n * step) * jitter
            moved = np.where(up, gone, 1 - gone)
        return low + span * np.clip(moved, 0.0, 1.0)

    def _written(self, mask, pulses):
        """Count the pulses of devices that were written, draw their write noise, restart their drift, wear them."""
        device = self.device
        self.pulses[mask] += pulses
        if device.write_noise_std and device.dw_min:
            noise = device.write_noise_std * device.dw_min * self.random.standard_normal(self.w.shape)
            self.noise = np.where(mask, noise, self.noise)
        self.idle_s[mask] = 0.0
        self.spent_j += float((pulses * self.g[mask]).sum()) * device.pulse_v**2 * device.pulse_s
        if np.isfinite(device.endurance):
            self.stuck |= self.pulses >= device.endurance

    def write(self, target, verify=0):
        """Program the devices to `target` siemens: erase them, then pulse them as if they were nominal.

        For a transfer of weights. verify: how many times to read back and correct; 0 for blind programming.
        """
        device = self.device
        self.w = np.where(self.stuck, self.w, self.w_min)
        self.owed[...] = 0.0
        wanted = (target - device.g_off) / max(device.g_on - device.g_off, np.finfo(float).tiny)
        if device.dw_min is None:
            self.w = np.where(self.stuck, self.w, np.clip(wanted, self.w_min, self.w_max))
            self._written(~self.stuck, 1)
            return
        if device.curve is not None:
            count = np.rint(device.curve.pulses_up(wanted))
        else:
            count = np.rint(self._nominal_pulses(wanted))
        self.pulse(np.maximum(count, 0))
        for _ in range(verify):
            missing = (target - self.g) / (device.g_on - device.g_off)
            self.pulse(np.rint(missing / device.dw_min))

    def _nominal_pulses(self, wanted):
        """Return how many upward pulses, not rounded, bring a nominal device from 0 to `wanted` of its range."""
        device = self.device
        gamma = {"ConstantStep": 0.0, "SoftBounds": 1.0}.get(device.response, device.gamma_up)
        step = device.dw_min * (1 + device.up_down)
        wanted = np.clip(wanted, 0.0, 1.0)
        if not gamma:
            return wanted / step
        reach = np.minimum(gamma * wanted, 1 - gamma * step / 2)
        return np.log1p(-reach) / np.log1p(-min(gamma * step, 0.999))

    def age(self, seconds):
        """Let time pass without pulses: conductances drift, states relax."""
        check_between("seconds", seconds, 0.0)
        self.idle_s += seconds
        if np.isfinite(self.device.retention_s):
            self.w = self.w_min + (self.w - self.w_min) * np.exp(-seconds / self.device.retention_s)
