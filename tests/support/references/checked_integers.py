"""Integers and arrays that refuse what a small integer of a 32-bit board could not hold."""

_LIMIT = 1 << 30  # small integers of 32-bit MicroPython: -2**30..2**30 - 1
_RANGES = {
    "b": (-128, 127),
    "B": (0, 255),
    "h": (-32768, 32767),
    "H": (0, 65535),
    "i": (-_LIMIT, _LIMIT - 1),
    "I": (0, _LIMIT - 1),
}


class Checked(int):
    """An int whose sums, differences, products, quotients and shifts are Checked too, and raise outside 31 bits."""

    __slots__ = ()


def _checked(name):
    plain = getattr(int, name)

    def operate(*operands):
        result = plain(*operands)
        if result is NotImplemented:
            return result
        if not -_LIMIT <= result < _LIMIT:
            raise OverflowError(f"{name}{tuple(map(int, operands))} = {result} exceeds 31 bits")
        return Checked(result)

    return operate


for _name in ("add", "sub", "mul", "floordiv", "mod", "lshift", "rshift", "and", "or", "xor"):
    for _side in ("__{}__", "__r{}__"):
        setattr(Checked, _side.format(_name), _checked(_side.format(_name)))
for _name in ("__neg__", "__pos__", "__abs__", "__invert__"):
    setattr(Checked, _name, _checked(_name))


class CheckedArray:
    """What `Network.allocate` makes, of Checked items: raises OverflowError for an item its typecode cannot hold."""

    def __init__(self, typecode, items):
        """Make `items` zeros of `typecode` b, B, h, H or i; i holds 31 bits here."""
        self._low, self._high = _RANGES[typecode]
        self._items = [Checked(0)] * items

    def __len__(self):
        """Return how many items there are."""
        return len(self._items)

    def __getitem__(self, i):
        """Return item i as Checked; IndexError outside 0..len - 1, as a kernel must never count from the end."""
        if i < 0:
            raise IndexError(f"item {i}")
        return self._items[i]

    def __setitem__(self, i, value):
        """Set item i. Raises OverflowError when the typecode cannot hold the value, TypeError for no integer."""
        if not isinstance(value, int):
            raise TypeError(f"{value!r} is not an integer")
        if i < 0:
            raise IndexError(f"item {i}")
        if not self._low <= value <= self._high:
            raise OverflowError(f"{value} is not in {self._low}..{self._high}")
        self._items[i] = Checked(value)
