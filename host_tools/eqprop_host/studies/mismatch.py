"""Compare learning in place on imperfect devices with transferring weights to them."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

import eqprop
from eqprop_sim.analog import recipe
from eqprop_sim.analog.devices.devices import Device
from eqprop_sim.analog.devices.presets import PRESETS
from eqprop_sim.analog.hopfield import HopfieldTrainer
from eqprop_sim.analog.learning import features
from eqprop_sim.analog.periphery import Periphery
from eqprop_sim.sample_order import SampleOrder

from .. import datasets
from ..files import write_whole
from ..training.config import default_lr_halving_epochs

METHODS = {
    "in_place": "in place",
    "transferred": "transferred",
    "verified": "transferred, verified",
    "tuned": "transferred, tuned",
}
"""Ways to get weights onto a chip: learnt there; learnt on an ideal chip and programmed blindly; programmed with VERIFY
rounds of reading and correcting; programmed blindly, then trained for one more epoch."""

SERIES = ("spread", "levels", "stuck", "cases")
"""The values of `Point.series`."""

MODELS = ("resistive", "hopfield")

VERIFY = 5
BATCH = 4
_BASE = Device(levels=256, on_off=100.0)
_TOGETHER = Device(levels=64, on_off=100.0, dw_min_dtod=0.3, w_max_dtod=0.3, up_down=0.1, dw_min_std=0.3)
_SOFT = _BASE.varied(response="SoftBounds")
_ASYMMETRIC = {
    "up steps whole, down steps half": _BASE.varied(up_down=0.5),
    "up steps half, down steps whole": _BASE.varied(up_down=-0.5),
    "up steps a third, down steps whole": _BASE.varied(up_down=-2 / 3),
    "soft bounds": _SOFT,
    "soft bounds, up steps half": _SOFT.varied(up_down=-0.5),
    "soft bounds, up steps a third": _SOFT.varied(up_down=-2 / 3),
    "ReRamSB (rram)": PRESETS["rram"],
    "ReRamSB with its write noise": PRESETS["rram"].varied(write_noise_std=21.0),
}
"""Devices whose pulses up and down differ, by another ratio in each state with soft bounds."""

_DIODES = Periphery(diode_offset_v=0.005)


@dataclass(frozen=True)
class Point:
    """A kind of chip."""

    series: str
    """One of SERIES, the varied parameter and a panel of the plot; or "cases"."""

    value: object
    """The parameter's value, in percent or levels; the description of a case."""

    device: Device
    periphery: Periphery = Periphery()


def points(coarse=False, model="resistive"):
    """Return the chips to compare; coarse: only the first and last point of each series.

    A hopfield chip has no diodes, so it has no case of uneven ones.
    """
    spreads, levels, stuck = [0, 10, 20, 30, 40, 50], [2, 4, 8, 16, 32, 64, 128, 256], [0, 5, 10, 15, 20]
    if coarse:
        spreads, levels, stuck = ([each[0], each[-1]] for each in (spreads, levels, stuck))
    found = [Point("spread", s, _BASE.varied(dw_min_dtod=s / 100, w_max_dtod=s / 100)) for s in spreads]
    found += [Point("levels", n, _BASE.varied(levels=n)) for n in levels]
    found += [Point("stuck", s, _BASE.varied(corrupt_devices_prob=s / 100)) for s in stuck]
    if coarse:
        return found
    cases = [
        Point("cases", "16 levels", Device(levels=16)),
        Point("cases", "all together", _TOGETHER, _DIODES),
        Point("cases", "on/off ratio 10", Device(on_off=10.0)),
        Point("cases", "10 % stuck", Device(corrupt_devices_prob=0.1)),
        *(Point("cases", name, device) for name, device in _ASYMMETRIC.items()),
    ]
    return found + [each for each in cases if model == "resistive" or each.periphery == Periphery()]


def compare(
    dataset: datasets.Dataset,
    layers: tuple[int, ...],
    epochs: int,
    seeds: Sequence[int],
    chips: Sequence[Point],
    tell: Callable[[str], None] = lambda line: None,
    rounding: str = "read-back",
    model: str = "resistive",
) -> list[dict]:
    """Return a row for each chip: its series and value, and each method's test errors in percent, one for each seed.

    tell: called with a line for each seed. rounding: one of `tiki_taka.WAYS`, how changes become pulses in place.
    model: one of MODELS; hopfield is of differential pairs with amplifiers, for chips without a periphery.
    """
    errors: list[dict] = [{method: [] for method in METHODS} for _ in chips]
    with threadpool_limits(1):
        for seed in seeds:
            bench = _Bench(layers, epochs, datasets.prepare(dataset, seed), seed, rounding, model)
            for chip, found in zip(chips, errors, strict=True):
                for method, error in bench.compare(chip).items():
                    found[method].append(error)
            tell(f"seed {seed}: ideal devices {bench.ideal_error:.2f} %")
    return [
        {"series": chip.series, "value": chip.value, **{f"{m}_error_percent": found[m] for m in METHODS}}
        for chip, found in zip(chips, errors, strict=True)
    ]


