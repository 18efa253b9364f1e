"""Conductances in steps, by energy model: which plan a board's network has, and which type its steps are."""

import numpy as np

import eqprop
from eqprop.protocol.messages import MODELS


def plan_of(state):
    """Return the `eqprop.Plan` of the network that a board's `State` describes."""
    return eqprop.plan(state.layers, MODELS[state.model])


def steps_type(plan):
    """Return the NumPy type of a plan's conductances: int16 if signed, as differential pairs are; otherwise uint16."""
    return np.dtype(np.int16 if plan.g_min < 0 else np.uint16)
