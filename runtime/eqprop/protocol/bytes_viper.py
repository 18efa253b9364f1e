"""`eqprop.protocol.bytes_plain` for MicroPython's viper emitter: the same results, in machine words.

Viper keeps the first two locals in registers, so these are the pointers that move.
"""

import micropython


@micropython.viper
def stuff(raw: ptr8, out: ptr8, end: int) -> int:
    """As `eqprop.protocol.bytes_plain.stuff`."""
    first = int(out)
    end += int(raw)
    block = ptr8(int(out) + 1)
    out = ptr8(int(out) + 2)
    while int(raw) < end:
        byte = raw[0]
        raw = ptr8(int(raw) + 1)
        full = 0
        if byte:
            out[0] = byte
            out = ptr8(int(out) + 1)
            if int(out) - int(block) == 255:
                full = 1
                if int(raw) == end:
                    full = 0
        if not byte or full:
            block[0] = int(out) - int(block)
            block = out
            out = ptr8(int(out) + 1)
    block[0] = int(out) - int(block)
    out[0] = 0
    return int(out) + 1 - first


@micropython.viper
def unstuff(source: ptr8, used: int) -> int:
    """As `eqprop.protocol.bytes_plain.unstuff`."""
    out = source
    first = int(source)
    end = first + used
    while int(source) < end:
        code = source[0]
        stop = int(source) + code
        if stop > end:
            return 0
        source = ptr8(int(source) + 1)
        while int(source) < stop:
            out[0] = source[0]
            source = ptr8(int(source) + 1)
            out = ptr8(int(out) + 1)
        if code < 255 and stop < end:
            out[0] = 0
            out = ptr8(int(out) + 1)
    return int(out) - first


@micropython.viper
def fill(out: ptr8, data: ptr8, state: ptr32, start: int, stop: int) -> int:
    """As `eqprop.protocol.bytes_plain.fill`."""
    size = state[0]
    used = state[1]
    ended = 0
    while start < stop:
        byte = data[start]
        start += 1
        if byte:
            if used < size:
                out[used] = byte
                used += 1
            else:
                used = size + 1
        else:
            ended = 1
            break
    # At index 0, because MicroPython 1.25.0 stores the wrong register at others on Xtensa
    state = ptr32(int(state) + 4)
    state[0] = used
    state = ptr32(int(state) + 4)
    state[0] = ended
    return start


@micropython.viper
def unpack(data: ptr8, at: int, table: ptr32, out: ptr8) -> int:
    """As `eqprop.protocol.bytes_plain.unpack`."""
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
