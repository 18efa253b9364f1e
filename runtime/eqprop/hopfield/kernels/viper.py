"""The Hopfield network's dynamics for MicroPython's viper emitter: the same bits as `eqprop.hopfield.dynamics`.

The kernels work on the table of `eqprop.hopfield.native`; indices count words. Products of a crossbar, in whichever
direction, are one function, `_multiply`, over a list of the values that are not zero: two words each, by how
many bytes the value's weights are further than those of the entry before (or than the first), and the value. The
inputs' list begins at active[1], and active[0] is its length in bytes; that of a layer's states, errors or changes
begins at the table's states.

Loads are unsigned, but those of 32 bits are signed where a word has no more. Hence weights count as u = weight + 2**15,
a load ^ 0x8000; as 2**15 is a multiple of 2**shift, (weight * value) >> shift = ((u * value) >> shift) - (2**15 >>
shift) * value, and the sum of the values corrects a whole sum.

`eqprop.crossbar.kernels.viper` says what makes such code fast, and what to heed: p, q and r are its registers (the
first two, if a .mpy is made), `<< 16 << 16` is zero where a word has 32 bits, `<< wide >> wide` extends the sign of 32
bits where it has more, stores have the index 0, and no kernel hands an address on: what calls others gets the table
twice. A call takes 700 instructions and more. Nothing here allocates.
"""

import micropython

from ..._compat import const
from ..native import MachineCrossbar

# As in `eqprop.hopfield.native`
_LEARN = const(1)
_SET_NUDGE = const(2)
_NUDGE = const(3)
_COUNTS = const(0)
_FEATURES = const(1)
_DRIVEN_SHIFT = const(2)
_BACK_SHIFT = const(3)
_PRODUCT_SHIFT = const(4)
_FEEDBACK_SHIFT = const(5)
_ROUND_SHIFT = const(6)
_RAIL = const(7)
_RIGHT = const(8)
_WRONG = const(9)
_POWER_BITS = const(10)
_ACTIVE = const(12)
_STATES = const(14)
_PULL = const(16)
_BASE = const(18)
_ERRORS = const(20)
_SUMS = const(22)
_LOSS = const(24)
_AT_CROSSBARS = const(26)
_PER_CROSSBAR = const(14)
_NODES = const(0)
_ROWS = const(1)
_RATE_SHIFT = const(2)
_ABOVE = const(3)
_W = const(4)
_CURRENT = const(6)
_FREE = const(8)
_PLUS = const(10)
_MINUS = const(12)


@micropython.viper
def scatter(w: ptr16, stream: ptr32):
    """As `eqprop.hopfield.kernels.plain.scatter`."""
    low = int(stream[0])
    high = int(stream[1])
    spread = int(stream[2])
    count = int(stream[3])
    while count:
        high ^= (high << 13 | low >> 3) & 0xFFFF
        low ^= low << 13 & 0xFFFF
        low ^= high >> 1
        high ^= (high << 5 | low >> 11) & 0xFFFF
        low ^= low << 5 & 0xFFFF
        w[0] = (high - 32768) * spread >> 15
        w = ptr16(int(w) + 2)
        count -= 1
    stream[0] = low
    stream[1] = high


@micropython.viper
def total(w: ptr16, count: int) -> int:
    """Return the sum of `count` weights modulo 2**16."""
    s = 0
    while count:
        s = w[0] + s
        w = ptr16(int(w) + 2)
        count -= 1
    return s & 0xFFFF


@micropython.viper
def enter(table: ptr32, at: int, word: int, last: int):
    """Write a word of the table, and to its last word what leaves the sum of all words as it is."""
    before = int(table[at])
    table[at] = word
    table[last] = int(table[last]) + before - word


