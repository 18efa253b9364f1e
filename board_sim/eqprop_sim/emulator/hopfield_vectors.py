"""The dynamics of `eqprop.hopfield.dynamics` in a form that a PC's vector registers compute faster, with the same bits.

The crossbars above the first lie column by column, so loops run over the many nodes of a hidden layer and not over the
few outputs. The circuit has a buffer more for each layer, `fed`: what the layer above feeds back. Checksums are not
kept up to date. `compiled_hopfield` compiles this module for many samples in a call.
"""

from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.crossbar.kernels.plain import copy, highest
from eqprop.hopfield.kernels.plain import contrast, displace_outputs, displacement, excess, settle_layer


def settle(circuit, x):
    """Free phase of the features `x` (int8); return the first of the highest outputs."""
    load(x, circuit.inputs, circuit.active)
    drive(circuit.w[0], circuit.inputs, circuit.active, circuit.driven_shift, circuit.back_shift, circuit.base)
    last = len(circuit.w) - 1
    for sweep in range(circuit.sweeps):
        relax_layer(circuit, 0, sweep)  # outside the loop, because a constant finds arrays in a tuple faster
        for c in range(1, last + 1):
            relax_layer(circuit, c, sweep)
    return highest(circuit.phases[FREE][last], len(circuit.errors))


def relax_layer(circuit, c, sweep):
    """Bring layer c + 1 to its minimum in the free phase. In the first sweep, 0, the layers above are at zero."""
    last = len(circuit.w) - 1
    free = circuit.phases[FREE]
    current = circuit.current[c]
    if c == 0:
        copy(circuit.base, current)
    else:
        raise_layer(circuit.w[c], free[c - 1], circuit.product_shift, current)
    low = -circuit.rail
    if c < last:
        low = 0
        if sweep:
            fed = circuit.fed[c]
            sum_above(circuit.w[c + 1], free[c + 1], len(circuit.current[c + 1]), circuit.product_shift, fed)
            for j in range(len(current)):
                current[j] += fed[j] >> circuit.feedback_shift
    settle_layer(current, circuit.round_shift, low, circuit.rail, free[c])


def nudge(circuit, phase):
    """Nudged phase PLUS; then MINUS, which uses the errors that PLUS fed back to the last hidden layer."""
    last = len(circuit.w) - 1
    free = circuit.phases[FREE]
    v = circuit.phases[phase]
    sign = 1 if phase == PLUS else -1
    displace_outputs(free[last], circuit.errors, sign, v[last])
    for c in range(last - 1, -1, -1):
        nodes = len(circuit.current[c + 1])
        fed = circuit.fed[c]
        if c + 1 < last:
            sign = 1
            displacement(free[c + 1], v[c + 1], nodes, circuit.delta[c + 1])
            sum_above(circuit.w[c + 1], circuit.delta[c + 1], nodes, circuit.product_shift, fed)
        elif phase == PLUS:
            sum_above(circuit.w[last], circuit.errors, nodes, circuit.product_shift, fed)
        displace_layer(fed, circuit.feedback_shift, sign, circuit.current[c], circuit.round_shift, circuit.rail, v[c])


def program(circuit):
    """Change every weight by EqProp's rule from the states of both nudged phases."""
    rate_shifts = circuit.rate_shifts
    for c in range(len(circuit.w)):
        contrast(circuit.phases[PLUS][c], circuit.phases[MINUS][c], circuit.delta[c], circuit.mean[c])
    rate_shift = rate_shifts[0] + excess(circuit.inputs, circuit.active, circuit.power_bits)
    if rate_shift > 24:
        rate_shift = 24
    update_driven(circuit.w[0], circuit.inputs, circuit.active, rate_shift, circuit.delta[0])
    for c in range(1, len(circuit.w)):
        delta, mean = circuit.delta, circuit.mean
        update_between(circuit.w[c], rate_shifts[c], delta[c - 1], mean[c - 1], delta[c], mean[c])


