"""Which sample is training sample number n: the same to boards, logs and studies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_sim.sample_order import SampleOrder


def test_a_seed_gives_the_same_order_everywhere():
    """Golden, by this code with NumPy 2.4: a conductance CRC of one machine is to be had on every other."""
    assert SampleOrder.shuffled(10, 0).epoch(0).tolist() == [6, 4, 8, 9, 1, 3, 2, 7, 5, 0]


def test_bad_seed():
    with pytest.raises(ValueError, match="^seed: -1 is negative$"):
        SampleOrder.shuffled(4, -1)


@given(st.integers(1, 300), st.integers(0, 2**32 - 1), st.integers(0, 1000))
def test_each_epoch_is_a_permutation(count, seed, epoch):
    order = SampleOrder.shuffled(count, seed).epoch(epoch)
    assert order.dtype == np.int64 and sorted(order) == list(range(count))
    assert np.array_equal(order, SampleOrder.shuffled(count, seed).epoch(epoch))


def test_epochs_and_seeds_differ():
    """Caught: the epoch or the seed left out of the stream, or added to each other."""
    orders = {tuple(SampleOrder.shuffled(30, seed).epoch(epoch)) for seed in range(10) for epoch in range(10)}
    assert len(orders) == 100


@given(st.integers(1, 9), st.integers(0, 40), st.integers(0, 40), st.booleans())
def test_samples_are_numbered_epoch_after_epoch(count, first, length, shuffled):
    """Catches a number that is off by one where one epoch ends, within a range or at its ends."""
    order = SampleOrder.shuffled(count, 7) if shuffled else SampleOrder(count)
    one_by_one = [order.epoch(n // count)[n % count] for n in range(first, first + length)]
    found = order.indices(first, first + length)
    assert found.tolist() == one_by_one and found.dtype == np.int64
    assert order.pass_end(first) % count == 0 and first < order.pass_end(first) <= first + count


@given(st.integers(1, 9), st.integers(0, 30), st.integers(1, 40), st.integers(1, 7), st.integers(0, 8))
def test_parts_are_whole_and_stop_where_totals_do(count, first, length, most, epoch):
    """Catches a part that crosses the end of a pass or of an epoch of totals, and samples left out or repeated."""
    order = SampleOrder.shuffled(count, 7)
    at = first
    for part in order.parts(first, first + length, most, epoch):
        assert 0 < len(part) <= most and part.tolist() == order.indices(at, at + len(part)).tolist()
        for every in filter(None, (count, epoch)):
            assert at // every == (at + len(part) - 1) // every
        at += len(part)
    assert at == first + length
