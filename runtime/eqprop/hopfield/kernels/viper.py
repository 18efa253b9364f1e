"""The Hopfield network's dynamics for MicroPython's viper emitter: the same bits as `eqprop.hopfield.dynamics`.

The kernels work on the table of `eqprop.hopfield.native`; indices count words. Products of a crossbar, in whichever
direction, are one function, `_multiply`, over a list of the values that are not zero: two words each, by how
many bytes the value's weights are further than those of the entry before (or than the first), and the value. The
inputs' list begins at active[1], and active[0] is its length in bytes; that of a layer's states, errors or changes
begins at the table's states. Updates take two entries at a time, so an odd list of differences has one more, of none.

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
_PROGRAM = const(4)
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
_CLASSES = const(11)
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

    learn counts in the tally, and returns whether the rates halve now. settle and learn return -1, and do nothing, for
    a label without an output, or on a table whose words no longer add up to 0.
    """
    answer = 0
    if verb <= _LEARN:
        size = int(load_inputs(table, x)) if int(ptr32(table)[_CLASSES]) > number else 0
        if size == 0:
            return -1
        multiply = _multiply  # looked up once, as that may take longer than calling it
        sweep(table, table, size, multiply)
        answer = int(highest(table, verb))
        if verb == _LEARN:
            if int(set_errors(number, table)):
                displace(table, table, multiply)
                verb = _PROGRAM
    elif verb == _SET_NUDGE:
        answer = int(set_errors(number, table))
    elif verb == _NUDGE:
        displace(table, table, _multiply)
    if verb == _PROGRAM:
        _update_driven(0, 0, table)
        number = int(ptr32(table)[_COUNTS]) & 15
        while number > 1:
            number -= 1
            _update_between(number, 0, table)
    return answer


@micropython.viper
def load_inputs(p: ptr32, x: ptr8) -> int:
    """List the inputs, as `plain.load`; return the list's bytes, or 0 if the sum of all words is not 0 modulo 2**32.

    p: the table, then the list. q: that sum, then the feature.
    """
    q = 0
    table = p
    q = p[0] + q
    q = p[1] + q
    q = p[2] + q
    q = p[3] + q
    q = p[4] + q
    q = p[5] + q
    p = ptr32(int(p) + 4 * 6)
    blocks = 3 + 2 * (int(table[_COUNTS]) & 15)
    while blocks:
        q = p[0] + q
        q = p[1] + q
        q = p[2] + q
        q = p[3] + q
        q = p[4] + q
        q = p[5] + q
        q = p[6] + q
        p = ptr32(int(p) + 4 * 7)
        blocks -= 1
    if q & 0xFFFF | q >> 16 & 0xFFFF:
        return 0
    first = (int(table[_ACTIVE]) | int(table[_ACTIVE + 1]) << 16 << 16) + 4
    p = ptr32(first)
    last = int(x)
    end = last + int(table[_FEATURES])
    width = 2 * int(table[_AT_CROSSBARS + _NODES])
    while end - int(x):
        q = x[0]
        if q:
            if q >> 7:
                q -= 256
                if q + 128 == 0:
                    q = -127
            p[0] = (int(x) - last) * width
            p = ptr32(int(p) + 4)
            p[0] = q
            p = ptr32(int(p) + 4)
            last = int(x)
        x = ptr8(int(x) + 1)
    p[0] = (int(x) - last) * width
    p = ptr32(int(p) + 4)
    q = 127
    p[0] = q
    q = int(p) + 4 - first
    p = ptr32(first - 4)
    p[0] = q
    return q


