"""Variations of the constants that learners have, for the experiment that chose them.

Each constant of `eqprop.Plan` and its kin is changed alone, one step up and one step down, and so is the average at a
run's end; of the ReLU networks, the learning rate. `eqprop study learning --held-out` compares them on samples held
back from the training samples, so that test samples choose nothing.
"""

from typing import Any

from eqprop_sim.emulator.compiled_network import Network


def _rate(c, change):
    """Return a variation that learns at 2**-change times the rate in the driven crossbar (c = 0) or in the others."""

    def vary(plan):
        shifts = plan.rate_shifts
        plan.rate_shifts = tuple(max(1, s + change) if (k > 0) == (c > 0) else s for k, s in enumerate(shifts))

    return vary


def _initial(numerator, denominator):
    def vary(plan):
        plan.initial = tuple(numerator * g // denominator for g in plan.initial)

    return vary


def _added(name, change):
    def vary(plan):
        setattr(plan, name, getattr(plan, name) + change)

    return vary


def _scaled(name, numerator, denominator):
    def vary(plan):
        setattr(plan, name, numerator * getattr(plan, name) // denominator)

    return vary


def _targets(numerator, denominator):
    def vary(plan):
        right, wrong = plan.targets
        plan.targets = (wrong + numerator * (right - wrong) // denominator, wrong)

    return vary


def _finer(plan):
    """Give weights of 8 bits a bit more after the point, and so half the range."""
    plan.round_shift += 1
    plan.initial = tuple(2 * spread for spread in plan.initial)
    driven, *others = plan.rate_shifts
    plan.rate_shifts = (driven - 1, *(shift - 1 for shift in others))


_OF_ALL = {
    "rate of the driven crossbar x2": _rate(0, -1),
    "rate of the driven crossbar /2": _rate(0, 1),
    "rate of the other crossbars x2": _rate(1, -1),
    "rate of the other crossbars /2": _rate(1, 1),
    "initial weights x1.5": _initial(3, 2),
    "initial weights /2": _initial(1, 2),
    "distance of the targets x1.25": _targets(5, 4),
    "distance of the targets x0.75": _targets(3, 4),
}
_OF_CIRCUITS = {
    **_OF_ALL,
    "nudge x1.5": _scaled("beta", 3, 2),
    "nudge /2": _scaled("beta", 1, 2),
    "one sweep more": _added("sweeps", 1),
}
_OF_HOPFIELD = {
    **_OF_ALL,
    "feedback x2": _added("feedback_shift", -1),
    "feedback /2": _added("feedback_shift", 1),
    "input power x2 before rates fall": _added("power_bits", 1),
    "input power /2 before rates fall": _added("power_bits", -1),
    "one sweep more": _added("sweeps", 1),
}
_OF_MODELS = {
    "resistive": _OF_CIRCUITS,
    "differential": _OF_CIRCUITS,
    "hopfield": _OF_HOPFIELD,
    "hopfield8": {**_OF_HOPFIELD, "a bit more after a weight's point": _finer},
}


AVERAGES = {"not averaged": 0.0, "averaged over a fifth of the run": 0.2}
"""The share of a run over which an energy model's weights are averaged, by variation."""

_RATES = {
    "relu": {f"rate {rate:g}": rate for rate in (0.002, 0.005, 0.01, 0.02)},
    "relu-sgd": {f"rate {rate:g}": rate for rate in (0.003, 0.01, 0.1)},
}


def of(learner):
    """Return the names of a learner's variations."""
    of_models = [*_OF_MODELS[learner], *AVERAGES] if learner in _OF_MODELS else []
    return [*of_models, *_RATES.get(learner, {})]


def rate(learner, variation, default):
    """Return the learning rate of a ReLU network; `default` for the variation ""."""
    return _RATES[learner][variation] if variation else default


def average(variation, default):
    """Return the share of a run over which an energy model's weights are averaged; `default` for other variations."""
    return AVERAGES.get(variation, default)


def network_type(model, variation=""):
    """Return the type of compiled networks of an energy model whose plans are varied; "" for as they are."""
    if not variation or variation in AVERAGES:
        return Network
    vary = _OF_MODELS[model][variation]
    plan_type: Any
    plan_type, crossbar_type = Network.parts(model)

    class VariedPlan(plan_type):
        def _choose(self):
            super()._choose()
            vary(self)

    class VariedNetwork(Network):
        parts = staticmethod(lambda *_: (VariedPlan, crossbar_type))

    return VariedNetwork
