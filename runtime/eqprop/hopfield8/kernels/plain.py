"""Reference kernels of the Hopfield network with weights of 8 bits: what differs from `eqprop.hopfield.kernels.plain`.

Changes are rounded at random, so that many that are smaller than a step add up to one: a change of a quarter of a step
is a step with a probability of a quarter. All weights of a row have the same threshold, a draw of Marsaglia's xorshift
(`eqprop.xorshift`). sums ends with the halves of its state, low and high.
"""


def scatter(w, stream):
    """Draw weights, uniform in -spread..spread, as `eqprop.hopfield.kernels.plain.scatter`, but rounded.

    Each weight is (top 16 bits of the next state - 2**15) * spread + 2**14 >> 15.
    """
    low = stream[0]
    high = stream[1]
    spread = stream[2]
    for i in range(stream[3]):
        high ^= (high << 13 | low >> 3) & 0xFFFF
        low ^= low << 13 & 0xFFFF
        low ^= high >> 1
        high ^= (high << 5 | low >> 11) & 0xFFFF
        low ^= low << 5 & 0xFFFF
        w[i] = ((high - 32768) * spread + 16384) >> 15
    stream[0] = low
    stream[1] = high


def seed(sums):
    """Set the random state from the checksums of all crossbars and the loss: a sample's rounding follows from these.

    From the state 1, each word is put in by exclusive or, and the state steps four times.
    """
    low = 1
    high = 0
    for c in range(len(sums) - 5):
        low ^= sums[c] & 0xFFFF
        high ^= sums[c] >> 16 & 0xFFFF
        for _ in range(4):
            high ^= (high << 13 | low >> 3) & 0xFFFF
            low ^= low << 13 & 0xFFFF
            low ^= high >> 1
            high ^= (high << 5 | low >> 11) & 0xFFFF
            low ^= low << 5 & 0xFFFF
    sums[len(sums) - 2] = low
    sums[len(sums) - 1] = high


def threshold(sums, rate_shift):
    """Return the next draw, uniform in 0..2**rate_shift - 1: its top 16 bits << 8 >> (24 - rate_shift)."""
    low = sums[len(sums) - 2]
    high = sums[len(sums) - 1]
    high ^= (high << 13 | low >> 3) & 0xFFFF
    low ^= low << 13 & 0xFFFF
    low ^= high >> 1
    high ^= (high << 5 | low >> 11) & 0xFFFF
    low ^= low << 5 & 0xFFFF
    sums[len(sums) - 2] = low
    sums[len(sums) - 1] = high
    return high << 8 >> (24 - rate_shift)


def update_driven(w, inputs, active, rate_shift, delta, sums):
    """Change the driven crossbar: w[i,j] += (delta[j] * inputs[i] + threshold[i]) >> rate_shift, in 8 bits.

    Each active input has its own threshold (`threshold`). sums[0] is the `checksum` of the weights, kept up to date.
    """
    nodes = len(w) // len(inputs)
    total = sums[0]
    for a in range(1, active[0] + 1):
        i = active[a]
        x = inputs[i]
        offset = threshold(sums, rate_shift)
        at = i * nodes
        for j in range(nodes):
            old = w[at + j]
            new = old + ((delta[j] * x + offset) >> rate_shift)
            if new > 127:
                new = 127
            elif new < -128:
                new = -128
            w[at + j] = new
            total += new - old
        total &= 0xFFFF
    sums[0] = total


def update_between(w, rate_shift, delta_below, mean_below, delta_above, mean_above, sums, c):
    """Change crossbar c: w[j,k] += (((D[k] * m[j] + M[k] * d[j]) >> 5) + threshold[j]) >> rate_shift, in 8 bits.

    Names as in `eqprop.hopfield.kernels.plain.update_between`; each row has its own threshold (`threshold`). sums[c] is
    the `checksum` of the weights, kept up to date.
    """
    columns = len(w) // len(delta_below)
    total = sums[c]
    at = 0
    for j in range(len(delta_below)):
        d = delta_below[j]
        m = mean_below[j]
        offset = threshold(sums, rate_shift)
        for k in range(columns):
            old = w[at + k]
            new = old + ((((delta_above[k] * m + mean_above[k] * d) >> 5) + offset) >> rate_shift)
            if new > 127:
                new = 127
            elif new < -128:
                new = -128
            w[at + k] = new
            total += new - old
        total &= 0xFFFF
        at += columns
    sums[c] = total
