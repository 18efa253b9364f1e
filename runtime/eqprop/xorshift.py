"""Random numbers that are the same on every interpreter. Kernels draw initial conductances by themselves."""

from .fixed import seeded


class Xorshift32:
    """Marsaglia's 32-bit xorshift generator (13, 17, 5): the same stream on every interpreter.

    - low, high: the halves of its state, 16 bits each, so that a draw needs no big integer on any port

    Marsaglia, Xorshift RNGs, Journal of Statistical Software 8 (2003).
    """

    def __init__(self, seed: int):
        """Seed with any integer."""
        self.low, self.high = seeded(seed)
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
