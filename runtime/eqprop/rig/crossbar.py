"""`RigCrossbar`: the crossbar contract on a rig's parts, in integers of 31 bits. Formats: `eqprop.rig.planning`.

    layout = Layout("2-4-2")
    parts = Parts(layout, SelectedSPI(spi, address_pins, enable_pins), i2c, time.sleep_us)
    network = eqprop.Network("2-4-2", crossbar=RigCrossbar(RigPlan("2-4-2"), parts))

Kirchhoff does the sums. The board drives the rows, waits, reads the nodes, and steps the wipers.

- A free phase reads the outputs alone; nudged phases read all nodes.
- The change of a device, from D = v+ - v- and M = (v+ + v-) / 2 of the voltage v across it, codes:
  dg = -floor(floor(M / 16) * D / 2**rate_shift + 1/2) steps, D within +-28000 for each node.
- With a shadow, the board keeps a conductance of 16 bits for each device, and writes a wiper when its code changes.
  Without, the wiper is the only memory: the change becomes whole steps of the wiper, by stochastic rounding.
"""

from array import array

from .._compat import const
from ..crossbar import FREE, MINUS, PLUS
from ..crossbar.devices import check_devices
from ..crossbar.external import ExternalCrossbar
from ..crossbar.kernels.plain import highest
from ..fixed import bits
from ..xorshift import Xorshift32
from .planning import BIAS, DRIVE, NUDGE_BITS, OHM_STEPS, POT_OHM, SERIES_OHM, SOURCE_UV100, WIPER_OHM

_MIDDLE = const(2048)
_DELTA_MAX = const(28000)
_CHANGE_MAX = const(20000)  # sixteenths of a step: 1250 steps
_UNIT = const(63125)  # OHM_STEPS * 16 / 256 / 48
_LEAST = const(1)  # code: 2 mA at 3 V, less than the wiper's 2.5 mA


