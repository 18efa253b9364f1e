"""COBS and records for any interpreter."""


def stuff(raw, out, end: int) -> int:
    """Write COBS(`raw`) and a zero to `out`, after its first byte; return the bytes of `out` in use.

    raw: bytes. end: how many there are. `out` has `eqprop.protocol.frames.encoded_size` bytes.
    """
    code = 1  # place of the current block's length
    at = 2
    for i in range(end):
        byte = raw[i]
        if byte:
            out[at] = byte
            at += 1
            if at - code < 255 or i + 1 == end:
                continue
        out[code] = at - code
        code = at
        at += 1
    out[code] = at - code
    out[at] = 0
    return at + 1


def unstuff(view, used: int) -> int:
    """Undo COBS on the first `used` bytes of a buffer, in place; return the decoded length, or 0 if it is not COBS.

    None of the bytes is zero.
    """
    at = 0
    length = 0
    while at < used:
        code = view[at]
        stop = at + code
        if stop > used:
            return 0
        view[length : length + code - 1][:] = view[at + 1 : stop]
        length += code - 1
        at = stop
        if code < 255 and at < used:
            view[length] = 0
            length += 1
    return length


def fill(out, data, state, start: int, stop: int) -> int:
    """Append bytes `start` to `stop` of `data` to buffer `out`, up to the first zero; return the place after the last.

    state: int32: the size of `out`; its bytes in use, one more than its size once they do not fit; and then 1 if there
    was a zero, or 0.
    """
    zero = data.find(b"\0", start, stop)
    state[2] = zero >= 0
    end = zero if zero >= 0 else stop
    used = state[1] + end - start
    if used > state[0]:
        used = state[0] + 1
    else:
        # Through a view of its own length, because MicroPython otherwise moves all that lies behind it, too
        out[state[1] : used][:] = data[start:end]
    state[1] = used
    return end + state[2]


def unpack(data, at, table, out):
    """Unpack the record at byte `at` of `data` into `out` (int8 features) by a `Code`'s table; return its label.

    Returns -1 for an invalid record. The caller has checked that the record is within `data`.
    """
    features = table[4]
    count = table[5]
    bit = 8 * at
    label = field(data, bit, table[0])
    bit += table[0]
    group = table[1]
    width = table[2]
    i = 0
    while i < features:
        if i + group > features:
            group = features - i
            width = table[3]
        value = field(data, bit, width)
        bit += width
        for j in range(i, i + group):
            rest = value // count
            out[j] = table[6 + value - rest * count]
            value = rest
        if value:
            return -1
        i += group
    return label


def field(data, bit, width):
    """Return the unsigned number of `width` bits, 0..30, at bit `bit` of the little-endian bit stream `data`."""
    at = bit >> 3
    have = 8 - (bit & 7)
    if not width:
        return 0
    # numba reads bytes as int8, because it lacks a common type of signed and unsigned
    value = (data[at] & 255) >> (bit & 7)
    while have < width:
        at += 1
        value |= (data[at] & ((1 << min(8, width - have)) - 1)) << have
        have += 8
    return value & ((1 << width) - 1)
