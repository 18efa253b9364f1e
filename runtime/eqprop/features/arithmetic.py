"""Sine and logarithm in integers: what features are made of, and applications need beside them."""

from ..fixed import bits

_ONE = 1 << 40  # of the sine's series
_PI = 3454217652358  # pi * 2**40


def sine(n, turn):
    """Return sin(2 pi n / turn) in Q14, -16384..16384, rounded to the nearest: the Taylor series with 40 binary places.

    n: any integer; turn: a multiple of 4. Works on big integers: for tables, at construction.
    """
    n %= turn
    if 2 * n >= turn:
        return -sine(n - turn // 2, turn)
    n = min(n, turn // 2 - n)
    x = 2 * _PI * n // turn
    square = x * x // _ONE
    term = total = x
    i = 1
    while term:
        term = -(term * square // _ONE // ((i + 1) * (i + 2)))
        total += term
        i += 2
        if term == -1:  # which flooring keeps
            break
    return (total + (1 << 25)) >> 26


def log2(x):
    """Return the binary logarithm of x in Q8, within 3.1/256, for 1 <= x < 2**30; 0 for less.

    With e = bits(x) - 1 and f the 8 bits behind the first one: 256 e + f + ((92 f (256 - f) + 2**15) >> 16), which
    is Mitchell's approximation (IRE Transactions on Electronic Computers, 1962) and a parabola for what it leaves.
    """
    if x < 1:
        return 0
    e = bits(x) - 1
    f = (x << 29 - e >> 21) & 255
    return (e << 8) + f + ((f * (256 - f) * 92 + 32768) >> 16)