@micropython.viper
def _multiply(p: int, q: int, r: int, table: ptr32, stride: int, lines: int):
    # Set each of `lines` words of an array to another array's, or 0, plus (sum of (weight * value >> shift)) >> post.
    # The weights' addresses are each entry's place, `stride` bytes further for each line.
    # p: table's indices of the list, of the other array (0 for none) and of the array, 8 bits each, then post, and q:
    # the list's bytes, r: index of the weights, then shift. Later p list, q weight, r sum
    wide = 1
    wide = wide << 16 << 16 >> 27
    source = p >> 8 & 255
    read = ptr32(int(table[source]) | int(table[source + 1]) << 16 << 16)
    at = p >> 16 & 255
    write = ptr32(int(table[at]) | int(table[at + 1]) << 16 << 16)
    post = p >> 24
    p &= 255
    first = int(table[p]) | int(table[p + 1]) << 16 << 16
    if p == _ACTIVE:
        first += 4
    size = q
    shift = r >> 8
    r &= 255
    row = int(table[r]) | int(table[r + 1]) << 16 << 16
    blocks = first + (size >> 5 << 5)
    end = first + size
    if wide:
        blocks = first
    r = 0
    p = first
    while end - p:
        r = ptr32(p)[1] + r
        p += 8
    correction = (0x8000 >> shift) * (r << wide >> wide)
    if stride == 2 and source == 0 and wide == 0:
        # Many lines at once, whose weights are neighbours, without a source: p value, r shift
        r = shift
        while lines > 7:
            s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0 - correction
            at = first
            q = row
            if lines > 15 and r == 0:
                s8 = s9 = s10 = s11 = s12 = s13 = s14 = s15 = s0
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
                    s8 = (ptr16(q)[8] ^ 0x8000) * p + s8
                    s9 = (ptr16(q)[9] ^ 0x8000) * p + s9
                    s10 = (ptr16(q)[10] ^ 0x8000) * p + s10
                    s11 = (ptr16(q)[11] ^ 0x8000) * p + s11
                    s12 = (ptr16(q)[12] ^ 0x8000) * p + s12
                    s13 = (ptr16(q)[13] ^ 0x8000) * p + s13
                    s14 = (ptr16(q)[14] ^ 0x8000) * p + s14
                    s15 = (ptr16(q)[15] ^ 0x8000) * p + s15
            else:
                while at - end:
                    q = ptr32(at)[0] + q
                    p = ptr32(at)[1]
                    at += 8
                    s0 = ((ptr16(q)[0] ^ 0x8000) * p >> r) + s0
                    s1 = ((ptr16(q)[1] ^ 0x8000) * p >> r) + s1
                    s2 = ((ptr16(q)[2] ^ 0x8000) * p >> r) + s2
                    s3 = ((ptr16(q)[3] ^ 0x8000) * p >> r) + s3
                    s4 = ((ptr16(q)[4] ^ 0x8000) * p >> r) + s4
                    s5 = ((ptr16(q)[5] ^ 0x8000) * p >> r) + s5
                    s6 = ((ptr16(q)[6] ^ 0x8000) * p >> r) + s6
                    s7 = ((ptr16(q)[7] ^ 0x8000) * p >> r) + s7
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
            if lines > 7 and r == 0:
                write[0] = s8 >> post
                write = ptr32(int(write) + 4)
                write[0] = s9 >> post
                write = ptr32(int(write) + 4)
                write[0] = s10 >> post
                write = ptr32(int(write) + 4)
                write[0] = s11 >> post
                write = ptr32(int(write) + 4)
                write[0] = s12 >> post
                write = ptr32(int(write) + 4)
                write[0] = s13 >> post
                write = ptr32(int(write) + 4)
                write[0] = s14 >> post
                write = ptr32(int(write) + 4)
                write[0] = s15 >> post
                write = ptr32(int(write) + 4)
                row += 16
                lines -= 8
    dense = 0
    if size > 63:
        if size == stride << 2 and wide == 0:
            # A value for each weight of a line: eight of them are locals, p shift
            dense = 64
            v0 = int(ptr32(first)[1])
            v1 = int(ptr32(first)[3])
            v2 = int(ptr32(first)[5])
            v3 = int(ptr32(first)[7])
            v4 = int(ptr32(first)[9])
            v5 = int(ptr32(first)[11])
            v6 = int(ptr32(first)[13])
            v7 = int(ptr32(first)[15])
            if size > 79:
                dense = 80
                v8 = int(ptr32(first)[17])
                v9 = int(ptr32(first)[19])
    rest = size - dense
    first += dense
    if dense == 80:
        # By fours from there on
        blocks = first + (size - 80 >> 5 << 5)
    while lines:
        r = 0 - correction
        q = row
        if dense:
            p = shift
            r = ((ptr16(q)[0] ^ 0x8000) * v0 >> p) + r
            r = ((ptr16(q)[1] ^ 0x8000) * v1 >> p) + r
            r = ((ptr16(q)[2] ^ 0x8000) * v2 >> p) + r
            r = ((ptr16(q)[3] ^ 0x8000) * v3 >> p) + r
            r = ((ptr16(q)[4] ^ 0x8000) * v4 >> p) + r
            r = ((ptr16(q)[5] ^ 0x8000) * v5 >> p) + r
            r = ((ptr16(q)[6] ^ 0x8000) * v6 >> p) + r
            r = ((ptr16(q)[7] ^ 0x8000) * v7 >> p) + r
            q += 14
            if dense == 80:
                r = ((ptr16(q)[1] ^ 0x8000) * v8 >> p) + r
                q += 4
                r = ((ptr16(q)[0] ^ 0x8000) * v9 >> p) + r
        if rest:
            p = first
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
def sweep(table, words: ptr32, size: int, multiply):
    """Drive by the inputs' list of so many bytes, and sweep: `plain.drive` and `dynamics.settle`.

    multiply: as `_multiply`, for weights as they are stored.
    """
    sweeps = int(words[_COUNTS]) >> 8 & 255
    shift = int(words[_DRIVEN_SHIFT]) << 8
    post = int(words[_BACK_SHIFT]) << 24
    nodes = int(words[_AT_CROSSBARS + _NODES])
    multiply(post | (_BASE << 16 | _ACTIVE), size, shift | (_AT_CROSSBARS + _W), table, 2, nodes)
    shift = int(words[_PRODUCT_SHIFT]) << 8
    post = int(words[_FEEDBACK_SHIFT]) << 24
    sweep = 0
    outputs = 0
    while sweep < sweeps:
        at = _AT_CROSSBARS
        size = 0
        while True:
            current = at + _CURRENT
            above = int(words[at + _ABOVE])
            nodes = int(words[at + _NODES])
            if size:
                multiply(current << 16 | _STATES, size, at + _W | shift, table, 2, nodes)
                source = current
            else:
                source = _BASE
            if sweep:
                if above:
                    if at > _AT_CROSSBARS or int(words[at + (_PER_CROSSBAR + _ABOVE)]):
                        outputs = int(list_states(at + (_PER_CROSSBAR + _FREE), 0, above, table))
                    size = outputs
                    up = at + (_PER_CROSSBAR + _W) | shift
                    multiply(current << 16 | source << 8 | _STATES | post, size, up, table, 2 * above, nodes)
                    source = current
            size = int(finish(at, source, at + _FREE, table))
            if above == 0:
                break
            at += _PER_CROSSBAR
        outputs = size
        sweep += 1


