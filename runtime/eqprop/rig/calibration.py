"""Measures a rig on its board: offsets, gains, clamps, the resistance of each device; finds bad and swapped chips.

Wiper by wiper, from the board's own sources and converters:

1. Every wiper is written and read back.
2. With all sources at one voltage, no current flows, and all nodes have it: at Vmid + 0.6 V and + 1.2 V, where no clamp
   holds them, they read their converters' offsets and gains.
3. With all rows at Vmid - 1.2 V, a hidden node reads its clamp's voltage.
4. A device at code 1 conducts 30 times as much as at 256. If its node does not move, its chip select is swapped with
   another's, or it is open.
5. At code 256, one row at a time differs from all others by 1.2 V. Kirchhoff's law holds at each node for its measured
   voltages and its neighbours'. It is linear in the conductances, and the nudge's 22 kOhm is known: this gives R_AB of
   each device, first for the outputs, then for the hidden layer. Networks of one hidden layer only.
6. At code 1 the same law gives the series resistor and the wiper together.

It uses floats, and takes 2 s for 2-4-2. Learning needs step 2 alone; the others tell what is wrong, and make weights
right that were learnt elsewhere.
"""

import struct
from array import array
from binascii import crc32

from .planning import NUDGE_OHM, POT_OHM, SERIES_OHM, SOURCE_UV100, WIPER_OHM

NAME = "eqprop-rig.calibration"
_MAGIC = b"EQRC\x01"
_DRIVE = 982  # codes of a source: 1.2 V
_MIDDLE = 2048
_MOST = 256
_STRONG = 8
_READS = 8  # readings of a node
_OFFSET_MAX = 2000  # codes: 20 mV
_CLAMP_MAX = 5000  # codes: 50 mV; a BAT54 against a reference at 0.2 V keeps within
_GAIN = (0.95, 1.05)
_POT_OHM = (0.7 * POT_OHM, 1.3 * POT_OHM)


def solve(a, b):
    """Return x that minimises |a x - b|: by the normal equations, for a few unknowns."""
    n = len(a[0])
    rows = [[sum(r[i] * r[j] for r in a) for j in range(n)] + [sum(r[i] * y for r, y in zip(a, b))] for i in range(n)]
    for i in range(n):
        best = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[best] = rows[best], rows[i]
        p = rows[i][i]
        for k in range(n):
            f = rows[k][i] / p if k != i and p else 0
            if f:
                rows[k] = [x - f * y for x, y in zip(rows[k], rows[i])]
    return [rows[i][n] / rows[i][i] if rows[i][i] else 0.0 for i in range(n)]


