"""Reference kernels of features: loops over preallocated arrays, in the subset that numba compiles too.

All integers stay within 31 bits; each kernel states its bounds. `>>` and `//` floor. Samples are int16; `size` is a
power of two, 16..1024. No kernel takes more than four arguments, because viper functions cannot.

The transform's values are complex: re and im alternate in `work`, int16. Its twiddles are cos and sin of
2 pi k / size in Q14 for k < size / 2, also alternating.
"""


def slide(samples, size, hop):
    """Move the last size - hop samples to the front."""
    for i in range(size - hop):
        samples[i] = samples[i + hop]


def describe(samples, size, results):
    """Write to `results`: lowest, highest, sum, crossings of the mean, sum of steps, sum of squares, shift of these.

    With mean = sum // size and d = sample - mean: a crossing is where the sign of d changes; a step is the distance of
    two neighbours. shift is the least s for which size * (peak >> s)**2 < 2**30, where peak is the largest |d|, at most
    65535. The squares are those of |d| >> s. The sum of steps is at most 1023 * 65535.
    """
    low = high = samples[0]
    total = steps = 0
    last = low
    for i in range(size):
        v = samples[i]
        if v < low:
            low = v
        elif v > high:
            high = v
        total += v
        last = v - last
        if last < 0:
            last = -last
        steps += last
        last = v
    mean = total // size
    peak = high - mean
    if mean - low > peak:
        peak = mean - low
    shift = 0
    most = 1073741823 // size
    while (peak >> shift) > 32767 or (peak >> shift) * (peak >> shift) > most:
        shift += 1
    squares = crossings = 0
    below = samples[0] < mean
    for i in range(size):
        d = samples[i] - mean
        if (d < 0) != below:
            crossings += 1
            below = d < 0
        if d < 0:
            d = -d
        d >>= shift
        squares += d * d
    results[0] = low
    results[1] = high
    results[2] = total
    results[3] = crossings
    results[4] = steps
    results[5] = squares
    results[6] = shift


def load(samples, work, twiddles, size):
    """Subtract the mean, shift the peak into 8193..16384, apply Hann's window; return the left shift.

    Pairs of samples become complex numbers in bit-reversed order. With d = sample - sum // size, shifted by e:
    w = (d * (16384 - cos) + 2**14) >> 15, |d| <= 16385.
    """
    low = high = samples[0]
    total = 0
    for i in range(size):
        v = samples[i]
        total += v
        if v < low:
            low = v
        elif v > high:
            high = v
    mean = total // size
    peak = high - mean
    if mean - low > peak:
        peak = mean - low
    left = right = 0
    while peak > 16384:
        peak >>= 1
        right += 1
    while 0 < peak <= 8192:
        peak <<= 1
        left += 1
    half = size >> 1
    at = 0
    for i in range(half):
        for n in range(2 * i, 2 * i + 2):
            c = twiddles[2 * n] if n < half else -twiddles[2 * n - size]
            d = ((samples[n] - mean) << left) >> right
            work[2 * at + (n & 1)] = (d * (16384 - c) + 16384) >> 15
        bit = half >> 1
        while at & bit:
            at ^= bit
            bit >>= 1
        at |= bit
    return left - right


def transform(work, twiddles, size):
    """Transform by decimation in time: a' = (a + W b) / 2, b' = (a - W b) / 2, each rounded once to the nearest.

    As |a|, |b| <= 23180 (sqrt(2) * 16385 plus rounding), a * 2**14 and W b stay below 2**28.6.
    """
    half = size >> 1
    span = 1
    while span < half:
        stride = size // span
        for k in range(span):
            c = twiddles[k * stride]
            s = twiddles[k * stride + 1]
            a = 2 * k
            while a < size:  # a range with a variable step would be an object on the heap
                b = a + 2 * span
                re = work[b]
                im = work[b + 1]
                t = re * c + im * s
                r = (work[a] << 14) + 16384
                work[a] = (r + t) >> 15
                work[b] = (r - t) >> 15
                t = im * c - re * s
                r = (work[a + 1] << 14) + 16384
                work[a + 1] = (r + t) >> 15
                work[b + 1] = (r - t) >> 15
                a += 4 * span
        span *= 2


def measure(work, twiddles, power, size):
    """Separate the spectrum of the real samples and write its power, re**2 + im**2, for bins 0..size/2.

    With Z the transform, A = Z[k] + Z*[size/2 - k] and B = Z[k] - Z*[size/2 - k]: X = (A - i W B) / 2, rounded. Hann's
    window halves the mean, so |Z| <= 2**13.6, and A * 2**14 and W B stay below 2**28.7. Each power is at most 2**28;
    their sum is below 2**29 (Parseval: 1.5 * 2**28, plus rounding).
    """
    half = size >> 1
    b = 0
    for k in range(half):
        c = twiddles[2 * k]
        s = twiddles[2 * k + 1]
        re = work[2 * k] - work[b]
        im = work[2 * k + 1] + work[b + 1]
        r = (((work[2 * k] + work[b]) << 14) + c * im - s * re + 16384) >> 15
        i = (((work[2 * k + 1] - work[b + 1]) << 14) - c * re - s * im + 16384) >> 15
        power[k] = r * r + i * i
        b = size - 2 * k - 2
    r = work[0] - work[1]
    power[half] = r * r


def gather(power, places, sums, bins):
    """Share each bin's power between two neighbouring sums: the upper one gets places[2k + 1] / 64 of it.

    With p = places[2k], at least 1, and w = places[2k + 1]: sums[p] += power * w >> 6 and
    sums[p - 1] += power * (64 - w) >> 6.
    """
    for k in range(bins):
        p = places[2 * k]
        w = places[2 * k + 1]
        high = power[k] >> 6
        low = power[k] & 63
        sums[p] += high * w + ((low * w) >> 6)
        sums[p - 1] += high * (64 - w) + ((low * (64 - w)) >> 6)


def logarithms(sums, levels, bands, offset):
    """Write levels[b] = max(0, log2(sums[b + 1]) + offset), 0 for a sum of 0; clear the sums (`arithmetic.log2`)."""
    for b in range(bands):
        x = sums[b + 1]
        level = 0
        if x > 0:
            e = 0
            while x >> e > 1:
                e += 1
            f = ((x << (29 - e)) >> 21) & 255
            level = (e << 8) + f + ((f * (256 - f) * 92 + 32768) >> 16) + offset
            if level < 0:
                level = 0
        levels[b] = level
    for b in range(bands + 2):
        sums[b] = 0


def stretch(kept, background, means, word):
    """Write each band's mean over each of a word's `steps` stretches; return the sum of all means.

    kept: a ring of frames of levels. word: first frame, ring size in frames, bands, steps, length. Step s covers frames
    s * length // steps up to but not including (s + 1) * length // steps, and at least one. Levels below the background
    count as the background. Means are floored. A band's sum stays below 2**15 frames * 2**15; the sum of all means
    stays below 2**30 for up to 2**15 means.
    """
    frames = word[1]
    bands = word[2]
    steps = word[3]
    length = word[4]
    total = 0
    for s in range(steps):
        begin = s * length // steps
        end = (s + 1) * length // steps
        if end == begin:
            end += 1
        for b in range(bands):
            level = 0
            for n in range(begin, end):
                v = kept[(word[0] + n) % frames * bands + b]
                level += v if v > background[b] else background[b]
            level //= end - begin
            means[s * bands + b] = level
            total += level
    return total
