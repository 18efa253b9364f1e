"""Kinds of device: how pulses and time really change a conductance.

A device's state w is a fraction of its nominal range, 0 at g_off and 1 at g_on = on_off * g_off: the affine map
g = g_off + (g_on - g_off) w. Names and signs are aihwkit's (Rasch et al. 2021, arXiv 2104.02184), for that range of
0..1. One pulse changes device k, at the position p = (w - w_min_k) / (w_max_k - w_min_k) of its own range, by

    up      dw_k+ (1 - gamma_up p)         (1 + dw_min_std xi)     or    dw_k+ (1 - gamma_up p) + dw_k dw_min_std xi
    down    dw_k- (1 - gamma_down (1 - p)) (1 + dw_min_std xi)     without mult_noise, down alike

    dw_k  = dw_min (1 + dw_min_dtod xi_k)
    dw_k+ = dw_k (1 + min(up_down, 0)) + dw_min up_down_dtod xi'_k
    dw_k- = dw_k (1 - max(up_down, 0)) - dw_min up_down_dtod xi'_k

with standard normal xi, drawn for each pulse, and xi_k, xi'_k, drawn once for each device; w stays in its range. The
gammas spread by gamma_dtod. ConstantStep: both gammas are 0. LinearStep: as set. SoftBounds: both 1. Curve: a measured
`PulseCurve` for each device instead.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..errors import PhysicsError, check_between
from .pulses import PulseCurve

RESPONSES = ("ConstantStep", "LinearStep", "SoftBounds", "Curve")
DEVICE_LEAST_S = 1e-15
DEVICE_MOST_S = 0.1
"""Siemens; a conductance outside this range usually has the wrong unit."""

_RATIO_MOST = 1e12
_SPREAD_MOST = 100.0  # relative
_PULSE_MOST = 1000.0  # volts, and seconds


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

    gamma_dtod: float = 0.0
    """LinearStep: device-to-device standard deviation of both gammas."""

    curves: tuple[PulseCurve, ...] = ()
    """Curve: the measured curves, of which each device gets one at random; `levels` follows from them."""

    dw_min_dtod: float = 0.0
    """Device-to-device spread of the step, relative standard deviation."""

    dw_min_std: float = 0.0
    """Cycle-to-cycle spread of the step, relative standard deviation."""

    mult_noise: bool = True
    """Whether that spread is relative to the step at the device's state, or to dw_min everywhere."""

    up_down: float = 0.0
    """Asymmetry: by how much downward steps are smaller than dw_min; if negative, upward steps. Relative."""

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
        if (self.response == "Curve") != bool(self.curves):
            raise PhysicsError(f"response: {self.response!r} with{'' if self.curves else 'out'} a curve")
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
        self._check_effects()

    def _check_effects(self):
        """Raise PhysicsError for a field that does nothing to such a device."""
        missing = [
            ("levels", self.levels is not None and bool(self.curves), "a measured curve has its own: leave it out"),
            *((name, self.dw_min is None, "set levels too") for name in _OF_STEPS),
            *((name, self.response != "LinearStep", "set response=LinearStep too") for name in _OF_SLOPES),
            ("mult_noise", not self.dw_min_std, "set dw_min_std too"),
            ("drift_t0_s", not self.nu and not self.nu_dtod, "set nu too"),
        ]
        for name, idle, cure in missing:
            if idle and getattr(self, name) != type(self).__dataclass_fields__[name].default:
                raise PhysicsError(f"{name}: {getattr(self, name)!r} does nothing here: {cure}")

    @property
    def g_off(self):
        """Smallest conductance, siemens."""
        return self.g_on / self.on_off

    @property
    def floor(self):
        """The devices' mean smallest conductance, as a fraction of g_on."""
        lowest = self.w_min_dtod / np.sqrt(2 * np.pi)  # mean of a normal spread of which values below 0 count as 0
        return lowest + (1 - lowest) / self.on_off

    @property
    def dw_min(self):
        """The nominal step as a fraction of the range; None for a device that takes any value."""
        if self.curves:
            return 1.0 / float(np.mean([curve.pulses for curve in self.curves]))
        return None if self.levels is None else 1.0 / (self.levels - 1)

    @property
    def gammas(self):
        """The fractions by which the steps up and down shrink from one end of the range to the other."""
        return {"ConstantStep": (0.0, 0.0), "SoftBounds": (1.0, 1.0)}.get(
            self.response, (self.gamma_up, self.gamma_down)
        )

    def own_ranges(self):
        """Return the lower and upper ends of the range of a device with each curve, without spreads."""
        low, high = ([getattr(curve, end) for curve in self.curves] for end in ("low", "high"))
        return np.array(low or [0.0]), np.array(high or [1.0])

    def nominal_pulses(self, wanted):
        """Return how many upward pulses, not rounded, bring a nominal device from 0 to `wanted` of its range."""
        if self.curves:
            each = [curve.pulses_up((wanted - curve.low) / (curve.high - curve.low)) for curve in self.curves]
            return np.mean(each, axis=0)
        gamma = self.gammas[0]
        step = self.dw_min * (1 + min(self.up_down, 0.0))
        wanted = np.clip(wanted, 0.0, 1.0)
        if not gamma:
            return wanted / step
        reach = np.minimum(gamma * wanted, 1 - gamma * step / 2)
        return np.log1p(-reach) / np.log1p(-min(gamma * step, 0.999))

    def varied(self, **changes):
        """Return the same device with some fields changed."""
        return replace(self, **changes)


_SPREADS = (
    "gamma_dtod",
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

_OF_STEPS = (
    "response",
    "dw_min_dtod",
    "dw_min_std",
    "up_down",
    "up_down_dtod",
    "write_noise_std",
)
"""The fields that say what a pulse does, which only devices with levels receive."""

_OF_SLOPES = ("gamma_up", "gamma_down", "gamma_dtod")