@micropython.viper
def list_states(p: int, q: int, r: int, table: ptr32) -> int:
    """List the states, or by how much they differ from others; return the list's bytes.

    p, q: their indices, q 0 for no others, r: how many. Later p value, q state, r list.
    """
    others = q
    q = int(table[p]) | int(table[p + 1]) << 16 << 16
    apart = (int(table[others]) | int(table[others + 1]) << 16 << 16) - q
    end = q + 2 * r
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    r = first
    last = q
    while end - q:
        p = (ptr16(q)[0] ^ 0x8000) - 0x8000
        if others:
            p -= (ptr16(q + apart)[0] ^ 0x8000) - 0x8000
        if p:
            ptr32(r)[0] = q - last
            r += 4
            ptr32(r)[0] = p
            r += 4
            last = q
        q += 2
    return r - first


@micropython.viper
def finish(p: int, q: int, r: int, table: ptr32) -> int:
    """Settle a layer, as `plain.settle_layer`, and list its states for the crossbar above; return the list's bytes.

    Outputs are listed for the crossbar below, all of them, as `list_states` lists those above 0.
    p: the crossbar's index, q: that of its nodes' currents, r: that of the states. Later p state, q states, r list.
    """
    wide = 1
    wide = wide << 16 << 16 >> 27
    current = ptr32(int(table[q]) | int(table[q + 1]) << 16 << 16)
    q = int(table[r]) | int(table[r + 1]) << 16 << 16
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    r = first
    last = q
    end = q + 2 * int(table[p + _NODES])
    above = int(table[p + _ABOVE])
    shift = int(table[_ROUND_SHIFT])
    half = 1 << shift >> 1
    shift += wide
    high = int(table[_RAIL])
    if above == 0:
        low = 0 - high
        while end - q:
            p = (int(current[0]) + half << wide) >> shift
            if p > high:
                p = high
            elif p < low:
                p = low
            ptr32(r)[0] = q - last
            r += 4
            ptr16(q)[0] = p
            ptr32(r)[0] = p
            r += 4
            last = q
            current = ptr32(int(current) + 4)
            q += 2
        return r - first
    while end - q:
        p = (int(current[0]) + half << wide) >> shift
        if p > 0:
            if p > high:
                p = high
            ptr32(r)[0] = (q - last) * above
            r += 4
            ptr16(q)[0] = p
            ptr32(r)[0] = p
            r += 4
            last = q
        else:
            p = 0
            ptr16(q)[0] = p
        current = ptr32(int(current) + 4)
        q += 2
    ptr32(r)[0] = (q - last) * above
    r += 4
    p = 4096
    ptr32(r)[0] = p
    return r + 4 - first