@micropython.viper
def run(x, table, verb: int, number: int) -> int:
    """Do a verb with the features `x`, or the label or phase `number`; return the prediction, or the loss.

    settle and learn return -1, and do nothing, on a table whose words no longer add up to 0.
    """
    if verb <= _LEARN:
        size = int(_load(0, 0, x, table))
        if size == 0:
            return -1
        _sweep(table, table, size)
        answer = int(_highest(0, 0, table))
        if verb == _LEARN:
            if int(_set_errors(0, 0, table, number)):
                _displace(table, table)
                _change(table, table)
        return answer
    if verb == _SET_NUDGE:
        return int(_set_errors(0, 0, table, number))
    if verb == _NUDGE:
        _displace(table, table)
    else:
        _change(table, table)
    return 0


@micropython.viper
def _load(p: int, q: int, x: ptr8, table: ptr32) -> int:
    # `plain.load`: p the list, q the feature; returns the list's bytes, or 0 if all words' sum p is not 0 modulo 2**32
    q = int(table)
    words = 27 + 14 * (int(table[_COUNTS]) & 15)
    end = q + 4 * words
    p = 0
    while end - q:
        p = ptr32(q)[0] + p
        q += 4
    if p & 0xFFFF | p >> 16 & 0xFFFF:
        return 0
    first = (int(table[_ACTIVE]) | int(table[_ACTIVE + 1]) << 16 << 16) + 4
    p = first
    end = int(x) + int(table[_FEATURES])
    width = 2 * int(table[_AT_CROSSBARS + _NODES])
    further = 0
    while end - int(x):
        q = x[0]
        if q:
            if q >> 7:
                q -= 256
                if q + 128 == 0:
                    q = -127
            ptr32(p)[0] = further
            p += 4
            ptr32(p)[0] = q
            p += 4
            further = 0
        further += width
        x = ptr8(int(x) + 1)
    ptr32(p)[0] = further
    p += 4
    q = 127
    ptr32(p)[0] = q
    q = p + 4 - first
    ptr32(first - 4)[0] = q
    return q


