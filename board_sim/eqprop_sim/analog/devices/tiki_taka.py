"""Tiki-Taka: a second, fast device at every crossing collects the changes, so the controller reads no pulse back.

Devices whose pulses up and down differ fall back to their symmetry point while they are pulsed both ways. A fast device
may do so: what it has collected is read now and then, and passed on to the device that counts. The controller keeps
what is passed on for each device until it makes a pulse. "tiki-taka" is Tiki-Taka v2 (Gokmen 2021, Front. Artif.
Intell. 4, 699148): fast devices are read against their symmetry points, which are found once (zero shift). It needs
devices that have one, such as those with soft bounds. "agad" (Rasch et al. 2024, Nat. Commun. 15, 7133) reads against
the last reading instead, and reverses the sign of the changes after each, so that what falls back averages out.
"""

import numpy as np

from ..errors import PhysicsError
from .array import ROUNDINGS, DeviceArray

TWO_ARRAYS = ("tiki-taka", "agad")
WAYS = (*ROUNDINGS, *TWO_ARRAYS)
"""How changes become pulses: what `make_array` takes."""

# Chosen on held-out digits: the size of the fast devices' changes, and the part of a reading that is passed on
_RATE = 2.0
_PASSED_ON = {"tiki-taka": 0.3, "agad": 1.0}
_ROWS = 8  # of fast devices, read in turn after each change


class TikiTaka(DeviceArray):
    """Devices with a fast one beside each.

    - fast: the fast devices. owed: changes for them, in steps
    - hidden: what was read of them, in steps, until it makes a pulse for the others
    """

    def __init__(self, device, shape, seed, rounding="tiki-taka", dtype=np.float64):
        """Make both kinds of devices. rounding: one of TWO_ARRAYS."""
        super().__init__(device, shape, seed, "mixed", dtype)
        self.fast = fast = DeviceArray(device, shape, self.random, "stochastic", dtype)
        self.hidden, self.owed = self.owed, fast.owed
        self._shifted = rounding == "tiki-taka"
        self._passed_on = _PASSED_ON[rounding]
        fast.w[...] = np.where(fast.stuck, fast.w, (fast.w_min + fast.w_max) / 2)
        for _ in range(int(2 / device.dw_min) if self._shifted else 1):
            fast.pulse(1)
            fast.pulse(-1)
        fast.spent_j = 0.0
        self._by_rows = (-1, shape[-1])
        self._reference = fast.read().reshape(self._by_rows).copy()
        self._sign = np.ones((len(self._reference), 1), dtype)
        self._next = 0

    def pay(self, *signed):
        """Pulse the fast devices for what is owed, read some of them, and pulse the others for what was read."""
        fast = self.fast
        owed = fast.owed.reshape(self._by_rows)
        owed *= self._sign * _RATE
        spent = fast.spent_j
        fast.pay()
        count = len(owed)
        rows = np.arange(self._next, self._next + min(_ROWS, count)) % count
        self._next = (self._next + _ROWS) % count
        seen = fast.read().reshape(self._by_rows)[rows]
        gained = self._sign[rows] * (seen - self._reference[rows]) * (self._passed_on / self.step_s)
        self.hidden.reshape(self._by_rows)[rows] += gained
        if not self._shifted:
            self._reference[rows] = seen
            self._sign[rows] *= -1
        super().pay(*signed)
        self.spent_j += fast.spent_j - spent

    def write(self, target, verify=0):
        """Program the devices as `DeviceArray.write` does; the fast ones stay where they are."""
        self.hidden[...] = 0.0
        super().write(target, verify)

    def age(self, seconds):
        """Let time pass without pulses, for both kinds."""
        self.fast.age(seconds)
        super().age(seconds)


def check_rounding(rounding):
    """Raise PhysicsError unless `rounding` is one of WAYS."""
    if rounding not in WAYS:
        raise PhysicsError(f"rounding: {rounding!r} is not one of {', '.join(WAYS)}")


def make_array(device, shape, seed, rounding="read-back", dtype=np.float64):
    """Return the devices of a crossbar whose changes become pulses in one of WAYS."""
    check_rounding(rounding)
    if rounding in TWO_ARRAYS:
        if device.dw_min is not None:
            return TikiTaka(device, shape, seed, rounding, dtype)
        rounding = "mixed"  # a device that takes any change at once needs no second one
    return DeviceArray(device, shape, seed, rounding, dtype)
