"""Noise that is the same on every interpreter, and allocates nothing on a board."""


class Noise:
    """A linear congruential generator x = (2093 x + 4321) mod 2**24, of full period; its high bits are used.

    Its products stay below 2**30, so that no interpreter needs a big integer for them.
    """

    def __init__(self, seed):
        self._state = (seed * 40503 + 12345) & 0xFFFFFF
        for _ in range(4):
            self.below(2)

    def below(self, n):
        """Return an integer of 0..n - 1, 1 <= n <= 2**14."""
        # state * 2093 + 4321, in parts
        state = self._state
        low = (state & 0xFFF) * 45 + ((state >> 12) * 45 % 4096 << 12)
        self._state = state = (low + ((state & 0x1FFF) << 11) + 4321) & 0xFFFFFF
        return (state >> 8) * n >> 16

    def between(self, low, high):
        """Return an integer in low..high."""
        return low + self.below(high - low + 1)

    def bell(self, deviation):
        """Return a nearly normal integer with this deviation: the sum of three uniform ones."""
        if not deviation:
            return 0
        total = self.below(1024) + self.below(1024) + self.below(1024)
        return (total - 1534) * deviation // 512
