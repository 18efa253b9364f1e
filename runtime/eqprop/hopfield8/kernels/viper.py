"""The dynamics of a Hopfield network with weights of 8 bits for viper: the same bits as `eqprop.hopfield8.dynamics`.

What does not touch a weight is of `eqprop.hopfield.kernels.viper`, which explains the lists, the registers p, q and r,
and `wide`. Its places of weights are of two bytes each, so they are halved here. A weight counts as u = weight + 2**7,
a load ^ 0x80, and the sum of the values corrects a whole sum. Nothing here allocates.
"""

import micropython

from ..._compat import const
from ...crossbar.kernels.asking import asking
from ...hopfield.kernels.viper import enter, nudge, settle
from ...hopfield.native import MachineCrossbar
from ..crossbar import EightBit

# As in `eqprop.hopfield.native`
_LEARN = const(1)
_PROGRAM = const(4)
_COUNTS = const(0)
_DRIVEN_SHIFT = const(2)
_BACK_SHIFT = const(3)
_PRODUCT_SHIFT = const(4)
_FEEDBACK_SHIFT = const(5)
_POWER_BITS = const(10)
_CLASSES = const(11)
_ACTIVE = const(12)
_STATES = const(14)
_SUMS = const(22)
_LOSS = const(24)
_AT_CROSSBARS = const(26)
_PER_CROSSBAR = const(14)
_NODES = const(0)
_ROWS = const(1)
_RATE_SHIFT = const(2)
_W = const(4)
_FREE = const(8)
_PLUS = const(10)
_MINUS = const(12)
_NUDGED = const(2)
_LOW = const(4)  # words after the loss
_HIGH = const(5)


@micropython.viper
def scatter(w: ptr8, stream: ptr32):
    """As `eqprop.hopfield8.kernels.plain.scatter`."""
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
        w[0] = (high - 32768) * spread + 16384 >> 15
        w = ptr8(int(w) + 1)
        count -= 1
    stream[0] = low
    stream[1] = high


@micropython.viper
def total(w: ptr8, count: int) -> int:
    """Return the sum of `count` weights modulo 2**16."""
    s = 0
    left = count
    while left:
        s = (w[0] ^ 128) + s
        w = ptr8(int(w) + 1)
        left -= 1
    return s - 128 * count & 0xFFFF


@micropython.viper
def run(x, table, verb: int, number: int) -> int:
    """As `eqprop.hopfield.kernels.viper.run`."""
    answer = 0
    if verb < _PROGRAM:
        multiply = _multiply  # looked up once, as that may take longer than calling it
        if verb <= _LEARN:
            if int(ptr32(table)[_CLASSES]) <= number or int(settle(x, 0, _FREE, table, multiply)) == 0:
                return -1
        answer = int(nudge(number, verb, 8192, table, multiply))
        if verb != _LEARN or answer < _NUDGED:
            return answer
        answer -= _NUDGED
    size = int(_list_differences(0, 0, 0, table))
    rate_shift = int(_driven_rate_shift(table))
    _seed(table)
    _update_driven(size, rate_shift, 0, table)
    count = int(ptr32(table)[_COUNTS]) & 15
    c = 1
    while c < count:
        _list_pairs(_AT_CROSSBARS + _PER_CROSSBAR * c, 0, 0, table)
        _update_between(c, 0, 0, table)
        c += 1
    return answer


