"""How to train on imperfect devices: the runtime's plan, with more of the devices' range in use.

Only ratios of conductances matter to a resistive network: four times all conductances and four times the nudging
conductance give the same voltages. On real devices larger conductances are better, because a step, a stuck device and
the smallest conductance then weigh less. A search chose the factors on the digits with seeds 0 to 4, for ideal devices,
10 % stuck ones, an on/off ratio of 10, 16 levels, and a mixture of spreads, with two-sided errors. They also suit the
plan's one-sided errors.
"""

import numpy as np

from .circuits.circuit import Circuit
from .devices.devices import Device
from .inplace import InPlaceTrainer, make_devices
from .periphery import Periphery

FILL = 4.0
"""The factor between the initial conductances, less the smallest, and the plan's."""

_BETA = 0.5
_TARGETS = 0.75
_ETA = (1.0, 0.25)  # of the driven crossbar, of the others


def build(plan, device=Device(), periphery=Periphery(), *, seed=0, rounding="mixed", dtype=np.float32):  # noqa: B008
    """Return an `InPlaceTrainer` on new devices: initial conductances, spreads and noise drawn from `seed`."""
    circuit = Circuit.from_plan(plan, seed=seed, g_on=device.g_on, dtype=dtype)
    lowest = min(g.min() for g in circuit.g)
    initial = [np.minimum(lowest + (g - lowest) * FILL, device.g_on) for g in circuit.g]
    devices, diodes, dither = np.random.default_rng([seed, 1]).spawn(3)
    periphery.spread(circuit, diodes)
    chip = make_devices(circuit, device, devices, rounding)
    trainer = InPlaceTrainer.from_plan(circuit, plan, devices=chip, periphery=periphery, g_on=device.g_on, seed=seed)
    trainer.beta *= FILL * _BETA
    trainer.targets = tuple(target * _TARGETS for target in trainer.targets)
    factors = [_ETA[0]] + [_ETA[1]] * (len(circuit.g) - 1)
    trainer.eta = [eta * factor * FILL**2 for eta, factor in zip(trainer.eta, factors, strict=True)]
    trainer.write([_dithered(g, device, dither) for g in initial])
    return trainer


def _dithered(g, device, random):
    """Return conductances rounded up or down at random; rounding to nearest would put them all on one of few levels."""
    if device.dw_min is None:
        return g
    step = device.dw_min * (device.g_on - device.g_off)
    return device.g_off + step * np.floor((g - device.g_off) / step + random.random(g.shape))
