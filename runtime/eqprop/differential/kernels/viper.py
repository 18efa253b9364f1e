"""The differential network's dynamics for MicroPython's viper emitter: the same bits as the plain ones.

The kernels work on the table of `eqprop.differential.native`; indices count words. active[0] holds the number of inputs
that are not zero and, from bit 16 on, the number above zero, including the bias row. Each word after it describes one
of these inputs, first those above zero and the bias row, then those below. Its lower half is the distance in bytes
within a node's row from the input before it (from the row's start, for the first of either sign); its upper half is the
magnitude. Neither needs a sign, and the loops step from pair to pair.

Speed. The emitter keeps a function's first locals, arguments first, in registers: two, or three if no .mpy is made.
These are the names p, q and r here, integers that each loop uses for its most frequent values; callers pass zeros for
them. Any other local is loaded and stored around each use. A result that the next operation takes as its left side, and
a load at a constant index of up to 31, cost nothing extra. Hence x + local, not local + x; inner loops unrolled over
constant indices; `end - p` as a loop's condition, which saves a comparison.

Loads from ptr8, ptr16 and ptr32 are unsigned (ptr32 on 64-bit ports), hence (x ^ 0x8000) - 0x8000 and the like;
`<< 16 << 16` is zero where a word has 32 bits, and `<< wide >> wide` extends the sign of 32 bits where it has more.
Nothing here allocates. Therefore kernels that get the table's address instead of its object call no other kernel: if
RAM is above 2**30, an address is a big integer.

Limits. An ARMv6-M branches no further than 2 KB ("native method too big"); so does a condition on Xtensa in MicroPython
before 1.26 (it prints an error, and compiles on). Hence `while True` around long bodies, which is a jump. On Xtensa,
MicroPython 1.25.0 stores the wrong register at a constant index above 0, unless the value is a local in memory and the
pointer is in a register: hence `x = ...; ptr16(p)[1] = x`, with p or q and any later local.
"""

import micropython

from ..._compat import const
from ..native import MachineCrossbar

# Offsets in the table, as in `eqprop.differential.native`
_IN_FEATURES = const(0)
_IN_NODES = const(1)
_IN_SHIFT = const(2)
_IN_WIDTH = const(3)
_IN_INPUTS = const(4)
_IN_ACTIVE = const(6)
_IN_CONDUCTANCES = const(8)
_IN_DRIVEN = const(10)
_IN_OWN = const(12)
_AT_OUTPUTS = const(14)
_OUT_CLASSES = const(0)
_OUT_SHIFT = const(1)
_OUT_BETA = const(2)
_OUT_RIGHT = const(3)
_OUT_WRONG = const(4)
_OUT_COUNTS = const(5)
_OUT_V_FREE = const(6)
_OUT_CURRENTS = const(8)
_OUT_OUTPUTS = const(10)
_AT_CROSSBARS = const(28)
_PER_CROSSBAR = const(32)
_NODES = const(0)
_ROWS = const(1)
_COLUMNS = const(2)
_PRODUCT_SHIFT = const(3)
_BACK_SHIFT = const(4)
_FINE_SHIFT = const(5)
_DOWN = const(6)
_LIFT = const(7)
_GAIN = const(8)
_DROP = const(9)
_SCALE = const(10)
_RATE_SHIFT = const(11)
_G_MIN = const(12)
_G_MAX = const(13)
_G = const(14)
_G_ABOVE = const(16)
_RECIPROCAL = const(18)
_SHIFT = const(20)
_LOW = const(22)
_HIGH = const(24)
_TOTAL = const(26)
_FREE = const(28)
_DISPLACED = const(30)


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
def settle(x, table) -> int:
    """Free phase of features `x`: return the answer, or -1, doing nothing, if the table's words do not add up to 0."""
    if _sum(0, table):
        return -1
    _load(x, table, 0, table)
    _multiply(0, 0, 0, table)
    _clear(_FREE, 0, table)
    counts = int(ptr32(table)[_AT_OUTPUTS + _OUT_COUNTS])
    count = counts & 255
    halves = (counts >> 8 & 255) << 1
    # Half sweeps up. In the first, the layers above are still at zero volts.
    zero = 1
    first = 0
    while halves:
        c = first
        while c < count:
            _relax(c, zero, 0, table)
            c += 2
        zero = 0
        first ^= 1
        halves -= 1
    return int(_compare(0, 0, 0, table))