@micropython.viper
def _multiply(
    p: int,
    q: int,
    r: int,
    table: ptr32,
    listed: int,
    size: int,
    weights: int,
    stride: int,
    lines: int,
    shift: int,
    source: int,
    to: int,
    post: int,
):
    # Let each of `lines` words of the array `to` be that of `source`, 0 for none, plus (sum of (weight * value >>
    # shift)) >> post.
    # The weights' addresses are each entry's place, `stride` bytes further for each line. p list, q weight, r sum
    wide = 1
    wide = wide << 16 << 16 >> 27
    first = int(table[listed]) | int(table[listed + 1]) << 16 << 16
    if listed == _ACTIVE:
        first += 4
    blocks = first + (size >> 5 << 5)
    end = first + size
    if wide:
        blocks = first
    r = 0
    p = first
    while end - p:
        r = (int(ptr32(p)[1]) << wide >> wide) + r
        p += 8
    correction = (0x8000 >> shift) * r
    row = int(table[weights]) | int(table[weights + 1]) << 16 << 16
    read = ptr32(int(table[source]) | int(table[source + 1]) << 16 << 16)
    write = ptr32(int(table[to]) | int(table[to + 1]) << 16 << 16)
    if stride == 2 and source == 0 and wide == 0:
        # Eight lines at once, whose weights are neighbours, without a source: p value
        while lines > 7:
            s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0 - correction
            at = first
            q = row
            if shift:
                while at - end:
                    q = ptr32(at)[0] + q
                    p = ptr32(at)[1]
                    at += 8
                    s0 = ((ptr16(q)[0] ^ 0x8000) * p >> shift) + s0
                    s1 = ((ptr16(q)[1] ^ 0x8000) * p >> shift) + s1
                    s2 = ((ptr16(q)[2] ^ 0x8000) * p >> shift) + s2
                    s3 = ((ptr16(q)[3] ^ 0x8000) * p >> shift) + s3
                    s4 = ((ptr16(q)[4] ^ 0x8000) * p >> shift) + s4
                    s5 = ((ptr16(q)[5] ^ 0x8000) * p >> shift) + s5
                    s6 = ((ptr16(q)[6] ^ 0x8000) * p >> shift) + s6
                    s7 = ((ptr16(q)[7] ^ 0x8000) * p >> shift) + s7
            else:
                while at - end:
                    q = ptr32(at)[0] + q
                    p = ptr32(at)[1]
                    at += 8
                    s0 = (ptr16(q)[0] ^ 0x8000) * p + s0
                    s1 = (ptr16(q)[1] ^ 0x8000) * p + s1
                    s2 = (ptr16(q)[2] ^ 0x8000) * p + s2
                    s3 = (ptr16(q)[3] ^ 0x8000) * p + s3
                    s4 = (ptr16(q)[4] ^ 0x8000) * p + s4
                    s5 = (ptr16(q)[5] ^ 0x8000) * p + s5
                    s6 = (ptr16(q)[6] ^ 0x8000) * p + s6
                    s7 = (ptr16(q)[7] ^ 0x8000) * p + s7
            write[0] = s0 >> post
            write = ptr32(int(write) + 4)
            write[0] = s1 >> post
            write = ptr32(int(write) + 4)
            write[0] = s2 >> post
            write = ptr32(int(write) + 4)
            write[0] = s3 >> post
            write = ptr32(int(write) + 4)
            write[0] = s4 >> post
            write = ptr32(int(write) + 4)
            write[0] = s5 >> post
            write = ptr32(int(write) + 4)
            write[0] = s6 >> post
            write = ptr32(int(write) + 4)
            write[0] = s7 >> post
            write = ptr32(int(write) + 4)
            row += 16
            lines -= 8
    while lines:
        r = 0 - correction
        p = first
        q = row
        if shift:
            while blocks - p:
                q = ptr32(p)[0] + q
                r = ((ptr16(q)[0] ^ 0x8000) * ptr32(p)[1] >> shift) + r
                q = ptr32(p)[2] + q
                r = ((ptr16(q)[0] ^ 0x8000) * ptr32(p)[3] >> shift) + r
                q = ptr32(p)[4] + q
                r = ((ptr16(q)[0] ^ 0x8000) * ptr32(p)[5] >> shift) + r
                q = ptr32(p)[6] + q
                r = ((ptr16(q)[0] ^ 0x8000) * ptr32(p)[7] >> shift) + r
                p += 32
        else:
            while blocks - p:
                q = ptr32(p)[0] + q
                r = (ptr16(q)[0] ^ 0x8000) * ptr32(p)[1] + r
                q = ptr32(p)[2] + q
                r = (ptr16(q)[0] ^ 0x8000) * ptr32(p)[3] + r
                q = ptr32(p)[4] + q
                r = (ptr16(q)[0] ^ 0x8000) * ptr32(p)[5] + r
                q = ptr32(p)[6] + q
                r = (ptr16(q)[0] ^ 0x8000) * ptr32(p)[7] + r
                p += 32
        if wide:
            while end - p:
                q = ptr32(p)[0] + q
                r = ((ptr16(q)[0] ^ 0x8000) * (int(ptr32(p)[1]) << wide >> wide) >> shift) + r
                p += 8
        else:
            while end - p:
                q = ptr32(p)[0] + q
                r = ((ptr16(q)[0] ^ 0x8000) * ptr32(p)[1] >> shift) + r
                p += 8
        q = r >> post
        if source:
            q = int(read[0]) + q
        write[0] = q
        read = ptr32(int(read) + 4)
        write = ptr32(int(write) + 4)
        row += stride
        lines -= 1


