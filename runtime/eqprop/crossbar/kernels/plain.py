"""Reference kernels: readable loops over preallocated arrays.

They are in the subset that CPython and MicroPython run and numba compiles. This one source is the board's fallback, the
host's fast emulator, and the reference that every hand-tuned tier must match bit for bit.
No kernel allocates, wraps or exceeds 31 bits; the bounds are those of `eqprop.fixed` and `eqprop.planning`.
`>>` floors, as everywhere in Python. Conductances of crossbar 0 lie node by node, as pairs (+u, -u) for each
input, the bias pair last; those of the others lie row by row, the bias pair (+, -) last.
"""


def scatter(g, stream):
    """Draw conductances: half of them `least`, half uniform from there to least + spread.

    stream = (halves of the state of an `eqprop.xorshift.Xorshift32`, low and high, least, spread, devices). Each device
    is least + max(0, (top 16 bits of the next state - 2**15) * spread >> 15); the next state is stored.
    """
    low = stream[0]
    high = stream[1]
    least = stream[2]
    spread = stream[3]
    for i in range(stream[4]):
        high ^= (high << 13 | low >> 3) & 0xFFFF
        low ^= low << 13 & 0xFFFF
        low ^= high >> 1
        high ^= (high << 5 | low >> 11) & 0xFFFF
        low ^= low << 5 & 0xFFFF
        g[i] = least + ((high - 32768) * spread >> 15) if high > 32768 else least
    stream[0] = low
    stream[1] = high


def gather(g, start, count, step):
    """Return the sum of `count` (at least one) conductances: every `step`-th device from `start` on."""
    total = 0
    for i in range(start, start + count * step, step):
        total += g[i]
    return total


def load(x, inputs, active):
    """Copy the features `x` into `inputs` and list those that are not zero.

    x: int8, or the same as unsigned bytes; -128 counts as -127. active[0] is their number, active[1...] are their
    indices. `inputs` is one longer than `x`: its last element, the bias row's full-scale voltage, never changes and is
    always listed.
    """
    count = 1
    features = len(inputs) - 1
    for i in range(features):
        u = x[i]
        if u > 127:
            u -= 256
        if u < -127:
            u = -127
        inputs[i] = u
        if u != 0:
            active[count] = i
            count += 1
    active[count] = features
    active[0] = count


def multiply(g, inputs, active, shift, current):
    """Ohm and Kirchhoff in the driven crossbar: current[j] = sum over i of ((g[j,i,+] - g[j,i,-]) * u[i]) >> shift."""
    width = 2 * len(inputs)
    for j in range(len(current)):
        row = j * width
        s = 0
        for a in range(1, active[0] + 1):
            i = active[a]
            at = row + 2 * i
            s += ((g[at] - g[at + 1]) * inputs[i]) >> shift
        current[j] = s


def relax(shape, base, g_below, v_below, g_above, v_above, reciprocal, shift, low, high, v):
    """Bring every node of a layer to equilibrium with the neighbouring layers: v = clamp(current / conductance).

    shape = (nodes, rows of the crossbar below or 0, columns of the crossbar above or 0, product shift, back shift).
    I = base[j] + sum_i (g_below[i,j] * v_below[i] >> product) + (sum_k (g_above[j,k] * v_above[k] >> product) >> back)
    v[j] = (clamp(I >> shift[j], +-65535) * reciprocal[j] + 2**13) >> 14, limited to low[j]..high[j] by diode or rail.
    """
    nodes = shape[0]
    rows = shape[1]
    columns = shape[2]
    product = shape[3]
    back = shape[4]
    for j in range(nodes):
        s = 0
        at = j * columns
        for k in range(columns):
            s += (g_above[at + k] * v_above[k]) >> product
        s = base[j] + (s >> back)
        at = j
        for i in range(rows):
            s += (g_below[at] * v_below[i]) >> product
            at += nodes
        s >>= shift[j]
        if s > 65535:
            s = 65535
        elif s < -65535:
            s = -65535
        s = (s * reciprocal[j] + 8192) >> 14
        if s > high[j]:
            s = high[j]
        elif s < low[j]:
            s = low[j]
        v[j] = s


def clear(v, nodes):
    """Set the first `nodes` voltages to zero; a bias pair after them keeps its values."""
    for j in range(nodes):
        v[j] = 0


def copy(source, v):
    """Copy one phase's voltages of a layer to another's."""
    for j in range(len(v)):
        v[j] = source[j]


def set_base_currents(rest, currents, sign, base):
    """Set the currents into the output nodes: base[k] = rest[k] + sign * currents[k], where sign is 1, -1 or 0."""
    for k in range(len(base)):
        base[k] = rest[k] + sign * currents[k]