@micropython.viper
def respond(table):
    """Settle the displacement of every voltage by the nudge currents."""
    _clear(_DISPLACED, 0, table)
    counts = int(ptr32(table)[_AT_OUTPUTS + _OUT_COUNTS])
    count = counts & 255
    halves = (counts >> 7 & 510) - 2
    _displace(count - 1, 0, 0, table)
    # Half sweeps down
    first = count & 1
    while halves:
        c = first
        while c < count:
            _displace(c, 0, 0, table)
            c += 2
        first ^= 1
        halves -= 1


def program(table):
    """Change every conductance; return 1 where a total conductance is out of its range, otherwise 0."""
    _update_driven(0, 0, 0, table)
    for c in range(1, table[_AT_OUTPUTS + _OUT_COUNTS] & 255):
        _update_between(c, 0, 0, table)
    return _invert(0, 0, table)


@micropython.viper
def _sum(p: int, table: ptr32) -> int:
    # The sum p of all words, 13 and an odd number of times 16: 0 for none, modulo 2**32
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
    p = int(table[10]) + p
    p = int(table[11]) + p
    p = int(table[12]) + p
    table = ptr32(int(table) + 4 * 13)
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
        table = ptr32(int(table) + 4 * 16)
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
def _clear(p: int, q: int, table: ptr32):
    # Set to zero what is at p in every crossbar's part: its layer's voltages, or displacements
    at = p
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    count = int(table[_AT_OUTPUTS + _OUT_COUNTS]) & 255
    while count:
        p = int(t[at]) | int(t[at + 1]) << 16 << 16
        q = p + (int(t[_NODES]) << 1)
        while q - p:
            ptr16(p)[0] = 0
            p += 2
        t = ptr32(int(t) + 4 * _PER_CROSSBAR)
        count -= 1