@micropython.viper
def _sweep(table, words: ptr32, size: int):
    # `plain.drive` by the inputs' list of so many bytes, and `dynamics.settle`
    sweeps = int(words[_COUNTS]) >> 8 & 255
    shift, back = int(words[_DRIVEN_SHIFT]), int(words[_BACK_SHIFT])
    nodes = int(words[_AT_CROSSBARS + _NODES])
    _multiply(0, 0, 0, table, _ACTIVE, size, _AT_CROSSBARS + _W, 2, nodes, shift, 0, _BASE, back)
    shift, feedback = int(words[_PRODUCT_SHIFT]), int(words[_FEEDBACK_SHIFT])
    sweep = 0
    while sweep < sweeps:
        at = _AT_CROSSBARS
        size = 0
        while True:
            current = at + _CURRENT
            above = int(words[at + _ABOVE])
            nodes = int(words[at + _NODES])
            if size:
                _multiply(0, 0, 0, table, _STATES, size, at + _W, 2, nodes, shift, 0, current, 0)
                source = current
            else:
                source = _BASE
            if sweep:
                if above:
                    size = int(_list(0, 0, 0, table, at + (_PER_CROSSBAR + _FREE), 0, above))
                    up = at + (_PER_CROSSBAR + _W)
                    _multiply(0, 0, 0, table, _STATES, size, up, 2 * above, nodes, shift, source, current, feedback)
                    source = current
            size = int(_finish(0, 0, 0, table, at, source, at + _FREE))
            if above == 0:
                break
            at += _PER_CROSSBAR
        sweep += 1


@micropython.viper
def _list(p: int, q: int, r: int, table: ptr32, states: int, others: int, nodes: int) -> int:
    # List the states, or by how much they differ from others: p value, q state, r list; returns its bytes
    q = int(table[states]) | int(table[states + 1]) << 16 << 16
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    apart = (int(table[others]) | int(table[others + 1]) << 16 << 16) - q
    r = first
    end = q + 2 * nodes
    further = 0
    while end - q:
        p = (ptr16(q)[0] ^ 0x8000) - 0x8000
        if others:
            p -= (ptr16(q + apart)[0] ^ 0x8000) - 0x8000
        if p:
            ptr32(r)[0] = further
            r += 4
            ptr32(r)[0] = p
            r += 4
            further = 0
        further += 2
        q += 2
    return r - first


@micropython.viper
def _finish(p: int, q: int, r: int, table: ptr32, at: int, source: int, to: int) -> int:
    # `plain.settle_layer`, and the list for the crossbar above: p state, q states, r list; returns its bytes
    wide = 1
    wide = wide << 16 << 16 >> 27
    current = ptr32(int(table[source]) | int(table[source + 1]) << 16 << 16)
    q = int(table[to]) | int(table[to + 1]) << 16 << 16
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    r = first
    end = q + 2 * int(table[at + _NODES])
    width = 2 * int(table[at + _ABOVE])
    shift = int(table[_ROUND_SHIFT])
    half = 1 << shift >> 1
    high = int(table[_RAIL])
    low = 0
    if width == 0:
        low -= high
    further = 0
    while end - q:
        p = (int(current[0]) + half << wide >> wide) >> shift
        if p > low:
            if p > high:
                p = high
            ptr32(r)[0] = further
            r += 4
            ptr16(q)[0] = p
            ptr32(r)[0] = p
            r += 4
            further = 0
        else:
            p = low
            ptr16(q)[0] = p
        current = ptr32(int(current) + 4)
        further += width
        q += 2
    ptr32(r)[0] = further
    r += 4
    p = 4096
    ptr32(r)[0] = p
    return r + 4 - first


@micropython.viper
def _highest(p: int, q: int, table: ptr32) -> int:
    at = _AT_CROSSBARS + _PER_CROSSBAR * ((int(table[_COUNTS]) & 15) - 1)
    q = int(table[at + _FREE]) | int(table[at + _FREE + 1]) << 16 << 16
    nodes = int(table[at + _NODES])
    best = 0
    highest = -1
    k = 0
    while k < nodes:
        p = ptr16(q)[0] ^ 0x8000
        if p > highest:
            highest = p
            best = k
        q += 2
        k += 1
    return best


