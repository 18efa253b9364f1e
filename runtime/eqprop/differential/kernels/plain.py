"""Reference kernels of the differential network, in the subset of `eqprop.crossbar.kernels.plain`.

No kernel allocates, wraps or exceeds 31 bits; the bounds are those of `eqprop.fixed` and of the plan. `>>` floors, as
everywhere in Python. Conductances lie in pairs, (+, -), the device of a row at +v and of its row at -v: those of
crossbar 0 node by node, a pair for each input, the bias pair last; those of the others row by row, a pair for each node
above, the bias row last.
"""


def relax(shape, driven, g_below, v_below, g_above, v_above, reciprocal, shift, low, high, v):
    """Bring every node of a layer to equilibrium with the neighbouring layers: v = clamp(current / conductance).

    shape = (nodes, rows of the crossbar below or 0, columns of the crossbar above or 0, product shift, back shift, and
    what `respond` uses). With w the difference of a pair of devices, + minus -:
    I = sum_i (w_below[i,j] * v_below[i] >> product) + (sum_k (w_above[j,k] * v_above[k] >> product) >> back)
    v[j] = (clamp(I >> shift[j], +-65535) * reciprocal[j] + 2**13) >> 14, limited to low[j]..high[j] by diode or rail.
    Above the driven crossbar, without rows, driven[j] takes the place of the first sum.
    """
    nodes = shape[0]
    rows = shape[1]
    columns = shape[2]
    product = shape[3]
    back = shape[4]
    for j in range(nodes):
        s = 0
        at = 2 * j * columns
        for k in range(columns):
            s += ((g_above[at] - g_above[at + 1]) * v_above[k]) >> product
            at += 2
        s >>= back
        if rows == 0:
            s += driven[j]
        at = 2 * j
        for i in range(rows):
            s += ((g_below[at] - g_below[at + 1]) * v_below[i]) >> product
            at += 2 * nodes
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


def respond(shape, currents, g_below, d_below, g_above, d_above, reciprocal, shift, v, low, high, d):
    """Bring every displacement of a layer to equilibrium: what `relax` does, for small changes around the voltages v.

    The circuit is linear between two switchings of a diode, so a displacement obeys the same laws as a voltage; a node
    that its diode or a rail holds, v = low or v = high, does not move. shape[5...] = (product shift, down, lift).
    I = (sum_i (w_below[i,j] * d_below[i] >> product) >> down) + (sum_k (w_above[j,k] * d_above[k] >> product) >> lift)
    d[j] = (clamp(I >> shift[j], +-16383) * reciprocal[j] + 2**13) >> 14, limited to +-8191.
    Below no other crossbar, the outputs: currents[j >> 1] is added, for odd j subtracted.
    """
    nodes = shape[0]
    rows = shape[1]
    columns = shape[2]
    product = shape[5]
    down = shape[6]
    lift = shape[7]
    for j in range(nodes):
        if v[j] <= low[j] or v[j] >= high[j]:
            d[j] = 0
        else:
            s = 0
            at = 2 * j * columns
            for k in range(columns):
                s += ((g_above[at] - g_above[at + 1]) * d_above[k]) >> product
                at += 2
            s >>= lift
            below = 0
            at = 2 * j
            for i in range(rows):
                below += ((g_below[at] - g_below[at + 1]) * d_below[i]) >> product
                at += 2 * nodes
            s += below >> down
            if columns == 0:
                s += -currents[j >> 1] if j & 1 else currents[j >> 1]
            s >>= shift[j]
            if s > 16383:
                s = 16383
            elif s < -16383:
                s = -16383
            s = (s * reciprocal[j] + 8192) >> 14
            if s > 8191:
                s = 8191
            elif s < -8191:
                s = -8191
            d[j] = s


def compare(v, outputs):
    """Set each class's output to the difference of its two nodes: outputs[k] = clamp(v[2k] - v[2k+1], +-32767)."""
    for k in range(len(outputs)):
        s = v[2 * k] - v[2 * k + 1]
        if s > 32767:
            s = 32767
        elif s < -32767:
            s = -32767
        outputs[k] = s