@micropython.viper
def _relax(p: int, q: int, r: int, table: ptr32):
    # A layer. p: its crossbar, q: whether the layer above is at zero volts; then p: devices, q: a voltage, r: a sum
    zero = q
    wide = 1
    wide = wide << 16 << 16 >> 27
    t = ptr32(int(table) + 4 * _AT_CROSSBARS + 4 * _PER_CROSSBAR * p)
    nodes = int(t[_NODES])
    rows = int(t[_ROWS])
    product = int(t[_PRODUCT_SHIFT])
    columns = int(t[_COLUMNS])
    if zero:
        columns = 0
    back = int(t[_BACK_SHIFT])
    driven = ptr32(int(table[_IN_DRIVEN]) | int(table[_IN_DRIVEN + 1]) << 16 << 16)
    below = int(t[_G]) | int(t[_G + 1]) << 16 << 16
    above = int(t[_G_ABOVE]) | int(t[_G_ABOVE + 1]) << 16 << 16
    reciprocal = ptr16(int(t[_RECIPROCAL]) | int(t[_RECIPROCAL + 1]) << 16 << 16)
    shift = ptr8(int(t[_SHIFT]) | int(t[_SHIFT + 1]) << 16 << 16)
    low = ptr16(int(t[_LOW]) | int(t[_LOW + 1]) << 16 << 16)
    high = ptr16(int(t[_HIGH]) | int(t[_HIGH + 1]) << 16 << 16)
    out = ptr16(int(t[_FREE]) | int(t[_FREE + 1]) << 16 << 16)
    v_above = 0
    end_above = 0
    blocks = 0
    if columns:
        v_above = int(t[_FREE + _PER_CROSSBAR]) | int(t[_FREE + (_PER_CROSSBAR + 1)]) << 16 << 16
        end_above = v_above + (columns << 1)
        blocks = v_above + columns // 4 * 8
    v_below = 0
    end_below = 0
    stride = nodes << 2
    s0 = 0
    if rows:
        t = ptr32(int(t) - 4 * _PER_CROSSBAR)
        v_below = int(t[_FREE]) | int(t[_FREE + 1]) << 16 << 16
        end_below = v_below + (rows << 1)
        s1 = 0
        s2 = 0
        s3 = 0
        s4 = 0
    j = 0
    while True:
        if not nodes - j:
            break
        # From the layer below: five nodes at once, then one by one; rows at zero give nothing
        stop = nodes
        if rows:
            v = ptr32(v_below)
            p = below
            r = product
            if nodes - j > 4:
                stop = j + 5
                below += 20
                while end_below - int(v):
                    q = ptr16(v)[0]
                    if q:
                        q = (q ^ 0x8000) - 0x8000
                        s0 = (((ptr16(p)[0] - ptr16(p)[1]) * q) >> r) + s0
                        s1 = (((ptr16(p)[2] - ptr16(p)[3]) * q) >> r) + s1
                        s2 = (((ptr16(p)[4] - ptr16(p)[5]) * q) >> r) + s2
                        s3 = (((ptr16(p)[6] - ptr16(p)[7]) * q) >> r) + s3
                        s4 = (((ptr16(p)[8] - ptr16(p)[9]) * q) >> r) + s4
                    v = ptr32(int(v) + 2)
                    p += stride
            else:
                stop = j + 1
                below += 4
                while end_below - int(v):
                    q = ptr16(v)[0]
                    if q:
                        q = (q ^ 0x8000) - 0x8000
                        s0 = (((ptr16(p)[0] - ptr16(p)[1]) * q) >> r) + s0
                    v = ptr32(int(v) + 2)
                    p += stride
        q = j
        while stop - q:
            # From the layer above, p: what is there, r: the sum
            r = 0
            if columns:
                q = 0x8000
                p = v_above
                while blocks - p:
                    r = ((((ptr16(p)[0] ^ q) - q) * (ptr16(above)[0] - ptr16(above)[1])) >> product) + r
                    r = ((((ptr16(p)[1] ^ q) - q) * (ptr16(above)[2] - ptr16(above)[3])) >> product) + r
                    r = ((((ptr16(p)[2] ^ q) - q) * (ptr16(above)[4] - ptr16(above)[5])) >> product) + r
                    r = ((((ptr16(p)[3] ^ q) - q) * (ptr16(above)[6] - ptr16(above)[7])) >> product) + r
                    above += 16
                    p += 8
                while end_above - p:
                    r = ((((ptr16(p)[0] ^ q) - q) * (ptr16(above)[0] - ptr16(above)[1])) >> product) + r
                    above += 4
                    p += 2
                q = j
            if not rows:
                s0 = int(driven[q])
            # Divide by the node's conductance; p: the diode's or the rail's limit on this side of zero
            r = ((((r >> back) + s0) << wide) >> wide) >> shift[q]
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
            if rows:
                s0 = s1
                s1 = s2
                s2 = s3
                s3 = s4
                s4 = 0
            q += 1
            j = q