@micropython.viper
def _set_errors(p: int, q: int, table: ptr32, label: int) -> int:
    # `plain.set_errors`: p error, q state; returns the loss
    at = _AT_CROSSBARS + _PER_CROSSBAR * ((int(table[_COUNTS]) & 15) - 1)
    q = int(table[at + _FREE]) | int(table[at + _FREE + 1]) << 16 << 16
    nodes = int(table[at + _NODES])
    errors = ptr32(int(table[_ERRORS]) | int(table[_ERRORS + 1]) << 16 << 16)
    right = int(table[_RIGHT]) + 0x8000
    wrong = int(table[_WRONG]) + 0x8000
    limit = int(table[_RAIL])
    loss = 0
    k = 0
    while k < nodes:
        if k == label:
            p = right - (ptr16(q)[0] ^ 0x8000)
            if p < 0:
                p = 0
            elif p > limit:
                p = limit
        else:
            p = wrong - (ptr16(q)[0] ^ 0x8000)
            if p > 0:
                p = 0
        errors[0] = p
        errors = ptr32(int(errors) + 4)
        p >>= 4
        loss += p * p
        if loss > 0x3FFFFFFF:
            loss = 0x3FFFFFFF
        q += 2
        k += 1
    ptr32(int(table[_LOSS]) | int(table[_LOSS + 1]) << 16 << 16)[0] = loss
    return loss


@micropython.viper
def _displace_outputs(p: int, q: int, r: int, table: ptr32, at: int) -> int:
    # `plain.displace_outputs`, both phases, and the list of the errors: p error, q errors, r list; returns its bytes
    wide = 1
    wide = wide << 16 << 16 >> 27
    free = ptr16(int(table[at + _FREE]) | int(table[at + _FREE + 1]) << 16 << 16)
    plus = ptr16(int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16)
    minus = ptr16(int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16)
    q = int(table[_ERRORS]) | int(table[_ERRORS + 1]) << 16 << 16
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    r = first
    end = q + 4 * int(table[at + _NODES])
    further = 0
    while end - q:
        p = ptr32(q)[0]
        if p:
            ptr32(r)[0] = further
            r += 4
            ptr32(r)[0] = p
            r += 4
            further = 0
            p = p << wide >> wide
        state = (free[0] ^ 0x8000) - 0x8000
        plus[0] = state + p
        minus[0] = state - p
        further += 2
        free = ptr16(int(free) + 2)
        plus = ptr16(int(plus) + 2)
        minus = ptr16(int(minus) + 2)
        q += 4
    return r - first


@micropython.viper
def _displace_layer(p: int, q: int, r: int, table: ptr32, at: int):
    # `plain.displace_layer` below the outputs, both phases from one sum: p state, q current, r what the errors bring
    wide = 1
    wide = wide << 16 << 16 >> 27
    q = int(table[at + _CURRENT]) | int(table[at + _CURRENT + 1]) << 16 << 16
    pull = ptr32(int(table[_PULL]) | int(table[_PULL + 1]) << 16 << 16)
    plus = ptr16(int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16)
    minus = ptr16(int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16)
    end = q + 4 * int(table[at + _NODES])
    shift = int(table[_ROUND_SHIFT])
    half = 1 << shift >> 1
    high = int(table[_RAIL])
    while end - q:
        r = int(pull[0])
        p = (ptr32(q)[0] + half + r << wide >> wide) >> shift
        if p < 0:
            p = 0
        elif p > high:
            p = high
        plus[0] = p
        p = (ptr32(q)[0] + half - r << wide >> wide) >> shift
        if p < 0:
            p = 0
        elif p > high:
            p = high
        minus[0] = p
        pull = ptr32(int(pull) + 4)
        plus = ptr16(int(plus) + 2)
        minus = ptr16(int(minus) + 2)
        q += 4


