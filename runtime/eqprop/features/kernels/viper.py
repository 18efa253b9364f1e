"""The kernels of features for MicroPython's viper emitter: the same bits as `plain`, in machine words.

Loads are unsigned, hence (x ^ 0x8000) - 0x8000. Viper keeps a function's first two locals in registers, arguments
first. Where it pays, these two are addresses that step along, as in `eqprop.crossbar.kernels.viper`; that module also
says how to store at a constant index. Only the classes of this package call these functions, with buffers that they
made themselves, so nothing is checked here.
"""

import micropython


@micropython.viper
def slide(samples: ptr16, size: int, hop: int):
    """As `plain.slide`."""
    end = int(samples) + ((size - hop) << 1)
    source = ptr16(int(samples) + (hop << 1))
    while end - int(samples):
        samples[0] = source[0]
        samples = ptr16(int(samples) + 2)
        source = ptr16(int(source) + 2)


@micropython.viper
def describe(samples: ptr16, size: int, results: ptr32):
    """As `plain.describe`."""
    start = int(samples)
    end = start + (size << 1)
    v = (samples[0] ^ 0x8000) - 0x8000
    low = v
    high = v
    last = v
    total = 0
    steps = 0
    while end - int(samples):
        v = (samples[0] ^ 0x8000) - 0x8000
        if v < low:
            low = v
        elif v > high:
            high = v
        total += v
        last = v - last
        if last < 0:
            last = 0 - last
        steps += last
        last = v
        samples = ptr16(int(samples) + 2)
    mean = total // size
    peak = high - mean
    if mean - low > peak:
        peak = mean - low
    shift = 0
    most = 1073741823 // size
    while (peak >> shift) > 32767 or (peak >> shift) * (peak >> shift) > most:
        shift += 1
    samples = ptr16(start)
    squares = 0
    crossings = 0
    side = ((samples[0] ^ 0x8000) - 0x8000 - mean) >> 17
    while end - int(samples):
        v = (samples[0] ^ 0x8000) - 0x8000 - mean
        last = v >> 17
        if last != side:
            crossings += 1
            side = last
        if v < 0:
            v = 0 - v
        v >>= shift
        squares += v * v
        samples = ptr16(int(samples) + 2)
    samples = ptr16(int(results))
    ptr32(int(samples))[0] = low
    ptr32(int(samples))[1] = high
    ptr32(int(samples))[2] = total
    ptr32(int(samples))[3] = crossings
    ptr32(int(samples))[4] = steps
    ptr32(int(samples))[5] = squares
    ptr32(int(samples))[6] = shift


@micropython.viper
def load(samples: ptr16, work: ptr16, twiddles: ptr16, size: int) -> int:
    """As `plain.load`."""
    start = int(samples)
    end = start + (size << 1)
    low = (samples[0] ^ 0x8000) - 0x8000
    high = low
    total = 0
    while end - int(samples):
        v = (samples[0] ^ 0x8000) - 0x8000
        total += v
        if v < low:
            low = v
        elif v > high:
            high = v
        samples = ptr16(int(samples) + 2)
    mean = total // size
    peak = high - mean
    if mean - low > peak:
        peak = mean - low
    left = 0
    right = 0
    while peak > 16384:
        peak >>= 1
        right += 1
    while peak > 0 and peak <= 8192:
        peak <<= 1
        left += 1
    # One pair at a time; `sign` flips where the second half of the cosine begins
    half = size >> 1
    first = int(work)
    turn = int(twiddles) + (size << 1)
    back = int(twiddles)
    sign = 0
    at = 0
    samples = ptr16(start)
    while end - int(samples):
        if int(twiddles) == turn:
            twiddles = ptr16(back)
            sign = -1
        work = ptr16(first + (at << 2))
        v = (((samples[0] ^ 0x8000) - 0x8000 - mean) << left) >> right
        work[0] = (v * (16384 - ((((twiddles[0] ^ 0x8000) - 0x8000) ^ sign) - sign)) + 16384) >> 15
        v = (((samples[1] ^ 0x8000) - 0x8000 - mean) << left) >> right
        v = (v * (16384 - ((((twiddles[2] ^ 0x8000) - 0x8000) ^ sign) - sign)) + 16384) >> 15
        work[1] = v
        samples = ptr16(int(samples) + 4)
        twiddles = ptr16(int(twiddles) + 8)
        bit = half >> 1
        while at & bit:
            at ^= bit
            bit >>= 1
        at |= bit
    return left - right


