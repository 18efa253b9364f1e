"""The circuit's dynamics for MicroPython's viper emitter: the same bits as `crossbar.dynamics`, in machine words.

The kernels work on the table of `eqprop.crossbar.native`; indices count words. active[0] holds the number of inputs
that are not zero and, from bit 16 on, the number above zero, including the bias row. Each word after it describes one
of these inputs, first those above zero and the bias row, then those below. Its lower half is the distance in bytes
within a node's row from the input before it (from the row's start, for the first of either sign); its upper half is the
magnitude. Neither needs a sign, and the loops step from pair to pair.

Speed. The emitter keeps a function's first locals, arguments first, in registers: two, or three if no .mpy is made.
These are the names p, q and r here, integers that each loop uses for its most frequent values; callers pass zeros for
them. Any other local is loaded and stored around each use. A result that the next operation takes as its left side, and
a load at a constant index of up to 31, cost nothing extra, nor does a register on the right side. Hence x + local, not
local + x; but local + p, and `p = load; p = local * p`; inner loops unrolled over constant indices; `end - p` as a
loop's condition, which saves a comparison.

Loads from ptr8, ptr16 and ptr32 are unsigned (ptr32 on 64-bit ports), hence (x ^ 0x8000) - 0x8000 and the like;
`<< 16 << 16` is zero where a word has 32 bits, and `<< wide >> wide` extends the sign of 32 bits where it has more.
Nothing here allocates. Therefore kernels that get the table's address instead of its object call no other kernel: if
RAM is above 2**30, an address is a big integer. And a statement assigns one value: in a deployed module,
`a, b = c, d` makes a tuple.

Limits. An ARMv6-M branches no further than 2 KB ("native method too big"); so does a condition on Xtensa in MicroPython
before 1.26 (it prints an error, and compiles on). Hence `while True` around long bodies, which is a jump. On Xtensa,
MicroPython 1.25.0 stores the wrong register at a constant index above 0, unless the value is a local in memory and the
pointer is in a register: hence `x = ...; ptr16(p)[1] = x`, with p or q and any later local.
"""

import micropython

from ..._compat import const
from ..native import MachineCrossbar

# As in `eqprop.crossbar.native`
_LEARN = const(1)
_SET_NUDGE = const(2)
_NUDGE = const(3)
_REFRESH = const(5)
_IN_FEATURES = const(0)
_IN_NODES = const(1)
_IN_SHIFT = const(2)
_IN_WIDTH = const(3)
_IN_INPUTS = const(4)
_IN_ACTIVE = const(6)
_IN_CONDUCTANCES = const(8)
_IN_DRIVEN = const(10)
_IN_TALLY = const(12)
_AT_OUTPUTS = const(14)
_OUT_NODES = const(0)
_OUT_SHIFT = const(1)
_OUT_BETA = const(2)
_OUT_RIGHT = const(3)
_OUT_WRONG = const(4)
_OUT_COUNTS = const(5)
_OUT_V_FREE = const(6)
_OUT_CURRENTS = const(8)
_OUT_REST = const(10)
_OUT_BASE = const(12)
_AT_CROSSBARS = const(28)
_PER_CROSSBAR = const(38)
_NODES = const(0)
_ROWS = const(1)
_COLUMNS = const(2)
_PRODUCT_SHIFT = const(3)
_BACK_SHIFT = const(4)
_WIRED = const(5)
_DELTA_LIMIT = const(6)
_GAIN = const(7)
_SCALE = const(8)
_RATE_SHIFT = const(9)
_G_MIN = const(10)
_G_MAX = const(11)
_BASE = const(12)
_G = const(14)
_G_ABOVE = const(16)
_RECIPROCAL = const(18)
_SHIFT = const(20)
_LOW = const(22)
_HIGH = const(24)
_DELTA = const(26)
_MEAN = const(28)
_TOTAL = const(30)
_V_FREE = const(32)
_V_PLUS = const(34)
_V_MINUS = const(36)


@micropython.viper
def scatter(g: ptr16, stream: ptr32):
    """As `eqprop.crossbar.kernels.plain.scatter`."""
    # In halves of 16 bits: a word may have 32 or 64
    low = int(stream[0])
    high = int(stream[1])
    least = int(stream[2])
    spread = int(stream[3])
    count = int(stream[4])
    while count:
        high ^= (high << 13 | low >> 3) & 0xFFFF
        low ^= low << 13 & 0xFFFF
        low ^= high >> 1
        high ^= (high << 5 | low >> 11) & 0xFFFF
        low ^= low << 5 & 0xFFFF
        g[0] = least
        if high >> 15:
            g[0] = ((high & 0x7FFF) * spread >> 15) + least
        g = ptr16(int(g) + 2)
        count -= 1
    stream[0] = low
    stream[1] = high


@micropython.viper
def gather(g: ptr16, start: int, count: int, step: int) -> int:
    """As `eqprop.crossbar.kernels.plain.gather`."""
    total = 0
    g = ptr16(int(g) + (start << 1))
    step <<= 1
    while count:
        total = g[0] + total
        g = ptr16(int(g) + step)
        count -= 1
    return total