def update_driven(g, inputs, active, scale, rate_shift, limits, d, v, total):
    """EqProp's update of the driven crossbar, rank one: g[j,i,+-] += (+-u[i] * d[j] - c + offset) >> rate, limited.

    c = (d[j] * v[j]) >> scale: with u[i] * d[j] the change of half the squared voltage across the device by the
    displacement d, over 2**scale. limits = (g_min, g_max). total[j] is updated.
    rate = min(rate_shift + bits(power >> 14), 24), power = sum of u[i]**2: the more current the inputs bring, the less
    each device changes, so that what a sample teaches moves the currents as far whatever the scale of the inputs
    (normalised least mean squares: Nagumo & Noda 1967). offset = 2**(rate - 1).
    A node is skipped if all its changes would round to zero; so are its inputs at zero volts if c alone rounds to zero.
    """
    g_min = limits[0]
    g_max = limits[1]
    rows = len(inputs)
    power = 0
    for a in range(1, active[0] + 1):
        i = active[a]
        power += inputs[i] * inputs[i]
    power >>= 14
    while power > 0 and rate_shift < 24:
        power >>= 1
        rate_shift += 1
    offset = 1 << (rate_shift - 1)
    for j in range(len(total)):
        p = d[j]
        c = offset - ((p * v[j]) >> scale)
        reach = 127 * (p if p > 0 else -p)
        if (c + reach) >> rate_shift == 0 and (c - reach) >> rate_shift == 0:
            continue
        at = 2 * rows * j
        t = total[j]
        idle = c >> rate_shift == 0
        for a in range(active[0] if idle else rows):
            i = active[a + 1] if idle else a
            x = inputs[i] * p
            n = at + 2 * i
            old = g[n]
            new = old + ((c + x) >> rate_shift)
            if new > g_max:
                new = g_max
            elif new < g_min:
                new = g_min
            g[n] = new
            t += new - old
            old = g[n + 1]
            new = old + ((c - x) >> rate_shift)
            if new > g_max:
                new = g_max
            elif new < g_min:
                new = g_min
            g[n + 1] = new
            t += new - old
        total[j] = t


def update_between(g, gain, drop, rate_shift, limits, d_below, v_below, total_below, d_above, v_above, total_above):
    """EqProp's update of a crossbar between two layers: g[j,k,+-] += (c +- x + offset) >> rate_shift, limited.

    x = v_below[j] * d_above[k] + (d_below[j] >> drop) * v_above[k]
    c = -((d_below[j] >> (drop - gain)) * v_below[j]) - ((d_above[k] * v_above[k]) >> gain)
    offset = 2**(rate_shift - 1). c +- x is the change of half the squared voltage across the device by the
    displacement, with the amplifier's gain 2**gain below, over 2**gain; a unit of d_below is 2**-drop of d_above's.
    The totals of both layers are updated; the bias row, last, has a displacement of 0, a constant voltage and no total.
    """
    g_min = limits[0]
    g_max = limits[1]
    columns = len(total_above)
    nodes = len(total_below)
    offset = 1 << (rate_shift - 1)
    at = 0
    for j in range(nodes + 1):
        v = v_below[j]
        d = d_below[j]
        own = offset - (d >> (drop - gain)) * v
        d >>= drop
        t = 0
        for k in range(columns):
            x = v * d_above[k] + d * v_above[k]
            c = own - ((d_above[k] * v_above[k]) >> gain)
            old = g[at]
            new = old + ((c + x) >> rate_shift)
            if new > g_max:
                new = g_max
            elif new < g_min:
                new = g_min
            g[at] = new
            change = new - old
            old = g[at + 1]
            new = old + ((c - x) >> rate_shift)
            if new > g_max:
                new = g_max
            elif new < g_min:
                new = g_min
            g[at + 1] = new
            change += new - old
            t += change
            total_above[k] += change
            at += 2
        if j < nodes:
            total_below[j] += t