@micropython.viper
def transform(a: ptr16, b: ptr16, size: int):
    """As `plain.transform`; a: the work, b: the twiddles."""
    work = int(a)
    twiddles = int(b)
    end = work + (size << 1)
    span = 4  # bytes
    last = size << 1
    # The first stage: W is 1
    while end - int(a):
        b = ptr16(int(a) + 4)
        re = (b[0] ^ 0x8000) - 0x8000
        im = (b[1] ^ 0x8000) - 0x8000
        t = (a[0] ^ 0x8000) - 0x8000
        a[0] = (t + re + 1) >> 1
        b[0] = (t - re + 1) >> 1
        t = (a[1] ^ 0x8000) - 0x8000
        re = (t + im + 1) >> 1
        a[1] = re
        re = (t - im + 1) >> 1
        b[1] = re
        a = ptr16(int(a) + 8)
    span = 8
    while span < last:
        stride = (size << 3) // span
        step = span << 1
        k = 0
        while k < span:
            b = ptr16(twiddles + (k >> 2) * stride)
            c = (b[0] ^ 0x8000) - 0x8000
            s = (b[1] ^ 0x8000) - 0x8000
            a = ptr16(work + k)
            while int(a) < end:
                b = ptr16(int(a) + span)
                re = (b[0] ^ 0x8000) - 0x8000
                im = (b[1] ^ 0x8000) - 0x8000
                t = re * c + im * s
                r = (((a[0] ^ 0x8000) - 0x8000) << 14) + 16384
                a[0] = (r + t) >> 15
                b[0] = (r - t) >> 15
                t = im * c - re * s
                r = (((a[1] ^ 0x8000) - 0x8000) << 14) + 16384
                re = (r + t) >> 15
                a[1] = re
                re = (r - t) >> 15
                b[1] = re
                a = ptr16(int(a) + step)
            k += 4
        span = step


@micropython.viper
def measure(a: ptr16, b: ptr16, power: ptr32, size: int):
    """As `plain.measure`; a: the work, b: the twiddles."""
    work = int(a)
    twiddles = ptr16(int(b))
    end = work + (size << 1)
    b = ptr16(work)
    opposite = end
    while end - int(a):
        c = (twiddles[0] ^ 0x8000) - 0x8000
        s = (twiddles[1] ^ 0x8000) - 0x8000
        t = (b[0] ^ 0x8000) - 0x8000
        r = (a[0] ^ 0x8000) - 0x8000
        re = r - t
        r = (r + t) << 14
        t = (b[1] ^ 0x8000) - 0x8000
        i = (a[1] ^ 0x8000) - 0x8000
        im = i + t
        i = (i - t) << 14
        r = (r + c * im - s * re + 16384) >> 15
        i = (i - c * re - s * im + 16384) >> 15
        power[0] = r * r + i * i
        power = ptr32(int(power) + 4)
        twiddles = ptr16(int(twiddles) + 4)
        a = ptr16(int(a) + 4)
        opposite -= 4
        b = ptr16(opposite)
    a = ptr16(work)
    r = ((a[0] ^ 0x8000) - 0x8000) - ((a[1] ^ 0x8000) - 0x8000)
    power[0] = r * r


@micropython.viper
def gather(power: ptr32, places: ptr8, sums: ptr32, bins: int):
    """As `plain.gather`."""
    first = int(sums)
    end = int(power) + (bins << 2)
    while end - int(power):
        sums = ptr32(first + (places[0] << 2))
        w = places[1]
        high = int(power[0]) >> 6
        low = int(power[0]) & 63
        sums[0] = int(sums[0]) + high * w + ((low * w) >> 6)
        w = 64 - w
        sums = ptr32(int(sums) - 4)
        sums[0] = int(sums[0]) + high * w + ((low * w) >> 6)
        places = ptr8(int(places) + 2)
        power = ptr32(int(power) + 4)


@micropython.viper
def logarithms(sums: ptr32, levels: ptr16, bands: int, offset: int):
    """As `plain.logarithms`."""
    sums[0] = 0
    while bands:
        sums = ptr32(int(sums) + 4)
        x = int(sums[0])
        sums[0] = 0
        level = 0
        if x > 0:
            e = 0
            while x >> e > 1:
                e += 1
            f = ((x << (29 - e)) >> 21) & 255
            level = (e << 8) + f + ((f * (256 - f) * 92 + 32768) >> 16) + offset
            if level < 0:
                level = 0
        levels[0] = level
        levels = ptr16(int(levels) + 2)
        bands -= 1
    sums = ptr32(int(sums) + 4)
    sums[0] = 0


@micropython.viper
def stretch(kept: ptr16, background: ptr16, means: ptr32, word: ptr32) -> int:
    """As `plain.stretch`. Frames are contiguous in the ring, so only each step's first needs a remainder."""
    start = int(kept)
    first = int(word[0])
    frames = int(word[1])
    bands = int(word[2])
    steps = int(word[3])
    length = int(word[4])
    width = bands << 1
    stop = start + frames * width
    total = 0
    s = 0
    while s < steps:
        begin = s * length // steps
        count = (s + 1) * length // steps - begin
        if count == 0:
            count = 1
        at = start + (first + begin) % frames * width
        b = 0
        while b < bands:
            low = (background[b] ^ 0x8000) - 0x8000
            level = 0
            kept = ptr16(at + (b << 1))
            n = count
            while n:
                v = (kept[0] ^ 0x8000) - 0x8000
                level += v if v > low else low
                kept = ptr16(int(kept) + width)
                if int(kept) >= stop:
                    kept = ptr16(int(kept) - stop + start)
                n -= 1
            level = level // count
            means[0] = level
            means = ptr32(int(means) + 4)
            total += level
            b += 1
        s += 1
    return total
