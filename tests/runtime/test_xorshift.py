"""The random numbers of `eqprop.xorshift`, and those that kernels draw."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop.crossbar.kernels.plain import scatter
from eqprop.fixed import G_MAX
from eqprop.xorshift import Xorshift32
from support.references.checked_integers import Checked, CheckedArray


def bitwise(state):
    """Return the next state by Marsaglia's definition as a matrix over the bits: x ^ x<<13, then ^ >>17, then ^ <<5."""
    x = [state >> i & 1 for i in range(32)]
    x = [x[i] ^ (x[i - 13] if i >= 13 else 0) for i in range(32)]
    x = [x[i] ^ (x[i + 17] if i + 17 < 32 else 0) for i in range(32)]
    x = [x[i] ^ (x[i - 5] if i >= 5 else 0) for i in range(32)]
    return sum(bit << i for i, bit in enumerate(x))


def at(state):
    """Return a generator in that state."""
    random = Xorshift32(0)
    random.low, random.high = state & 0xFFFF, state >> 16
    return random


def state_of(random):
    return random.high << 16 | random.low


@given(st.integers(1, 2**32 - 1))
def test_xorshift_follows_its_definition(state):
    """Each state by the 32-bit matrices of Marsaglia's paper. Catches: any other shift, a missing 32-bit mask."""
    random = at(state)
    assert random.next() == random.high
    assert state_of(random) == bitwise(state)


def test_xorshift_gives_the_values_of_the_paper():
    """From the paper's seed 2463534242: its first value, and those that follow.

    Recipe: y^=y<<13; y^=y>>17; y^=y<<5 on a 32-bit unsigned y (Marsaglia 2003, section 4).
    """
    random = at(2463534242)
    assert [random.next() and state_of(random) for _ in range(4)] == [723471715, 2497366906, 2064144800, 2008045182]


@given(st.integers(-(2**40), 2**40))
def test_every_seed_gives_a_live_stream(seed):
    """No seed leads to the state 0, which xorshift never leaves; seeds count modulo 2**32. Catches: `or 1` dropped."""
    random = Xorshift32(seed)
    assert 0 < state_of(random) < 2**32
    assert state_of(random) == state_of(Xorshift32(seed & 0xFFFFFFFF))


def test_the_one_seed_that_hashes_to_zero_is_live_too():
    """The multiplicative hash is a bijection, so exactly one seed meets 0. Catches: `or 1` dropped."""
    seed = -0x9E3779B9 * pow(2654435761, -1, 2**32) % 2**32
    assert state_of(Xorshift32(seed)) > 0


def test_neighbouring_seeds_give_unlike_streams():
    """First draws of 1000 neighbouring seeds are as uniform as draws of one stream. Catches: seeds used as they are."""
    counts = [0] * 10
    for seed in range(1000):
        counts[Xorshift32(seed).below(10)] += 1
    assert chi_squared(counts) < 27.9


def chi_squared(counts):
    """Return the chi-squared statistic against a uniform distribution; 27.9 is its 99.9 % point for 10 counts."""
    mean = sum(counts) / len(counts)
    return sum((n - mean) ** 2 for n in counts) / mean


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_draws_below_a_limit_are_uniform(seed):
    """Within 0..n-1 and uniform, from the high bits. Catches: a draw of n itself, of few bits."""
    random = Xorshift32(seed)
    counts = [0] * 10
    for _ in range(10000):
        counts[random.below(10)] += 1
    assert chi_squared(counts) < 27.9


@given(st.integers(1, 2**16), st.integers(1, 2**32 - 1))
def test_draws_stay_below_their_limit(n, state):
    """0 <= draw < n for every n up to 2**16 and every state. Catches: a multiply by n + 1."""
    assert 0 <= at(state).below(n) < n


@given(st.integers(1, 2**32 - 1), st.integers(1, G_MAX), st.integers(1, 9))
def test_conductances_are_scattered_by_the_generator(state, spread, count):
    """As drawn one by one from an Xorshift32, in integers that a 32-bit board does not keep on its heap.

    Catches: a step of the generator that the kernel does otherwise, a spread that is cut, a state that is not kept.
    """
    random, least = at(state), 3
    stream = [Checked(n) for n in (random.low, random.high, least, spread, count)]
    g = CheckedArray("H", count)
    scatter(g, stream)
    assert list(g) == [least + max(0, random.below(2 * spread) - spread) for _ in range(count)]
    assert stream[:2] == [random.low, random.high]