def load(x, inputs, active):
    """As the plain kernel, but without a branch that a processor cannot predict: it stores every index."""
    count = 1
    features = len(inputs) - 1
    for i in range(features):
        u = max(x[i], -127)
        inputs[i] = u
        active[count] = i
        count += u != 0
    active[count] = features
    active[0] = count


def drive(w, inputs, active, shift, back, base):
    """Sum what the inputs bring: base[j] = (sum over i of (w[i,j] * inputs[i]) >> shift) >> back.

    Four rows at a time, which load and store the sums once.
    """
    nodes = len(base)
    for j in range(nodes):
        base[j] = 0
    count = active[0]
    for a in range(1, count - 2, 4):
        x0 = inputs[active[a]]
        x1 = inputs[active[a + 1]]
        x2 = inputs[active[a + 2]]
        x3 = inputs[active[a + 3]]
        at0 = active[a] * nodes
        at1 = active[a + 1] * nodes
        at2 = active[a + 2] * nodes
        at3 = active[a + 3] * nodes
        for j in range(nodes):
            base[j] += (
                ((w[at0 + j] * x0) >> shift)
                + ((w[at1 + j] * x1) >> shift)
                + ((w[at2 + j] * x2) >> shift)
                + ((w[at3 + j] * x3) >> shift)
            )
    for a in range(count - count % 4 + 1, count + 1):
        x = inputs[active[a]]
        at = active[a] * nodes
        for j in range(nodes):
            base[j] += (w[at + j] * x) >> shift
    for j in range(nodes):
        base[j] >>= back


def raise_layer(w, below, shift, current):
    """Sum what the layer below brings: current[k] = sum over j of (w[k,j] * below[j]) >> shift, bias included."""
    nodes = len(below)
    at = 0
    for k in range(len(current)):
        s = 0
        for j in range(nodes):
            s += (w[at + j] * below[j]) >> shift
        current[k] = s
        at += nodes


def sum_above(w, above, nodes_above, shift, fed):
    """Sum what the layer above brings: fed[j] = sum over k of (w[k,j] * above[k]) >> shift."""
    nodes = len(fed)
    for j in range(nodes):
        fed[j] = 0
    at = 0
    for k in range(nodes_above):
        v = above[k]
        if v != 0:
            for j in range(nodes):
                fed[j] += (w[at + j] * v) >> shift
        at += nodes + 1


def displace_layer(fed, feedback, sign, current, round_shift, high, v):
    """Displace a hidden layer by what comes from above.

    v[j] = (current[j] + sign * (fed[j] >> feedback) + 2**(round_shift - 1)) >> round_shift, within 0..high.
    """
    half = 1 << (round_shift - 1)
    for j in range(len(current)):
        v[j] = min(max((current[j] + sign * (fed[j] >> feedback) + half) >> round_shift, 0), high)


def update_driven(w, inputs, active, rate_shift, delta):
    """Change the driven crossbar: w[i,j] += (delta[j] * inputs[i] + 2**(rate_shift - 1)) >> rate_shift, in 16 bits."""
    half = 1 << (rate_shift - 1)
    nodes = len(w) // len(inputs)
    for a in range(1, active[0] + 1):
        x = inputs[active[a]]
        at = active[a] * nodes
        for j in range(nodes):
            w[at + j] = min(max(w[at + j] + ((delta[j] * x + half) >> rate_shift), -32768), 32767)


def update_between(w, rate_shift, delta_below, mean_below, delta_above, mean_above):
    """Change another crossbar: w[k,j] += (D[k] * m[j] + M[k] * d[j] + 2**(rate_shift - 1)) >> rate_shift, in 16 bits.

    d, m: difference and mean of the layer below, whose bias has 0 and a constant; D, M: of the layer above.
    """
    half = 1 << (rate_shift - 1)
    nodes = len(delta_below)
    at = 0
    for k in range(len(w) // nodes):
        delta = delta_above[k]
        mean = mean_above[k]
        if delta != 0 or mean != 0:
            for j in range(nodes):
                change = (delta * mean_below[j] + mean * delta_below[j] + half) >> rate_shift
                w[at + j] = min(max(w[at + j] + change, -32768), 32767)
        at += nodes