def shift_outputs(currents, sign, reciprocal, shift, low, high, v):
    """Move every output node by what its nudge current brings while all else stands still.

    v[k] += (clamp(sign * currents[k] >> shift[k], +-65535) * reciprocal[k] + 2**13) >> 14, limited to low[k]..high[k];
    sign is 1 or -1. The inner limit lets an output move by 32767, and no further than 65535.
    """
    for k in range(len(currents)):
        s = (sign * currents[k]) >> shift[k]
        if s > 65535:
            s = 65535
        elif s < -65535:
            s = -65535
        s = v[k] + ((s * reciprocal[k] + 8192) >> 14)
        if s > high[k]:
            s = high[k]
        elif s < low[k]:
            s = low[k]
        v[k] = s


def set_nudge(output, targets, label, beta, shift, currents):
    """Turn the outputs' errors into nudge currents, and return the loss.

    targets = (lowest target of the right class, highest of the others). error = target - output[k] if the output is on
    the wrong side of its target, otherwise 0: an output beyond its target is left alone.
    currents[k] = clamp((beta * error) >> shift, +-(2**29 - 1)); loss = sum of (error >> 4)**2, at most 2**30 - 1.
    """
    loss = 0
    for k in range(len(currents)):
        error = targets[0 if k == label else 1] - output[k]
        if (error < 0) == (k == label):
            error = 0
        s = (beta * error) >> shift
        if s > 536870911:
            s = 536870911
        elif s < -536870911:
            s = -536870911
        currents[k] = s
        error >>= 4
        error *= error
        loss = loss + error if loss < 1073741823 - error else 1073741823
    return loss


def highest(output, nodes):
    """Return the index of the first of the highest among the first `nodes` voltages."""
    best = 0
    for k in range(1, nodes):
        if output[k] > output[best]:
            best = k
    return best


def contrast(plus, minus, limit, delta, mean):
    """Compare the two nudged phases: delta = clamp(plus - minus, +-limit), mean = (plus + minus) >> 1."""
    for j in range(len(delta)):
        p = plus[j]
        m = minus[j]
        d = p - m
        if d > limit:
            d = limit
        elif d < -limit:
            d = -limit
        delta[j] = d
        mean[j] = (p + m) >> 1


def update_driven(g, inputs, active, scale, rate_shift, offset, limits, delta, mean, total):
    """EqProp's update of the driven crossbar, rank one: g[j,i,+-] += (+-u[i] * d - c + offset) >> rate_shift, limited.

    d = delta[j], c = (d * mean[j]) >> scale: minus half the difference of the squared voltages across the device
    between the nudged phases, over 2**scale. limits = (g_min, g_max). total[j] is updated. A node is skipped if all its
    changes would round to zero; so are its inputs at zero volts if c alone rounds to zero.
    """
    g_min = limits[0]
    g_max = limits[1]
    rows = len(inputs)
    for j in range(len(total)):
        d = delta[j]
        c = offset - ((d * mean[j]) >> scale)
        reach = 127 * (d if d > 0 else -d)
        if (c + reach) >> rate_shift == 0 and (c - reach) >> rate_shift == 0:
            continue
        at = 2 * rows * j
        t = total[j]
        idle = c >> rate_shift == 0
        for a in range(active[0] if idle else rows):
            i = active[a + 1] if idle else a
            x = inputs[i] * d
            p = at + 2 * i
            old = g[p]
            new = old + ((c + x) >> rate_shift)
            if new > g_max:
                new = g_max
            elif new < g_min:
                new = g_min
            g[p] = new
            t += new - old
            old = g[p + 1]
            new = old + ((c - x) >> rate_shift)
            if new > g_max:
                new = g_max
            elif new < g_min:
                new = g_min
            g[p + 1] = new
            t += new - old
        total[j] = t


def update_between(
    g, gain, rate_shift, offset, limits, delta_below, mean_below, total_below, delta_above, mean_above, total_above
):
    """EqProp's update of a crossbar between two layers: g[j,k] += (offset - D * M) >> rate_shift, limited.

    D = clamp(delta_below[j], +-8000) - (delta_above[k] >> gain) is the difference of the device's voltage between the
    nudged phases, M = mean_below[j] - (mean_above[k] >> gain) its mean, both without the amplifier's gain.
    The totals of both layers are updated; the bias rows, last, have a delta of 0, a constant mean and no total.
    """
    g_min = limits[0]
    g_max = limits[1]
    columns = len(total_above)
    nodes = len(total_below)
    at = 0
    for j in range(len(delta_below)):
        d = delta_below[j]
        if d > 8000:
            d = 8000
        elif d < -8000:
            d = -8000
        m = mean_below[j]
        t = 0
        for k in range(columns):
            old = g[at]
            new = old + ((offset - (d - (delta_above[k] >> gain)) * (m - (mean_above[k] >> gain))) >> rate_shift)
            if new > g_max:
                new = g_max
            elif new < g_min:
                new = g_min
            g[at] = new
            new -= old
            t += new
            total_above[k] += new
            at += 1
        if j < nodes:
            total_below[j] += t