@micropython.viper
def run(x, table, verb: int, number: int) -> int:
    """Do a verb of `eqprop.crossbar.native`: with the features `x`, and a label or phase as `number`."""
    if verb > _LEARN:
        if verb == _SET_NUDGE:
            return int(_set_nudge(table, number))
        if verb == _NUDGE:
            _displace(number, 0, 0, table)
            _sweep(number, 0, 0, table)
            return 0
        if verb == _REFRESH:
            return int(_add_up(0, 0, 0, table))
        return int(_change(table))
    if int(ptr32(table)[_AT_OUTPUTS]) <= number or int(_sum(0, table)):
        return -1
    _load(x, table, 0, table)
    _multiply(0, 0, 0, table)
    answer = int(_sweep(0, 0, 0, table))
    if verb:
        loss = int(_set_nudge(table, number))
        if loss:
            number = 1
            while number < 3:
                _displace(number, 0, 0, table)
                _sweep(number, 0, 0, table)
                number += 1
            if _change(table):
                return -2
        answer = int(_count(table, loss, answer))
    return answer


@micropython.viper
def _change(table) -> int:
    _contrast(0, 0, table)
    _update_driven(0, 0, 0, table)
    # From the last on: each but the first is done with its layer's delta and mean, and so may scale them in place
    c = int(ptr32(table)[_AT_OUTPUTS + _OUT_COUNTS]) & 255
    while c > 1:
        c -= 1
        _update_between(c, 0, 0, table)
    return int(_invert(0, 0, table))


@micropython.viper
def _add_up(p: int, q: int, r: int, table: ptr32) -> int:
    # Every node's total conductance from its devices. p: the device, q: the total above, r: the sum of a row
    left = int(table[_AT_OUTPUTS + _OUT_COUNTS]) & 255
    width = int(table[_IN_WIDTH])
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    p = int(t[_G]) | int(t[_G + 1]) << 16 << 16
    below = ptr32(int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16)
    count = int(t[_NODES])
    while count:
        r = 0
        end = p + width
        while end - p:
            r = ptr16(p)[0] + r
            p += 2
        below[0] = r
        below = ptr32(int(below) + 4)
        count -= 1
    while left > 1:
        below = ptr32(int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16)
        t = ptr32(int(t) + 4 * _PER_CROSSBAR)
        first = int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16
        end = first + (int(t[_NODES]) << 2)
        q = first
        while end - q:
            ptr32(q)[0] = 0
            q += 4
        p = int(t[_G]) | int(t[_G + 1]) << 16 << 16
        count = int(t[_ROWS])
        while count:
            r = 0
            q = first
            while end - q:
                r = ptr16(p)[0] + r
                ptr32(q)[0] = ptr16(p)[0] + int(ptr32(q)[0])
                p += 2
                q += 4
            if count > 2:
                below[0] = int(below[0]) + r
                below = ptr32(int(below) + 4)
            count -= 1
        left -= 1
    return int(_invert(0, 0, table))


@micropython.viper
def _count(q: ptr32, p: int, prediction: int) -> int:
    # Count a sample of loss p; return whether the rates halve now. q: the table, then the tally
    q = ptr32(int(q[_IN_TALLY]) | int(q[_IN_TALLY + 1]) << 16 << 16)
    q[0] = p
    q = ptr32(int(q) + 4)
    q[0] = prediction
    q = ptr32(int(q) + 4)
    q[0] = int(q[0]) + 1
    q = ptr32(int(q) + 4)
    p = int(q[0]) - 1
    q[0] = p
    return 0 if p else 1


@micropython.viper
def _sum(p: int, table: ptr32) -> int:
    # The sum p of all words, 10 and an odd number of times 19: 0 for none, modulo 2**32
    blocks = 1 + 2 * (int(table[_AT_OUTPUTS + _OUT_COUNTS]) & 15)
    p = int(table[0]) + p
    p = int(table[1]) + p
    p = int(table[2]) + p
    p = int(table[3]) + p
    p = int(table[4]) + p
    p = int(table[5]) + p
    p = int(table[6]) + p
    p = int(table[7]) + p
    p = int(table[8]) + p
    p = int(table[9]) + p
    table = ptr32(int(table) + 4 * 10)
    while blocks:
        p = int(table[0]) + p
        p = int(table[1]) + p
        p = int(table[2]) + p
        p = int(table[3]) + p
        p = int(table[4]) + p
        p = int(table[5]) + p
        p = int(table[6]) + p
        p = int(table[7]) + p
        p = int(table[8]) + p
        p = int(table[9]) + p
        p = int(table[10]) + p
        p = int(table[11]) + p
        p = int(table[12]) + p
        p = int(table[13]) + p
        p = int(table[14]) + p
        p = int(table[15]) + p
        p = int(table[16]) + p
        p = int(table[17]) + p
        p = int(table[18]) + p
        table = ptr32(int(table) + 4 * 19)
        blocks -= 1
    return (p | p >> 16) & 0xFFFF


@micropython.viper
def enter(table: ptr32, at: int, word: int, last: int):
    """Write a word of the table, and to its last word what leaves the sum of all words as it is."""
    before = int(table[at])
    table[at] = word
    table[last] = int(table[last]) + before - word


