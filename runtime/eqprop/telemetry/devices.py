"""Conductances, in turn, while a host listens."""

import struct

from .._compat import const, ticks_us
from ..protocol.telemetry import DEVICES

try:
    from .viper import copy
except (ImportError, SyntaxError, NotImplementedError):  # CPython, or a port without viper
    from .plain import copy

_CLOCK_AT = const(12)
_DEVICES = const(24)  # conductances in a record
_DEVICES_COST = const(84)  # bytes of its frame


class Devices:
    """Tells all conductances in turn, within a budget of bytes a second."""

    def __init__(self, telemetry, budget):
        """Begin with the first device."""
        self._telemetry = telemetry
        self.budget = budget
        self.second = self.left = 0
        self._crossbar = self._first = 0

    def tell(self, now):
        """Tell the next ones, unless this second, `now`, has had its budget."""
        if now != self.second:
            self.second = now
            self.left = self.budget
        telemetry = self._telemetry
        network = telemetry.network
        if self.left < _DEVICES_COST or not network or not (network.crossbar.readable and network.crossbar.exact):
            return
        self.left -= _DEVICES_COST
        c = self._crossbar
        first = self._first
        steps = network.conductances(c)
        count = min(_DEVICES, len(steps) - first)
        wide = 1 + (network.g_max > 127)  # bytes of a conductance
        raw = telemetry._raw
        struct.pack_into("<IBI", raw, _CLOCK_AT, network.sample, c, first)
        copy(steps, raw, wide * first, _CLOCK_AT + 9, wide * count)
        raw[0] = DEVICES
        telemetry._append(telemetry._state, _CLOCK_AT + 9 + wide * count, ticks_us(), None)
        self._first = first + count
        if self._first == len(steps):
            self._first = 0
            self._crossbar = (c + 1) % network.crossbar_count
