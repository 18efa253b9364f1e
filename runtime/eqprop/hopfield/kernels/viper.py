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
bits where it has more, stores at an index above 0 are of locals in memory by a pointer in p, and no kernel hands an
address on: what calls others gets the table itself. A call takes 700 instructions and more, so with one hidden layer a
sample takes four (`run`, `settle`, `nudge` and `_update`), and one for each product of a crossbar. Nothing here
allocates.
"""

import micropython

from ..._compat import const
from ...crossbar.kernels.asking import asking
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

_NUDGED = const(2)  # what `nudge` adds to its answer
_UP = const(256)  # of `_multiply`, beside a crossbar: sum along its rows, for the layer below it


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
    if verb < _PROGRAM:
        multiply = _multiply  # looked up once, as that may take longer than calling it
        if verb <= _LEARN:
            if int(ptr32(table)[_CLASSES]) <= number or int(settle(x, 0, _FREE, table, multiply)) == 0:
                return -1
        answer = int(nudge(number, verb, 8, table, multiply))
        if verb != _LEARN or answer < _NUDGED:
            return answer
        answer -= _NUDGED
    _update(0, 0, table)
    return answer


@micropython.viper
def settle(p: ptr8, q: int, r: int, table, multiply) -> int:
    """Settle the free phase of the features p, or the layers below the last hidden one in the nudged phase r.

    r: the phase, as an index of a crossbar's part. As `dynamics.settle`, or as `dynamics.nudge`; each layer's states
    are listed for the product that follows. multiply: as `_multiply`, for weights as they are stored. Returns 0, having
    done nothing, if the sum of all words of the table is not 0 modulo 2**32.

    Later p list, q a state's address, r state.
    """
    wide = 1
    wide = wide << 16 << 16 >> 27
    words = ptr32(table)
    phase = r
    at = _AT_CROSSBARS
    end = int(words[_COUNTS]) & 15
    if phase == _FREE:
        # q that sum, then the list, r word, then feature
        r = int(words)
        blocks = 2 * end + 3
        q = ptr32(r)[0] + q
        q = ptr32(r)[1] + q
        q = ptr32(r)[2] + q
        q = ptr32(r)[3] + q
        q = ptr32(r)[4] + q
        q = ptr32(r)[5] + q
        r += 4 * 6
        while blocks:
            q = ptr32(r)[0] + q
            q = ptr32(r)[1] + q
            q = ptr32(r)[2] + q
            q = ptr32(r)[3] + q
            q = ptr32(r)[4] + q
            q = ptr32(r)[5] + q
            q = ptr32(r)[6] + q
            r += 4 * 7
            blocks -= 1
        if q & 0xFFFF | q >> 16 & 0xFFFF:
            return 0
        size = int(words[_ACTIVE]) | int(words[_ACTIVE + 1]) << 16 << 16
        q = size + 4
        last = int(p)
        end = last + int(words[_FEATURES])
        width = 2 * int(words[_AT_CROSSBARS + _NODES])
        while end - int(p):
            r = p[0]
            if r:
                if r >> 7:
                    r -= 256
                    if r + 128 == 0:
                        r = -127
                ptr32(q)[0] = (int(p) - last) * width
                q += 4
                ptr32(q)[0] = r
                q += 4
                last = int(p)
            p = ptr8(int(p) + 1)
        ptr32(q)[0] = (int(p) - last) * width
        q += 4
        r = 127
        ptr32(q)[0] = r
        r = q - size
        ptr32(size)[0] = r
        multiply(_BASE << 16 | _ACTIVE, r, at, table)
    else:
        at += _PER_CROSSBAR * (end - 3)
    shift = int(words[_ROUND_SHIFT])
    half = 1 << shift >> 1
    shift += wide
    high = int(words[_RAIL])
    sweep = 0
    listed = 0
    size = 0
    while at >= _AT_CROSSBARS:
        current = at + _CURRENT
        above = int(words[at + _ABOVE])
        source = _BASE
        if phase > _FREE:
            size = int(_list_states(at + _PER_CROSSBAR + phase, at + _PER_CROSSBAR + _FREE, above, table))
            source = _PULL
            multiply(_PULL << 16 | current << 8 | _STATES, size, at + _PER_CROSSBAR | _UP, table)
        else:
            if size:
                multiply(current << 16 | _STATES, size, at, table)
                source = current
            if sweep:
                if above:
                    if at > _AT_CROSSBARS or int(words[at + (_PER_CROSSBAR + _ABOVE)]):
                        listed = int(_list_states(at + (_PER_CROSSBAR + _FREE), 0, above, table))
                    multiply(current << 16 | source << 8 | _STATES, listed, at + _PER_CROSSBAR | _UP, table)
                    source = current
        # Bring the layer to its minimum, as `plain.settle_layer`, and list its states for the crossbar above it; the
        # outputs for the one below, all of them, as `_list_states` lists those above 0
        sums = ptr32(int(words[source]) | int(words[source + 1]) << 16 << 16)
        q = int(words[at + phase]) | int(words[at + phase + 1]) << 16 << 16
        first = int(words[_STATES]) | int(words[_STATES + 1]) << 16 << 16
        p = ptr8(first)
        last = q
        end = q + 2 * int(words[at + _NODES])
        if above:
            while end - q:
                r = (int(sums[0]) + half << wide) >> shift
                if r > 0:
                    if r > high:
                        r = high
                    ptr32(p)[0] = (q - last) * above
                    p = ptr8(int(p) + 4)
                    ptr16(q)[0] = r
                    ptr32(p)[0] = r
                    p = ptr8(int(p) + 4)
                    last = q
                else:
                    r = 0
                    ptr16(q)[0] = r
                sums = ptr32(int(sums) + 4)
                q += 2
            ptr32(p)[0] = (q - last) * above
            p = ptr8(int(p) + 4)
            r = 4096
            ptr32(p)[0] = r
            size = int(p) + 4 - first
            if phase > _FREE:
                at -= _PER_CROSSBAR
            else:
                at += _PER_CROSSBAR
        else:
            low = 0 - high
            while end - q:
                r = (int(sums[0]) + half << wide) >> shift
                if r > high:
                    r = high
                elif r < low:
                    r = low
                ptr32(p)[0] = q - last
                p = ptr8(int(p) + 4)
                ptr16(q)[0] = r
                ptr32(p)[0] = r
                p = ptr8(int(p) + 4)
                last = q
                sums = ptr32(int(sums) + 4)
                q += 2
            listed = int(p) - first
            size = 0
            sweep += 1
            at = _AT_CROSSBARS
            if sweep == int(words[_COUNTS]) >> 8 & 255:
                return 1
    return 1


@micropython.viper
def _list_states(p: int, q: int, r: int, table: ptr32) -> int:
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
def nudge(p: int, q: int, r: int, table, multiply) -> int:
    """Answer, judge and displace, as far as the verb q does, for the label p; return the prediction, or the loss.

    As the end of `dynamics.settle`, `plain.set_errors` and `dynamics.nudge`, both phases at once. learn counts in the
    tally, and returns whether the rates halve now, with `_NUDGED` added if an output misses its target.

    r: from so many outputs on, the list for `multiply` has errors of 0 too. multiply: as for `settle`. Later p value, q
    its address, r the highest, then the list, then a pull.
    """
    verb = q
    complete = r
    words = ptr32(table)
    at = _AT_CROSSBARS + _PER_CROSSBAR * ((int(words[_COUNTS]) & 15) - 1)
    outputs = int(words[at + _FREE]) | int(words[at + _FREE + 1]) << 16 << 16
    end = outputs + 2 * int(words[at + _NODES])
    label = outputs + 2 * p
    answer = 0
    if verb <= _LEARN:
        q = outputs
        best = q
        r = -1
        while end - q:
            p = ptr16(q)[0] ^ 0x8000
            if p > r:
                r = p
                best = q
            q += 2
        answer = best - outputs >> 1
        if verb != _LEARN:
            return answer
        r = (int(words[_LOSS]) | int(words[_LOSS + 1]) << 16 << 16) + 4
        ptr32(r)[0] = answer
        r += 4
        q = ptr32(r)[0] + 1
        ptr32(r)[0] = q
        r += 4
        q = ptr32(r)[0] - 1
        ptr32(r)[0] = q
        answer = 0 if q else 1
    errors = ptr32(int(words[_ERRORS]) | int(words[_ERRORS + 1]) << 16 << 16)
    if verb != _NUDGE:
        right = int(words[_RIGHT]) + 0x8000
        wrong = int(words[_WRONG]) + 0x8000
        limit = int(words[_RAIL])
        q = outputs
        r = 0
        while end - q:
            if q == label:
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
            r += p * p
            if r > 0x3FFFFFFF:
                r = 0x3FFFFFFF
            q += 2
        ptr32(int(words[_LOSS]) | int(words[_LOSS + 1]) << 16 << 16)[0] = r
        if verb == _SET_NUDGE:
            return r
        if r == 0:
            return answer
        answer += _NUDGED
        errors = ptr32(int(words[_ERRORS]) | int(words[_ERRORS + 1]) << 16 << 16)
    # The outputs, and the list of their errors
    wide = 1
    wide = wide << 16 << 16 >> 27
    plus = ptr16(int(words[at + _PLUS]) | int(words[at + _PLUS + 1]) << 16 << 16)
    minus = ptr16(int(words[at + _MINUS]) | int(words[at + _MINUS + 1]) << 16 << 16)
    first = int(words[_STATES]) | int(words[_STATES + 1]) << 16 << 16
    every = 1 if int(words[at + _NODES]) >= complete else 0
    q = outputs
    last = q
    r = first
    while end - q:
        p = int(errors[0])
        if p | every:
            ptr32(r)[0] = q - last
            r += 4
            ptr32(r)[0] = p
            r += 4
            last = q
            p = p << wide >> wide
        state = (ptr16(q)[0] ^ 0x8000) - 0x8000
        plus[0] = state + p
        minus[0] = state - p
        errors = ptr32(int(errors) + 4)
        plus = ptr16(int(plus) + 2)
        minus = ptr16(int(minus) + 2)
        q += 2
    if at > _AT_CROSSBARS:
        # The layer below: both phases from one sum
        multiply(_PULL << 16 | _STATES, r - first, at | _UP, table)
        at -= _PER_CROSSBAR
        q = int(words[at + _CURRENT]) | int(words[at + _CURRENT + 1]) << 16 << 16
        pull = ptr32(int(words[_PULL]) | int(words[_PULL + 1]) << 16 << 16)
        plus = ptr16(int(words[at + _PLUS]) | int(words[at + _PLUS + 1]) << 16 << 16)
        minus = ptr16(int(words[at + _MINUS]) | int(words[at + _MINUS + 1]) << 16 << 16)
        end = q + 4 * int(words[at + _NODES])
        shift = int(words[_ROUND_SHIFT])
        half = 1 << shift >> 1
        shift += wide
        high = int(words[_RAIL])
        while end - q:
            r = int(pull[0])
            p = (ptr32(q)[0] + half + r << wide) >> shift
            if p < 0:
                p = 0
            elif p > high:
                p = high
            plus[0] = p
            p = (ptr32(q)[0] + half - r << wide) >> shift
            if p < 0:
                p = 0
            elif p > high:
                p = high
            minus[0] = p
            pull = ptr32(int(pull) + 4)
            plus = ptr16(int(plus) + 2)
            minus = ptr16(int(minus) + 2)
            q += 4
        if at > _AT_CROSSBARS:
            settle(0, 0, _PLUS, table, multiply)
            settle(0, 0, _MINUS, table, multiply)
    return answer


@micropython.viper
def _multiply(p: int, q: int, r: int, table: ptr32):
    # Set each word of an array to another array's, or 0, plus (sum of (weight * value >> shift)) >> post, for each
    # column of a crossbar, or for each row but the bias's. p: the table's indices of the list of values, of the other
    # array (0 for none) and of the array, 8 bits each, q: the list's bytes, r: the crossbar's index, + _UP for its
    # rows. Later p list or value, q weight, r sum
    wide = 1
    wide = wide << 16 << 16 >> 27
    source = p >> 8 & 255
    at = p >> 16
    write = int(table[at]) | int(table[at + 1]) << 16 << 16
    apart = 0
    if source:
        apart = (int(table[source]) | int(table[source + 1]) << 16 << 16) - write
    p &= 255
    first = int(table[p]) | int(table[p + 1]) << 16 << 16
    shift = int(table[_PRODUCT_SHIFT])
    post = 0
    at = r & 255
    row = int(table[at + _W]) | int(table[at + _W + 1]) << 16 << 16
    lines = int(table[at + _NODES])
    stride = 2
    size = q
    if p == _ACTIVE:
        first += 4
        shift = int(table[_DRIVEN_SHIFT])
        post = int(table[_BACK_SHIFT])
    end = first + size
    r >>= 8
    if r:
        post = int(table[_FEEDBACK_SHIFT])
        stride = 2 * lines
        lines = int(table[at + _ROWS]) - 1
    r = 0
    p = first
    if size & 8:
        r = ptr32(p)[1]
        p += 8
    while end - p:
        r = ptr32(p)[1] + r
        r = ptr32(p)[3] + r
        p += 16
    start = (0 - (0x8000 >> shift)) * (r << wide >> wide)
    # Many columns at once (or rows of one weight): 16 where nothing is shifted, else 8, or 10 of the last 10 to 15
    many = lines if stride == 2 and source == 0 and wide == 0 else 0
    while many > 7:
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = s8 = s9 = start
        q = row
        count = 8
        if many > 15 and shift == 0:
            # r list
            count = 16
            s10 = s11 = s12 = s13 = s14 = s15 = start
            r = first
            while end - r:
                q = ptr32(r)[0] + q
                p = ptr32(r)[1]
                r += 8
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
            # r shift
            if many > 9 and many < 16:
                count = 10
            ten = count - 8
            r = shift
            at = first
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
                if ten:
                    s8 = ((ptr16(q)[8] ^ 0x8000) * p >> r) + s8
                    s9 = ((ptr16(q)[9] ^ 0x8000) * p >> r) + s9
        p = write
        s0 >>= post
        ptr32(p)[0] = s0
        s1 >>= post
        ptr32(p)[1] = s1
        s2 >>= post
        ptr32(p)[2] = s2
        s3 >>= post
        ptr32(p)[3] = s3
        s4 >>= post
        ptr32(p)[4] = s4
        s5 >>= post
        ptr32(p)[5] = s5
        s6 >>= post
        ptr32(p)[6] = s6
        s7 >>= post
        ptr32(p)[7] = s7
        if count > 8:
            s8 >>= post
            ptr32(p)[8] = s8
            s9 >>= post
            ptr32(p)[9] = s9
            if count > 10:
                s10 >>= post
                ptr32(p)[10] = s10
                s11 >>= post
                ptr32(p)[11] = s11
                s12 >>= post
                ptr32(p)[12] = s12
                s13 >>= post
                ptr32(p)[13] = s13
                s14 >>= post
                ptr32(p)[14] = s14
                s15 >>= post
                ptr32(p)[15] = s15
        write = p + 4 * count
        row += 2 * count
        lines -= count
        many -= count
    if size == stride << 2 and size > 63 and wide == 0:
        # A value for each column: eight or ten of them are locals. p shift, then the array
        v0 = int(ptr32(first)[1])
        v1 = int(ptr32(first)[3])
        v2 = int(ptr32(first)[5])
        v3 = int(ptr32(first)[7])
        v4 = int(ptr32(first)[9])
        v5 = int(ptr32(first)[11])
        v6 = int(ptr32(first)[13])
        v7 = int(ptr32(first)[15])
        at = 14
        rest = size - 64
        if rest > 15:
            v8 = int(ptr32(first)[17])
            v9 = int(ptr32(first)[19])
            at = 18
            rest -= 16
        ten = at - 14
        first = end - rest
        blocks = first + (rest >> 5 << 5)
        q = row
        while lines:
            p = shift
            r = start
            r = ((ptr16(q)[0] ^ 0x8000) * v0 >> p) + r
            r = ((ptr16(q)[1] ^ 0x8000) * v1 >> p) + r
            r = ((ptr16(q)[2] ^ 0x8000) * v2 >> p) + r
            r = ((ptr16(q)[3] ^ 0x8000) * v3 >> p) + r
            r = ((ptr16(q)[4] ^ 0x8000) * v4 >> p) + r
            r = ((ptr16(q)[5] ^ 0x8000) * v5 >> p) + r
            r = ((ptr16(q)[6] ^ 0x8000) * v6 >> p) + r
            r = ((ptr16(q)[7] ^ 0x8000) * v7 >> p) + r
            if ten:
                r = ((ptr16(q)[8] ^ 0x8000) * v8 >> p) + r
                r = ((ptr16(q)[9] ^ 0x8000) * v9 >> p) + r
            if rest:
                p = first
                q += at
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
                while end - p:
                    q = ptr32(p)[0] + q
                    r = ((ptr16(q)[0] ^ 0x8000) * ptr32(p)[1] >> shift) + r
                    p += 8
                row += stride
                q = row
            else:
                q += stride
            p = write
            r >>= post
            if source:
                r = ptr32(p + apart)[0] + r
            ptr32(p)[0] = r
            write = p + 4
            lines -= 1
    while lines:
        r = start
        p = first
        q = row
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
        p = write
        r >>= post
        if source:
            r = ptr32(p + apart)[0] + r
        ptr32(p)[0] = r
        write = p + 4
        row += stride
        lines -= 1


@micropython.viper
def _update(r: int, q: int, p: ptr32):
    # `dynamics.program`: r change, then weight, q its address, p the table, then a list
    wide = 1
    wide = wide << 16 << 16 >> 27
    table = p
    entry = ptr32(int(p[_ACTIVE]) | int(p[_ACTIVE + 1]) << 16 << 16)
    end = int(entry) + 4 + int(entry[0])
    last_entry = end
    entry = ptr32(int(entry) + 4)
    p = entry
    if end - int(p) & 8:
        r = int(p[1])
        q = r * r
        p = ptr32(int(p) + 8)
    while end - int(p):
        r = int(p[1])
        q += r * r
        r = int(p[3])
        q += r * r
        p = ptr32(int(p) + 16)
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
    while last_entry - int(entry):
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
    sums = ptr32(int(table[_SUMS]) | int(table[_SUMS + 1]) << 16 << 16)
    q = int(sums[0]) + change & 0xFFFF
    sums[0] = q
    left = (int(table[_COUNTS]) & 15) - 1
    while left:
        plus = ptr16(int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16)
        minus = ptr16(int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16)
        at += _PER_CROSSBAR
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
                    r = p[2]
                    r = m * r
                    r = (p[3] * d + r + offset) >> rate_shift
                    if r:
                        change = change + r
                        r = (ptr16(q)[1] ^ 0x8000) + r
                        if r >> 16:
                            change -= r
                            if r > 0:
                                r = 0xFFFF
                            else:
                                r = 0
                            change += r
                        weight = r ^ 0x8000
                        ptr16(q)[1] = weight
                    q += 4
                    p = ptr32(int(p) + 16)
                q -= odd
            else:
                q += width
            plus = ptr16(int(plus) + 2)
            minus = ptr16(int(minus) + 2)
            rows -= 1
        sums = ptr32(int(sums) + 4)
        q = int(sums[0]) + change & 0xFFFF
        sums[0] = q
        left -= 1


class ViperCrossbar(MachineCrossbar):
    """The crossbar by viper kernels."""

    tier = "viper"
    run = staticmethod(run)
    asking = staticmethod(asking)
    enter = staticmethod(enter)
    scatter = staticmethod(scatter)
    total = staticmethod(total)