class Calibration:
    """The measurement of a `RigCrossbar`, whose wipers and sources it sets; `run` measures all.

    - problems: lines naming chip and pin. gains, clamps: of the nodes (clamps in codes of 10 uV).
    """

    def __init__(self, crossbar):
        self.crossbar = crossbar
        self.parts = crossbar.parts
        self.layout = crossbar.layout
        self.most = min(_MOST, self.parts.codes - 1)
        self.problems = []
        self.gains = [1.0] * self.layout.nodes
        self.clamps = [0] * self.layout.nodes
        self._v = array("i", [0] * self.layout.nodes)
        self._reads = _READS if self.parts.reads == 1 else 4 * _READS

    def run(self):
        """Measure all, set the crossbar's `offsets`, `pot_ohm` and `end_ohm`, rewrite its wipers; return `problems`."""
        crossbar, layout = self.crossbar, self.layout
        codes: list = []
        try:
            if not crossbar.shadow:
                codes = [self.parts.read_back(n) for n in range(layout.devices)]
        except OSError:
            pass  # `read_back` names it
        self.read_back()
        if not self.problems:
            self.offsets()
            self.clamp()
            moving = self.response()
            if len(layout.layers) == 3 and moving:
                self.resistances()
        crossbar.rest()
        for n, code in enumerate(codes):
            self.parts.write(n, code)
        if not self.problems:
            crossbar.refresh()
        return self.problems

    # ---- what is set and read

    def _write(self, code, device=None):
        for n in range(self.layout.devices) if device is None else (device,):
            self.parts.write(n, code)

    def _drive(self, level, sources=None):
        """Put these sources, or all, at Vmid + level * 1.2 V, and the others at Vmid."""
        for n in range(self.layout.sources):
            on = sources is None or n in sources
            self.parts.source(n, _MIDDLE + (int(level * _DRIVE) if on else 0))
        self.parts.apply()

    def _volts(self, reads=0):
        """Return the nodes' voltages, corrected, as shares of 1.2 V."""
        total = [0] * self.layout.nodes
        reads = reads or self._reads
        for _ in range(reads):
            self.parts.read(0, self.layout.nodes, self._v)
            for n in range(len(total)):
                total[n] += self._v[n]
        unit = _DRIVE * SOURCE_UV100 / 100
        offsets, gains = self.crossbar.offsets, self.gains
        return [(t / reads - offsets[n]) / unit / gains[n] for n, t in enumerate(total)]

    # ---- steps

    def read_back(self):
        """Write and read back every wiper, with different codes on all chips."""
        codes = [(n * 37 + 11) % self.most for n in range(self.layout.devices)]
        for test in (lambda n: self.parts.write(n, codes[n]), self._verify(codes)):
            for n in range(len(codes)):
                try:
                    test(n)
                except OSError as error:
                    self._note(str(error))

    def _verify(self, codes):
        def verify(n):
            found = self.parts.read_back(n)
            if found != codes[n]:
                text = "{}: wrote {}, read {}: check its chip select and supply"
                self._note(text.format(self.layout.device_pin(n), codes[n], found))

        return verify

    def _note(self, problem):
        if problem not in self.problems:
            self.problems.append(problem)

    def offsets(self):
        """Measure every node's offset and gain."""
        crossbar, layout = self.crossbar, self.layout
        for n in range(layout.nodes):
            crossbar.offsets[n] = 0
        self._write(self.most // 4)
        self._drive(0.5)
        half = self._volts(2 * self._reads)
        self._drive(1)
        unit = _DRIVE * SOURCE_UV100 / 100
        for n, v in enumerate(self._volts(2 * self._reads)):
            gain = 2 * (v - half[n])
            crossbar.offsets[n] = offset = int((v - gain) * unit)
            if abs(offset) > _OFFSET_MAX or not _GAIN[0] < gain < _GAIN[1]:
                text = "{}: reads {} and {} mV with all sources at 600 and 1200 mV: check its wiring, Vmid and 5 V"
                self._note(text.format(layout.node_pin(n), int(1200 * half[n]), int(1200 * v)))
            else:
                self.gains[n] = gain

    def clamp(self):
        """Measure every hidden node's voltage when its clamp holds it."""
        layout = self.layout
        self._drive(-1)
        unit = _DRIVE * SOURCE_UV100 / 100
        for n, v in enumerate(self._volts()[: layout.nodes - layout.layers[-1]]):
            self.clamps[n] = at = int(v * unit)
            if abs(at) > _CLAMP_MAX:
                text = "{}: its clamp holds it at {} mV, expected 0: check its diode and reference"
                self._note(text.format(layout.node_pin(n), at // 100))

    def response(self):
        """Step every device to code 1 and look at its node; return whether all moved."""
        layout = self.layout
        self._write(self.most)
        still = [n for n in range(layout.devices) if not self._moves(n, n)]
        named = set()
        for n in still:
            for other in still:
                if layout.device(n)[0] != layout.device(other)[0] and self._moves(other, n):
                    chips = sorted((layout.device(n)[0], layout.device(other)[0]))
                    named.update((n, other))
                    text = "{} and {}: answer to each other's chip selects: swap them, {} and {}"
                    names = [layout.pots[chip] for chip in chips]
                    self._note(text.format(*names, *(self._select(chip) for chip in chips)))
                    break
        for n in still:
            if n not in named:
                text = "{}: does not conduct at code 1: check its wiring, and for another device at its chip select"
                self._note(text.format(layout.device_pin(n)))
        return not still

    def _select(self, chip):
        layout = self.layout
        if layout.decoders and layout.pot == "mcp4251":
            return layout.select_pin(layout.select("pots", chip))
        return "address {:02x}".format(layout.address("pots", chip))

    def _moves(self, stepped, watched):
        """Return whether the node of device `watched` follows its row when device `stepped` has code 1."""
        layout = self.layout
        c, row, j = layout.device_ends(watched)
        node = layout.first_node(c + 1) + j
        sources = (row,)
        if c:
            sources = (layout.bias(c, row - layout.layers[c]),) if row >= layout.layers[c] else None
        rows = range(2 * layout.layers[0] + 2) if sources is None else sources
        self._drive(1, rows)
        before = self._volts(1)[node]
        self._write(1, stepped)
        self.parts.apply()
        after = self._volts(1)[node]
        self._write(self.most, stepped)
        return after - before > 0.25 * (1 - before) * (0.3 if sources is None else 1)

    def resistances(self):
        """Measure R_AB of every device, and the series resistance of all."""
        layout, crossbar = self.layout, self.crossbar
        _, hidden, outputs = layout.layers
        known = 1 / NUDGE_OHM
        end = WIPER_OHM + SERIES_OHM
        rows = 2 * layout.layers[0] + 2
        # Outputs: each hidden node at a time is pulled up by one row, while the others are held by another
        seen: list = []
        for j in range(hidden):
            self._write(self.most)
            for other in range(hidden):
                self._write(_STRONG, other * rows + (0 if other == j else 1))
            self._drive(1, (0,))
            seen.append((None, self._volts()))
        self._write(self.most)
        for source in range(layout.bias(1, 0), layout.sources):
            self._drive(1, (source,))
            seen.append((source, self._volts()))
        upper = []
        for k in range(outputs):
            a, b = [], []
            for source, v in seen:
                at = v[hidden + k]
                below = [v[j] - at for j in range(hidden)]
                pair = [(1 if source == layout.bias(1, sign) else 0) - at for sign in (0, 1)]
                a.append(below + pair)
                b.append(-known * ((1 if source == layout.nudge(k) else 0) - at))
            upper.append(solve(a, b))
        for i in range(hidden + 2):
            for k in range(outputs):
                self._pot(layout.first[1] + i * outputs + k, upper[k][i], end)
        # Hidden nodes: one row at a time; the currents to the outputs are known now
        one = [self._fall(i) for i in range(rows)]
        lower = []
        for j in range(hidden):
            q = sum(upper[k][j] for k in range(outputs))
            flows = [sum(upper[k][j] * v[hidden + k] for k in range(outputs)) for v in one]
            a = sum(v[j] for v in one)
            p = (q * a - sum(flows)) / (1 - a)
            lower.append([v[j] * (p + q) - flow for v, flow in zip(one, flows)])
            for i in range(rows):
                self._pot(j * rows + i, lower[j][i], end)
        ends = []
        for j in range(hidden):
            for i in range(rows):
                n = j * rows + i
                self._write(1, n)
                v = self._fall(i, self._reads // 4)
                self._write(self.most, n)
                out = (sum(lower[j]) - lower[j][i]) * v[j]
                out += sum(upper[k][j] * (v[j] - v[hidden + k]) for k in range(outputs))
                ends.append((1 - v[j]) / out - crossbar.pot_ohm[n] / 256)
        crossbar.end_ohm = int(sum(ends) / len(ends) + 0.5)

    def _fall(self, row, reads=0):
        """Return by how much the nodes fall from +1.2 V, where all sources are, when one row falls to Vmid.

        By superposition, that is where they would be with this row alone at +1.2 V, if they had no clamps.
        """
        self._drive(1)
        up = self._volts(reads)
        self._drive(1, [n for n in range(self.layout.sources) if n != row])
        return [a - b for a, b in zip(up, self._volts(reads))]

    def _pot(self, n, g, end):
        ohm = (1 / g - end) * 256 / self.most if g > 0 else 1e9
        if not _POT_OHM[0] < ohm < _POT_OHM[1]:
            text = "{}: R_AB is {} Ohm, expected {} +-30 %: check the part and its wiring"
            self._note(text.format(self.layout.device_pin(n), int(min(ohm, 1e9)), POT_OHM))
        self.crossbar.pot_ohm[n] = max(1000, min(65535, int(ohm + 0.5)))


def save(crossbar, folder="", open_file=open):
    """Keep a crossbar's calibration in this folder of the flash. Raises OSError if the flash fails."""
    head = _MAGIC + struct.pack("<HHH", crossbar.end_ohm, len(crossbar.offsets), len(crossbar.pot_ohm))
    body = head + bytes(crossbar.offsets) + bytes(crossbar.pot_ohm)
    with open_file(_path(folder), "wb") as file:
        file.write(body)
        file.write(struct.pack("<I", crc32(body)))


def load(crossbar, folder="", open_file=open):
    """Take the kept calibration; return whether there is one. Call it before `refresh`.

    Raises ValueError if the file is damaged, or of another rig.
    """
    try:
        with open_file(_path(folder), "rb") as file:
            data = file.read()
    except OSError:
        return False
    if len(data) < 15 or data[:5] != _MAGIC or struct.pack("<I", crc32(data[:-4])) != data[-4:]:
        raise ValueError("{}: is damaged: calibrate again".format(NAME))
    end, nodes, devices = struct.unpack("<HHH", data[5:11])
    if (nodes, devices) != (len(crossbar.offsets), len(crossbar.pot_ohm)):
        text = "{}: is of a rig with {} nodes and {} devices: calibrate again"
        raise ValueError(text.format(NAME, nodes, devices))
    crossbar.end_ohm = end
    for n in range(nodes):
        (crossbar.offsets[n],) = struct.unpack("<i", data[11 + 4 * n : 15 + 4 * n])
    at = 11 + 4 * nodes
    for n in range(devices):
        crossbar.pot_ohm[n] = data[at + 2 * n] | data[at + 2 * n + 1] << 8
    return True


def _path(folder):
    return folder + "/" + NAME if folder else NAME
