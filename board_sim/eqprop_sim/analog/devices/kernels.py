"""Compiled loops over the devices of a crossbar: only those that receive a pulse cost more than a comparison.

All arrays of a `State` are flat, in the order of the devices; rows and columns are those of the crossbar, flattened to
two dimensions.
"""

from collections import namedtuple

import numba
import numpy as np

from ...emulator.compiling.machine_code import cached

State = namedtuple("State", "facts g owed stuck noise idle_s pulse_noise curve due places")
"""What a `DeviceArray` knows of each device; facts: (devices, 8), the columns below, a cache line for each device;
pulse_noise: the step to which the noise of a pulse is relative without mult_noise; curve: its number; due, uint8, and
places, int64: for `pay`, eight more than devices at most, so that due is of whole 64-bit words."""

W, W_MIN, W_MAX, STEP_UP, STEP_DOWN, GAMMA_UP, GAMMA_DOWN, PULSES = range(8)

Rules = namedtuple("Rules", "g_off g_span step mult_noise dw_min_std write_noise read_noise endurance")
"""What all devices have in common: siemens, the nominal step as a fraction of the range (1 for a device without
levels), whether noise goes with the step, the noises of a pulse in steps, of a write in the range, of a reading."""

Controller = namedtuple(
    "Controller", "rounding trigger most_owed up down gamma_up gamma_down spread pulse_std write_std"
)
"""What the controller knows of the kind of device, not of each: the steps owed at which it sends pulses, the most that
it lets READ_BACK owe, a nominal device's steps and slopes, and its standard deviations, in steps."""

Curves = namedtuple("Curves", "up up_ends down down_ends noise")
"""Measured curves, (curves, longest train) and (curves,); no curve: arrays of length 0."""

MIXED, READ_BACK, STOCHASTIC = range(3)
"""What happens to a change that is not a whole number of steps: see `DeviceArray`."""