@micropython.viper
def _load(x: ptr8, listed: ptr32, p: int, table: ptr32):
    n = int(table[_IN_FEATURES])
    start = int(x)
    end = start + n
    inputs = (int(table[_IN_INPUTS]) | int(table[_IN_INPUTS + 1]) << 16 << 16) - start
    active = ptr32(int(table[_IN_ACTIVE]) | int(table[_IN_ACTIVE + 1]) << 16 << 16)
    first = int(active) + 4
    listed = ptr32(first)
    last = start
    zeros = 0
    while end - int(x):
        p = x[0]
        if p:
            if p >> 7:
                if p == 128:
                    p = 129
            else:
                listed[0] = (int(x) - last) << 2 | p << 16
                listed = ptr32(int(listed) + 4)
                last = int(x)
        else:
            zeros += 1
        ptr8(int(x) + inputs)[0] = p
        x = ptr8(int(x) + 1)
    listed[0] = (int(x) - last) << 2 | 127 << 16
    listed = ptr32(int(listed) + 4)
    count = (int(listed) - first) >> 2
    active[0] = (n + 1 - zeros) | count << 16
    count = n + 1 - zeros - count
    x = ptr8(start)
    last = start
    while count:
        p = x[0]
        if p >> 7:
            if p == 128:
                p = 129
            listed[0] = (int(x) - last) << 2 | (256 - p) << 16
            listed = ptr32(int(listed) + 4)
            last = int(x)
            count -= 1
        x = ptr8(int(x) + 1)


