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
    """Return the NumPy type of a plan's conductances: int16 or int8 if signed, as pairs are; otherwise uint16."""
    if plan.g_max < 128:
        return np.dtype(np.int8)
    return np.dtype(np.int16 if plan.g_min < 0 else np.uint16)


def on_the_line(steps, plan):
    """Return conductances of a plan as they are on the line: a contiguous array of its type, little-endian."""
    return np.ascontiguousarray(steps, steps_type(plan).newbyteorder("<"))