@micropython.viper
def _displace(table, words: ptr32):
    # `dynamics.nudge`, both phases
    at = _AT_CROSSBARS + _PER_CROSSBAR * ((int(words[_COUNTS]) & 15) - 1)
    size = int(_displace_outputs(0, 0, 0, table, at))
    if at > _AT_CROSSBARS:
        shift, feedback = int(words[_PRODUCT_SHIFT]), int(words[_FEEDBACK_SHIFT])
        up = at + _W
        stride = 2 * int(words[at + _NODES])
        at -= _PER_CROSSBAR
        lines = int(words[at + _NODES])
        _multiply(0, 0, 0, table, _STATES, size, up, stride, lines, shift, 0, _PULL, feedback)
        _displace_layer(0, 0, 0, table, at)
        while at > _AT_CROSSBARS:
            nodes = int(words[at + _NODES])
            up = at + _W
            below = at - _PER_CROSSBAR
            lines = int(words[below + _NODES])
            phase = _PLUS
            while phase <= _MINUS:
                size = int(_list(0, 0, 0, table, at + phase, at + _FREE, nodes))
                current = below + _CURRENT
                _multiply(0, 0, 0, table, _STATES, size, up, 2 * nodes, lines, shift, current, _PULL, feedback)
                _finish(0, 0, 0, table, below, _PULL, below + phase)
                phase += _MINUS - _PLUS
            at = below


@micropython.viper
def _change(table, words: ptr32):
    # `dynamics.program`
    rate_shift = int(_rate_shift(0, 0, table))
    _update_driven(int(_differences(0, 0, 0, table, rate_shift)), 0, 0, table, rate_shift)
    c = int(words[_COUNTS]) & 15
    while c > 1:
        c -= 1
        _pairs(0, 0, 0, table, _AT_CROSSBARS + _PER_CROSSBAR * c)
        _update_between(0, 0, 0, table, c)


@micropython.viper
def _rate_shift(p: int, q: int, table: ptr32) -> int:
    # The driven crossbar's for this sample (`plain.excess`): p entry of the list, q power
    wide = 1
    wide = wide << 16 << 16 >> 27
    p = int(table[_ACTIVE]) | int(table[_ACTIVE + 1]) << 16 << 16
    end = p + 4 + int(ptr32(p)[0])
    p += 4
    q = 0
    while end - p:
        x = int(ptr32(p)[1]) << wide >> wide
        q += x * x
        p += 8
    q >>= int(table[_POWER_BITS])
    rate_shift = int(table[_AT_CROSSBARS + _RATE_SHIFT])
    while q:
        q >>= 1
        rate_shift += 1
    if rate_shift > 24:
        rate_shift = 24
    return rate_shift


@micropython.viper
def _differences(p: int, q: int, r: int, table: ptr32, rate_shift: int) -> int:
    # List the first layer's differences that change a weight, + 2**15: p difference, q plus, r list
    at = _AT_CROSSBARS
    q = int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16
    apart = (int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16) - q
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    r = first
    end = q + 2 * int(table[at + _NODES])
    half = 1 << rate_shift >> 1
    further = 0
    while end - q:
        p = (ptr16(q)[0] ^ 0x8000) - (ptr16(q + apart)[0] ^ 0x8000)
        if p * 127 >= half or p * 127 + half <= 0:
            ptr32(r)[0] = further
            r += 4
            p += 32768
            ptr32(r)[0] = p
            r += 4
            further = 0
        further += 2
        q += 2
    return r - first