@micropython.viper
def highest(p: ptr32, q: int) -> int:
    """Return the first of the highest outputs; or count it in the tally, and return whether the rates halve now.

    p: the table, then an output, q: whether to count, then the output's value, r the highest.
    """
    table = p
    learn = q
    q = int(p[_COUNTS]) & 15
    r = _AT_CROSSBARS + _PER_CROSSBAR * (q - 1)
    q = int(p[r + _FREE]) | int(p[r + _FREE + 1]) << 16 << 16
    end = q + 2 * int(p[r + _NODES])
    first = q
    best = q
    p = ptr32(q)
    r = -1
    while end - int(p):
        q = ptr16(p)[0] ^ 0x8000
        if q > r:
            r = q
            best = int(p)
        p = ptr32(int(p) + 2)
    q = best - first >> 1
    if learn:
        p = ptr32((int(table[_LOSS]) | int(table[_LOSS + 1]) << 16 << 16) + 4)
        p[0] = q
        p = ptr32(int(p) + 4)
        q = p[0] + 1
        p[0] = q
        p = ptr32(int(p) + 4)
        q = p[0] - 1
        p[0] = q
        q = 0 if q else 1
    return q


@micropython.viper
def set_errors(p: int, q: ptr32) -> int:
    """Set the errors, as `plain.set_errors`; return the loss.

    p: the label, then an error, q: the table, then a state.
    """
    table = q
    at = _AT_CROSSBARS + _PER_CROSSBAR * ((int(table[_COUNTS]) & 15) - 1)
    q = ptr32(int(table[at + _FREE]) | int(table[at + _FREE + 1]) << 16 << 16)
    end = int(q) + 2 * int(table[at + _NODES])
    label = int(q) + 2 * p
    errors = ptr32(int(table[_ERRORS]) | int(table[_ERRORS + 1]) << 16 << 16)
    right = int(table[_RIGHT]) + 0x8000
    wrong = int(table[_WRONG]) + 0x8000
    limit = int(table[_RAIL])
    loss = 0
    while end - int(q):
        if int(q) == label:
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
        q = ptr32(int(q) + 2)
    q = ptr32(int(table[_LOSS]) | int(table[_LOSS + 1]) << 16 << 16)
    q[0] = loss
    return loss


@micropython.viper
def _displace_outputs(p: int, q: ptr32) -> int:
    # `plain.displace_outputs`, both phases, and the list of the errors; returns its bytes. p: the crossbar's index,
    # then an error, q: the table, then the errors, r list
    r = 0
    at = p
    table = q
    wide = 1
    wide = wide << 16 << 16 >> 27
    free = ptr16(int(table[at + _FREE]) | int(table[at + _FREE + 1]) << 16 << 16)
    plus = ptr16(int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16)
    minus = ptr16(int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16)
    q = ptr32(int(table[_ERRORS]) | int(table[_ERRORS + 1]) << 16 << 16)
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    r = first
    end = int(q) + 4 * int(table[at + _NODES])
    further = 0
    while end - int(q):
        p = int(q[0])
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
        q = ptr32(int(q) + 4)
    return r - first


