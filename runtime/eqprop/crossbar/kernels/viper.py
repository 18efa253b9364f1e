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

Limits. An ARMv6-M branches no further than 2 KB in MicroPython before 1.26 ("native method too big"), nor does a
condition on Xtensa (it prints an error, and compiles on). So no loop is longer, and a function returns only where its
end is within reach. `while True` around a body is a jump, not a condition. On Xtensa, MicroPython 1.25.0 stores the
wrong register at a constant index above 0, unless the value is a local in memory and the pointer is in a register:
hence `x = ...; ptr16(p)[1] = x`, with p or q and any later local.
"""

import micropython

from ..._compat import const
from ..native import MachineCrossbar
from .asking import asking

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
    low = stream[0]
    high = stream[1]
    least = stream[2]
    spread = stream[3]
    count = stream[4]
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
def run(x, table, p: int, number: int) -> int:
    """Do verb `p` of `eqprop.crossbar.native`: with the features `x`, and a label or phase as `number`."""
    verb = p
    if verb > _LEARN:
        if verb == _SET_NUDGE:
            return int(_set_nudge(number, 0, 0, table))
        if verb == _NUDGE:
            return int(_sweep(number, 0, 0, 0, table))
        if verb == _REFRESH:
            _add_up(0, 0, 0, table)
            return int(_update_between(0, 0, 0, table))
        return int(_change(table))
    t = ptr32(table)
    # The sum of all words, 29 and an even number of times 19, is 0 modulo 2**32
    left = 2 * (t[_AT_OUTPUTS + _OUT_COUNTS] & 15)
    p = int(t)
    sum = (
        ptr32(p)[0]
        + ptr32(p)[1]
        + ptr32(p)[2]
        + ptr32(p)[3]
        + ptr32(p)[4]
        + ptr32(p)[5]
        + ptr32(p)[6]
        + ptr32(p)[7]
        + ptr32(p)[8]
        + ptr32(p)[9]
        + ptr32(p)[10]
        + ptr32(p)[11]
        + ptr32(p)[12]
        + ptr32(p)[13]
        + ptr32(p)[14]
        + ptr32(p)[15]
        + ptr32(p)[16]
        + ptr32(p)[17]
        + ptr32(p)[18]
        + ptr32(p)[19]
        + ptr32(p)[20]
        + ptr32(p)[21]
        + ptr32(p)[22]
        + ptr32(p)[23]
        + ptr32(p)[24]
        + ptr32(p)[25]
        + ptr32(p)[26]
        + ptr32(p)[27]
        + ptr32(p)[28]
    )
    p += 4 * 29
    while left:
        sum = (
            ptr32(p)[0]
            + ptr32(p)[1]
            + ptr32(p)[2]
            + ptr32(p)[3]
            + ptr32(p)[4]
            + ptr32(p)[5]
            + ptr32(p)[6]
            + ptr32(p)[7]
            + ptr32(p)[8]
            + ptr32(p)[9]
            + ptr32(p)[10]
            + ptr32(p)[11]
            + ptr32(p)[12]
            + ptr32(p)[13]
            + ptr32(p)[14]
            + ptr32(p)[15]
            + ptr32(p)[16]
            + ptr32(p)[17]
            + ptr32(p)[18]
            + sum
        )
        p += 4 * 19
        left -= 1
    if (sum | sum >> 16) & 0xFFFF or t[_AT_OUTPUTS] <= number:
        return -1
    answer = int(_sweep(0, 0, 0, x, table))
    if verb:
        loss = int(_set_nudge(number, 0, 0, table))
        if loss:
            _sweep(1, 0, 0, 0, table)
            _sweep(2, 0, 0, 0, table)
            if _change(table):
                return -2
        # Count the sample; the rates halve when none is left
        t = ptr32(t[_IN_TALLY + 1] << 16 << 16 | t[_IN_TALLY])
        t[0] = loss
        t = ptr32(int(t) + 4)
        t[0] = answer
        t = ptr32(int(t) + 4)
        t[0] = t[0] + 1
        t = ptr32(int(t) + 4)
        left = t[0] - 1
        t[0] = left
        answer = 0 if left else 1
    return answer


@micropython.viper
def _change(table) -> int:
    _update_driven(0, 0, 0, table)
    # From the last on: each but the first is done with its layer's delta and mean, and so may scale them in place
    c = ptr32(table)[_AT_OUTPUTS + _OUT_COUNTS] & 255
    while c > 2:
        c -= 1
        _update_between(c, 0, 0, table)
    return int(_update_between(c - 1, 0, 0, table))


@micropython.viper
def _add_up(p: int, q: int, r: int, table: ptr32):
    # Every node's total conductance from its devices. p: the device, q: the total above, r: the sum of a row
    left = table[_AT_OUTPUTS + _OUT_COUNTS] & 255
    width = table[_IN_WIDTH]
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    p = t[_G] | t[_G + 1] << 16 << 16
    below = ptr32(t[_TOTAL] | t[_TOTAL + 1] << 16 << 16)
    count = t[_NODES]
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
        below = ptr32(t[_TOTAL] | t[_TOTAL + 1] << 16 << 16)
        t = ptr32(int(t) + 4 * _PER_CROSSBAR)
        first = t[_TOTAL] | t[_TOTAL + 1] << 16 << 16
        end = first + (t[_NODES] << 2)
        q = first
        while end - q:
            ptr32(q)[0] = 0
            q += 4
        p = t[_G] | t[_G + 1] << 16 << 16
        count = t[_ROWS]
        while count:
            r = 0
            q = first
            while end - q:
                r = ptr16(p)[0] + r
                ptr32(q)[0] = ptr16(p)[0] + ptr32(q)[0]
                p += 2
                q += 4
            if count > 2:
                below[0] = below[0] + r
                below = ptr32(int(below) + 4)
            count -= 1
        left -= 1


@micropython.viper
def enter(table: ptr32, at: int, word: int, last: int):
    """Write a word of the table, and to its last word what leaves the sum of all words as it is."""
    before = table[at]
    table[at] = word
    table[last] = table[last] + before - word


@micropython.viper
def _sweep(p: int, q: int, r: int, x: ptr8, table: ptr32) -> int:
    # Settle in phase p: the free one from zero volts with the features x, a nudged one from the free state. Returns the
    # first of the highest outputs in the free phase
    phase = p
    first = int(table) + 4 * _AT_CROSSBARS
    n = 0
    if not phase:
        # p: the feature, q: its place in the list, r: its value
        p = int(x)
        begin = p
        end = p + table[_IN_FEATURES]
        inputs = (table[_IN_INPUTS + 1] << 16 << 16 | table[_IN_INPUTS]) - begin
        listed = table[_IN_ACTIVE + 1] << 16 << 16 | table[_IN_ACTIVE]
        last = begin
        left = 0
        q = listed + 4
        while end - p:
            r = ptr8(p)[0]
            if r:
                if r >> 7:
                    if r == 128:
                        r = 129
                    left += 1
                else:
                    ptr16(q)[0] = (p - last) << 2
                    y = r
                    ptr16(q)[1] = y
                    q += 4
                    last = p
            ptr8(inputs + p)[0] = r
            p += 1
        ptr16(q)[0] = (p - last) << 2
        y = 127
        ptr16(q)[1] = y
        q += 4
        middle = q
        p = begin
        last = begin
        while left:
            r = ptr8(p)[0]
            if r >> 7:
                if r == 128:
                    r = 129
                ptr16(q)[0] = (p - last) << 2
                y = 256 - r
                ptr16(q)[1] = y
                q += 4
                last = p
                left -= 1
            p += 1
        stop = q
        q = listed
        ptr16(q)[0] = (stop - q >> 2) - 1
        y = (middle - q >> 2) - 1
        ptr16(q)[1] = y
        listed += 4
        blocks = middle - ((middle - listed) & 63)
        fours = middle - ((middle - listed) & 15)
        below_zero = stop - middle
        product = table[_IN_SHIFT]
        up = (1 << product) - 1
        special = below_zero | product
        if product:
            blocks = middle
            fours = middle
        row = table[_IN_CONDUCTANCES + 1] << 16 << 16 | table[_IN_CONDUCTANCES]
        base = ptr32(table[_IN_DRIVEN + 1] << 16 << 16 | table[_IN_DRIVEN])
        p = first
        reciprocal = ptr16(ptr32(p)[_RECIPROCAL + 1] << 16 << 16 | ptr32(p)[_RECIPROCAL])
        shift = ptr8(ptr32(p)[_SHIFT + 1] << 16 << 16 | ptr32(p)[_SHIFT])
        low = ptr16(ptr32(p)[_LOW + 1] << 16 << 16 | ptr32(p)[_LOW])
        high = ptr16(ptr32(p)[_HIGH + 1] << 16 << 16 | ptr32(p)[_HIGH])
        out = ptr16(ptr32(p)[_V_FREE + 1] << 16 << 16 | ptr32(p)[_V_FREE])
        n = table[_IN_NODES]
    # The driven crossbar, whose nodes then settle alone. p: the pair of devices, in the end the bias row's, q: the
    # listed input, r: the sum
    q = 0
    while n - q:
        j = q
        r = 0
        p = row
        q = listed
        if special:
            if below_zero:
                # The negative of a sum of those below zero: rounded up, for the sum to be rounded down
                q = middle
                while stop - q:
                    p = ptr16(q)[0] + p
                    r = (((ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[1] + up) >> product) + r
                    q += 4
                r = 0 - r
                p = row
                q = listed
            if product:
                while middle - q:
                    p = ptr16(q)[0] + p
                    r = (((ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[1]) >> product) + r
                    q += 4
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
            p = ptr16(q)[16] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[17] + r
            p = ptr16(q)[18] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[19] + r
            p = ptr16(q)[20] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[21] + r
            p = ptr16(q)[22] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[23] + r
            p = ptr16(q)[24] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[25] + r
            p = ptr16(q)[26] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[27] + r
            p = ptr16(q)[28] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[29] + r
            p = ptr16(q)[30] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[31] + r
            q += 64
        while fours - q:
            p = ptr16(q)[0] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[1] + r
            p = ptr16(q)[2] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[3] + r
            p = ptr16(q)[4] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[5] + r
            p = ptr16(q)[6] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[7] + r
            q += 16
        while middle - q:
            p = ptr16(q)[0] + p
            r = (ptr16(p)[0] - ptr16(p)[1]) * ptr16(q)[1] + r
            q += 4
        row = p + 4
        q = j
        base[q] = r
        r = r >> shift[q]
        p = r >> 16
        if p:
            if p >> 31:
                if low[q]:
                    if p + 1:
                        r = low[q]
                    else:
                        p = (p << 16) + low[q]
                        r = (r * reciprocal[q] + 8192) >> 14
                        if r < p:
                            r = p
                else:
                    r = 0
            else:
                r = high[q]
        else:
            p = high[q]
            r = (r * reciprocal[q] + 8192) >> 14
            if r > p:
                r = p
        out[q] = r
        q += 1
    p = int(table) + 4 * _AT_OUTPUTS
    r = ptr32(p)[_OUT_COUNTS]
    count = r & 255
    # Half sweeps to go, and the first one's first layer: up from the inputs, or down from the outputs. In the first
    # half of the free phase the layers above are still at zero volts. The first hidden layer has settled in it by now.
    halves = r >> 7 & 510
    n = ptr32(p)[_OUT_NODES]
    q = ptr32(p)[_OUT_BASE + 1] << 16 << 16 | ptr32(p)[_OUT_BASE]
    r = ptr32(p)[_OUT_REST + 1] << 16 << 16 | ptr32(p)[_OUT_REST]
    voltages = _V_FREE * 4
    seen = -1
    if phase:
        wide = 1
        wide = wide << 16 << 16 >> 27
        base = ptr32(q)
        rest = ptr32(r)
        currents = ptr32(ptr32(p)[_OUT_CURRENTS + 1] << 16 << 16 | ptr32(p)[_OUT_CURRENTS])
        voltages = (_V_FREE * 4) + (phase << 3)
        halves -= 2
        parity = count & 1
        # From the free state: its voltages, but of those layers that settle first only the bias pair
        c = 0
        while c < count:
            r = first + (4 * _PER_CROSSBAR) * c
            p = ptr32(r)[_V_FREE + 1] << 16 << 16 | ptr32(r)[_V_FREE]
            q = r + voltages
            q = ptr32(q)[1] << 16 << 16 | ptr32(q)[0]
            end = q + (ptr32(r)[_WIRED] << 1)
            if halves and (c ^ parity) & 1 == 0:
                p += ptr32(r)[_NODES] << 1
                q += ptr32(r)[_NODES] << 1
            while end - q:
                ptr16(q)[0] = ptr16(p)[0]
                p += 2
                q += 2
            c += 1
        # And with what the nudge currents bring at once. r: the sign
        p = first + (4 * _PER_CROSSBAR) * (count - 1)
        reciprocal = ptr16(ptr32(p)[_RECIPROCAL + 1] << 16 << 16 | ptr32(p)[_RECIPROCAL])
        shift = ptr8(ptr32(p)[_SHIFT + 1] << 16 << 16 | ptr32(p)[_SHIFT])
        low = ptr16(ptr32(p)[_LOW + 1] << 16 << 16 | ptr32(p)[_LOW])
        high = ptr16(ptr32(p)[_HIGH + 1] << 16 << 16 | ptr32(p)[_HIGH])
        p += voltages
        out = ptr16(ptr32(p)[1] << 16 << 16 | ptr32(p)[0])
        r = 3 - (phase << 1)
        q = n
        while q:
            q -= 1
            p = ((currents[q] * r) << wide) >> wide
            base[q] = rest[q] + p
            p = p >> shift[q]
            if p > 65535:
                p = 65535
            elif p < -65535:
                p = -65535
            p = ((p * reciprocal[q] + 8192) >> 14) + (out[q] ^ 0x8000) - 0x8000
            if p >> 31:
                c = low[q] - 65536
                if p < c:
                    p = c
            else:
                c = high[q]
                if p > c:
                    p = c
            out[q] = p
    else:
        end = q + (n << 2)
        while end - q:
            ptr32(q)[0] = ptr32(r)[0]
            q += 4
            r += 4
        if count < 3:
            halves -= 1
            parity = 1
        else:
            parity = 0
            seen = 0
            # A layer that settles in the second half, seen from the one above it
            c = 2
            while c < count:
                q = first + (4 * _PER_CROSSBAR) * (c - 1)
                p = ptr32(q)[_V_FREE + 1] << 16 << 16 | ptr32(q)[_V_FREE]
                end = p + (ptr32(q)[_NODES] << 1)
                while end - p:
                    ptr16(p)[0] = 0
                    p += 2
                c += 2
    s0 = 0
    s1 = 0
    s2 = 0
    s3 = 0
    s4 = 0
    s5 = 0
    s6 = 0
    s7 = 0
    s8 = 0
    s9 = 0
    while True:
        if not halves:
            break
        c = parity
        while True:
            if not c < count:
                break
            p = first + (4 * _PER_CROSSBAR) * c
            nodes = ptr32(p)[_NODES]
            columns = ptr32(p)[_COLUMNS] & seen
            product = ptr32(p)[_PRODUCT_SHIFT]
            back = ptr32(p)[_BACK_SHIFT]
            base = ptr32(ptr32(p)[_BASE + 1] << 16 << 16 | ptr32(p)[_BASE])
            reciprocal = ptr16(ptr32(p)[_RECIPROCAL + 1] << 16 << 16 | ptr32(p)[_RECIPROCAL])
            shift = ptr8(ptr32(p)[_SHIFT + 1] << 16 << 16 | ptr32(p)[_SHIFT])
            low = ptr16(ptr32(p)[_LOW + 1] << 16 << 16 | ptr32(p)[_LOW])
            high = ptr16(ptr32(p)[_HIGH + 1] << 16 << 16 | ptr32(p)[_HIGH])
            q = p + voltages
            out = ptr16(ptr32(q)[1] << 16 << 16 | ptr32(q)[0])
            stride = nodes << 1
            if c:
                below = ptr32(p)[_G + 1] << 16 << 16 | ptr32(p)[_G]
                size = ptr32(p)[_ROWS] * stride
                q -= 4 * _PER_CROSSBAR
                v_below = ptr32(q)[1] << 16 << 16 | ptr32(q)[0]
                q += 4 * _PER_CROSSBAR
            if columns:
                # The first ten voltages above stay in locals
                above = ptr16(ptr32(p)[_G_ABOVE + 1] << 16 << 16 | ptr32(p)[_G_ABOVE])
                q += 4 * _PER_CROSSBAR
                q = ptr32(q)[1] << 16 << 16 | ptr32(q)[0]
                end_above = q + (columns << 1)
                tens = columns > 9
                if tens:
                    r = 0x8000
                    v0 = (ptr16(q)[0] ^ r) - r
                    v1 = (ptr16(q)[1] ^ r) - r
                    v2 = (ptr16(q)[2] ^ r) - r
                    v3 = (ptr16(q)[3] ^ r) - r
                    v4 = (ptr16(q)[4] ^ r) - r
                    v5 = (ptr16(q)[5] ^ r) - r
                    v6 = (ptr16(q)[6] ^ r) - r
                    v7 = (ptr16(q)[7] ^ r) - r
                    v8 = (ptr16(q)[8] ^ r) - r
                    v9 = (ptr16(q)[9] ^ r) - r
                    q += 20
                others = q
                more = end_above - q
                pairs = end_above - (more & 2)
            q = 0
            while nodes - q:
                # From the layer below: ten nodes at once, then one by one; rows at zero volts give nothing
                stop = nodes
                if c:
                    j = q
                    v = ptr16(v_below)
                    p = below
                    end = p + size
                    r = product
                    stop = q + 1
                    below += 2
                    many = nodes - q > 9
                    if many:
                        stop = q + 10
                        below += 18
                    while end - p:
                        q = v[0]
                        if q:
                            q = (q ^ 0x8000) - 0x8000
                            s0 = ((ptr16(p)[0] * q) >> r) + s0
                            if many:
                                s1 = ((ptr16(p)[1] * q) >> r) + s1
                                s2 = ((ptr16(p)[2] * q) >> r) + s2
                                s3 = ((ptr16(p)[3] * q) >> r) + s3
                                s4 = ((ptr16(p)[4] * q) >> r) + s4
                                s5 = ((ptr16(p)[5] * q) >> r) + s5
                                s6 = ((ptr16(p)[6] * q) >> r) + s6
                                s7 = ((ptr16(p)[7] * q) >> r) + s7
                                s8 = ((ptr16(p)[8] * q) >> r) + s8
                                s9 = ((ptr16(p)[9] * q) >> r) + s9
                        v = ptr16(int(v) + 2)
                        p = stride + p
                    q = j
                while stop - q:
                    # From the layer above. r: the sum
                    r = 0
                    if columns:
                        j = q
                        if tens:
                            p = product
                            q = above[0]
                            r = (v0 * q) >> p
                            q = above[1]
                            r = ((v1 * q) >> p) + r
                            q = above[2]
                            r = ((v2 * q) >> p) + r
                            q = above[3]
                            r = ((v3 * q) >> p) + r
                            q = above[4]
                            r = ((v4 * q) >> p) + r
                            q = above[5]
                            r = ((v5 * q) >> p) + r
                            q = above[6]
                            r = ((v6 * q) >> p) + r
                            q = above[7]
                            r = ((v7 * q) >> p) + r
                            q = above[8]
                            r = ((v8 * q) >> p) + r
                            q = above[9]
                            r = ((v9 * q) >> p) + r
                            above = ptr16(int(above) + 20)
                        if more:
                            q = 0x8000
                            p = others
                            while pairs - p:
                                r = ((((ptr16(p)[0] ^ q) - q) * above[0]) >> product) + r
                                r = ((((ptr16(p)[1] ^ q) - q) * above[1]) >> product) + r
                                above = ptr16(int(above) + 4)
                                p += 4
                            if end_above - p:
                                r = ((((ptr16(p)[0] ^ q) - q) * above[0]) >> product) + r
                                above = ptr16(int(above) + 2)
                        q = j
                    # Divide by the node's conductance, and keep to the diode's or the rail's limit on this side of
                    # zero, at which is any node beyond 16 bits. p: the upper bits, then the limit
                    r = ((r >> back) + s0 + base[q]) >> shift[q]
                    while True:
                        p = r >> 16
                        if p:
                            if p >> 31:
                                if low[q]:
                                    if p + 1:
                                        r = low[q]
                                    else:
                                        p = (p << 16) + low[q]
                                        r = (r * reciprocal[q] + 8192) >> 14
                                        if r < p:
                                            r = p
                                else:
                                    r = 0
                                break
                            # If words are wider than 32 bits, the current at the base had no sign
                            p = 31 - shift[q]
                            if not r >> p:
                                r = high[q]
                                break
                            r -= 2 << p
                        else:
                            p = high[q]
                            r = (r * reciprocal[q] + 8192) >> 14
                            if r > p:
                                r = p
                            break
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
            c += 2
        seen = -1
        parity ^= 1
        halves -= 1
    if phase:
        return 0
    # The first of the highest outputs
    t = ptr32(int(table) + 4 * _AT_OUTPUTS)
    p = t[_OUT_V_FREE + 1] << 16 << 16 | t[_OUT_V_FREE]
    end = p + (n << 1)
    r = -1
    c = 0
    while end - p:
        q = ptr16(p)[0] ^ 0x8000
        if q > r:
            r = q
            c = p
        p += 2
    return (c - end >> 1) + n


@micropython.viper
def _set_nudge(p: int, q: int, r: int, table: ptr32) -> int:
    # Turn the outputs' errors into nudge currents by the label p; return the loss. p: the error, q: the output, r: its
    # current
    label = p
    loss = 0
    p = int(table) + 4 * _AT_OUTPUTS
    right = ptr32(p)[_OUT_RIGHT] ^ 0x8000
    wrong = ptr32(p)[_OUT_WRONG] ^ 0x8000
    out = ptr16(ptr32(p)[_OUT_V_FREE + 1] << 16 << 16 | ptr32(p)[_OUT_V_FREE])
    currents = ptr32(ptr32(p)[_OUT_CURRENTS + 1] << 16 << 16 | ptr32(p)[_OUT_CURRENTS])
    beta = ptr32(p)[_OUT_BETA]
    shift = ptr32(p)[_OUT_SHIFT]
    q = ptr32(p)[_OUT_NODES]
    while q:
        q -= 1
        p = out[q] ^ 0x8000
        if q - label:
            p = wrong - p
            if p > 0:
                p = 0
        else:
            p = right - p
            if p < 0:
                p = 0
        r = 0
        if p:
            r = (beta * p) >> shift
            if r > 536870911:
                r = 536870911
            elif r < -536870911:
                r = -536870911
            p >>= 4
            p *= p
            if loss < 1073741823 - p:
                loss += p
            else:
                loss = 1073741823
        currents[q] = r
    return loss


@micropython.viper
def _update_driven(p: int, q: int, r: int, table: ptr32):
    # How far every node moved between the nudged phases, and where it was on average
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    left = table[_AT_OUTPUTS + _OUT_COUNTS] & 255
    while left:
        limit = t[_DELTA_LIMIT]
        delta = ptr16(t[_DELTA + 1] << 16 << 16 | t[_DELTA])
        mean = ptr16(t[_MEAN + 1] << 16 << 16 | t[_MEAN])
        plus = ptr16(t[_V_PLUS + 1] << 16 << 16 | t[_V_PLUS])
        minus = ptr16(t[_V_MINUS + 1] << 16 << 16 | t[_V_MINUS])
        q = t[_WIRED]
        while q:
            q -= 1
            r = minus[q]
            p = plus[q]
            if p - r:
                r = (r ^ 0x8000) - 0x8000
                p = (p ^ 0x8000) - 0x8000
                mean[q] = (p + r) >> 1
                p -= r
                if p > limit:
                    p = limit
                elif p < 0 - limit:
                    p = 0 - limit
                delta[q] = p
            else:
                mean[q] = p
                delta[q] = 0
        t = ptr32(int(t) + 4 * _PER_CROSSBAR)
        left -= 1
    # The driven crossbar. p: the pair of devices, q: its changes as a word, the second in the upper half, then the
    # pair, r: the listed input
    width = table[_IN_WIDTH]
    first = table[_IN_ACTIVE + 1] << 16 << 16 | table[_IN_ACTIVE]
    middle = first + 4 + (int(ptr16(first)[1]) << 2)
    stop = first + 4 + (int(ptr16(first)[0]) << 2)
    first += 4
    first_g = table[_IN_CONDUCTANCES + 1] << 16 << 16 | table[_IN_CONDUCTANCES]
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    gain = t[_GAIN]
    rate_shift = t[_RATE_SHIFT]
    offset = 1 << (rate_shift - 1)
    g_min = t[_G_MIN]
    g_max = t[_G_MAX]
    # Both devices of a pair are within the limits, 15 bits, if neither they nor they less g_min have their highest bit
    lowest = g_min << 16 | g_min
    outside = 0x8000
    outside |= outside << 16
    upper = 0 - 0x10000
    delta = ptr16(t[_DELTA + 1] << 16 << 16 | t[_DELTA])
    mean = ptr16(t[_MEAN + 1] << 16 << 16 | t[_MEAN])
    total = ptr32(t[_TOTAL + 1] << 16 << 16 | t[_TOTAL])
    # List the inputs at zero, too: a node where c alone changes conductances changes theirs
    p = stop
    q = table[_IN_INPUTS + 1] << 16 << 16 | table[_IN_INPUTS]
    r = q
    end = q + table[_IN_FEATURES]
    while end - q:
        if not ptr8(q)[0]:
            ptr16(p)[0] = (q - r) << 2
            p += 4
            r = q
        q += 1
    end = p
    q = table[_IN_NODES]
    while True:
        if not q:
            break
        q -= 1
        p = delta[q]
        if not p:
            continue
        j = q
        row = q * width + first_g
        d = (p ^ 0x8000) - 0x8000
        c = offset - ((d * ((mean[q] ^ 0x8000) - 0x8000)) >> gain)
        reach = 127 * (d if d > 0 else 0 - d)
        q = (c + reach) >> rate_shift
        r = (c - reach) >> rate_shift
        if not q | r:
            q = j
            continue
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
                    while (last - r) >> 4:
                        p = ptr16(r)[0] + p
                        q = ptr16(r)[1]
                        q = slope * q + start
                        q = ((twice - q) & upper) + (q >> 16)
                        change = change + q
                        q = ptr32(p)[0] + q
                        if (q - lowest | q) & outside:
                            break
                        ptr32(p)[0] = q
                        p = ptr16(r)[2] + p
                        q = ptr16(r)[3]
                        q = slope * q + start
                        q = ((twice - q) & upper) + (q >> 16)
                        change = change + q
                        q = ptr32(p)[0] + q
                        if (q - lowest | q) & outside:
                            r += 4
                            break
                        ptr32(p)[0] = q
                        p = ptr16(r)[4] + p
                        q = ptr16(r)[5]
                        q = slope * q + start
                        q = ((twice - q) & upper) + (q >> 16)
                        change = change + q
                        q = ptr32(p)[0] + q
                        if (q - lowest | q) & outside:
                            r += 8
                            break
                        ptr32(p)[0] = q
                        p = ptr16(r)[6] + p
                        q = ptr16(r)[7]
                        q = slope * q + start
                        q = ((twice - q) & upper) + (q >> 16)
                        change = change + q
                        q = ptr32(p)[0] + q
                        if (q - lowest | q) & outside:
                            r += 12
                            break
                        ptr32(p)[0] = q
                        r += 16
                    else:
                        if not last - r:
                            break
                        p = ptr16(r)[0] + p
                        q = ptr16(r)[1]
                        q = slope * q + start
                        q = ((twice - q) & upper) + (q >> 16)
                        change = change + q
                        q = ptr32(p)[0] + q
                        if not (q - lowest | q) & outside:
                            ptr32(p)[0] = q
                            r += 4
                            continue
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
                    r += 4
                q = ((change & 0xFFFF) ^ 0x8000) - 0x8000
                sum = (change - q >> 16) + q + sum
            # Those below zero: the other sign
            d = 0 - d
            slope = 0 - slope
            until = stop
        q = j
        total[q] = sum + total[q]
    # Those at zero: one change for all
    q = table[_IN_NODES]
    while q:
        q -= 1
        d = (delta[q] ^ 0x8000) - 0x8000
        if not d:
            continue
        c = (offset - ((d * ((mean[q] ^ 0x8000) - 0x8000)) >> gain)) >> rate_shift
        if not c:
            continue
        j = q
        row = q * width + first_g
        sum = 2 * c * (end - stop >> 2)
        start = c << 16
        start += c
        if c + 0x4000 >> 15:
            # A word that puts every pair beyond the limits
            start = 0x8000
        slope = lowest if start < 0 else 0
        p = row
        r = stop
        while end - r:
            while (end - r) >> 4:
                p = ptr16(r)[0] + p
                q = ptr32(p)[0]
                q = start + q
                if (q - slope) & outside:
                    break
                ptr32(p)[0] = q
                p = ptr16(r)[2] + p
                q = ptr32(p)[0]
                q = start + q
                if (q - slope) & outside:
                    r += 4
                    break
                ptr32(p)[0] = q
                p = ptr16(r)[4] + p
                q = ptr32(p)[0]
                q = start + q
                if (q - slope) & outside:
                    r += 8
                    break
                ptr32(p)[0] = q
                p = ptr16(r)[6] + p
                q = ptr32(p)[0]
                q = start + q
                if (q - slope) & outside:
                    r += 12
                    break
                ptr32(p)[0] = q
                r += 16
            else:
                if not end - r:
                    break
                p = ptr16(r)[0] + p
                q = ptr32(p)[0]
                q = start + q
                if not (q - slope) & outside:
                    ptr32(p)[0] = q
                    r += 4
                    continue
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
            r += 4
        q = j
        total[q] = sum + total[q]


@micropython.viper
def _update_between(p: int, q: int, r: int, table: ptr32) -> int:
    # Update crossbar p, above the driven one; then, if p is 1 or 0, prepare the divisions by the totals: return whether
    # one is out of range
    number = p
    p = int(table) + 4 * _AT_CROSSBARS + (4 * _PER_CROSSBAR) * p
    columns = ptr32(p)[_NODES] if number else 0
    stride = columns << 1
    rows = ptr32(p)[_ROWS]
    bias = rows - 2
    gain = ptr32(p)[_GAIN]
    rate_shift = ptr32(p)[_RATE_SHIFT]
    offset = 1 << (rate_shift - 1)
    g_min = ptr32(p)[_G_MIN]
    g_max = ptr32(p)[_G_MAX]
    first_g = ptr32(p)[_G + 1] << 16 << 16 | ptr32(p)[_G]
    first = ptr32(p)[_DELTA + 1] << 16 << 16 | ptr32(p)[_DELTA]
    first_mean = ptr32(p)[_MEAN + 1] << 16 << 16 | ptr32(p)[_MEAN]
    first_total = ptr32(p)[_TOTAL + 1] << 16 << 16 | ptr32(p)[_TOTAL]
    if number:
        p -= 4 * _PER_CROSSBAR
    far = ptr32(p)[_DELTA_LIMIT] > 8000
    delta_below = ptr16(ptr32(p)[_DELTA + 1] << 16 << 16 | ptr32(p)[_DELTA])
    mean_below = ptr16(ptr32(p)[_MEAN + 1] << 16 << 16 | ptr32(p)[_MEAN])
    total_below = ptr32(ptr32(p)[_TOTAL + 1] << 16 << 16 | ptr32(p)[_TOTAL])
    idle = 0
    # Rows at zero volts in both phases share one change: two devices at once if columns are even, and changes small
    each = columns & 1
    # What the devices see of the layer above, plus 0x8000: no sign to extend
    p = first
    q = first_mean
    end = first + stride
    while end - p:
        r = ((ptr16(p)[0] ^ 0x8000) - 0x8000) >> gain
        ptr16(p)[0] = r + 0x8000
        x = ((ptr16(q)[0] ^ 0x8000) - 0x8000) >> gain
        ptr16(q)[0] = x + 0x8000
        if ((offset - r * x) >> rate_shift) + 0x4000 >> 15:
            each = 1
        p += 2
        q += 2
    # p: what the row's nodes add to the mean, r: to the difference, q: by how much a device changes, then its value
    size = rows * stride
    p = first
    q = first_mean
    r = first_total
    while True:
        if not end - p:
            break
        d0 = ptr16(p)[0]
        m0 = ptr16(q)[0]
        t0 = ptr32(r)[0]
        next_p = p
        next_q = q
        next_r = r
        g = ptr16((p - first) + first_g + size)
        idle = 0
        j = rows
        if end - p < 10:
            next_p += 2
            next_q += 2
            next_r += 4
            while True:
                if not j:
                    break
                j -= 1
                q = j
                g = ptr16(int(g) - stride)
                r = delta_below[q]
                p = mean_below[q]
                if not p | r | each:
                    idle += 1
                    continue
                p ^= 0x8000
                r ^= 0x8000
                if far:
                    if r > 40768:
                        r = 40768
                    elif r < 24768:
                        r = 24768
                change = 0
                q = d0 - r
                q = ((p - m0) * q + offset) >> rate_shift
                change = change + q
                t0 = t0 + q
                q = g[0] + q
                if (q - g_min | q) >> 15:
                    x = g_max if q > g_max else g_min
                    change = x - q + change
                    t0 = x - q + t0
                    q = x
                g[0] = q
                q = j
                if q < bias:
                    total_below[q] = change + total_below[q]
            q = next_r - 4
            ptr32(q)[0] = t0
        else:
            d1 = ptr16(p)[1]
            m1 = ptr16(q)[1]
            t1 = ptr32(r)[1]
            d2 = ptr16(p)[2]
            m2 = ptr16(q)[2]
            t2 = ptr32(r)[2]
            d3 = ptr16(p)[3]
            m3 = ptr16(q)[3]
            t3 = ptr32(r)[3]
            d4 = ptr16(p)[4]
            m4 = ptr16(q)[4]
            t4 = ptr32(r)[4]
            next_p += 10
            next_q += 10
            next_r += 20
            while True:
                if not j:
                    break
                j -= 1
                q = j
                g = ptr16(int(g) - stride)
                r = delta_below[q]
                p = mean_below[q]
                if not p | r | each:
                    idle += 1
                    continue
                p ^= 0x8000
                r ^= 0x8000
                if far:
                    if r > 40768:
                        r = 40768
                    elif r < 24768:
                        r = 24768
                change = 0
                q = d0 - r
                q = ((p - m0) * q + offset) >> rate_shift
                change = change + q
                t0 = t0 + q
                q = g[0] + q
                if (q - g_min | q) >> 15:
                    x = g_max if q > g_max else g_min
                    change = x - q + change
                    t0 = x - q + t0
                    q = x
                g[0] = q
                q = d1 - r
                q = ((p - m1) * q + offset) >> rate_shift
                change = change + q
                t1 = t1 + q
                q = g[1] + q
                if (q - g_min | q) >> 15:
                    x = g_max if q > g_max else g_min
                    change = x - q + change
                    t1 = x - q + t1
                    q = x
                x = q
                q = int(g)
                ptr16(q)[1] = x
                q = d2 - r
                q = ((p - m2) * q + offset) >> rate_shift
                change = change + q
                t2 = t2 + q
                q = g[2] + q
                if (q - g_min | q) >> 15:
                    x = g_max if q > g_max else g_min
                    change = x - q + change
                    t2 = x - q + t2
                    q = x
                x = q
                q = int(g)
                ptr16(q)[2] = x
                q = d3 - r
                q = ((p - m3) * q + offset) >> rate_shift
                change = change + q
                t3 = t3 + q
                q = g[3] + q
                if (q - g_min | q) >> 15:
                    x = g_max if q > g_max else g_min
                    change = x - q + change
                    t3 = x - q + t3
                    q = x
                x = q
                q = int(g)
                ptr16(q)[3] = x
                q = d4 - r
                q = ((p - m4) * q + offset) >> rate_shift
                change = change + q
                t4 = t4 + q
                q = g[4] + q
                if (q - g_min | q) >> 15:
                    x = g_max if q > g_max else g_min
                    change = x - q + change
                    t4 = x - q + t4
                    q = x
                x = q
                q = int(g)
                ptr16(q)[4] = x
                q = j
                if q < bias:
                    total_below[q] = change + total_below[q]
            q = next_r - 20
            ptr32(q)[0] = t0
            ptr32(q)[1] = t1
            ptr32(q)[2] = t2
            ptr32(q)[3] = t3
            ptr32(q)[4] = t4
        p = next_p
        q = next_q
        r = next_r
    if idle:
        # The rows at zero volts. First the changes, a word for two columns, in place of what the layer above shows
        p = first
        q = first_mean
        r = 0
        total = ptr32(first_total)
        while end - p:
            x = ((0x8000 - ptr16(q)[0]) * (ptr16(p)[0] - 0x8000) + offset) >> rate_shift
            y = ((0x8000 - ptr16(q)[1]) * (ptr16(p)[1] - 0x8000) + offset) >> rate_shift
            total[0] = idle * x + total[0]
            total = ptr32(int(total) + 4)
            total[0] = idle * y + total[0]
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
        p = first_g
        q = 0
        while rows - q:
            if delta_below[q] | mean_below[q]:
                p = stride + p
            else:
                j = q
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
                        d0 = q
                        if g_min > q:
                            q = g_min
                        elif q > g_max:
                            q = g_max
                        ptr16(p)[0] = q
                        d0 = q - d0
                        x += d0
                        total[0] = d0 + total[0]
                        total = ptr32(int(total) + 4)
                        p += 2
                        q = y
                        if g_min > q:
                            q = g_min
                        elif q > g_max:
                            q = g_max
                        ptr16(p)[0] = q
                        p += 2
                        d0 = q - y
                        x += d0
                        total[0] = d0 + total[0]
                    else:
                        ptr32(p)[0] = q
                        p += 4
                        r += 4
                q = j
                if q < bias:
                    total_below[q] = x + total_below[q]
            q += 1
    # Prepare the divisions. p: a total, q: its node, r: its shift
    t = ptr32(int(table) + 4 * _AT_CROSSBARS)
    left = 0 if number > 1 else table[_AT_OUTPUTS + _OUT_COUNTS] & 255
    while left:
        least = 14 - t[_SCALE]
        reciprocal = ptr16(t[_RECIPROCAL + 1] << 16 << 16 | t[_RECIPROCAL])
        shift = ptr8(t[_SHIFT + 1] << 16 << 16 | t[_SHIFT])
        total = ptr32(t[_TOTAL + 1] << 16 << 16 | t[_TOTAL])
        q = t[_NODES]
        while q:
            q -= 1
            p = total[q]
            if p < 1 or p >> 30:
                return 1
            # Most often, the shift stays
            r = shift[q] - least
            p = 0 if r >> 5 else p >> r
            if (p >> 14) - 1:
                p = total[q]
                r = least
                while p >> 19:
                    p >>= 4
                    r += 4
                while p >> 15:
                    p >>= 1
                    r += 1
                while p >> 14 == 0:
                    p <<= 1
                    r -= 1
                shift[q] = r
            reciprocal[q] = (268435456 + (p >> 1)) // p
        t = ptr32(int(t) + 4 * _PER_CROSSBAR)
        left -= 1
    return 0


class ViperCrossbar(MachineCrossbar):
    """The emulated crossbar by viper's machine code."""

    tier = "viper"
    run = staticmethod(run)
    asking = staticmethod(asking)
    enter = staticmethod(enter)
    scatter = staticmethod(scatter)
    gather = staticmethod(gather)