@micropython.viper
def _update_driven(p: int, r: int, q: int, table: ptr32, rate_shift: int):
    # `plain.update_driven`: p list, r change, then weight + 2**15, q weight's address
    wide = 1
    wide = wide << 16 << 16 >> 27
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    end = first + p
    entry = ptr32(int(table[_ACTIVE]) | int(table[_ACTIVE + 1]) << 16 << 16)
    entries = int(entry[0]) >> 3
    entry = ptr32(int(entry) + 4)
    weights = int(table[_AT_CROSSBARS + _W]) | int(table[_AT_CROSSBARS + _W + 1]) << 16 << 16
    half = 1 << rate_shift >> 1
    change = 0
    while entries:
        weights += int(entry[0])
        x = int(entry[1]) << wide >> wide
        offset = half - 0x8000 * x
        p = first
        q = weights
        while end - p:
            q = ptr32(p)[0] + q
            r = ptr32(p)[1] * x + offset >> rate_shift
            if r:
                change = r + change
                r = (ptr16(q)[0] ^ 0x8000) + r
                if r >> 16:
                    change -= r
                    if r > 0:
                        r = 0xFFFF
                    else:
                        r = 0
                    change += r
                ptr16(q)[0] = r ^ 0x8000
            p += 8
        entry = ptr32(int(entry) + 8)
        entries -= 1
    sums = ptr32(int(table[_SUMS]) | int(table[_SUMS + 1]) << 16 << 16)
    q = int(sums[0]) + change & 0xFFFF
    sums[0] = q


@micropython.viper
def _pairs(p: int, q: int, r: int, table: ptr32, at: int):
    # List the differences and means of the layer above a crossbar, + 2**15: p value, q plus, r list
    q = int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16
    apart = (int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16) - q
    r = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    end = q + 2 * int(table[at + _NODES])
    while end - q:
        p = (ptr16(q)[0] ^ 0x8000) - (ptr16(q + apart)[0] ^ 0x8000)
        p += 32768
        ptr32(r)[0] = p
        r += 4
        p = (ptr16(q)[0] ^ 0x8000) + (ptr16(q + apart)[0] ^ 0x8000) >> 1
        ptr32(r)[0] = p
        r += 4
        q += 2


@micropython.viper
def _update_between(p: int, r: int, q: int, table: ptr32, c: int):
    # `plain.update_between`: p list, r change, then weight + 2**15, q weight's address
    at = _AT_CROSSBARS + _PER_CROSSBAR * c
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    rows = int(table[at + _ROWS])
    width = 2 * int(table[at + _NODES])
    end = first + 4 * width
    q = int(table[at + _W]) | int(table[at + _W + 1]) << 16 << 16
    rate_shift = int(table[at + _RATE_SHIFT])
    half = 1 << rate_shift >> 1
    at -= _PER_CROSSBAR
    plus = ptr16(int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16)
    minus = ptr16(int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16)
    change = 0
    while rows:
        d = int(plus[0]) - int(minus[0])
        m = int(plus[0]) + int(minus[0])
        if m:
            m >>= 1
            offset = half - 0x8000 * (m + d)
            p = first
            while end - p:
                r = ptr32(p)[0] * m
                r = (ptr32(p)[1] * d + r + offset) >> rate_shift
                if r:
                    change = r + change
                    r = (ptr16(q)[0] ^ 0x8000) + r
                    if r >> 16:
                        change -= r
                        if r > 0:
                            r = 0xFFFF
                        else:
                            r = 0
                        change += r
                    ptr16(q)[0] = r ^ 0x8000
                q += 2
                p += 8
        else:
            q += width
        plus = ptr16(int(plus) + 2)
        minus = ptr16(int(minus) + 2)
        rows -= 1
    sums = ptr32((int(table[_SUMS]) | int(table[_SUMS + 1]) << 16 << 16) + 4 * c)
    q = int(sums[0]) + change & 0xFFFF
    sums[0] = q


class ViperCrossbar(MachineCrossbar):
    """The crossbar by viper kernels."""

    tier = "viper"
    run = staticmethod(run)
    enter = staticmethod(enter)
    scatter = staticmethod(scatter)
    total = staticmethod(total)
