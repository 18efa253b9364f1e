"""Many samples in a call, computed for vector registers, give the bits of the runtime's own kernels."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqprop.crossbar import MINUS, PLUS
from eqprop.hopfield.plain import PlainCrossbar
from eqprop.hopfield.planning import Plan
from eqprop_sim.emulator import hopfield_vectors as vectors
from eqprop_sim.emulator.compiled_hopfield import Columns
from eqprop_sim.emulator.compiled_network import Network
from support.references.checked_integers import CheckedArray

SHAPES = st.lists(st.integers(1, 9), min_size=2, max_size=5).map(tuple)
SEEDS = st.integers(0, 2**32 - 1)


def numbers(items):
    return [int(item) for item in items]


def turned(w, shape):
    """Return a copy of a crossbar's weights, column by column."""
    rows, columns = shape
    copy = CheckedArray("h", len(w))
    for i in range(rows):
        for k in range(columns):
            copy[k * rows + i] = w[i * columns + k]
    return copy


def columns_of(crossbar):
    """Return the circuit of `hopfield_vectors` that shares the other arrays of `crossbar`."""
    circuit, shapes = crossbar.circuit, crossbar.plan.shapes
    above = (turned(w, shape) for w, shape in zip(circuit.w[1:], shapes[1:], strict=True))
    fed = tuple(CheckedArray("i", len(current)) for current in circuit.current)
    return Columns(*circuit._replace(w=(circuit.w[0], *above)), fed)


def compare(circuit, columns, shapes):
    """Assert that weights and states are the same."""
    assert numbers(circuit.w[0]) == numbers(columns.w[0])
    for w, other, shape in zip(circuit.w[1:], columns.w[1:], shapes[1:], strict=True):
        assert numbers(turned(w, shape)) == numbers(other)
    for phase, other in zip(circuit.phases, columns.phases, strict=True):
        assert [numbers(v) for v in phase] == [numbers(v) for v in other]


@settings(max_examples=60, deadline=None)
@given(SHAPES, SEEDS, st.sampled_from((600, 32767)))
def test_every_kernel_gives_the_bits_of_the_runtime_on_arrays_that_check_it(layers, seed, largest):
    """Catches a number beyond 31 bits or its array, an index beyond an array, and a step that the two do not share."""
    rng = random.Random(seed)
    ours, theirs = (PlainCrossbar(Plan(layers), CheckedArray, seed) for _ in range(2))
    for w, other in zip(ours.circuit.w, theirs.circuit.w, strict=True):
        for i in range(len(w)):
            w[i] = other[i] = rng.randint(-largest, largest)
    columns = columns_of(ours)
    for _ in range(3):
        x = [rng.choice((0, 0, 127, -128, rng.randint(-128, 127))) for _ in range(layers[0])]
        label = rng.randrange(layers[-1])
        for c in range(len(layers) - 1):
            ours.set_rate_shift(c, shift := rng.randint(1, 24))
            theirs.set_rate_shift(c, shift)
        assert vectors.settle(columns, x) == theirs.settle(bytes(v & 255 for v in x))
        assert ours.set_nudge(label) == theirs.set_nudge(label)
        for phase in (PLUS, MINUS):
            vectors.nudge(columns, phase)
            theirs.nudge(phase)
        vectors.program(columns)
        theirs.program()
        compare(theirs.circuit, columns, theirs.plan.shapes)


@pytest.mark.parametrize("layers", [(5, 3), (64, 32, 10), (17, 20, 9, 4)])
def test_a_call_with_many_samples_leaves_what_one_by_one_leave(layers):
    """Catches weights, checksums or states that are not written back, and weights that a later call does not see."""
    rng = np.random.default_rng(1)
    x = rng.integers(-128, 128, (60, layers[0])).astype(np.int8) * (rng.random((60, layers[0])) < 0.6).astype(np.int8)
    y = rng.integers(0, layers[-1], 60)
    many, one = Network(layers, 3, 25), Network(layers, 3, 25)
    for part in (slice(0, 20), slice(20, 60)):
        many.learn_all(x[part], y[part])
        for sample, label in zip(x[part], y[part], strict=True):
            one.learn(sample, label)
        assert many.crc() == one.crc() and many.prediction == one.prediction
        assert numbers(many.crossbar.circuit.sums) == numbers(one.crossbar.circuit.sums)
        many.learn(x[0], y[0])
        one.learn(x[0], y[0])
    classes, outputs = many.infer_all(x)
    assert classes.tolist() == [one.infer(sample) for sample in x]
    assert outputs[-1].tolist() == numbers(one.outputs)[: layers[-1]]
