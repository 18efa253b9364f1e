"""The integer arithmetic outside the kernels: `eqprop.fixed`."""

import math

from hypothesis import given
from hypothesis import strategies as st

from eqprop.fixed import CURRENT_MAX, DELTA_V_MAX, G_MAX, TOTAL_MAX, U_MAX, V_MAX, bits, isqrt

ROOTS = st.integers(0, 2000)


@given(st.integers(0, 2**40))
def test_bits_is_the_length_in_binary(n):
    """As int.bit_length, and 0 for 0. Catches: counting one too many or too few at a power of two."""
    assert bits(n) == n.bit_length()


@given(st.integers(0, 10**6) | ROOTS.map(lambda r: r * r) | ROOTS.map(lambda r: r * r + 2 * r))
def test_isqrt_is_the_floor_of_the_root(n):
    """As math.isqrt, at squares and just below them too. Catches: `<` in place of `<=`."""
    assert isqrt(n) == math.isqrt(n)


def test_limits_keep_the_promises_of_their_comments():
    """What the kernels' bounds rest on. Catches: any limit raised."""
    assert G_MAX == V_MAX == 2**15 - 1
    assert U_MAX == 2**7 - 1
    assert 2 * CURRENT_MAX < TOTAL_MAX == 2**30 - 1
    assert 2 * DELTA_V_MAX * 2 * V_MAX < 2**30 - 2**24
