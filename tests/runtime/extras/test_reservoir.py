"""What a reservoir keeps of a stream: its laws for any stream, and its memory, which nothing may change unseen."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop.extras.reservoir import Reservoir, capacity_of

FEATURES, CLASSES = 3, 4
STREAM = st.lists(st.integers(0, CLASSES - 1), max_size=80)
# Long stretches of a class, as where classes come one after another
STRETCHES = st.lists(st.tuples(st.integers(0, CLASSES - 1), st.integers(1, 30)), max_size=6).map(
    lambda stretches: [c for c, count in stretches for _ in range(count)]
)


def room_for(samples):
    """Return the bytes that keep so many."""
    return 20 + FEATURES + 4 * CLASSES + samples * (FEATURES + 22)


def sample(n):
    """Return the features of sample n of a stream: no two are alike."""
    return bytes((n & 127, n >> 7, 255 - n & 255))


def filled(labels, samples=7, seed=0):
    reservoir = Reservoir(FEATURES, CLASSES, room_for(samples), seed)
    for n, label in enumerate(labels):
        reservoir.keep(sample(n), label)
    return reservoir


@given(STREAM | STRETCHES, st.integers(1, 12), st.integers(0, 5))
def test_every_class_keeps_its_share(labels, samples, seed):
    """A class has less than the largest only if all of it is kept, and what is kept is what came.

    Catches: a place that is lost or given twice, a label of another's sample, a class that a larger one pushes out.
    """
    reservoir = filled(labels, samples, seed)
    assert (reservoir.capacity, reservoir.count) == (samples, min(samples, len(labels)))
    sizes = [reservoir.size_of(c) for c in range(CLASSES)]
    assert sum(sizes) == reservoir.count
    for c in range(CLASSES):
        assert reservoir.seen(c) == labels.count(c)
        assert sizes[c] == labels.count(c) or sizes[c] >= max(sizes) - 1
    came = {(sample(n), label) for n, label in enumerate(labels)}
    kept = [(bytes(x), label) for x, label in reservoir.samples()]
    assert len(set(kept)) == len(kept) and set(kept) <= came
    assert [label for _, label in kept] == sorted(label for _, label in kept)
    reservoir.inspect()


def test_any_sample_of_a_class_is_kept_with_the_same_chance():
    """Over seeds. Catches: the last ones kept, or the first."""
    counts = [0] * 40
    for seed in range(400):
        for x, _ in filled([1] * 40, 8, seed).samples():
            counts[x[0]] += 1
    assert sum(counts) == 400 * 8
    quarters = [sum(counts[at : at + 10]) for at in range(0, 40, 10)]
    assert max(quarters) < 1.15 * 800 and min(quarters) > 0.85 * 800, quarters


def test_a_class_is_drawn_as_often_as_any_other_one():
    """Whatever it has. Catches: samples drawn alike, so that a new class is rarely rehearsed."""
    reservoir = filled([0] * 6 + [3])
    drawn = [reservoir.draw() for _ in range(600)]
    assert 250 < sum(reservoir.label(n) == 3 for n in drawn) < 350
    assert {bytes(reservoir.sample(n)) for n in drawn} == {bytes(x) for x, _ in reservoir.samples()}


@given(STREAM | STRETCHES, STREAM, st.integers(1, 12))
def test_a_restored_one_goes_on_as_the_first(before, after, samples):
    """Catches: a buffer or the random state that a checkpoint does not keep."""
    first = filled(before, samples, 9)
    assert first.size == sum(len(buffer) * memoryview(buffer).itemsize for buffer in first.buffers())
    again = Reservoir(FEATURES, CLASSES, capacity_of(first.size, FEATURES, CLASSES, 0))
    for source, buffer in zip(first.buffers(), again.buffers(), strict=True):
        memoryview(buffer).cast("B")[:] = memoryview(source).cast("B")
    again.restored()
    for reservoir in (first, again):
        for n, label in enumerate(after):
            reservoir.keep(sample(200 + n), label)
        reservoir.inspect()
    assert again.size_bytes == first.size_bytes
    assert [(bytes(x), label) for x, label in again.samples()] == [(bytes(x), label) for x, label in first.samples()]
    assert first.below(16384) == again.below(16384)


@given(STREAM, st.data())
def test_any_bit_that_flips_is_found(labels, data):
    """But in the random state, and where no sample has come yet. Catches: an array that is not looked at."""
    reservoir = filled(labels)
    state, seen, ends, places, store = reservoir.buffers()
    places = places[: reservoir.count]
    whole = [(reservoir.buffers()[0], 12), (seen, None), (ends, None), (store, None)]
    whole.append((reservoir.buffers()[3], 2 * reservoir.count))
    buffer, end = data.draw(st.sampled_from([(b, n) for b, n in whole if n != 0]))
    memory = memoryview(buffer).cast("B")[:end]
    at = data.draw(st.integers(0, len(memory) - 1))
    reservoir.inspect()
    memory[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(RuntimeError, match="^memory: memory of samples changed by itself$"):
        reservoir.inspect()


def test_a_place_outside_its_memory_is_never_read():
    """Catches: machine code that reads where nothing is."""
    reservoir = filled([0, 1, 2])
    reservoir.buffers()[3][1] = 7
    with pytest.raises(RuntimeError, match="^memory: memory of samples changed by itself$"):
        reservoir.nearest(bytes(FEATURES))


@given(st.lists(st.tuples(st.binary(min_size=3, max_size=3), st.integers(0, 3)), min_size=1, max_size=7))
def test_the_nearest_is_the_nearest(samples):
    """By squares of int8, the first of several. Catches: bytes taken for 0..255, a distance of another sample."""
    reservoir = Reservoir(FEATURES, CLASSES, room_for(7))
    for x, label in samples:
        reservoir.keep(x, label)

    def distance(x, other):
        return sum((a - b) ** 2 for a, b in zip(x, memoryview(other).cast("b"), strict=True))

    for asked in (bytes(3), b"\x7f\x80\x00", samples[0][0]):
        nearest = min(reservoir.samples(), key=lambda kept, asked=asked: distance(kept[0], asked))
        assert reservoir.nearest(array("b", memoryview(asked).cast("b"))) == nearest[1]
    assert Reservoir(FEATURES, CLASSES, room_for(7)).nearest(bytes(3)) == 0


def test_too_few_bytes_are_refused_by_number():
    """Catches: a memory of nothing."""
    with pytest.raises(ValueError, match=f"^size_bytes: {room_for(1) - 1} keep no sample, {room_for(1)} keep one$"):
        Reservoir(FEATURES, CLASSES, room_for(1) - 1)
    assert Reservoir(FEATURES, CLASSES, room_for(1)).capacity == 1
