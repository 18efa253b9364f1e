"""How to train on imperfect devices: the runtime's plan, with more of the devices' range in use.

Only ratios of conductances matter to a resistive network: four times all conductances and four times the nudging
conductance give the same voltages. On real devices larger conductances are better, because a step, a stuck device and
the smallest conductance then weigh less. A search chose the factors on the digits with seeds 0 to 4, for ideal devices,
10 % stuck ones, an on/off ratio of 10, 16 levels, and a mixture of spreads, with two-sided errors. They also suit the
plan's one-sided errors.
"""

from dataclasses import dataclass, replace

import numpy as np

from .circuits import exponential
from .circuits.circuit import Circuit
from .devices.devices import Device
from .inplace import InPlaceTrainer, make_devices
from .periphery import Periphery


@dataclass(frozen=True)
class Recipe:
    """The factors between a training on devices and the runtime's plan. The default changes nothing."""

    fill: float = 1.0
    """Of the initial conductances, less the smallest."""

    nudge: float = 1.0
    """Of the nudging conductance, apart from `fill`."""

    target: float = 1.0
    """Of the output voltages that the nudge pulls to."""

    rates: tuple[float, float] = (1.0, 1.0)
    """Of the changes in the driven crossbar and in the others, apart from `fill`."""

    dithered: bool = False
    """Whether initial conductances are rounded up or down at random; to nearest would put them all on a few levels."""

    def rate(self, c):
        """Return the factor of crossbar c."""
        return self.rates[c > 0]

    def initial(self, g, g_on):
        """Return a network's initial conductances from the plan's, lists of arrays."""
        lowest = min(each.min() for each in g)
        return [np.minimum(lowest + (each - lowest) * self.fill, g_on) for each in g]


RECIPE = Recipe(fill=4.0, nudge=0.5, target=0.75, rates=(1.0, 0.25), dithered=True)
"""For real devices."""

_NOISY_NUDGE = 8.0  # chosen on held-out digits for read noise of 3.7 %: a small difference would drown in it


_HIGH_FLOOR = 0.15  # of g_on
_LOADED_TARGET, _LOADED_RATES = 0.35, (8.0, 2.0)  # chosen on held-out digits for aihwkit's ReRamSB


def recipe_for(device):
    """Return the recipe for a kind of device.

    With read noise, phases differ even without a nudge, so it is larger. Devices whose smallest conductance is large
    and uneven load the nodes: signals are smaller, so that targets are lower and changes larger.
    """
    recipe = RECIPE
    if device.read_noise_std:
        recipe = replace(recipe, nudge=_NOISY_NUDGE)
    if device.floor >= _HIGH_FLOOR:
        recipe = replace(recipe, target=_LOADED_TARGET, rates=_LOADED_RATES)
    return recipe


def build(
    plan,
    device=Device(),  # noqa: B008 (frozen)
    periphery=Periphery(),  # noqa: B008
    *,
    seed=0,
    rounding="read-back",
    wires=None,
    diode=None,
    drive_v=1.0,
    dtype=np.float32,
):
    """Return an `InPlaceTrainer` on new devices: initial conductances, spreads and noise drawn from `seed`.

    wires: `Wires`, or None for perfect lines. diode: `Diode` for exponential ones, or None for ideal ones. drive_v: the
    voltage of a row at full scale.
    """
    circuit = Circuit.from_plan(plan, seed=seed, g_on=device.g_on, drive_v=drive_v, dtype=dtype)
    recipe = recipe_for(device)
    initial = recipe.initial(circuit.g, device.g_on)
    devices, diodes, dither = np.random.default_rng([seed, 1]).spawn(3)
    periphery.spread(circuit, diodes)
    if diode:
        exponential.refer(circuit, diode)
    chip = make_devices(circuit, device, devices, rounding)
    trainer = InPlaceTrainer.from_plan(
        circuit, plan, devices=chip, periphery=periphery, wires=wires, diode=diode, g_on=device.g_on, seed=seed
    )
    trainer.beta *= recipe.fill * recipe.nudge
    trainer.targets = tuple(target * recipe.target for target in trainer.targets)
    trainer.eta = [eta * recipe.rate(c) * recipe.fill**2 for c, eta in enumerate(trainer.eta)]
    trainer.write([dithered(g, device, dither) for g in initial])
    return trainer


def dithered(g, device, random):
    """Return conductances rounded up or down at random; rounding to nearest would put them all on one of few levels."""
    if device.dw_min is None:
        return g
    step = device.dw_min * (device.g_on - device.g_off)
    return device.g_off + step * np.floor((g - device.g_off) / step + random.random(g.shape))
