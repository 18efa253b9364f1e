"""The devices of one crossbar: their states, and what pulses and time do to them."""

import numpy as np

from ..errors import check_between
from . import kernels
from .kernels import MIXED, READ_BACK, STOCHASTIC

ROUNDINGS = {"read-back": READ_BACK, "mixed": MIXED, "stochastic": STOCHASTIC}

_STEP_LEAST = 0.05  # smallest step, of the nominal one, so that no device moves the wrong way
_MOST_OWED = 100.0
"""Steps; a device that cannot follow must not collect a debt without end. Chosen on held-out digits, as the next."""

_NOISES = 3.0
"""With read-back, pulses are sent for so many standard deviations of one pulse: fewer would only answer noise."""

_NOTHING = np.zeros(0)


class DeviceArray:
    """The devices of one crossbar: an array of any shape, the last dimension its columns.

    - g: conductances now, siemens, with write noise and drift, without read noise; an array that keeps its place
    - w: states, fractions of the nominal range; w_min, w_max: each device's own range
    - stuck: bool, the devices that no longer move
    - owed: changes that are not made yet, in steps of dw_min
    - idle_s: seconds since each device's last pulse, flat; empty before the first `age`
    - spent_j: energy of all pulses so far, joules: pulse_v^2 g pulse_s each
    - gained: (columns,) siemens: what `pay` did last
    """

    def __init__(self, device, shape, seed, rounding="read-back", dtype=np.float64):
        """Make the devices, at the bottom of their ranges, with spreads drawn from `seed` (an int or a Generator).

        rounding: what happens to a change smaller than a step. "mixed": the controller keeps an accumulator for each
        device, which collects changes until they make a step (Nandakumar et al. 2020, Front. Neurosci. 14, 406).
        "read-back": so it does, and after the pulse it reads the device and subtracts what the pulse did.
        "stochastic": it keeps nothing; a change becomes a step with a probability equal to its size. For other ways see
        `tiki_taka.make_array`.
        dtype: of g, owed and w.
        """
        dtype = np.dtype(dtype).type
        self.device = device
        self.rounding = rounding
        self.random = random = np.random.default_rng(seed)
        shape = np.zeros(shape).shape
        normal = random.standard_normal
        count = int(np.prod(shape))
        self._curve = random.integers(0, max(len(device.curves), 1), shape)
        low, high = device.own_ranges()
        # A train of pulses touches one cache line; a device without levels changes with all its neighbours
        facts = np.zeros((count, 8), dtype) if device.dw_min else np.zeros((8, count), dtype).T
        views = [facts[:, at].reshape(shape) for at in range(8)]
        self.w, self.w_min, self.w_max, step_up, step_down, gamma_up, gamma_down, self._pulses = views
        self.w_min[...] = np.maximum(low[self._curve] + device.w_min_dtod * normal(shape), 0.0)
        self.w_max[...] = np.maximum(high[self._curve] + device.w_max_dtod * normal(shape), self.w_min + 0.1)
        step = device.dw_min or 0.0
        spread = 1 + device.dw_min_dtod * normal(shape)
        tilt = device.up_down_dtod * normal(shape)
        up, down = spread * (1 + min(device.up_down, 0.0)) + tilt, spread * (1 - max(device.up_down, 0.0)) - tilt
        step_up[...] = step * np.maximum(up, _STEP_LEAST)
        step_down[...] = step * np.maximum(down, _STEP_LEAST)
        for gammas, gamma in zip((gamma_up, gamma_down), device.gammas, strict=True):
            gammas[...] = np.clip(gamma + device.gamma_dtod * normal(shape), 0.0, 1.0)
        self.nu = np.maximum(device.nu + device.nu_dtod * normal(shape), 0.0)
        self.w[...] = self.w_min
        self.stuck = random.random(shape) < device.corrupt_devices_prob
        places = random.random(shape)
        self.w[self.stuck] += ((self.w_max - self.w_min) * places)[self.stuck]
        self.noise = np.zeros(shape if device.write_noise_std else (1,) * len(shape))
        self._seed = random.integers(0, 2**64, 1, np.uint64)
        self.spent_j = 0.0
        self.owed = np.zeros(shape, dtype)
        self.idle_s = np.zeros(0)
        self.g = np.zeros(shape, dtype)
        columns = shape[-1] if shape else 1
        self.gained = np.zeros(columns)
        span = device.g_on - device.g_off if device.on_off > 1 else 0.0
        self.step_s = span * (device.dw_min or 1.0)
        self._rules = kernels.Rules(
            g_off=device.g_off,
            g_span=span,
            step=device.dw_min or 1.0,
            mult_noise=device.mult_noise,
            dw_min_std=float(device.dw_min_std),
            write_noise=device.write_noise_std * (device.dw_min or 0.0),
            read_noise=float(device.read_noise_std),
            endurance=float(device.endurance),
        )
        self._controller = kernels.Controller(
            rounding=ROUNDINGS[rounding],
            trigger=dtype(max(1.0, _NOISES * device.dw_min_std) if rounding == "read-back" else 1.0),
            most_owed=_MOST_OWED,
            up=1 + min(device.up_down, 0.0),
            down=1 - max(device.up_down, 0.0),
            gamma_up=device.gammas[0],
            gamma_down=device.gammas[1],
            spread=float(device.dw_min_dtod),
            pulse_std=float(device.dw_min_std),
            write_std=float(device.write_noise_std),
        )
        self._curves = _packed(device.curves)
        pulse_noise = step * np.maximum(spread, _STEP_LEAST)
        due, places = np.zeros(-(-count // 8) * 8, np.uint8), np.zeros(count + 8, np.int64)
        flat = (self.g, self.owed, self.stuck, self.noise, self.idle_s, pulse_noise, self._curve, due, places)
        self._state = kernels.State(facts, *(each.reshape(-1) for each in flat))
        self._refresh()

    @property
    def pulses(self):
        """How many pulses each device has had: int64; a device without levels counts every change as one."""
        return self._pulses.astype(np.int64)

    def _refresh(self):
        """Compute all conductances from the states: the affine map, with write noise and drift."""
        device = self.device
        self.g[...] = self._rules.g_off + self._rules.g_span * np.maximum(self.w + self.noise, 0.0)
        if len(self.idle_s):
            self.g *= (1 + self.idle_s.reshape(self.g.shape) / device.drift_t0_s) ** -self.nu

    def read(self):
        """Return the conductances during one settle: with read noise."""
        if not self.device.read_noise_std:
            return self.g
        return self.g * np.maximum(1 + self.device.read_noise_std * self.random.standard_normal(self.w.shape), 0.01)

    def program(self, change):
        """Change the conductances by `change` siemens, as far as the devices allow, with pulses of nominal size.

        The caller knows only the nominal step, not the devices: this is learning in spite of mismatch.
        """
        if self.step_s:
            self.owed += change / self.step_s
            self.pay()

    def pay(self, signed=_NOTHING):
        """Turn what is owed into changes, in the way of `rounding`; update `gained`.

        signed: the conductances of the first half of the devices less those of the second, which it keeps up to date.
        """
        self.gained[:] = 0.0
        state, rules = self._state, self._rules
        if self.device.dw_min is None:
            spent = kernels.move(state, rules, self.gained, signed.reshape(-1))
        else:
            to = self.gained, signed.reshape(-1)
            spent = kernels.pay(self._seed, state, rules, self._curves, self._controller, *to)
        self._spend(spent)

    def pulse(self, count):
        """Apply `n` pulses to each device: whole numbers, positive for up; zeros cost nothing."""
        counts = np.broadcast_to(np.asarray(count, float), self.w.shape).reshape(-1)
        places = np.flatnonzero(counts)
        moved = np.empty(len(places))
        self._spend(kernels.trains(self._seed, self._state, self._rules, self._curves, places, counts[places], moved))

    def _spend(self, siemens):
        self.spent_j += siemens * self.device.pulse_v**2 * self.device.pulse_s

    def write(self, target, verify=0):
        """Program the devices to `target` siemens: erase them, then pulse them as if they were nominal.

        For a transfer of weights. verify: how many times to read back and correct; 0 for blind programming.
        """
        device = self.device
        self.owed[...] = 0.0
        self.w[~self.stuck] = self.w_min[~self.stuck]
        self._refresh()
        wanted = (target - device.g_off) / max(device.g_on - device.g_off, np.finfo(float).tiny)
        if device.dw_min is None:
            self.owed[...] = wanted - self.w
            self.pay()
            return
        self.pulse(np.maximum(np.rint(device.nominal_pulses(wanted)), 0))
        for _ in range(verify):
            self.pulse(np.rint((target - self.read()) / max(self.step_s, np.finfo(float).tiny)))

    def age(self, seconds):
        """Let time pass without pulses: conductances drift, states relax."""
        check_between("seconds", seconds, 0.0)
        if not len(self.idle_s):
            self.idle_s = np.zeros(self.w.size)
            self._state = self._state._replace(idle_s=self.idle_s)
        self.idle_s += seconds
        if np.isfinite(self.device.retention_s):
            self.w[...] = self.w_min + (self.w - self.w_min) * np.exp(-seconds / self.device.retention_s)
        self._refresh()


def _packed(curves):
    """Return measured curves as the kernels take them."""
    up, up_ends = _padded([curve.up for curve in curves])
    down, down_ends = _padded([curve.down for curve in curves])
    return kernels.Curves(up, up_ends, down, down_ends, np.array([curve.pulse_std for curve in curves], float))


def _padded(trains):
    """Return trains of different lengths as the rows of one array, and their lengths."""
    ends = np.array([len(train) for train in trains], np.int64)
    values = np.zeros((len(trains), ends.max(initial=0)))
    for row, train in zip(values, trains, strict=True):
        row[: len(train)] = train
    return values, ends
