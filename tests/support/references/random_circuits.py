"""Analog circuits for tests: made by hypothesis or by a seed, of any depth, and as `FloatCircuit` sees them."""

import numpy as np
from hypothesis import strategies as st

from eqprop_sim.analog import Circuit, Trainer
from support.references.float_circuit import FloatCircuit


class PhaseByPhase(Trainer):
    """A `Trainer` that settles each phase by `ideal.settle`, in NumPy."""

    _ideal = False


def random_circuit(layers, seed, *, gains=None, offsets=False, dtype=np.float64, rail=0.6, g_max=1.0):
    """Return a circuit with half of its devices near g_min, half of each hidden layer excitatory."""
    random = np.random.default_rng(seed)
    shapes = [(2, layers[0] + 1, layers[1])]
    shapes += [(a + 2, b) for a, b in zip(layers[1:-1], layers[2:], strict=True)]
    g = [(g_max * np.maximum(random.uniform(-1, 1, shape), 0.01)).astype(dtype) for shape in shapes]
    low, high = [], []
    for n in layers[1:-1]:
        excitatory = np.arange(n) % 2 == 0
        low.append(np.where(excitatory, 0, -rail))
        high.append(np.where(excitatory, rail, 0))
    count = len(layers) - 2
    gains = gains or [1.0] * count
    offset_v = [random.normal(0, 0.01, n) if offsets else 0.0 for n in layers[1:-1]]
    bias_v = [1.0] + [0.1] * count
    return Circuit(g, [*low, -np.inf], [*high, np.inf], gain=gains, offset_v=offset_v, bias_v=bias_v)


def layer_sizes(max_hidden=3):
    """Return a strategy of layer sizes with up to so many hidden layers."""
    return st.builds(
        lambda a, hidden, z: (a, *hidden, z), st.integers(1, 5), hidden_sizes(max_hidden), st.integers(1, 4)
    )


def hidden_sizes(most):
    return st.lists(st.integers(1, 6), min_size=0, max_size=most)


def as_float_circuit(circuit):
    """Return a `FloatCircuit` of a circuit without offsets, in volts of the driven rows: amplifiers are invisible."""
    g = [np.concatenate([circuit.g[0][0], circuit.g[0][1]]), *circuit.g[1:]]
    scale = scales(circuit)
    low = np.concatenate([v / s for v, s in zip(circuit.low[1:], scale[1:], strict=True)])
    high = np.concatenate([v / s for v, s in zip(circuit.high[1:], scale[1:], strict=True)])
    return FloatCircuit(g, low, high)


def scales(circuit):
    """Return for each layer by how much the amplifiers below it have enlarged its voltages."""
    return np.cumprod([1.0, 1.0, *(a[0] for a in circuit.gain[1:])])


def sources(circuit, x):
    """Return what `FloatCircuit` calls sources, for one sample's features."""
    driven = np.append(circuit.drive_v * x, circuit.bias_v[0])
    scale = scales(circuit)
    biases = [np.array([v, -v]) / scale[c + 1] for c, v in enumerate(circuit.bias_v[1:], 1)]
    return [np.concatenate([driven, -driven]), *biases]
