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


class Xorshift32:
    """Marsaglia's 32-bit xorshift generator (13, 17, 5): the same stream on every interpreter.

    - low, high: the halves of its state, 16 bits each, so that a draw needs no big integer on any port
    Marsaglia, Xorshift RNGs, Journal of Statistical Software 8 (2003).
    """

    def __init__(self, seed: int):
        """Seed with any integer; neighbouring seeds are spread by a multiplicative hash and 8 discarded draws."""
        state = ((seed & 0xFFFFFFFF) * 2654435761 + 0x9E3779B9) & 0xFFFFFFFF or 1
        self.low, self.high = state & 0xFFFF, state >> 16
        for _ in range(8):
            self.next()

    def next(self) -> int:
        """Step to the next state; return its upper 16 bits."""
        low, high = self.low, self.high
        high ^= (high << 13 | low >> 3) & 0xFFFF  # x ^= x << 13
        low ^= low << 13 & 0xFFFF
        low ^= high >> 1  # x ^= x >> 17
        high ^= (high << 5 | low >> 11) & 0xFFFF  # x ^= x << 5
        low ^= low << 5 & 0xFFFF
        self.low, self.high = low, high
        return high

    def below(self, n: int) -> int:
        """Return floor(top 16 bits * n / 2**16), uniform on 0..n-1 for 1 <= n <= 2**16 up to a bias of n / 2**16."""
        return (self.next() * n) >> 16
