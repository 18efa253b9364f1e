"""One training sample's phases, for a page that explains them, on a copy of the network."""

from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.network import Network

_NAMES = ("free phase", "nudged towards the answer", "nudged away from it", "update")


def phases(network, x, label):
    """Return what happens when the sample (x, label) is learnt next: prediction, loss, crc, and `phases`, dicts.

    - name: of the phase
    - voltages: of every layer above the inputs, lists of int16 codes, as they are at the end of the phase
    - changes: of the update alone: for each crossbar, a flat list of what is added to each conductance, in steps

    A sample without a loss ends with the free phase, because it changes nothing.
    """
    copy = Network(network.layers, network.seed, network.lr_halving_samples, network.model)
    for c in range(network.crossbar_count):
        copy.restore(c, 0, bytes(network.conductances(c)))
    copy.resume_at(network.sample)
    before = [list(copy.conductances(c)) for c in range(copy.crossbar_count)]
    found = []
    for step, _ in enumerate(copy.learn_steps(x, label)):
        found.append({"name": _NAMES[step], "voltages": _voltages(copy, (FREE, PLUS, MINUS)[step])})
    if copy.loss:
        changes = [_changes(before[c], copy.conductances(c)) for c in range(copy.crossbar_count)]
        found.append({"name": _NAMES[3], "voltages": _voltages(copy, FREE), "changes": changes})
    else:
        found.append({"name": "no error: nothing changes", "voltages": _voltages(copy, FREE)})
    return {"prediction": copy.prediction, "loss": copy.loss, "crc": "%08x" % copy.crc(), "phases": found}


def _voltages(network, phase):
    layers = network.layers
    return [list(network.crossbar.voltages(c, phase))[: layers[c]] for c in range(1, len(layers))]


def _changes(before, after):
    return [after[i] - before[i] for i in range(len(after))]
