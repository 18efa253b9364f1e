"""Flip a bit in a network's memory, learn a sample, save; print how many flips kept the checkpoint from being written.

micropython rot.py TIER FIXED LAYERS...: FIXED flips are tried in what must not change, and each of all bits in the
conductances, in the totals and in what nodes divide by.
"""

import sys
from array import array

import eqprop.hopfield.selection
from eqprop.checkpoint import Checkpoints
from support.boards.memory_flash import MemoryFlash

try:
    from uctypes import addressof, bytearray_at

    def raw(buffer):
        """Return the bytes of an array, to be written to."""
        return bytearray_at(addressof(buffer), len(bytes(buffer)))

except ImportError:

    def raw(buffer):
        """Return the bytes of an array, to be written to."""
        return memoryview(buffer).cast("B")


def fixed(network):
    """Return the bytes of every array, or part of one, that never changes while no rate halves."""
    circuit = network.crossbar.circuit
    if network.model.startswith("hopfield"):
        parts = [circuit.rate_shifts, memoryview(circuit.inputs)[len(circuit.inputs) - 1 :]]
        for c, n in enumerate(network.layers[1:-1]):
            parts += [memoryview(phase[c])[n:] for phase in circuit.phases]
        if network.crossbar.tier != "plain":
            parts.append(network.crossbar.table)
        return [raw(part) for part in parts]
    parts = [circuit.limits, circuit.rate_shifts, memoryview(circuit.inputs)[len(circuit.inputs) - 1 :]]
    for c, n in enumerate(network.layers[1:]):
        parts += [circuit.shape[c], circuit.low[c], circuit.high[c]]
        if c + 1 < network.crossbar_count:
            parts.append(memoryview(circuit.phases[0][c])[n:])  # the nudged phases copy it
    if network.crossbar_count > 1:
        parts.append(circuit.rest)
    if network.crossbar.tier != "plain":
        parts.append(network.crossbar.table)
    return [raw(part) for part in parts]


class Trial:
    """A network that learns, is flipped, goes on, and is put right again."""

    def __init__(self, build, layers, model):
        self.network = build(layers, 3, 0, model)
        self.flash = MemoryFlash()
        self.checkpoints = Checkpoints(rest_s=0, open_file=self.flash.open)
        self.x = array("b", [100 - 23 * (i % 9) for i in range(self.network.layers[0])])
        for label in range(2 * self.network.layers[-1]):
            self.network.learn(self.x, label % self.network.layers[-1])
        assert self.checkpoints.save(self.network, b"", (0, 0, 0, 0))
        self.devices = [bytes(self.network.conductances(c)) for c in range(self.network.crossbar_count)]
        self.kept = {name: bytes(data) for name, data in self.flash.files.items()}

    def caught(self, memory, bit, learns=True):
        """Return whether a checkpoint is refused, nothing written, after this bit of bytes flipped and a sample."""
        memory[bit >> 3] ^= 1 << (bit & 7)
        caught = False
        for step in (self.learn, self.save) if learns else (self.save,):
            try:
                step()
            except RuntimeError as error:
                caught = str(error).startswith("memory: ")
            except (IndexError, ValueError, ZeroDivisionError, OverflowError):  # plain Python's own words
                pass
        return caught and {name: bytes(data) for name, data in self.flash.files.items()} == self.kept

    def learn(self):
        self.network.learn(self.x, 0)

    def save(self):
        self.checkpoints.saved = None
        self.checkpoints.save(self.network, b"", (0, 0, 0, 0))

    def restore(self, sample):
        """Put the conductances, the totals and the sample number right."""
        for c, devices in enumerate(self.devices):
            raw(self.network.conductances(c))[:] = devices
        self.network.resume_at(sample)


def rot(build, layers, tries, learns=True):
    """Return a line with the flips found, and tried: in what must not change, conductances, totals and divisors.

    layers: with their energy model, "hopfield:4-3-2", which has checksums in place of totals and divisors. learns:
    whether a sample is learnt after a flip in what must not change, too; numba's code would leave its arrays.
    """
    model, _, sizes = layers.partition(":")
    trial = Trial(build, sizes, model)
    sample = trial.network.sample
    found = []
    parts = fixed(trial.network)
    bits = [8 * len(part) for part in parts]
    count = 0
    for n in range(tries):  # spread evenly over all bits, in an odd step
        at = (n * sum(bits) // tries) ^ (n & 7)
        part = 0
        while at >= bits[part]:
            at -= bits[part]
            part += 1
        before = parts[part][at >> 3]
        if trial.caught(parts[part], at, learns):
            count += 1
        parts[part][at >> 3] = before
        trial.restore(sample)
    found.append("{}/{}".format(count, tries))
    circuit = trial.network.crossbar.circuit
    if model.startswith("hopfield"):
        sums = memoryview(raw(circuit.sums))  # 32 bits for each sum of 16: the next change clears the others
        checked = ((circuit.w, True), ([sums[4 * c : 4 * c + 2] for c in range(len(circuit.w))], True))
    else:
        divisors = circuit.reciprocal + circuit.shift  # which the next sample sets again
        checked = ((circuit.g, True), (circuit.total, True), (divisors, False))
    for arrays, then in checked:
        count = all_bits = 0
        for items in arrays:
            memory = items if isinstance(items, memoryview) else raw(items)
            for bit in range(8 * len(memory)):
                all_bits += 1
                count += trial.caught(memory, bit, then)
                trial.restore(sample)
        found.append("{}/{}".format(count, all_bits))
    return "{} {}".format(layers, " ".join(found))


if __name__ == "__main__":
    print(eqprop.hopfield.selection.use(sys.argv[1]))
    for text in sys.argv[3:]:
        print(rot(eqprop.Network, text, int(sys.argv[2])))