@micropython.viper
def _displace_layer(p: int, q: ptr32):
    # `plain.displace_layer` below the outputs, both phases from one sum. p: the crossbar's index, then a state, q: the
    # table, then a current, r what the errors bring
    r = 0
    at = p
    table = q
    wide = 1
    wide = wide << 16 << 16 >> 27
    q = ptr32(int(table[at + _CURRENT]) | int(table[at + _CURRENT + 1]) << 16 << 16)
    pull = ptr32(int(table[_PULL]) | int(table[_PULL + 1]) << 16 << 16)
    plus = ptr16(int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16)
    minus = ptr16(int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16)
    end = int(q) + 4 * int(table[at + _NODES])
    shift = int(table[_ROUND_SHIFT])
    half = 1 << shift >> 1
    shift += wide
    high = int(table[_RAIL])
    while end - int(q):
        r = int(pull[0])
        p = (int(q[0]) + half + r << wide) >> shift
        if p < 0:
            p = 0
        elif p > high:
            p = high
        plus[0] = p
        p = (int(q[0]) + half - r << wide) >> shift
        if p < 0:
            p = 0
        elif p > high:
            p = high
        minus[0] = p
        pull = ptr32(int(pull) + 4)
        plus = ptr16(int(plus) + 2)
        minus = ptr16(int(minus) + 2)
        q = ptr32(int(q) + 4)


@micropython.viper
def displace(table, words: ptr32, multiply):
    """Settle both nudged phases, as `dynamics.nudge`. multiply: as for `sweep`."""
    at = _AT_CROSSBARS + _PER_CROSSBAR * ((int(words[_COUNTS]) & 15) - 1)
    size = int(_displace_outputs(at, table))
    if at > _AT_CROSSBARS:
        shift = int(words[_PRODUCT_SHIFT]) << 8
        post = int(words[_FEEDBACK_SHIFT]) << 24
        up = at + _W | shift
        stride = 2 * int(words[at + _NODES])
        at -= _PER_CROSSBAR
        lines = int(words[at + _NODES])
        multiply(post | (_PULL << 16 | _STATES), size, up, table, stride, lines)
        _displace_layer(at, table)
        while at > _AT_CROSSBARS:
            nodes = int(words[at + _NODES])
            up = at + _W | shift
            below = at - _PER_CROSSBAR
            lines = int(words[below + _NODES])
            phase = _PLUS
            while phase <= _MINUS:
                size = int(list_states(at + phase, at + _FREE, nodes, table))
                current = below + _CURRENT << 8
                multiply(current | (_PULL << 16 | _STATES) | post, size, up, table, 2 * nodes, lines)
                finish(below, _PULL, below + phase, table)
                phase += _MINUS - _PLUS
            at = below