@micropython.viper
def _multiply(p: int, q: int, r: int, table: ptr32):
    # As that of 16 bits: p list, then value, q weight, r sum
    wide = 1
    wide = wide << 16 << 16 >> 27
    source = p >> 8 & 255
    read = ptr32(int(table[source]) | int(table[source + 1]) << 16 << 16)
    at = p >> 16
    write = ptr32(int(table[at]) | int(table[at + 1]) << 16 << 16)
    p &= 255
    first = int(table[p]) | int(table[p + 1]) << 16 << 16
    shift = int(table[_PRODUCT_SHIFT])
    post = 0
    at = r & 255
    row = int(table[at + _W]) | int(table[at + _W + 1]) << 16 << 16
    lines = int(table[at + _NODES])
    stride = 1
    if p == _ACTIVE:
        first += 4
        shift = int(table[_DRIVEN_SHIFT])
        post = int(table[_BACK_SHIFT])
    end = first + q
    r >>= 8
    if r:
        post = int(table[_FEEDBACK_SHIFT])
        stride = lines
        lines = int(table[at + _ROWS]) - 1
    r = 0
    p = first
    while end - p:
        r = ptr32(p)[1] + r
        p += 8
    correction = (0x80 >> shift) * (r << wide >> wide)
    if stride == 1 and source == 0 and wide == 0:
        # Eight columns at once: p value
        while lines > 7:
            s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0 - correction
            at = first
            q = row
            while at - end:
                q = (int(ptr32(at)[0]) >> 1) + q
                p = ptr32(at)[1]
                at += 8
                s0 = ((ptr8(q)[0] ^ 0x80) * p >> shift) + s0
                s1 = ((ptr8(q)[1] ^ 0x80) * p >> shift) + s1
                s2 = ((ptr8(q)[2] ^ 0x80) * p >> shift) + s2
                s3 = ((ptr8(q)[3] ^ 0x80) * p >> shift) + s3
                s4 = ((ptr8(q)[4] ^ 0x80) * p >> shift) + s4
                s5 = ((ptr8(q)[5] ^ 0x80) * p >> shift) + s5
                s6 = ((ptr8(q)[6] ^ 0x80) * p >> shift) + s6
                s7 = ((ptr8(q)[7] ^ 0x80) * p >> shift) + s7
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
            row += 8
            lines -= 8
    while lines:
        r = 0 - correction
        p = first
        q = row
        if wide:
            while end - p:
                q = (int(ptr32(p)[0]) >> 1) + q
                r = ((ptr8(q)[0] ^ 0x80) * (int(ptr32(p)[1]) << wide >> wide) >> shift) + r
                p += 8
        else:
            while end - p:
                q = (int(ptr32(p)[0]) >> 1) + q
                r = ((ptr8(q)[0] ^ 0x80) * ptr32(p)[1] >> shift) + r
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
def _driven_rate_shift(table: ptr32) -> int:
    # The driven crossbar's rate_shift for this sample (`plain.excess`). p entry of the list, q power
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
def _list_differences(p: int, q: int, r: int, table: ptr32) -> int:
    # The first layer's differences but zero, + 2**15; returns the list's bytes. p difference, q plus, r list
    at = _AT_CROSSBARS
    q = int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16
    apart = (int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16) - q
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    r = first
    end = q + 2 * int(table[at + _NODES])
    further = 0
    while end - q:
        p = (ptr16(q)[0] ^ 0x8000) - (ptr16(q + apart)[0] ^ 0x8000)
        if p:
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
def _list_pairs(p: int, q: int, r: int, table: ptr32):
    # The differences and means of the layer above crossbar p, + 2**15. p value, q plus, r list
    at = p
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
def _seed(table: ptr32):
    # `plain.seed`
    word = ptr32(int(table[_SUMS]) | int(table[_SUMS + 1]) << 16 << 16)
    left = (int(table[_COUNTS]) & 15) + 1
    low = 1
    high = 0
    while left:
        low ^= int(word[0]) & 0xFFFF
        high ^= int(word[0]) >> 16 & 0xFFFF
        n = 4
        while n:
            high ^= (high << 13 | low >> 3) & 0xFFFF
            low ^= low << 13 & 0xFFFF
            low ^= high >> 1
            high ^= (high << 5 | low >> 11) & 0xFFFF
            low ^= low << 5 & 0xFFFF
            n -= 1
        word = ptr32(int(word) + 4)
        left -= 1
    word = ptr32(int(word) + (4 * _LOW - 4))
    word[0] = low
    word = ptr32(int(word) + 4)
    word[0] = high