class _Bench:
    """One seed's data, and the weights that ideal devices learn from them."""

    def __init__(self, layers, epochs, data, seed, rounding, model):
        self.rounding = rounding
        self.epochs, self.seed = epochs, seed
        self.plan = eqprop.plan(layers, model)
        self.x, self.test_x = (features(x).astype(np.float32) for x in (data.train_x, data.test_x))
        self.y, self.test_y = data.train_y, data.test_y
        ideal = self._chip(Device(), Periphery())
        self._learn(ideal, range(epochs))
        self.ideal_error = self._error(ideal)
        signed = self.plan.model == "hopfield"
        self.weights = ideal.weights() if signed else [devices.g.copy() for devices in ideal.devices]

    def _chip(self, device, periphery):
        if self.plan.model == "hopfield":
            return HopfieldTrainer(self.plan, device, seed=self.seed, rounding=self.rounding)
        return recipe.build(self.plan, device, periphery, seed=self.seed, rounding=self.rounding)

    def _learn(self, trainer, epochs):
        learn(trainer, self.x, self.y, epochs, self.epochs, self.seed)

    def _error(self, trainer):
        return 100 * float(np.mean(trainer.predict(self.test_x) != self.test_y))

    def compare(self, chip):
        """Return each method's test error on a chip of that kind, percent. Every method gets the same chip."""

        def new():
            return self._chip(chip.device, chip.periphery)

        errors = {}
        trainer = new()
        self._learn(trainer, range(self.epochs))
        errors["in_place"] = self._error(trainer)
        trainer = new()
        trainer.write(self.weights)
        errors["transferred"] = self._error(trainer)
        self._learn(trainer, range(self.epochs, self.epochs + 1))
        errors["tuned"] = self._error(trainer)
        trainer = new()
        trainer.write(self.weights, VERIFY)
        errors["verified"] = self._error(trainer)
        return errors


def learn(trainer, x, y, epochs, of, seed):
    """Learn x (samples, features) for `epochs`, a range within a run of `of` epochs, at each epoch's rates."""
    lr_halving_epochs = default_lr_halving_epochs(of)
    first = trainer.eta
    samples = SampleOrder.shuffled(len(y), seed)
    for epoch in epochs:
        trainer.eta = [eta / 2 ** (epoch // lr_halving_epochs) for eta in first]
        order = samples.epoch(epoch)
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            trainer.step(x[part], y[part])


def draw(path, rows, title):
    """Draw the rows of `compare`, a panel for each series: mean of the seeds, in a lighter shade best to worst."""
    from matplotlib.figure import Figure

    titles = {
        "spread": "device-to-device spread (%)",
        "levels": "conductance levels",
        "stuck": "stuck devices (%)",
    }
    styles = {"in_place": ("#1f5fa8", "o"), "transferred": ("#b8442c", "s"), "verified": ("#d99a2b", "^")}
    styles["tuned"] = ("#4c8c4a", "D")
    figure = Figure(figsize=(10, 3.4), dpi=200, layout="constrained")
    titles = {series: title for series, title in titles.items() if any(row["series"] == series for row in rows)}
    panels = figure.subplots(1, len(titles), sharey=True, squeeze=False)[0]
    for axes, (series, title) in zip(panels, titles.items(), strict=True):
        members = [row for row in rows if row["series"] == series]
        where = [row["value"] for row in members]
        for method, (colour, marker) in styles.items():
            errors = np.array([row[f"{method}_error_percent"] for row in members])
            axes.plot(where, errors.mean(1), color=colour, marker=marker, markersize=4, label=METHODS[method])
            axes.fill_between(where, errors.min(1), errors.max(1), color=colour, alpha=0.15, linewidth=0)
        if series == "levels":
            axes.set_xscale("log", base=2)
            axes.set_xticks(where, [str(n) for n in where])
        axes.set_xlabel(title)
        axes.set_yscale("log")
        axes.grid(True, which="both", alpha=0.2)
    panels[0].set_yticks([2, 5, 10, 20, 50, 90], ["2", "5", "10", "20", "50", "90"])
    panels[0].set_ylim(1, 100)
    panels[0].minorticks_off()
    panels[0].set_ylabel("test error (%)")
    panels[0].legend(fontsize=8)
    figure.suptitle(title, fontsize=10)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    write_whole(path, file.getvalue())
