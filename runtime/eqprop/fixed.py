"""Number formats, their limits, and small integer functions.

Formats (every one fits the 31-bit small integers of 32-bit MicroPython, so no kernel ever allocates one):

- input       int8, -127..127; 127 is the full-scale voltage of a driven row, written u below
- voltage     int16, -32767..32767, in units of u / 2**scale; the scale grows from layer to layer by the amplifiers
- conductance uint16, g_min..G_MAX steps
- current     -2**29..2**29-1 from each side of a node, in steps * u / 2**(current unit of the layer)
- total       sum of the conductances at a node, up to 2**30 - 1
"""

from ._compat import const

G_MAX = const(32767)  # steps: 15 bits, so that a signed 16-bit multiply reads a conductance as it is
V_MAX = const(32767)
U_MAX = const(127)
CURRENT_MAX = const(536870911)  # 2**29 - 1; two such currents add up within a small integer
TOTAL_MAX = const(1073741823)
RATE_SHIFT_MAX = const(24)  # largest right shift of a change
DELTA_V_MAX = const(8000)  # largest voltage change between the nudged phases: 2 * 8000 * 65534 < 2**30 - 2**24


def bits(n: int) -> int:
    """Return the number of bits of n >= 0: the smallest b with n < 2**b."""
    b = 0
    while n:
        n >>= 1
        b += 1
    return b


def isqrt(n: int) -> int:
    """Return floor(sqrt(n)) for 0 <= n < 2**30, two bits at a time."""
    r = 0
    bit = 1 << 28
    while bit:
        if n >= r + bit:
            n -= r + bit
            r += 2 * bit
        r >>= 1
        bit >>= 2
    return r


def seeded(seed: int):
    """Return the halves, low and high, of the first state of a generator with this seed, any integer.

    A multiplicative hash spreads neighbouring seeds. The first 8 draws are to be discarded (`eqprop.xorshift`).
    """
    state = ((seed & 0xFFFFFFFF) * 2654435761 + 0x9E3779B9) & 0xFFFFFFFF or 1
    return state & 0xFFFF, state >> 16
