"""Reference kernels of the Hopfield network, in the subset of `eqprop.crossbar.kernels.plain`.

Weights of crossbar c lie row by row: a row for each node of layer c, the bias row last. No kernel allocates, wraps or
exceeds 31 bits; the bounds are those of `eqprop.hopfield.planning`. `>>` floors.
"""


def scatter(w, stream):
    """Draw weights, uniform in -spread..spread.

    stream = (halves of the state of an `eqprop.xorshift.Xorshift32`, low and high, spread, count). Each weight is
    (top 16 bits of the next state - 2**15) * spread >> 15; the next state is stored. spread <= 32767.
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
        w[i] = (high - 32768) * spread >> 15
    stream[0] = low
    stream[1] = high


def checksum(w):
    """Return the sum of all weights modulo 2**16: any single flipped bit changes it."""
    total = 0
    for i in range(len(w)):
        total = (total + w[i]) & 0xFFFF
    return total


def drive(w, inputs, active, shift, back, base):
    """Sum what the inputs bring: base[j] = (sum over i of (w[i,j] * inputs[i]) >> shift) >> back."""
    nodes = len(base)
    for j in range(nodes):
        base[j] = 0
    for a in range(1, active[0] + 1):
        i = active[a]
        x = inputs[i]
        at = i * nodes
        for j in range(nodes):
            base[j] += (w[at + j] * x) >> shift
    for j in range(nodes):
        base[j] >>= back


def raise_layer(w, below, shift, current):
    """Sum what the layer below brings: current[j] = sum over i of (w[i,j] * below[i]) >> shift, bias row included."""
    nodes = len(current)
    for j in range(nodes):
        current[j] = 0
    at = 0
    for i in range(len(below)):
        v = below[i]
        if v != 0:
            for j in range(nodes):
                current[j] += (w[at + j] * v) >> shift
        at += nodes


def feed_back(w, above, nodes_above, shift, feedback, current):
    """Add what the layer above brings: current[j] += ((sum over k of (w[j,k] * above[k]) >> shift) >> feedback)."""
    at = 0
    for j in range(len(current)):
        s = 0
        for k in range(nodes_above):
            s += (w[at + k] * above[k]) >> shift
        current[j] += s >> feedback
        at += nodes_above


def settle_layer(current, round_shift, low, high, v):
    """Bring a layer to its minimum: v[j] = (current[j] + 2**(round_shift - 1)) >> round_shift, within low..high."""
    half = 1 << (round_shift - 1)
    for j in range(len(current)):
        s = (current[j] + half) >> round_shift
        if s > high:
            s = high
        elif s < low:
            s = low
        v[j] = s


def set_errors(output, targets, label, limit, errors):
    """Set how far each output is on the wrong side of its target, and return the loss.

    targets = (lowest target of the right class, highest of the others). errors[k] = target - output[k], at most
    `limit`, or 0 if the output is beyond its target. loss = sum of (error >> 4)**2, at most 2**30 - 1.
    """
    loss = 0
    for k in range(len(errors)):
        error = targets[0 if k == label else 1] - output[k]
        if (error < 0) == (k == label):
            error = 0
        elif error > limit:
            error = limit
        errors[k] = error
        error >>= 4
        error *= error
        loss = loss + error if loss < 1073741823 - error else 1073741823
    return loss


def displace_outputs(free, errors, sign, v):
    """Displace the outputs: v[k] = free[k] + sign * errors[k]."""
    for k in range(len(errors)):
        v[k] = free[k] + sign * errors[k]


def contrast(plus, minus, delta, mean):
    """Compare the two nudged phases: delta = plus - minus, mean = (plus + minus) >> 1."""
    for j in range(len(delta)):
        delta[j] = plus[j] - minus[j]
        mean[j] = (plus[j] + minus[j]) >> 1


def displacement(free, v, nodes, delta):
    """Return by how much a layer is displaced: delta[j] = v[j] - free[j]."""
    for j in range(nodes):
        delta[j] = v[j] - free[j]


def displace_layer(w, delta, nodes_above, shift, feedback, sign, current, round_shift, high, v):
    """Displace a hidden layer by what the displacement `delta` of the layer above brings.

    v[j] = (current[j] + sign * ((sum over k of (w[j,k] * delta[k]) >> shift) >> feedback) + 2**(round_shift - 1))
    >> round_shift, within 0..high. current: the layer's sums of the free phase.
    """
    half = 1 << (round_shift - 1)
    at = 0
    for j in range(len(current)):
        s = 0
        for k in range(nodes_above):
            s += (w[at + k] * delta[k]) >> shift
        s = (current[j] + sign * (s >> feedback) + half) >> round_shift
        if s > high:
            s = high
        elif s < 0:
            s = 0
        v[j] = s
        at += nodes_above


def excess(inputs, active, power_bits):
    """Return how many bits more than power_bits the sum of the squared inputs has, bias included; 0 for fewer."""
    power = 0
    for a in range(1, active[0] + 1):
        power += inputs[active[a]] * inputs[active[a]]
    power >>= power_bits
    count = 0
    while power:
        power >>= 1
        count += 1
    return count


def update_driven(w, inputs, active, rate_shift, delta, sums):
    """Change the driven crossbar: w[i,j] += (delta[j] * inputs[i] + 2**(rate_shift - 1)) >> rate_shift, in 16 bits.

    sums[0] is the `checksum` of the weights, kept up to date.
    """
    half = 1 << (rate_shift - 1)
    nodes = len(w) // len(inputs)
    total = sums[0]
    for a in range(1, active[0] + 1):
        i = active[a]
        x = inputs[i]
        at = i * nodes
        for j in range(nodes):
            old = w[at + j]
            new = old + ((delta[j] * x + half) >> rate_shift)
            if new > 32767:
                new = 32767
            elif new < -32768:
                new = -32768
            w[at + j] = new
            total += new - old
        total &= 0xFFFF
    sums[0] = total


def update_between(w, rate_shift, delta_below, mean_below, delta_above, mean_above, sums, c):
    """Change crossbar c: w[j,k] += (D[k] * m[j] + M[k] * d[j] + 2**(rate_shift - 1)) >> rate_shift, in 16 bits.

    d, m: difference and mean of the layer below, whose bias has 0 and a constant; D, M: of the layer above.
    sums[c] is the `checksum` of the weights, kept up to date.
    """
    half = 1 << (rate_shift - 1)
    columns = len(w) // len(delta_below)
    total = sums[c]
    at = 0
    for j in range(len(delta_below)):
        d = delta_below[j]
        m = mean_below[j]
        if d != 0 or m != 0:
            for k in range(columns):
                old = w[at + k]
                new = old + ((delta_above[k] * m + mean_above[k] * d + half) >> rate_shift)
                if new > 32767:
                    new = 32767
                elif new < -32768:
                    new = -32768
                w[at + k] = new
                total += new - old
            total &= 0xFFFF
        at += columns
    sums[c] = total