class RigCrossbar(ExternalCrossbar):
    """A network of potentiometers.

    - parts: its `Parts`. shadow: whether the board keeps the conductances.
    - offsets: of each node's reading, codes. pot_ohm: R_AB of each device. end_ohm: series resistor and wiper of all.
      `eqprop.rig.calibration` measures them; then call `refresh`.
    - bad: devices whose wiper did not verify in the last `refresh`; bad_max: how many may.

    Learning allocates nothing, except for errors.
    """

    tier = "rig"

    def __init__(self, plan, parts, shadow=True, seed=0, bad_max=0, hidden=False):
        """Use the parts for the network of a `RigPlan`. The wipers stay as they are until `refresh`.

        seed: for the rounding without a shadow. hidden: read hidden nodes in the free phase, too. Raises ValueError
        for parts of another network.
        """
        if parts.layout.layers != plan.layers:
            raise ValueError("parts: are laid out for {}, the plan is for {}".format(parts.layout.layers, plan.layers))
        super().__init__(plan)
        self.parts = parts
        self._source = parts.source  # bound once
        self.layout = layout = parts.layout
        self.shadow = shadow
        self.bad = []
        self.bad_max = bad_max
        self.offsets = array("i", [0] * layout.nodes)
        self.pot_ohm = array("H", [POT_OHM] * layout.devices)
        self.end_ohm = WIPER_OHM + SERIES_OHM
        self._hidden = hidden
        self._most = min(parts.codes - 1, 256)
        self._one = array("i", [0])
        self._change = self._add if shadow else self._step  # bound here, because a bound method takes heap
        self._random = Xorshift32(seed)
        self._codes = array("H", [parts.codes] * layout.devices)  # as written; no wiper has this one
        self._g = [array("H", [plan.g_min] * (rows * columns)) for rows, columns in plan.shapes]
        self._rows = array("i", [0] * (2 * self.features + 2))
        self._v = [array("i", [0] * layout.nodes) for _ in (FREE, PLUS, MINUS)]
        self._shown = [[array("h", [0] * n) for n in plan.layers[1:]] for _ in (FREE, PLUS, MINUS)]
        self._delta = array("i", [0] * layout.nodes)
        self._mean = array("i", [0] * layout.nodes)
        self._first = [layout.first_node(layer) for layer in range(1, len(plan.layers))]
        self._pair(self.features, BIAS[0])
        self.rest()

    def rest(self):
        """Put the sources of the bias pairs at their voltages, for the next `settle`."""
        for c in range(len(self.plan.shapes)):
            for sign in (0, 1):
                self._drive(self.layout.bias(c, sign), -BIAS[c > 0] if sign else BIAS[c > 0])

    def _drive(self, source, code):
        self._source(source, _MIDDLE + code)

    def _pair(self, i, code):
        """Note the voltages of row pair i of crossbar 0."""
        v = code * SOURCE_UV100 // 100
        self._rows[2 * i] = v
        self._rows[2 * i + 1] = -v

    def initialise(self, seed):
        """Set all conductances to their initial values, which follow from `seed` alone, and `refresh`.

        Crossbar 0: of each row pair into a node, one device is at g_min and the other 0.3 to 1 of plan.initial above
        it. Which one follows a Walsh function of the node for a feature, and chance for the bias, so that no two nodes
        of the first layer start alike: of 4 nodes at 2 features, each answers to another quadrant. Other crossbars as
        `EmulatedCrossbar`. Raises as `refresh`.
        """
        plan = self.plan
        self._random = random = Xorshift32(seed)
        nodes, rows = plan.shapes[0]
        masks = (1 << bits(nodes - 1)) - 1 or 1
        g = array("H", [0] * rows)
        for j in range(nodes):
            for i in range(rows // 2):
                high = random.next() & 1
                if i < self.features:
                    both = j & i % masks + 1
                    high = 0
                    while both:
                        high ^= both & 1
                        both >>= 1
                g[2 * i] = g[2 * i + 1] = plan.g_min
                g[2 * i + high] += plan.initial[0] * (300 + random.below(701)) // 1000
            self.restore(0, j * rows, bytes(g))
        for c in range(1, len(plan.shapes)):
            rows, columns = plan.shapes[c]
            g = array("H", [0] * columns)
            for i in range(rows):
                for k in range(columns):
                    g[k] = plan.g_min + (max(0, random.next() - 32768) * plan.initial[c] >> 15)
                self.restore(c, i * columns, bytes(g))
        self.refresh()

    # ---- phases

    def settle(self, x):
        """Free phase: drive features `x` and settle; return the highest output. Raises as `check`, and OSError."""
        self.check(x)
        for i in range(self.features):
            value = x[i]
            if value > 127:  # of bytes
                value -= 256
            code = (2 * DRIVE * (value if value >= 0 else -value) + 127) // 254
            if value < 0:
                code = -code
            self._drive(2 * i, code)
            self._drive(2 * i + 1, -code)
            self._pair(i, code)
        for k in range(self.classes):
            self._drive(self.layout.nudge(k), 0)
        self.parts.apply()
        self._read(FREE, 0 if self._hidden else self._first[-1])
        return highest(self._shown[FREE][-1], self.classes)

    def nudge(self, phase):
        """Nudged phase PLUS or MINUS: settle with the nudge currents. Raises ValueError for another, and OSError."""
        self.check_phase(phase)
        for k in range(self.classes):
            code = (self.currents[k] + (1 << NUDGE_BITS - 1)) >> NUDGE_BITS
            code = max(-_MIDDLE + 1, min(_MIDDLE - 1, code))
            self._drive(self.layout.nudge(k), code if phase == PLUS else -code)
        self.parts.apply()
        self._read(phase, 0)

    def _read(self, phase, first):
        v = self._v[phase]
        self.parts.read(first, len(v) - first, v)
        for n in range(first, len(v)):
            v[n] -= self.offsets[n]
        for layer in range(len(self._first)):
            at = self._first[layer]
            if at >= first:
                shown = self._shown[phase][layer]
                for j in range(len(shown)):
                    value = v[at + j]
                    shown[j] = 32767 if value > 32767 else -32767 if value < -32767 else value

    def voltages(self, layer, phase):
        """Return the voltages of layer 1..L in that phase: int16, +-0.327 V, valid until the next settle.

        Raises ValueError for hidden layers in the free phase, unless this crossbar reads them.
        """
        if phase == FREE and layer < len(self._first) and not self._hidden:
            raise ValueError("layer: {} is not read in the free phase".format(layer))
        return self._shown[phase][layer - 1]

    # ---- devices

    def program(self):
        """Change every device by its voltage in PLUS and MINUS. Raises OSError naming a chip that refuses."""
        plus, minus = self._v[PLUS], self._v[MINUS]
        delta, mean = self._delta, self._mean
        for n in range(len(delta)):
            p, m = plus[n], minus[n]
            d = p - m
            delta[n] = _DELTA_MAX if d > _DELTA_MAX else -_DELTA_MAX if d < -_DELTA_MAX else d
            mean[n] = (p + m) >> 1
        change = self._change
        rows = self._rows
        count = len(rows)
        for j in range(self.plan.layers[1]):
            d = delta[j]
            if d:
                change(0, j * count, rows, count, mean[j], d)
        for c in range(1, len(self._g)):
            self._program_between(c, change)

    def _program_between(self, c, change):
        delta, mean = self._delta, self._mean
        below, here = self._first[c - 1], self._first[c]
        nodes, columns = self.plan.layers[c], self.plan.layers[c + 1]
        bias = BIAS[1] * SOURCE_UV100 // 100
        one = self._one
        for i in range(nodes + 2):
            if i < nodes:
                v, d = mean[below + i], delta[below + i]
            else:
                v, d = bias if i == nodes else -bias, 0
            for k in range(columns):
                across = delta[here + k] - d
                if across:
                    one[0] = v
                    change(c, i * columns + k, one, 1, mean[here + k], across)

    def _add(self, c, first, rows, count, v, d):
        """Change the shadow of devices `first` on, between these rows and a node at v; write wipers that move.

        -d is the difference of the voltage across them.
        """
        g = self._g[c]
        low, high = self.plan.g_min, self.plan.g_max
        shift = self.rate_shifts[c]
        half = 1 << shift - 1
        codes, pots = self._codes, self.pot_ohm
        end, most = self.end_ohm, self._most
        n = self.layout.first[c] + first
        for i in range(count):
            old = g[first + i]
            new = old + ((((rows[i] - v) >> 4) * d + half) >> shift)
            if new != old:
                new = low if new < low else high if new > high else new
                g[first + i] = new
                pot = pots[n]
                code = (((OHM_STEPS + (new >> 1)) // new - end << 8) + (pot >> 1)) // pot
                code = _LEAST if code < _LEAST else most if code > most else code
                if code != codes[n]:
                    self.parts.write(n, code)
                    codes[n] = code
            n += 1

    def _step(self, c, first, rows, count, v, d):
        """Do the same without a shadow: step the wipers, by stochastic rounding."""
        shift = self.rate_shifts[c] - 4
        for i in range(count):
            product = ((rows[i] - v) >> 4) * d
            change = (product + (1 << shift - 1)) >> shift if shift > 0 else product << -shift
            if not change:
                continue
            change = max(-_CHANGE_MAX, min(_CHANGE_MAX, change))
            n = self.layout.first[c] + first + i
            code = self.parts.read_back(n)
            pot = self.pot_ohm[n]
            r = (self.end_ohm + pot * code // 256) >> 2
            # In sixteenths of a step, dg is -codes * 16 * OHM_STEPS * R_AB / 256 / R**2
            scaled = change * (r * r // (pot >> 4)) // 48
            steps = (scaled + self._below(_UNIT)) // _UNIT
            if steps:
                self.parts.write(n, max(_LEAST, min(self._most, code - steps)))

    def _below(self, n):
        """Return a random number of 0..n - 1, n < 2**17: 14 random bits."""
        return ((self._random.next() >> 2) * n) >> 14

    def code(self, n, g):
        """Return the wiper's code of device n of all for g steps: the nearest resistance."""
        pot = self.pot_ohm[n]
        ohm = (OHM_STEPS + (g >> 1)) // g
        return max(_LEAST, min(self._most, ((ohm - self.end_ohm) * 256 + (pot >> 1)) // pot))

    def steps(self, n, code):
        """Return the conductance of device n of all at a wiper's code, in steps within g_min..g_max."""
        ohm = self.end_ohm + self.pot_ohm[n] * code // 256
        return max(self.plan.g_min, min(self.plan.g_max, OHM_STEPS // ohm))

    def conductances(self, c):
        """Return crossbar c's conductances, flat as in `plan.shapes`: uint16 steps; without a shadow, as read back."""
        g = self._g[c]
        if not self.shadow:
            first = self.layout.first[c]
            for i in range(len(g)):
                g[i] = self.steps(first + i, self.parts.read_back(first + i))
        return g

    def restore(self, c, start, data):
        """Take little-endian uint16 conductances from device `start` of crossbar c on. Raises as `check_devices`.

        With a shadow, `refresh` writes them; without, they are written now.
        """
        check_devices(self.plan, c, start, data)
        g = self._g[c]
        first = self.layout.first[c] + start
        for i in range(len(data) // 2):
            g[start + i] = data[2 * i] | data[2 * i + 1] << 8
            if not self.shadow:
                self.parts.write(first + i, self.code(first + i, g[start + i]))

    def refresh(self):
        """Set up all chips again, rewrite every wiper and read it back: after `restore`, and after a power cut.

        Without a shadow, the wipers are only read. Raises OSError naming chip and pins of the last device that does
        not verify if there are more than `bad_max`; the others are written.
        """
        self.parts.begin()
        self.bad = []
        error = None
        n = 0
        for g in self._g:
            for i in range(len(g)):
                try:
                    if self.shadow:
                        self._codes[n] = code = self.code(n, g[i])
                        self.parts.verify(n, code)
                    else:
                        self.parts.read_back(n)
                except OSError as wrong:
                    self.bad.append(n)
                    error = wrong
                n += 1
        if len(self.bad) > self.bad_max:
            raise error