@micropython.viper
def _update_driven(r: int, q: int, p: ptr32):
    # `plain.excess` and `plain.update_driven`: r change, then weight, q its address, p the table, then the list
    wide = 1
    wide = wide << 16 << 16 >> 27
    table = p
    entry = ptr32(int(p[_ACTIVE]) | int(p[_ACTIVE + 1]) << 16 << 16)
    end = int(entry) + 4 + int(entry[0])
    entries = int(entry[0]) >> 3
    entry = ptr32(int(entry) + 4)
    p = entry
    while end - int(p):
        r = int(p[1])
        q += r * r
        p = ptr32(int(p) + 8)
    r = int(table[_AT_CROSSBARS + _RATE_SHIFT])
    q = (q << wide >> wide) >> int(table[_POWER_BITS])
    while q:
        q >>= 1
        r += 1
    if r > 24:
        r = 24
    rate_shift = r
    half = 1 << rate_shift >> 1
    # List the first layer's differences that change a weight, + 2**15
    least = (half + 126) // 127
    at = _AT_CROSSBARS
    q = int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16
    apart = (int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16) - q
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    p = ptr32(first)
    last = q
    end = q + 2 * int(table[at + _NODES])
    while end - q:
        r = (ptr16(q)[0] ^ 0x8000) - (ptr16(q + apart)[0] ^ 0x8000)
        if r:
            if r >= least or 0 - r >= least:
                p[0] = q - last
                p = ptr32(int(p) + 4)
                p[0] = r + 32768
                p = ptr32(int(p) + 4)
                last = q
        q += 2
    if int(p) - first & 8:
        # Pad the list to an even number: a difference of 0 changes the last weight by 0
        p[0] = q - q
        p = ptr32(int(p) + 4)
        r = 32768
        p[0] = r
        p = ptr32(int(p) + 4)
    end = int(p)
    # A weight beyond the limits has another sign, as bits, if no change has 16 bits: else look at each that changes
    seen = 0x8000 if rate_shift > 7 else -1
    weights = int(table[_AT_CROSSBARS + _W]) | int(table[_AT_CROSSBARS + _W + 1]) << 16 << 16
    change = 0
    while entries:
        weights += int(entry[0])
        x = int(entry[1]) << wide >> wide
        offset = half - 0x8000 * x
        p = ptr32(first)
        q = weights
        while end - int(p):
            q = p[0] + q
            r = p[1]
            r = x * r + offset >> rate_shift
            change = change + r
            r = ptr16(q)[0] + r
            if (ptr16(q)[0] ^ r) & seen:
                # Another sign, or beyond the limits
                r = r - ptr16(q)[0] + (ptr16(q)[0] ^ 0x8000)
                change -= r
                if r >> 16:
                    r = 0 if r < 0 else 0xFFFF
                change += r
                r ^= 0x8000
            ptr16(q)[0] = r
            q = p[2] + q
            r = p[3]
            r = x * r + offset >> rate_shift
            change = change + r
            r = ptr16(q)[0] + r
            if (ptr16(q)[0] ^ r) & seen:
                # Another sign, or beyond the limits
                r = r - ptr16(q)[0] + (ptr16(q)[0] ^ 0x8000)
                change -= r
                if r >> 16:
                    r = 0 if r < 0 else 0xFFFF
                change += r
                r ^= 0x8000
            ptr16(q)[0] = r
            p = ptr32(int(p) + 16)
        entry = ptr32(int(entry) + 8)
        entries -= 1
    sums = ptr32(int(table[_SUMS]) | int(table[_SUMS + 1]) << 16 << 16)
    q = int(sums[0]) + change & 0xFFFF
    sums[0] = q


@micropython.viper
def _update_between(r: int, q: int, p: ptr32):
    # `plain.update_between`: r the crossbar, then a change, then weight + 2**15, q weight, p the table, then the list
    c = r
    table = p
    at = _AT_CROSSBARS + _PER_CROSSBAR * c
    # List the differences and means of the layer above, + 2**15
    q = int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16
    apart = (int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16) - q
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    p = ptr32(first)
    width = 2 * int(table[at + _NODES])
    end = q + width
    while end - q:
        r = (ptr16(q)[0] ^ 0x8000) - (ptr16(q + apart)[0] ^ 0x8000)
        p[0] = r + 0x8000
        p = ptr32(int(p) + 4)
        p[0] = (ptr16(q)[0] ^ 0x8000) + (ptr16(q + apart)[0] ^ 0x8000) >> 1
        p = ptr32(int(p) + 4)
        q += 2
    # Pad the list to an even number, with no change
    r = 0x8000
    p[0] = r
    p = ptr32(int(p) + 4)
    p[0] = r
    rows = int(table[at + _ROWS])
    odd = width & 2
    end = first + 4 * (width + odd)
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
            p = ptr32(first)
            while end - int(p):
                r = p[0]
                r = m * r
                r = (p[1] * d + r + offset) >> rate_shift
                if r:
                    change = change + r
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
                r = p[2]
                r = m * r
                r = (p[3] * d + r + offset) >> rate_shift
                if r:
                    change = change + r
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
                p = ptr32(int(p) + 16)
            q -= odd
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
