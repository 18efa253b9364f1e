"""Sine and logarithm in integers, for features and applications."""

from ..fixed import bits

_ONE = 1 << 40  # fixed-point 1 of the sine's series
_PI = 3454217652358  # pi * 2**40


def sine(n, turn):
    """Return sin(2 pi n / turn) in Q14, -16384..16384, rounded to nearest, by the Taylor series with 40 fraction bits.

    n: any integer; turn: a multiple of 4. Uses big integers, so call it at construction, for tables.
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
        if term == -1:  # flooring would keep -1 for ever
            break
    return (total + (1 << 25)) >> 26


def log2(x):
    """Return the binary logarithm of x in Q8, within 3.1/256, for 1 <= x < 2**30; 0 for less.

    With e = bits(x) - 1 and f the 8 bits after the leading one: 256 e + f + ((92 f (256 - f) + 2**15) >> 16). This is
    Mitchell's approximation (IRE Transactions on Electronic Computers, 1962) plus a parabola that corrects most of it.
    """
    if x < 1:
        return 0
    e = bits(x) - 1
    f = (x << 29 - e >> 21) & 255
    return (e << 8) + f + ((f * (256 - f) * 92 + 32768) >> 16)
