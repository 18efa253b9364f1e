"""Packs samples as tightly as their alphabet allows, a record of bits for each, and unpacks without allocating.

A `Code` defines how to pack samples of a label and `features` int8 values from an alphabet of `count` values. A record
is a little-endian bit stream (bit 0 of byte 0 first), padded with zeros to a whole byte:

    label     as many bits as the largest label, outputs - 1
    features  in groups of k, the largest k with count**k <= 2**30; a group of values number d0, d1, ... is the integer
              d0 + d1 * count + d2 * count**2 + ... in as many bits as count**k - 1; the last group may be shorter

Digits, of 17 grey values, are packed 7 to 29 bits: with their label 270 bits, 34 bytes instead of 65. All 256 values
give 3 bytes for 3 features. Numbers stay below 2**30, so no port allocates them on the heap.
"""

from array import array

from .._compat import const
from ..fixed import bits

try:
    from .bytes_viper import unpack as unpack
except (ImportError, SyntaxError, NotImplementedError):  # CPython, or a port without viper
    from .bytes_plain import unpack as unpack

_GROUP = const(1073741824)


class Code:
    """How samples are packed.

    - features, outputs: the network's. alphabet: the int8 values, as bytes.
    - size: bytes of a record.
    - table: int32, for `unpack`: bits of a label, features of a group, bits of a group, bits of the last, shorter
      group, features, values, and then the values themselves.
    """

    def __init__(self, features: int, outputs: int, alphabet=b""):
        """Pack `features` values of `alphabet` (bytes of int8 values) and a label below `outputs`.

        Without an alphabet, all 256 values are allowed: byte n stands for the int8 with the same bits. Raises
        ValueError for more values.
        """
        alphabet = alphabet or bytes(range(256))  # made here, because a constant would take a board's heap
        if len(alphabet) > 256:
            raise ValueError("alphabet: expected at most 256 values, got {}".format(len(alphabet)))
        self.features = features
        self.outputs = outputs
        self.alphabet = bytes(alphabet)
        count = max(2, len(alphabet))  # a single value would have no bits
        group = 1
        while count ** (group + 1) <= _GROUP:
            group += 1
        width = bits(count**group - 1)
        rest = features % group
        last = bits(count**rest - 1) if rest else 0
        label = bits(outputs - 1) if outputs > 1 else 0
        self.size = (label + features // group * width + last + 7) // 8
        values = array("b", self.alphabet * 2 if len(alphabet) == 1 else self.alphabet)
        self.table = array("i", [label, group, width, last, features, count] + list(values))