@micropython.viper
def _displace(p: int, q: int, r: int, table: ptr32):
    # Of a layer. p: its crossbar; then p: devices, q: a displacement, r: a sum
    wide = 1
    wide = wide << 16 << 16 >> 27
    t = ptr32(int(table) + 4 * _AT_CROSSBARS + 4 * _PER_CROSSBAR * p)
    nodes = int(t[_NODES])
    rows = int(t[_ROWS])
    product = int(t[_FINE_SHIFT])
    columns = int(t[_COLUMNS])
    down = int(t[_DOWN])
    lift = int(t[_LIFT])
    free = ptr16(int(t[_FREE]) | int(t[_FREE + 1]) << 16 << 16)
    r = int(table) + 4 * _AT_OUTPUTS
    currents = ptr32(int(ptr32(r)[_OUT_CURRENTS]) | int(ptr32(r)[_OUT_CURRENTS + 1]) << 16 << 16)
    below = int(t[_G]) | int(t[_G + 1]) << 16 << 16
    above = int(t[_G_ABOVE]) | int(t[_G_ABOVE + 1]) << 16 << 16
    reciprocal = ptr16(int(t[_RECIPROCAL]) | int(t[_RECIPROCAL + 1]) << 16 << 16)
    shift = ptr8(int(t[_SHIFT]) | int(t[_SHIFT + 1]) << 16 << 16)
    low = ptr16(int(t[_LOW]) | int(t[_LOW + 1]) << 16 << 16)
    high = ptr16(int(t[_HIGH]) | int(t[_HIGH + 1]) << 16 << 16)
    out = ptr16(int(t[_DISPLACED]) | int(t[_DISPLACED + 1]) << 16 << 16)
    v_above = 0
    end_above = 0
    blocks = 0
    if columns:
        v_above = int(t[_DISPLACED + _PER_CROSSBAR]) | int(t[_DISPLACED + (_PER_CROSSBAR + 1)]) << 16 << 16
        end_above = v_above + (columns << 1)
        blocks = v_above + columns // 4 * 8
    v_below = 0
    end_below = 0
    stride = nodes << 2
    s0 = 0
    if rows:
        t = ptr32(int(t) - 4 * _PER_CROSSBAR)
        v_below = int(t[_DISPLACED]) | int(t[_DISPLACED + 1]) << 16 << 16
        end_below = v_below + (rows << 1)
        s1 = 0
        s2 = 0
        s3 = 0
        s4 = 0
    first = above
    j = 0
    while True:
        if not nodes - j:
            break
        # From the layer below: five nodes at once, then one by one; rows at zero give nothing
        stop = nodes
        if rows:
            v = ptr32(v_below)
            p = below
            r = product
            if nodes - j > 4:
                stop = j + 5
                below += 20
                while end_below - int(v):
                    q = ptr16(v)[0]
                    if q:
                        q = (q ^ 0x8000) - 0x8000
                        s0 = (((ptr16(p)[0] - ptr16(p)[1]) * q) >> r) + s0
                        s1 = (((ptr16(p)[2] - ptr16(p)[3]) * q) >> r) + s1
                        s2 = (((ptr16(p)[4] - ptr16(p)[5]) * q) >> r) + s2
                        s3 = (((ptr16(p)[6] - ptr16(p)[7]) * q) >> r) + s3
                        s4 = (((ptr16(p)[8] - ptr16(p)[9]) * q) >> r) + s4
                    v = ptr32(int(v) + 2)
                    p += stride
            else:
                stop = j + 1
                below += 4
                while end_below - int(v):
                    q = ptr16(v)[0]
                    if q:
                        q = (q ^ 0x8000) - 0x8000
                        s0 = (((ptr16(p)[0] - ptr16(p)[1]) * q) >> r) + s0
                    v = ptr32(int(v) + 2)
                    p += stride
        q = j
        while stop - q:
            # A node that its diode or a rail holds does not move
            x = int(free[q]) ^ 0x8000
            r = 0
            if (int(low[q]) ^ 0x8000) < x:
                if x < (int(high[q]) ^ 0x8000):
                    above = first + (q * columns << 2)
                    # From the layer above, p: what is there, r: the sum
                    r = 0
                    if columns:
                        q = 0x8000
                        p = v_above
                        while blocks - p:
                            r = ((((ptr16(p)[0] ^ q) - q) * (ptr16(above)[0] - ptr16(above)[1])) >> product) + r
                            r = ((((ptr16(p)[1] ^ q) - q) * (ptr16(above)[2] - ptr16(above)[3])) >> product) + r
                            r = ((((ptr16(p)[2] ^ q) - q) * (ptr16(above)[4] - ptr16(above)[5])) >> product) + r
                            r = ((((ptr16(p)[3] ^ q) - q) * (ptr16(above)[6] - ptr16(above)[7])) >> product) + r
                            above += 16
                            p += 8
                        while end_above - p:
                            r = ((((ptr16(p)[0] ^ q) - q) * (ptr16(above)[0] - ptr16(above)[1])) >> product) + r
                            above += 4
                            p += 2
                        q = j
                    r = (r >> lift) + (s0 >> down)
                    if not columns:
                        p = int(currents[q >> 1])
                        if q & 1:
                            p = 0 - p
                        r += p
                    r = ((r << wide) >> wide) >> shift[q]
                    if r > 16383:
                        r = 16383
                    elif r < -16383:
                        r = -16383
                    r = (r * reciprocal[q] + 8192) >> 14
                    if r > 8191:
                        r = 8191
                    elif r < -8191:
                        r = -8191
            out[q] = r
            if rows:
                s0 = s1
                s1 = s2
                s2 = s3
                s3 = s4
                s4 = 0
            q += 1
            j = q