with cached(__file__):

    @numba.njit(cache=True)
    def pay(random, state, rules, curves, controller, gained, signed):
        """Give every device the whole pulses that it is owed; return the sum of pulses times siemens.

        gained: (columns,), siemens added. signed: conductances of the first half of the devices less those of the
        second, flat, brought up to date; or of length 0.
        """
        rounding = controller.rounding
        columns = len(gained)
        owed, g = state.owed, state.g
        key = np.uint32(_bits(random) >> np.uint64(32))
        places = _due(state, controller, key)
        counts = np.empty(len(places))
        for at in range(len(places)):
            k = places[at]
            size = abs(owed[k])
            n = np.floor(size)
            if rounding == STOCHASTIC:
                n += _uniform(key, k) < size - n
            counts[at] = n if owed[k] > 0 else -n
        moved = np.empty(len(places))
        spent = trains(random, state, rules, curves, places, counts, moved)
        column = 0
        half = len(signed)
        for at in range(len(places)):
            k = places[at]
            column += k - (places[at - 1] if at else 0)
            while column >= columns:  # places are in order, and a division takes longer
                column -= columns
            gained[column] += moved[at]
            if half:
                pair = k if k < half else k - half
                signed[pair] = g[pair] - g[pair + half]
            if rounding == MIXED:
                owed[k] -= counts[at]
            elif rounding == READ_BACK:
                owed[k] = _left(random, rules, controller, owed[k], counts[at], g[k] - moved[at], g[k])
        if rounding == STOCHASTIC:
            owed[:] = 0
        return spent

    @numba.njit(cache=True)
    def _due(state, controller, key):
        """Return the places of the devices to pulse now, in order.

        With STOCHASTIC, a device is due with a probability equal to what it is owed; else from the trigger on.
        """
        owed, due, places = state.owed, state.due, state.places
        if controller.rounding == STOCHASTIC:
            for k in range(len(owed)):
                due[k] = _uniform(key, k) < abs(owed[k])
        else:
            least = controller.trigger
            for k in range(len(owed)):
                due[k] = abs(owed[k]) >= least
        # One comparison for eight devices: few are due
        words = due.view(np.uint64)
        at = 0
        for word in range(len(words)):
            if words[word]:
                for k in range(8 * word, 8 * word + 8):
                    places[at] = k
                    at += due[k]
        return places[:at]

    @numba.njit(cache=True)
    def _bits(random):
        """Return the next 64 random bits: SplitMix64 (Steele et al. 2014, OOPSLA). random: (1,) uint64, its state.

        A NumPy generator takes as long to be handed over as a pulse for each of 200 devices.
        """
        random[0] += np.uint64(0x9E3779B97F4A7C15)
        z = random[0]
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))

    @numba.njit(cache=True)
    def _normal(random):
        """Return a standard normal number, by the polar method (Marsaglia & Bray 1964)."""
        while True:
            u = np.int64(_bits(random)) * 2.0**-63
            v = np.int64(_bits(random)) * 2.0**-63
            s = u * u + v * v
            if 0 < s < 1:
                return u * np.sqrt(-2 * np.log(s) / s)

    @numba.njit(cache=True, inline="always")
    def _uniform(key, k):
        """Return device k's number in 0..1, float32: a hash of the key and k, by vectors where a generator cannot."""
        bits = np.uint32(np.uint32(k) * np.uint32(0x9E3779B1)) ^ key
        bits = np.uint32((bits ^ (bits >> np.uint32(16))) * np.uint32(0x7FEB352D))
        bits = np.uint32((bits ^ (bits >> np.uint32(15))) * np.uint32(0x846CA68B))
        bits = np.uint32(bits ^ (bits >> np.uint32(16)))
        return np.float32(np.int32(bits >> np.uint32(8))) * np.float32(2.0**-24)

    @numba.njit(cache=True)
    def _left(random, rules, controller, owed, n, before, after):
        """Return what a device is still owed after n pulses from `before` to `after` siemens, which are read."""
        span = rules.g_span * rules.step
        if rules.read_noise > 0:
            before *= 1 + rules.read_noise * _normal(random)
            after *= 1 + rules.read_noise * _normal(random)
        seen = (after - before) / span
        written = 2 * controller.write_std**2 + 2 * (rules.read_noise * after / span) ** 2
        if written > 0:
            # Readings are noisy: believe them and the nominal device by their variances (a Kalman filter's gain)
            gone = min(max((before - rules.g_off) / rules.g_span, 0.0), 1.0)
            if n > 0:
                nominal = n * controller.up * (1 - controller.gamma_up * gone)
            else:
                nominal = n * controller.down * (1 - controller.gamma_down * (1 - gone))
            own = abs(n) * controller.pulse_std**2 + (controller.spread * nominal) ** 2
            seen = nominal + (seen - nominal) * own / (own + written)
        # A device that does not answer is stuck or at its end: it is owed nothing more
        left = owed - (seen if seen else n)
        # Nor what is beyond the range of a nominal device
        place = (after - rules.g_off) / span
        left = min(max(left, -place), 1 / rules.step - place)
        return min(max(left, -controller.most_owed), controller.most_owed)

    @numba.njit(cache=True)
    def trains(random, state, rules, curves, places, counts, moved):
        """Apply counts[i] pulses, negative for down, to device places[i]; return the sum of pulses times siemens.

        moved: (devices,), takes the siemens gained. Stuck devices ignore their pulses.
        """
        facts, g, stuck, noise, idle_s = state.facts, state.g, state.stuck, state.noise, state.idle_s
        g_off, g_span, std = rules.g_off, rules.g_span, rules.dw_min_std
        spent = 0.0
        curve = -1
        # Fetched in a loop of its own, scattered devices come from memory at once, not one by one
        near = np.empty((len(places), 8), facts.dtype)
        for at in range(len(places)):
            for fact in range(8):
                near[at, fact] = facts[places[at], fact]
            moved[at] = -g[places[at]]
        for at in range(len(places)):
            k = places[at]
            n = counts[at]
            if stuck[k] or n == 0:
                moved[at] = 0.0
                continue
            up = n > 0
            low = near[at, W_MIN]
            span = near[at, W_MAX] - low
            step = near[at, STEP_UP if up else STEP_DOWN]
            gamma = near[at, GAMMA_UP if up else GAMMA_DOWN]
            if len(curves.noise):
                curve = state.curve[k]
            noisy = std > 0 or (curve >= 0 and curves.noise[curve] > 0)
            position = (near[at, W] - low) / span
            for _ in range(int(abs(n))):
                if curve >= 0:
                    change = _along(curves, curve, up, position, step / rules.step) - position
                else:
                    gone = position if up else 1 - position
                    change = step / span * (1 - gamma * gone)
                    change = change if up else -change
                if noisy:
                    if std > 0:
                        xi = std * _normal(random)
                        change += xi * (change if rules.mult_noise else state.pulse_noise[k] / span)
                    if curve >= 0:
                        change += curves.noise[curve] * _normal(random)
                following = min(max(position + change, 0.0), 1.0)
                if following == position and not noisy:
                    break
                position = following
            w = low + span * position
            facts[k, W] = w
            facts[k, PULSES] = near[at, PULSES] + abs(n)
            if near[at, PULSES] + abs(n) >= rules.endurance:
                stuck[k] = True
            if rules.write_noise > 0:
                noise[k] = rules.write_noise * _normal(random)
                w += noise[k]
            if len(idle_s):
                idle_s[k] = 0.0
            g[k] = g_off + g_span * max(w, 0.0)
            moved[at] += g[k]
            spent += abs(n) * g[k]
        return spent

    @numba.njit(cache=True)
    def _along(curves, curve, up, position, pulses):
        """Return the position on a measured curve so many pulses (a real number) after `position`."""
        sign = 1.0 if up else -1.0
        values = curves.up[curve] if up else curves.down[curve]
        end = (curves.up_ends[curve] if up else curves.down_ends[curve]) - 1
        at = sign * position
        if at >= sign * values[end]:
            place = float(end)
        else:
            # The last of equal readings, so that the next pulse leaves the plateau
            below, above = 0, end
            while above - below > 1:
                middle = (below + above) // 2
                if sign * values[middle] <= at:
                    below = middle
                else:
                    above = middle
            rise = sign * (values[above] - values[below])
            place = below + (max((at - sign * values[below]) / rise, 0.0) if rise > 0 else 0.0)
        place = min(place + pulses, float(end))
        below = min(int(place), end - 1)
        found = values[below] + (place - below) * (values[below + 1] - values[below])
        # Beyond the end of a train, another pulse the same way does nothing; it never turns back
        return max(found, position) if up else min(found, position)

    @numba.njit(cache=True)
    def move(state, rules, gained, signed):
        """Change devices without levels by what they are owed, as `pay` does; each change counts as one pulse."""
        columns = len(gained)
        spent = 0.0
        facts = state.facts
        for i in range(len(facts) // columns):
            for j in range(columns):
                k = i * columns + j
                moves = (state.owed[k] != 0) & ~state.stuck[k]
                following = min(max(facts[k, W] + state.owed[k], facts[k, W_MIN]), facts[k, W_MAX])
                following = following if moves else facts[k, W]
                g = rules.g_off + rules.g_span * max(following, 0.0) if moves else state.g[k]
                gained[j] += g - state.g[k]
                spent += g if moves else 0.0
                facts[k, W] = following
                facts[k, PULSES] += moves
                state.g[k] = g
                state.owed[k] = 0
                if len(state.idle_s) and moves:
                    state.idle_s[k] = 0.0
        if rules.endurance < np.inf:
            for k in range(len(facts)):
                state.stuck[k] |= facts[k, PULSES] >= rules.endurance
        for k in range(len(signed)):
            signed[k] = state.g[k] - state.g[k + len(signed)]
        return spent

    @numba.njit(cache=True)
    def owe_driven(owed, x, difference, mean, steps, drive_v, bias_v):
        """Add to what the devices of driven rows are owed, (2, rows, columns), the bias pair last.

        owed[0] += x' D - d and owed[1] -= x' D + d, d = sum over the batch of D M: see `learning.across_driven`. x:
        (batch, rows - 1). difference, mean: D and M, (batch, columns) volts. steps: of a device for D M of 1 V^2.
        drive_v, bias_v: volts of full scale, and of the bias pair.
        """
        batch, columns = difference.shape
        constant, product, scaled = np.zeros_like(mean[0]), np.zeros_like(mean[0]), difference * steps
        for b in range(batch):
            for j in range(columns):
                constant[j] += scaled[b, j] * mean[b, j]
        for i in range(owed.shape[1]):
            for j in range(columns):
                product[j] = 0
            for b in range(batch):
                volts = x[b, i] * drive_v if i < x.shape[1] else bias_v
                if volts:
                    for j in range(columns):
                        product[j] += volts * scaled[b, j]
            plus, minus = owed[0, i], owed[1, i]
            for j in range(columns):
                plus[j] += product[j] - constant[j]
                minus[j] -= product[j] + constant[j]

    @numba.njit(cache=True)
    def owe(owed, difference, mean, gain, offset_v, d_node, m_node, bias_v, steps):
        """Add to what the devices between two layers are owed, (rows + 2, columns), the bias pair last.

        owed -= steps * sum over the batch of D M across the device, as `learning.across` has it. difference, mean: D
        and M of the layer below, (batch, rows); d_node, m_node: of the layer above, (batch, columns). gain, offset_v:
        of the amplifiers that drive the rows.
        """
        batch, columns = d_node.shape
        rows = len(gain)
        for b in range(batch):
            for i in range(rows + 2):
                d = gain[i] * difference[b, i] if i < rows else steps * 0
                m = gain[i] * mean[b, i] + offset_v[i] if i < rows else (bias_v if i == rows else -bias_v)
                to = owed[i]
                for j in range(columns):
                    to[j] -= steps * (d_node[b, j] - d) * (m_node[b, j] - m)
