"""`eqprop.protocol.records.unpack` for MicroPython's viper emitter: the same result, in machine words."""

import micropython


@micropython.viper
def unpack(data: ptr8, at: int, table: ptr32, out: ptr8) -> int:
    """As `eqprop.protocol.records.unpack`."""
    features = table[4]
    count = table[5]
    group = table[1]
    width = table[2]
    bit = 8 * at + table[0]
    label = data[at]
    if table[0] > 8:
        label |= data[at + 1] << 8
    label &= (1 << table[0]) - 1
    i = 0
    while i < features:
        if i + group > features:
            group = features - i
            width = table[3]
        at = bit >> 3
        have = 8 - (bit & 7)
        value = data[at] >> (bit & 7)
        while have < width:
            at += 1
            left = width - have
            value |= (data[at] & ((1 << (left if left < 8 else 8)) - 1)) << have
            have += 8
        value &= (1 << width) - 1
        bit += width
        end = i + group
        while i < end:
            rest = value // count
            out[i] = table[6 + value - rest * count]
            value = rest
            i += 1
        if value:
            return -1
    return label