@micropython.viper
def _compare(p: int, q: int, r: int, table: ptr32) -> int:
    # The classes' outputs; the first of the highest. p: pair of nodes, q: output, r: the highest
    t = ptr32(int(table) + 4 * _AT_OUTPUTS)
    p = int(t[_OUT_V_FREE]) | int(t[_OUT_V_FREE + 1]) << 16 << 16
    q = int(t[_OUT_OUTPUTS]) | int(t[_OUT_OUTPUTS + 1]) << 16 << 16
    end = q + (int(t[_OUT_CLASSES]) << 1)
    r = -32768
    best = q
    while end - q:
        x = (ptr16(p)[0] ^ 0x8000) - (ptr16(p)[1] ^ 0x8000)
        if x > 32767:
            x = 32767
        elif x < -32767:
            x = -32767
        ptr16(q)[0] = x
        if x > r:
            r = x
            best = q
        p += 4
        q += 2
    return (best - end >> 1) + int(t[_OUT_CLASSES])


@micropython.viper
def set_nudge(table: ptr32, label: int) -> int:
    """Turn the outputs' errors into nudge currents; return the loss."""
    t = ptr32(int(table) + 4 * _AT_OUTPUTS)
    n = int(t[_OUT_CLASSES])
    shift = int(t[_OUT_SHIFT])
    beta = int(t[_OUT_BETA])
    v = ptr16(int(t[_OUT_OUTPUTS]) | int(t[_OUT_OUTPUTS + 1]) << 16 << 16)
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
def _update_driven(p: int, q: int, r: int, table: ptr32):
    # p: the pair of devices, q: the conductance of one, other: of the other, r: the listed input
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
    # The inputs' power, p, in units of 2**14, slows the change
    p = 0
    q = first
    while stop - q:
        p = ptr16(q)[1] * ptr16(q)[1] + p
        q += 4
    p >>= 14
    while p:
        if rate_shift < 24:
            rate_shift += 1
        p >>= 1
    offset = 1 << (rate_shift - 1)
    g_min = int(t[_G_MIN])
    g_max = int(t[_G_MAX])
    span = uint(g_max - g_min)
    displaced = ptr16(int(t[_DISPLACED]) | int(t[_DISPLACED + 1]) << 16 << 16)
    free = ptr16(int(t[_FREE]) | int(t[_FREE + 1]) << 16 << 16)
    total = ptr32(int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16)
    # List the inputs at zero, too: a node where c alone changes conductances changes theirs
    nothing = 0
    p = stop
    q = int(table[_IN_INPUTS]) | int(table[_IN_INPUTS + 1]) << 16 << 16
    r = q
    end = q + int(table[_IN_FEATURES])
    while end - q:
        if ptr8(q)[0] == 0:
            ptr16(p)[0] = (q - r) << 2
            ptr16(p)[1] = nothing
            p += 4
            r = q
        q += 1
    end = p
    while nodes:
        p = displaced[0]
        if p:
            d = (p ^ 0x8000) - 0x8000
            c = offset - ((d * ((free[0] ^ 0x8000) - 0x8000)) >> gain)
            reach = 127 * (d if d > 0 else 0 - d)
            if (c + reach) >> rate_shift or (c - reach) >> rate_shift:
                last = stop if c >> rate_shift == 0 else end
                both = c << 1
                sum = 0
                r = first
                until = middle
                while r - last:
                    p = row
                    while until - r:
                        p = ptr16(r)[0] + p
                        q = ptr16(r)[1] * d + c
                        other = ((both - q) >> rate_shift) + ptr16(p)[1]
                        q = (q >> rate_shift) + ptr16(p)[0]
                        # Neither is beyond a limit if what both exceed g_min by, or-ed together, is not
                        if uint((other - g_min) | (q - g_min)) > span:
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
                        r += 4
                    # Those below zero: the other sign; then those at zero
                    d = 0 - d
                    until = stop if until == middle and stop - middle else end
                total[0] = sum + int(total[0])
        displaced = ptr16(int(displaced) + 2)
        free = ptr16(int(free) + 2)
        total = ptr32(int(total) + 4)
        row += width
        nodes -= 1


