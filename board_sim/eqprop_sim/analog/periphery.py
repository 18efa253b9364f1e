"""The circuits around the devices: converters, amplifiers and diodes, with their imperfections."""

from dataclasses import dataclass

import numpy as np

from .errors import PhysicsError, check_between

_MOST = 1000.0
"""The largest noise or spread, in volts or relative; a larger one would bury the signal."""


@dataclass(frozen=True)
class Converter:
    """A DAC or an ADC: rounds to one of 2**bits voltages of -range_v..range_v, saturates, adds noise."""

    bits: int | None = None
    """The resolution; None for a perfect converter."""

    noise_v: float = 0.0
    """Standard deviation of the noise of each conversion, volts."""

    def __post_init__(self):
        if self.bits is not None:
            if self.bits != int(self.bits):
                raise PhysicsError(f"bits: {self.bits!r} is not a whole number")
            check_between("bits", self.bits, 1, 32)
        check_between("noise_v", self.noise_v, 0.0, _MOST)

    def convert(self, volts, range_v, random):
        """Return voltages as converted; range_v: full scale. The steps lie symmetrically about 0 V."""
        if self.noise_v:
            volts = volts + self.noise_v * random.standard_normal(volts.shape).astype(volts.dtype)
        if self.bits is None:
            return volts
        half = max(2 ** (self.bits - 1) - 1, 1)
        codes = np.clip(np.rint(volts * (half / range_v)), -half, half)
        return (codes * (range_v / half)).astype(volts.dtype)


@dataclass(frozen=True)
class Periphery:
    """The circuits around the crossbars of a network. The default is perfect."""

    dac: Converter = Converter()
    """The DAC of the driven rows; its full scale is `drive_v`."""

    adc: Converter = Converter()
    """The ADC of the node voltages that the learner reads; its full scale is the nodes' rail."""

    diode_offset_v: float = 0.0
    """Node-to-node standard deviation of the voltage at which a hidden node's diode begins to conduct, volts."""

    gain_dtod: float = 0.0
    """Amplifier-to-amplifier spread of the voltage gain and of the current gain, relative standard deviation."""

    amplifier_offset_v: float = 0.0
    """Amplifier-to-amplifier standard deviation of the offset, volts at the amplifier's output."""

    def __post_init__(self):
        for name in ("diode_offset_v", "gain_dtod", "amplifier_offset_v"):
            check_between(name, getattr(self, name), 0.0, _MOST)

    def spread(self, circuit, seed):
        """Give a circuit's diodes and amplifiers their permanent spreads, drawn from `seed`."""
        random = np.random.default_rng(seed)
        for c in range(1, len(circuit.g)):
            n = circuit.layers[c]
            offset = self.diode_offset_v * random.standard_normal(n)
            # The end of a node's range that its diode sets moves; its rail stays
            inhibitory = circuit.high[c] < -circuit.low[c]
            circuit.low[c][:] = np.where(inhibitory, circuit.low[c], circuit.low[c] + offset)
            circuit.high[c][:] = np.where(inhibitory, circuit.high[c] + offset, circuit.high[c])
            for gain in (circuit.gain[c], circuit.back[c]):
                gain *= np.maximum(1 + self.gain_dtod * random.standard_normal(n), 0.05)
            circuit.offset_v[c] += self.amplifier_offset_v * random.standard_normal(n)
        circuit.refresh()


def rail_v(circuit):
    """Return the full scale of a circuit's ADCs, volts: its largest finite limit, or `drive_v` without one."""
    limits = np.abs(np.concatenate([*circuit.low[1:], *circuit.high[1:]]))
    finite = limits[np.isfinite(limits)]
    return float(finite.max()) if finite.size and finite.max() > 0 else circuit.drive_v