@micropython.viper
def _multiply(p: int, q: int, r: int, table: ptr32):
    # p: the pair of devices, q: the listed input, r: the sum
    nodes = int(table[_IN_NODES])
    shift = int(table[_IN_SHIFT])
    width = int(table[_IN_WIDTH])
    first = int(table[_IN_ACTIVE]) | int(table[_IN_ACTIVE + 1]) << 16 << 16
    middle = first + 4 + (int(ptr16(first)[1]) << 2)
    stop = first + 4 + (int(ptr16(first)[0]) << 2)
    first += 4
    blocks = middle - ((middle - first) & 31)
    row = int(table[_IN_CONDUCTANCES]) | int(table[_IN_CONDUCTANCES + 1]) << 16 << 16
    current = ptr32(int(table[_IN_DRIVEN]) | int(table[_IN_DRIVEN + 1]) << 16 << 16)
    up = (1 << shift) - 1
    while nodes:
        r = 0
        if stop - middle:
            # The negative of a sum of those below zero: rounded up, for the sum to be rounded down
            p = row
            q = middle
            while stop - q:
                p = ptr16(q)[0] + p
                r = (((ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[1] + up) >> shift) + r
                q += 4
            r = 0 - r
        p = row
        q = first
        if shift:
            while middle - q:
                p = ptr16(q)[0] + p
                r = (((ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[1]) >> shift) + r
                q += 4
        else:
            while blocks - q:
                p = ptr16(q)[0] + p
                r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[1] + r
                p = ptr16(q)[2] + p
                r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[3] + r
                p = ptr16(q)[4] + p
                r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[5] + r
                p = ptr16(q)[6] + p
                r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[7] + r
                p = ptr16(q)[8] + p
                r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[9] + r
                p = ptr16(q)[10] + p
                r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[11] + r
                p = ptr16(q)[12] + p
                r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[13] + r
                p = ptr16(q)[14] + p
                r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[15] + r
                q += 32
            while middle - q:
                p = ptr16(q)[0] + p
                r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[1] + r
                q += 4
        current[0] = r
        current = ptr32(int(current) + 4)
        row += width
        nodes -= 1


@micropython.viper
def _displace(p: int, q: int, r: int, table: ptr32):
    # From the free state, and with what the nudge currents bring at once. p, q: of whom, and to whom, r: the sign
    at = _V_FREE + 2 * p
    r = 3 - (p << 1)
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    count = int(table[_AT_OUTPUTS + _OUT_COUNTS]) & 255
    while count:
        p = int(t[_V_FREE]) | int(t[_V_FREE + 1]) << 16 << 16
        q = int(t[at]) | int(t[at + 1]) << 16 << 16
        end = q + (int(t[_WIRED]) << 1)
        while end - q:
            ptr16(q)[0] = ptr16(p)[0]
            p += 2
            q += 2
        t = ptr32(int(t) + 4 * _PER_CROSSBAR)
        count -= 1
    wide = 1
    wide = wide << 16 << 16 >> 27
    t = ptr32(int(table) + 4 * _AT_OUTPUTS)
    n = int(t[_OUT_NODES])
    currents = ptr32(int(t[_OUT_CURRENTS]) | int(t[_OUT_CURRENTS + 1]) << 16 << 16)
    p = int(t[_OUT_REST]) | int(t[_OUT_REST + 1]) << 16 << 16
    q = int(t[_OUT_BASE]) | int(t[_OUT_BASE + 1]) << 16 << 16
    end = q + (n << 2)
    v = ptr32(currents)
    while end - q:
        ptr32(q)[0] = int(v[0]) * r + int(ptr32(p)[0])
        v = ptr32(int(v) + 4)
        p += 4
        q += 4
    count = int(table[_AT_OUTPUTS + _OUT_COUNTS]) & 255
    t = ptr32(int(table) + 4 * _AT_CROSSBARS + 4 * _PER_CROSSBAR * (count - 1))
    reciprocal = ptr16(int(t[_RECIPROCAL]) | int(t[_RECIPROCAL + 1]) << 16 << 16)
    shift = ptr8(int(t[_SHIFT]) | int(t[_SHIFT + 1]) << 16 << 16)
    low = ptr16(int(t[_LOW]) | int(t[_LOW + 1]) << 16 << 16)
    high = ptr16(int(t[_HIGH]) | int(t[_HIGH + 1]) << 16 << 16)
    output = ptr16(int(t[at]) | int(t[at + 1]) << 16 << 16)
    q = 0
    while q < n:
        p = (((int(currents[q]) * r) << wide) >> wide) >> shift[q]
        if p > 65535:
            p = 65535
        elif p < -65535:
            p = -65535
        p = ((p * reciprocal[q] + 8192) >> 14) + (output[q] ^ 0x8000) - 0x8000
        limit = (high[q] ^ 0x8000) - 0x8000
        if p > limit:
            p = limit
        limit = (low[q] ^ 0x8000) - 0x8000
        if p < limit:
            p = limit
        output[q] = p
        q += 1


@micropython.viper
def _sweep(p: int, q: int, r: int, table: ptr32) -> int:
    phase = p
    at = _V_FREE + 2 * phase
    count = int(table[_AT_OUTPUTS + _OUT_COUNTS]) & 255
    # Half sweeps to go, and the first one's first layer: up from the inputs, or down from the outputs. In the first
    # half of the free phase the layers above are still at zero volts.
    halves = (int(table[_AT_OUTPUTS + _OUT_COUNTS]) >> 8 & 255) << 1
    parity = 0
    zero = 1
    if phase:
        halves -= 2
        parity = count & 1
        zero = 0
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    if zero:
        c = count
        while c:
            p = int(t[_V_FREE]) | int(t[_V_FREE + 1]) << 16 << 16
            end = p + (int(t[_NODES]) << 1)
            while end - p:
                ptr16(p)[0] = 0
                p += 2
            t = ptr32(int(t) + 4 * _PER_CROSSBAR)
            c -= 1
        t = ptr32(int(table) + 4 * _AT_OUTPUTS)
        p = int(t[_OUT_REST]) | int(t[_OUT_REST + 1]) << 16 << 16
        q = int(t[_OUT_BASE]) | int(t[_OUT_BASE + 1]) << 16 << 16
        end = q + (int(t[_OUT_NODES]) << 2)
        while end - q:
            ptr32(q)[0] = ptr32(p)[0]
            p += 4
            q += 4
    wide = 1
    wide = wide << 16 << 16 >> 27
    while True:
        if not halves:
            break
        c = parity
        while True:
            if not c < count:
                break
            t = ptr32(int(table) + 4 * _AT_CROSSBARS + 4 * _PER_CROSSBAR * c)
            nodes = int(t[_NODES])
            columns = int(t[_COLUMNS])
            if zero:
                columns = 0
            product = int(t[_PRODUCT_SHIFT])
            back = int(t[_BACK_SHIFT])
            base = ptr32(int(t[_BASE]) | int(t[_BASE + 1]) << 16 << 16)
            below = int(t[_G]) | int(t[_G + 1]) << 16 << 16
            above = int(t[_G_ABOVE]) | int(t[_G_ABOVE + 1]) << 16 << 16
            reciprocal = ptr16(int(t[_RECIPROCAL]) | int(t[_RECIPROCAL + 1]) << 16 << 16)
            shift = ptr8(int(t[_SHIFT]) | int(t[_SHIFT + 1]) << 16 << 16)
            low = ptr16(int(t[_LOW]) | int(t[_LOW + 1]) << 16 << 16)
            high = ptr16(int(t[_HIGH]) | int(t[_HIGH + 1]) << 16 << 16)
            out = ptr16(int(t[at]) | int(t[at + 1]) << 16 << 16)
            v_above = 0
            end_above = 0
            blocks = 0
            if columns:
                v_above = int(t[at + _PER_CROSSBAR]) | int(t[at + (_PER_CROSSBAR + 1)]) << 16 << 16
                end_above = v_above + (columns << 1)
                blocks = v_above + columns // 5 * 10
            v_below = 0
            end_below = 0
            stride = nodes << 1
            s0 = 0
            if c:
                t = ptr32(int(t) - 4 * _PER_CROSSBAR)
                v_below = int(t[at]) | int(t[at + 1]) << 16 << 16
                end_below = v_below + (int(ptr32(int(t) + 4 * _PER_CROSSBAR)[_ROWS]) << 1)
                s1 = 0
                s2 = 0
                s3 = 0
                s4 = 0
                s5 = 0
                s6 = 0
                s7 = 0
                s8 = 0
                s9 = 0
            j = 0
            while j < nodes:
                # From the layer below: ten nodes at once, then one by one; rows at zero volts give nothing
                stop = nodes
                if c:
                    v = ptr32(v_below)
                    p = below
                    r = product
                    if nodes - j > 9:
                        stop = j + 10
                        below += 20
                        while end_below - int(v):
                            q = ptr16(v)[0]
                            if q:
                                q = (q ^ 0x8000) - 0x8000
                                s0 = ((ptr16(p)[0] * q) >> r) + s0
                                s1 = ((ptr16(p)[1] * q) >> r) + s1
                                s2 = ((ptr16(p)[2] * q) >> r) + s2
                                s3 = ((ptr16(p)[3] * q) >> r) + s3
                                s4 = ((ptr16(p)[4] * q) >> r) + s4
                                s5 = ((ptr16(p)[5] * q) >> r) + s5
                                s6 = ((ptr16(p)[6] * q) >> r) + s6
                                s7 = ((ptr16(p)[7] * q) >> r) + s7
                                s8 = ((ptr16(p)[8] * q) >> r) + s8
                                s9 = ((ptr16(p)[9] * q) >> r) + s9
                            v = ptr32(int(v) + 2)
                            p += stride
                    else:
                        stop = j + 1
                        below += 2
                        while end_below - int(v):
                            q = ptr16(v)[0]
                            if q:
                                q = (q ^ 0x8000) - 0x8000
                                s0 = ((ptr16(p)[0] * q) >> r) + s0
                            v = ptr32(int(v) + 2)
                            p += stride
                q = j
                while stop - q:
                    # From the layer above, p: its voltages, r: the sum
                    r = 0
                    if columns:
                        q = 0x8000
                        p = v_above
                        while blocks - p:
                            r = ((((ptr16(p)[0] ^ q) - q) * ptr16(above)[0]) >> product) + r
                            r = ((((ptr16(p)[1] ^ q) - q) * ptr16(above)[1]) >> product) + r
                            r = ((((ptr16(p)[2] ^ q) - q) * ptr16(above)[2]) >> product) + r
                            r = ((((ptr16(p)[3] ^ q) - q) * ptr16(above)[3]) >> product) + r
                            r = ((((ptr16(p)[4] ^ q) - q) * ptr16(above)[4]) >> product) + r
                            above += 10
                            p += 10
                        while end_above - p:
                            r = ((((ptr16(p)[0] ^ q) - q) * ptr16(above)[0]) >> product) + r
                            above += 2
                            p += 2
                        q = j
                    # Divide by the node's conductance; p: the diode's or the rail's limit on this side of zero
                    r = ((((r >> back) + s0 + int(base[q])) << wide) >> wide) >> shift[q]
                    if r >> 31:
                        p = low[q]
                        if p:
                            p = (p ^ 0x8000) - 0x8000
                            if r < -65535:
                                r = -65535
                            r = (r * reciprocal[q] + 8192) >> 14
                            if r < p:
                                r = p
                        else:
                            r = 0
                    else:
                        p = high[q]
                        if p:
                            if r > 65535:
                                r = 65535
                            r = (r * reciprocal[q] + 8192) >> 14
                            if r > p:
                                r = p
                        else:
                            r = 0
                    out[q] = r
                    if c:
                        s0 = s1
                        s1 = s2
                        s2 = s3
                        s3 = s4
                        s4 = s5
                        s5 = s6
                        s6 = s7
                        s7 = s8
                        s8 = s9
                        s9 = 0
                    q += 1
                    j = q
            c += 2
        zero = 0
        parity ^= 1
        halves -= 1
    # The first of the highest outputs
    t = ptr32(int(table) + 4 * _AT_OUTPUTS)
    p = int(t[_OUT_V_FREE]) | int(t[_OUT_V_FREE + 1]) << 16 << 16
    end = p + (int(t[_OUT_NODES]) << 1)
    r = -1
    j = 0
    while end - p:
        q = ptr16(p)[0] ^ 0x8000
        if q > r:
            r = q
            j = p
        p += 2
    return (j - end >> 1) + int(t[_OUT_NODES])


@micropython.viper
def _set_nudge(table: ptr32, label: int) -> int:
    """Turn the outputs' errors into nudge currents; return the loss."""
    t = ptr32(int(table) + 4 * _AT_OUTPUTS)
    n = int(t[_OUT_NODES])
    shift = int(t[_OUT_SHIFT])
    beta = int(t[_OUT_BETA])
    v = ptr16(int(t[_OUT_V_FREE]) | int(t[_OUT_V_FREE + 1]) << 16 << 16)
    currents = ptr32(int(t[_OUT_CURRENTS]) | int(t[_OUT_CURRENTS + 1]) << 16 << 16)
    loss = 0
    k = 0
    while k < n:
        if k == label:
            error = (int(t[_OUT_RIGHT]) ^ 0x8000) - (int(v[k]) ^ 0x8000)
            if error < 0:
                error = 0
        else:
            error = (int(t[_OUT_WRONG]) ^ 0x8000) - (int(v[k]) ^ 0x8000)
            if error > 0:
                error = 0
        s = (beta * error) >> shift
        if s > 536870911:
            s = 536870911
        elif s < -536870911:
            s = -536870911
        currents[k] = s
        error >>= 4
        error *= error
        if loss < 1073741823 - error:
            loss += error
        else:
            loss = 1073741823
        k += 1
    return loss


@micropython.viper
def _contrast(p: int, q: int, table: ptr32):
    count = int(table[_AT_OUTPUTS + _OUT_COUNTS]) & 255
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    while count:
        n = int(t[_WIRED])
        limit = int(t[_DELTA_LIMIT])
        delta = ptr16(int(t[_DELTA]) | int(t[_DELTA + 1]) << 16 << 16)
        mean = ptr16(int(t[_MEAN]) | int(t[_MEAN + 1]) << 16 << 16)
        plus = ptr16(int(t[_V_PLUS]) | int(t[_V_PLUS + 1]) << 16 << 16)
        minus = ptr16(int(t[_V_MINUS]) | int(t[_V_MINUS + 1]) << 16 << 16)
        while n:
            n -= 1
            p = (plus[n] ^ 0x8000) - 0x8000
            q = (minus[n] ^ 0x8000) - 0x8000
            mean[n] = (p + q) >> 1
            p -= q
            if p:
                if p > limit:
                    p = limit
                elif p < 0 - limit:
                    p = 0 - limit
            delta[n] = p
        t = ptr32(int(t) + 4 * _PER_CROSSBAR)
        count -= 1


@micropython.viper
def _update_driven(p: int, q: int, r: int, table: ptr32):
    # p: the pair of devices, q: its changes as a word, the second in the upper half, then the pair, r: the listed input
    nodes = int(table[_IN_NODES])
    width = int(table[_IN_WIDTH])
    first = int(table[_IN_ACTIVE]) | int(table[_IN_ACTIVE + 1]) << 16 << 16
    middle = first + 4 + (int(ptr16(first)[1]) << 2)
    stop = first + 4 + (int(ptr16(first)[0]) << 2)
    first += 4
    row = int(table[_IN_CONDUCTANCES]) | int(table[_IN_CONDUCTANCES + 1]) << 16 << 16
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    gain = int(t[_GAIN])
    rate_shift = int(t[_RATE_SHIFT])
    offset = 1 << (rate_shift - 1)
    g_min = int(t[_G_MIN])
    g_max = int(t[_G_MAX])
    # Both devices of a pair are within the limits, 15 bits, if neither they nor they less g_min have their highest bit
    lowest = g_min << 16 | g_min
    outside = 0x8000
    outside |= outside << 16
    upper = 0 - 0x10000
    delta = ptr16(int(t[_DELTA]) | int(t[_DELTA + 1]) << 16 << 16)
    mean = ptr16(int(t[_MEAN]) | int(t[_MEAN + 1]) << 16 << 16)
    total = ptr32(int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16)
    # List the inputs at zero, too: a node where c alone changes conductances changes theirs
    zeros = 0
    p = stop
    q = int(table[_IN_INPUTS]) | int(table[_IN_INPUTS + 1]) << 16 << 16
    r = q
    end = q + int(table[_IN_FEATURES])
    while end - q:
        if ptr8(q)[0] == 0:
            ptr16(p)[0] = (q - r) << 2
            p += 4
            r = q
            zeros += 1
        q += 1
    end = p
    while nodes:
        p = delta[0]
        if p:
            d = (p ^ 0x8000) - 0x8000
            c = offset - ((d * ((mean[0] ^ 0x8000) - 0x8000)) >> gain)
            reach = 127 * (d if d > 0 else 0 - d)
            q = (c + reach) >> rate_shift
            r = (c - reach) >> rate_shift
            if q or r:
                # The words' rate_shift is 16. room: four bytes for each input whose changes add up within 16 bits
                if 0 - r > q:
                    q = 0 - r
                if q > 0x3FFF or rate_shift > 16:
                    # Words that put every pair beyond the limits, where each device is changed exactly
                    room = 4
                    slope = 0
                    start = outside & upper
                    twice = start
                else:
                    room = 32767 // q << 2
                    slope = d << (16 - rate_shift)
                    start = c << (16 - rate_shift)
                    twice = start << 1
                both = c << 1
                sum = 0
                r = first
                until = middle
                while stop - r:
                    p = row
                    while until - r:
                        last = r + room
                        if until - r < room:
                            last = until
                        change = 0
                        while last - r:
                            p = ptr16(r)[0] + p
                            q = ptr16(r)[1]
                            q = slope * q + start
                            q = ((twice - q) & upper) + (q >> 16)
                            change = change + q
                            q = ptr32(p)[0] + q
                            if (q - lowest | q) & outside:
                                if room == 4:
                                    change = 0
                                    q = ptr16(r)[1] * d + c
                                    other = (both - q >> rate_shift) + ptr16(p)[1]
                                    q = (q >> rate_shift) + ptr16(p)[0]
                                    sum = other - ptr16(p)[1] + q - ptr16(p)[0] + sum
                                else:
                                    # Both are between -0x4000 and 0xBFFF
                                    other = q
                                    q = (q + 0x4000 & 0xFFFF) - 0x4000
                                    other = ((other - q >> 16) + 0x4000 & 0xFFFF) - 0x4000
                                if g_min > q:
                                    sum = g_min - q + sum
                                    q = g_min
                                elif q > g_max:
                                    sum = g_max - q + sum
                                    q = g_max
                                if other < g_min:
                                    sum = g_min - other + sum
                                    other = g_min
                                elif other > g_max:
                                    sum = g_max - other + sum
                                    other = g_max
                                ptr16(p)[0] = q
                                ptr16(p)[1] = other
                            else:
                                ptr32(p)[0] = q
                            r += 4
                        q = ((change & 0xFFFF) ^ 0x8000) - 0x8000
                        sum = (change - q >> 16) + q + sum
                    # Those below zero: the other sign
                    d = 0 - d
                    slope = 0 - slope
                    until = stop
                q = c >> rate_shift
                if q:
                    # Those at zero: one change for all
                    c = q
                    sum += 2 * q * zeros
                    start = q << 16
                    start += q
                    if room == 4:
                        start = 0x8000
                    slope = lowest if start < 0 else 0
                    p = row
                    while end - r:
                        p = ptr16(r)[0] + p
                        q = ptr32(p)[0]
                        q = start + q
                        if (q - slope) & outside:
                            sum -= 2 * c
                            other = c + ptr16(p)[1]
                            q = c + ptr16(p)[0]
                            if q > g_max:
                                q = g_max
                            elif q < g_min:
                                q = g_min
                            if other > g_max:
                                other = g_max
                            elif other < g_min:
                                other = g_min
                            sum = other - ptr16(p)[1] + q - ptr16(p)[0] + sum
                            ptr16(p)[0] = q
                            ptr16(p)[1] = other
                        else:
                            ptr32(p)[0] = q
                        r += 4
                total[0] = sum + int(total[0])
        delta = ptr16(int(delta) + 2)
        mean = ptr16(int(mean) + 2)
        total = ptr32(int(total) + 4)
        row += width
        nodes -= 1


@micropython.viper
def _update_between(p: int, q: int, r: int, table: ptr32):
    # p: the device, q: by how much it changes, then where its column's total is, r: by how much the row's total changes
    t = ptr32(int(table) + 4 * _AT_CROSSBARS + 4 * _PER_CROSSBAR * p)
    columns = int(t[_NODES])
    gain = int(t[_GAIN])
    rate_shift = int(t[_RATE_SHIFT])
    offset = 1 << (rate_shift - 1)
    # Rows at zero volts in both phases share one change: two devices at once if columns are even, and changes small.
    # How many there are, or a negative number if they do not share it
    idle = 0 - (columns & 1)
    # What the devices see of the layer above, plus 0x8000: no sign to extend
    p = int(t[_DELTA]) | int(t[_DELTA + 1]) << 16 << 16
    q = int(t[_MEAN]) | int(t[_MEAN + 1]) << 16 << 16
    end = p + (columns << 1)
    while end - p:
        r = ((ptr16(p)[0] ^ 0x8000) - 0x8000) >> gain
        ptr16(p)[0] = r + 0x8000
        x = ((ptr16(q)[0] ^ 0x8000) - 0x8000) >> gain
        ptr16(q)[0] = x + 0x8000
        if ((offset - r * x) >> rate_shift) + 0x4000 >> 15:
            idle = -1
        p += 2
        q += 2
    g_min = int(t[_G_MIN])
    g_max = int(t[_G_MAX])
    span = uint(g_max - g_min)
    left = int(t[_ROWS])
    p = int(t[_G]) | int(t[_G + 1]) << 16 << 16
    first = int(t[_DELTA]) | int(t[_DELTA + 1]) << 16 << 16
    end = first + (columns << 1)
    blocks = first + columns // 5 * 10
    first_mean = int(t[_MEAN]) | int(t[_MEAN + 1]) << 16 << 16
    first_total = int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16
    t = ptr32(int(t) - 4 * _PER_CROSSBAR)
    delta_below = ptr16(int(t[_DELTA]) | int(t[_DELTA + 1]) << 16 << 16)
    mean_below = ptr16(int(t[_MEAN]) | int(t[_MEAN + 1]) << 16 << 16)
    total_below = ptr32(int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16)
    while left:
        d = (delta_below[0] ^ 0x8000) - 0x8000
        if d > 8000:
            d = 8000
        elif d < -8000:
            d = -8000
        d += 0x8000
        m = mean_below[0] ^ 0x8000
        r = 0
        q = d ^ 0x8000 | m ^ 0x8000
        if idle < 0:
            q = 1
        if q:
            delta = ptr16(first)
            mean = ptr16(first_mean)
            total = ptr32(first_total)
            while blocks - int(delta):
                q = delta[0] - d
                q = ((m - mean[0]) * q + offset) >> rate_shift
                x = q + ptr16(p)[0]
                if uint(x - g_min) > span:
                    x = g_max if x > g_max else g_min
                    q = x - ptr16(p)[0]
                ptr16(p)[0] = x
                r = q + r
                total[0] = q + int(total[0])
                q = delta[1] - d
                q = ((m - mean[1]) * q + offset) >> rate_shift
                x = q + ptr16(p)[1]
                if uint(x - g_min) > span:
                    x = g_max if x > g_max else g_min
                    q = x - ptr16(p)[1]
                ptr16(p)[1] = x
                r = q + r
                x = q + int(total[1])
                q = int(total)
                ptr32(q)[1] = x
                q = delta[2] - d
                q = ((m - mean[2]) * q + offset) >> rate_shift
                x = q + ptr16(p)[2]
                if uint(x - g_min) > span:
                    x = g_max if x > g_max else g_min
                    q = x - ptr16(p)[2]
                ptr16(p)[2] = x
                r = q + r
                x = q + int(total[2])
                q = int(total)
                ptr32(q)[2] = x
                q = delta[3] - d
                q = ((m - mean[3]) * q + offset) >> rate_shift
                x = q + ptr16(p)[3]
                if uint(x - g_min) > span:
                    x = g_max if x > g_max else g_min
                    q = x - ptr16(p)[3]
                ptr16(p)[3] = x
                r = q + r
                x = q + int(total[3])
                q = int(total)
                ptr32(q)[3] = x
                q = delta[4] - d
                q = ((m - mean[4]) * q + offset) >> rate_shift
                x = q + ptr16(p)[4]
                if uint(x - g_min) > span:
                    x = g_max if x > g_max else g_min
                    q = x - ptr16(p)[4]
                ptr16(p)[4] = x
                r = q + r
                x = q + int(total[4])
                q = int(total)
                ptr32(q)[4] = x
                p += 10
                delta = ptr16(int(delta) + 10)
                mean = ptr16(int(mean) + 10)
                total = ptr32(int(total) + 20)
            while end - int(delta):
                q = delta[0] - d
                q = ((m - mean[0]) * q + offset) >> rate_shift
                x = q + ptr16(p)[0]
                if uint(x - g_min) > span:
                    x = g_max if x > g_max else g_min
                    q = x - ptr16(p)[0]
                ptr16(p)[0] = x
                r = q + r
                total[0] = q + int(total[0])
                p += 2
                delta = ptr16(int(delta) + 2)
                mean = ptr16(int(mean) + 2)
                total = ptr32(int(total) + 4)
        else:
            idle += 1
            p += columns << 1
        if left > 2:
            total_below[0] = int(total_below[0]) + r
        delta_below = ptr16(int(delta_below) + 2)
        mean_below = ptr16(int(mean_below) + 2)
        total_below = ptr32(int(total_below) + 4)
        left -= 1
    if idle > 0:
        # The rows at zero volts. First the changes, a word for two columns, in place of what the layer above shows
        p = first
        q = first_mean
        r = 0
        total = ptr32(first_total)
        while end - p:
            x = ((0x8000 - ptr16(q)[0]) * (ptr16(p)[0] - 0x8000) + offset) >> rate_shift
            y = ((0x8000 - ptr16(q)[1]) * (ptr16(p)[1] - 0x8000) + offset) >> rate_shift
            total[0] = idle * x + int(total[0])
            total = ptr32(int(total) + 4)
            total[0] = idle * y + int(total[0])
            total = ptr32(int(total) + 4)
            r = x + r
            r = y + r
            x += y << 16
            ptr32(p)[0] = x
            p += 4
            q += 4
        shared = r
        lowest = g_min << 16 | g_min
        outside = 0x8000
        outside |= outside << 16
        left = int(ptr32(int(t) + 4 * _PER_CROSSBAR)[_ROWS])
        p = int(ptr32(int(t) + 4 * _PER_CROSSBAR)[_G]) | int(ptr32(int(t) + 4 * _PER_CROSSBAR)[_G + 1]) << 16 << 16
        delta_below = ptr16(int(t[_DELTA]) | int(t[_DELTA + 1]) << 16 << 16)
        mean_below = ptr16(int(t[_MEAN]) | int(t[_MEAN + 1]) << 16 << 16)
        total_below = ptr32(int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16)
        while left:
            if delta_below[0] | mean_below[0]:
                p += columns << 1
            else:
                x = shared
                r = first
                while end - r:
                    q = ptr32(r)[0] + ptr32(p)[0]
                    if (q - lowest | q) & outside:
                        total = ptr32(first_total + (r - first << 1))
                        r += 4
                        y = q
                        q = (q + 0x4000 & 0xFFFF) - 0x4000
                        y = ((y - q >> 16) + 0x4000 & 0xFFFF) - 0x4000
                        d = q
                        if g_min > q:
                            q = g_min
                        elif q > g_max:
                            q = g_max
                        ptr16(p)[0] = q
                        d = q - d
                        x += d
                        total[0] = d + int(total[0])
                        total = ptr32(int(total) + 4)
                        p += 2
                        q = y
                        if g_min > q:
                            q = g_min
                        elif q > g_max:
                            q = g_max
                        ptr16(p)[0] = q
                        p += 2
                        d = q - y
                        x += d
                        total[0] = d + int(total[0])
                    else:
                        ptr32(p)[0] = q
                        p += 4
                        r += 4
                if left > 2:
                    total_below[0] = x + int(total_below[0])
            delta_below = ptr16(int(delta_below) + 2)
            mean_below = ptr16(int(mean_below) + 2)
            total_below = ptr32(int(total_below) + 4)
            left -= 1


@micropython.viper
def _invert(p: int, q: int, table: ptr32) -> int:
    # p: a total, q: its shift
    count = int(table[_AT_OUTPUTS + _OUT_COUNTS]) & 255
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    while count:
        n = int(t[_NODES])
        least = 14 - int(t[_SCALE])
        reciprocal = ptr16(int(t[_RECIPROCAL]) | int(t[_RECIPROCAL + 1]) << 16 << 16)
        shift = ptr8(int(t[_SHIFT]) | int(t[_SHIFT + 1]) << 16 << 16)
        total = ptr32(int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16)
        while n:
            n -= 1
            p = int(total[n])
            if p < 1 or p >> 30:
                return 1
            # Most often, the shift stays
            q = shift[n]
            p = 0 if q - least >> 5 else p >> q - least
            if p >> 14 != 1:
                p = int(total[n])
                q = least
                while p >> 19:
                    p >>= 4
                    q += 4
                while p >> 15:
                    p >>= 1
                    q += 1
                while p >> 14 == 0:
                    p <<= 1
                    q -= 1
            reciprocal[n] = (268435456 + (p >> 1)) // p
            shift[n] = q
        t = ptr32(int(t) + 4 * _PER_CROSSBAR)
        count -= 1
    return 0


class ViperCrossbar(MachineCrossbar):
    """The emulated crossbar by viper's machine code."""

    tier = "viper"
    run = staticmethod(run)
    enter = staticmethod(enter)
    scatter = staticmethod(scatter)
    gather = staticmethod(gather)