@micropython.viper
def _update_between(p: int, q: int, r: int, table: ptr32):
    # p: the pair of devices, q: the conductance of one, other: of the other, r: by how much the row's total changes
    t = ptr32(int(table) + 4 * _AT_CROSSBARS + 4 * _PER_CROSSBAR * p)
    columns = int(t[_NODES])
    gain = int(t[_GAIN])
    drop = int(t[_DROP])
    rate_shift = int(t[_RATE_SHIFT])
    offset = 1 << (rate_shift - 1)
    g_min = int(t[_G_MIN])
    g_max = int(t[_G_MAX])
    span = uint(g_max - g_min)
    left = int(t[_ROWS])
    # What every device of a column changes by its own node's displacement, plus 2**30: no sign to extend. still: that
    # all of these alone round to zero
    still = 1
    above_signs = 1
    above_signs <<= 30
    p = int(t[_DISPLACED]) | int(t[_DISPLACED + 1]) << 16 << 16
    q = int(t[_FREE]) | int(t[_FREE + 1]) << 16 << 16
    first = p
    end = p + (columns << 1)
    first_v = q
    first_own = int(table[_IN_OWN]) | int(table[_IN_OWN + 1]) << 16 << 16
    own = ptr32(first_own)
    while end - p:
        r = (((ptr16(p)[0] ^ 0x8000) - 0x8000) * ((ptr16(q)[0] ^ 0x8000) - 0x8000)) >> gain
        if (offset - r) >> rate_shift:
            still = 0
        r = above_signs - r
        own[0] = r
        own = ptr32(int(own) + 4)
        p += 2
        q += 2
    p = int(t[_G]) | int(t[_G + 1]) << 16 << 16
    first_total = int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16
    t = ptr32(int(t) - 4 * _PER_CROSSBAR)
    d_below = ptr16(int(t[_DISPLACED]) | int(t[_DISPLACED + 1]) << 16 << 16)
    v_below = ptr16(int(t[_FREE]) | int(t[_FREE + 1]) << 16 << 16)
    total_below = ptr32(int(t[_TOTAL]) | int(t[_TOTAL + 1]) << 16 << 16)
    offset -= above_signs
    while left:
        d = (d_below[0] ^ 0x8000) - 0x8000
        v = (v_below[0] ^ 0x8000) - 0x8000
        r = 0
        if still and v == 0 and d == 0:
            p += columns << 2
        else:
            row = offset - (d >> (drop - gain)) * v
            d >>= drop
            displaced = ptr16(first)
            free = ptr16(first_v)
            own = ptr32(first_own)
            total = ptr32(first_total)
            while end - int(displaced):
                x = ((displaced[0] ^ 0x8000) - 0x8000) * v + ((free[0] ^ 0x8000) - 0x8000) * d
                c = int(own[0]) + row
                q = ((c + x) >> rate_shift) + ptr16(p)[0]
                other = ((c - x) >> rate_shift) + ptr16(p)[1]
                if uint((other - g_min) | (q - g_min)) > span:
                    if q > g_max:
                        q = g_max
                    elif q < g_min:
                        q = g_min
                    if other > g_max:
                        other = g_max
                    elif other < g_min:
                        other = g_min
                x = other - ptr16(p)[1] + q - ptr16(p)[0]
                ptr16(p)[0] = q
                q = other
                ptr16(p)[1] = q
                r = x + r
                total[0] = int(total[0]) + x
                p += 4
                displaced = ptr16(int(displaced) + 2)
                free = ptr16(int(free) + 2)
                own = ptr32(int(own) + 4)
                total = ptr32(int(total) + 4)
        if left > 1:
            total_below[0] = int(total_below[0]) + r
        d_below = ptr16(int(d_below) + 2)
        v_below = ptr16(int(v_below) + 2)
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
    """The differential network's crossbar by viper's machine code."""

    tier = "viper"
    kernels = (settle, set_nudge, respond, program, enter)
    scatter = staticmethod(scatter)
    gather = staticmethod(gather)
