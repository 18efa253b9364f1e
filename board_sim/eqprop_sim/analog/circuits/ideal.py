"""Operating points with ideal diodes: exact block coordinate descent on the dissipated power, batched.

Each step brings the odd layers to rest with their neighbours held, then the even layers. A step is the exact minimum of
the power over its block, so the power never rises and the iteration reaches the only minimum (Scellier 2024, ICML).
Every array is (batch, nodes), in the circuit's dtype. `drive` computes the rows' currents into the first layer once.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import ConvergenceError, PhysicsError


@dataclass(frozen=True)
class Settings:
    """The condition that ends a settle."""

    sweeps: int = 2
    """Relaxations of all layers; with a tolerance, the most of them."""

    tolerance_v: float = 0.0
    """No node may move by more volts in the last sweep; 0: make `sweeps` sweeps without a check."""


EXACT = Settings(sweeps=20000, tolerance_v=1e-13)
"""Converged to rounding error, in float64, at a full scale of about a volt."""


def drive(circuit, x):
    """Return layer 1's voltages from features x (batch, n_0), -1..1, and constant sources, with all else at 0 V.

    They are (batch, n_1) volts, for `settle`. Raises PhysicsError for another shape.
    """
    if x.ndim != 2 or x.shape[1] != circuit.layers[0]:
        raise PhysicsError(f"x: expected shape (batch, {circuit.layers[0]}), got {x.shape}")
    base = np.matmul(x, circuit.signed[:-1], dtype=circuit.dtype)
    base *= circuit.inverse[1] * circuit.dtype.type(circuit.drive_v)
    base += circuit.rest[1]
    return base


def settle(circuit, base, nudge=None, start=None, settings=Settings()):  # noqa: B008 (frozen)
    """Return the node voltages at rest: a list [None, layer 1, ..., layer L] of (batch, n_l) volts.

    base: from `drive`. nudge: currents into the outputs, (batch, n_L) amperes. start: initial voltages, 0 V by default;
    not changed. Raises ConvergenceError naming the node if a tolerance is not met.
    """
    count = len(circuit.layers) - 1
    batch = len(base)
    constant = [None, base, *circuit.rest[2:]]
    if nudge is not None:
        constant[count] = constant[count] + nudge * circuit.inverse[count]
    v = [None] * (count + 1) if start is None else list(start)
    moved: list = []
    for _ in range(settings.sweeps):
        before = v[:]
        for parity in (1, 2):
            for layer in range(parity, count + 1, 2):
                v[layer] = _relax(circuit, constant[layer], v, layer, batch)
        if settings.tolerance_v and before[1] is not None and before[count] is not None:
            moved = [np.abs(new - old).max(0) for new, old in zip(v[1:], before[1:], strict=True)]
            if max(m.max() for m in moved) <= settings.tolerance_v:
                return v
    if settings.tolerance_v:
        raise ConvergenceError(_restless(moved, settings))
    return v


def _relax(circuit, constant, v, layer, batch):
    """Return layer's voltages at rest with its neighbours at v; a neighbour that is None is at 0 V."""
    if layer > 1 and v[layer - 1] is not None:
        new = v[layer - 1] @ circuit.forward[layer - 1]
        new += constant
    else:
        new = constant.copy() if constant.ndim == 2 else np.tile(constant, (batch, 1))
    if layer + 1 < len(v) and v[layer + 1] is not None:
        new += v[layer + 1] @ circuit.backward[layer]
    np.maximum(new, circuit.low[layer], out=new)
    return np.minimum(new, circuit.high[layer], out=new)


def _restless(moved, settings):
    layer = int(np.argmax([m.max() for m in moved])) + 1 if moved else 1
    node = int(np.argmax(moved[layer - 1])) if moved else 0
    far = moved[layer - 1][node] if moved else np.inf
    return (
        f"layer {layer}, node {node} still moves by {far:.3g} V after {settings.sweeps} sweeps, "
        f"more than {settings.tolerance_v:g} V"
    )