@micropython.viper
def _update_driven(p: int, r: int, q: int, table: ptr32):
    # `plain.update_driven` by the list of p bytes at the rate_shift r: p list, r change, then weight + 2**7, q weight
    rate_shift = r
    wide = 1
    wide = wide << 16 << 16 >> 27
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    end = first + p
    entry = ptr32(int(table[_ACTIVE]) | int(table[_ACTIVE + 1]) << 16 << 16)
    entries = int(entry[0]) >> 3
    entry = ptr32(int(entry) + 4)
    weights = int(table[_AT_CROSSBARS + _W]) | int(table[_AT_CROSSBARS + _W + 1]) << 16 << 16
    random = ptr32(int(table[_LOSS]) | int(table[_LOSS + 1]) << 16 << 16)
    low = int(random[_LOW])
    high = int(random[_HIGH])
    change = 0
    while entries:
        high ^= (high << 13 | low >> 3) & 0xFFFF
        low ^= low << 13 & 0xFFFF
        low ^= high >> 1
        high ^= (high << 5 | low >> 11) & 0xFFFF
        low ^= low << 5 & 0xFFFF
        weights += int(entry[0]) >> 1
        x = int(entry[1]) << wide >> wide
        offset = (high << 8 >> 24 - rate_shift) - 0x8000 * x
        p = first
        q = weights
        while end - p:
            q = (int(ptr32(p)[0]) >> 1) + q
            r = ptr32(p)[1] * x + offset >> rate_shift
            if r:
                change = change + r
                r = (ptr8(q)[0] ^ 0x80) + r
                if r >> 8:
                    change -= r
                    if r > 0:
                        r = 0xFF
                    else:
                        r = 0
                    change += r
                ptr8(q)[0] = r ^ 0x80
            p += 8
        entry = ptr32(int(entry) + 8)
        entries -= 1
    random = ptr32(int(random) + 4 * _LOW)
    random[0] = low
    random = ptr32(int(random) + 4)
    random[0] = high
    sums = ptr32(int(table[_SUMS]) | int(table[_SUMS + 1]) << 16 << 16)
    q = int(sums[0]) + change & 0xFFFF
    sums[0] = q


@micropython.viper
def _update_between(p: int, r: int, q: int, table: ptr32):
    # `plain.update_between` of crossbar p: p list, r change, then weight + 2**7, q weight's address
    c = p
    at = _AT_CROSSBARS + _PER_CROSSBAR * c
    first = int(table[_STATES]) | int(table[_STATES + 1]) << 16 << 16
    rows = int(table[at + _ROWS])
    width = int(table[at + _NODES])
    end = first + 8 * width
    q = int(table[at + _W]) | int(table[at + _W + 1]) << 16 << 16
    rate_shift = int(table[at + _RATE_SHIFT])
    at -= _PER_CROSSBAR
    plus = ptr16(int(table[at + _PLUS]) | int(table[at + _PLUS + 1]) << 16 << 16)
    minus = ptr16(int(table[at + _MINUS]) | int(table[at + _MINUS + 1]) << 16 << 16)
    random = ptr32(int(table[_LOSS]) | int(table[_LOSS + 1]) << 16 << 16)
    low = int(random[_LOW])
    high = int(random[_HIGH])
    change = 0
    while rows:
        high ^= (high << 13 | low >> 3) & 0xFFFF
        low ^= low << 13 & 0xFFFF
        low ^= high >> 1
        high ^= (high << 5 | low >> 11) & 0xFFFF
        low ^= low << 5 & 0xFFFF
        d = int(plus[0]) - int(minus[0])
        m = int(plus[0]) + int(minus[0])
        if m:
            m >>= 1
            offset = high << 8 >> 24 - rate_shift
            correction = 0x8000 * (m + d)
            p = first
            while end - p:
                r = ptr32(p)[0] * m
                r = ptr32(p)[1] * d + r - correction
                r = (r >> 5) + offset >> rate_shift
                if r:
                    change = change + r
                    r = (ptr8(q)[0] ^ 0x80) + r
                    if r >> 8:
                        change -= r
                        if r > 0:
                            r = 0xFF
                        else:
                            r = 0
                        change += r
                    ptr8(q)[0] = r ^ 0x80
                q += 1
                p += 8
        else:
            q += width
        plus = ptr16(int(plus) + 2)
        minus = ptr16(int(minus) + 2)
        rows -= 1
    random = ptr32(int(random) + 4 * _LOW)
    random[0] = low
    random = ptr32(int(random) + 4)
    random[0] = high
    sums = ptr32((int(table[_SUMS]) | int(table[_SUMS + 1]) << 16 << 16) + 4 * c)
    q = int(sums[0]) + change & 0xFFFF
    sums[0] = q


class ViperCrossbar(EightBit, MachineCrossbar):
    """The crossbar by viper kernels."""

    tier = "viper"
    run = staticmethod(run)
    asking = staticmethod(asking)
    enter = staticmethod(enter)
    scatter = staticmethod(scatter)
    total = staticmethod(total)
