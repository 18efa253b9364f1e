"""What a board's network is by its state: its energy model and plan, what it learns, the type of its steps."""

import numpy as np

import eqprop
from eqprop.protocol.messages import MODELS, NUMBERS


def model_of(state):
    """Return the name of the energy model in a board's `State` or in a `Configuration`."""
    return MODELS[state.model & ~NUMBERS]


def learns_numbers(state):
    """Return whether the network of a board's `State` or of a `Configuration` learns numbers, not classes."""
    return bool(state.model & NUMBERS)


def plan_of(state):
    """Return the plan of the network that a board's `State` or a `Configuration` describes."""
    return eqprop.plan(state.layers, model_of(state))


def steps_type(plan):
    """Return the NumPy type of a plan's conductances: int16 if signed, as differential pairs are; otherwise uint16."""
    return np.dtype(np.int16 if plan.g_min < 0 else np.uint16)
