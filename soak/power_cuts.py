"""Cut the power at every STEP-th byte of a checkpoint, in either slot, and start again: print which one was left.

micropython power_cuts.py LAYERS STEP
"""

import sys

import eqprop
from eqprop.checkpoint import Checkpoints
from eqprop.protocol import host_messages, messages
from eqprop.protocol.configuring import pack_configure
from support.boards.memory_flash import MemoryFlash, PowerCut

CONFIGURATION = pack_configure(host_messages.Configuration(1, 7, 5, 0, 10, (4, 3, 2), b""))
TOTALS = (1, 1, 5, 0)


def construct(payload, _keep=False):
    """Return the network that a CONFIGURE payload describes."""
    configured = host_messages.Configuration(*messages.unpack_configure(payload))
    return eqprop.Network(configured.layers, configured.seed, configured.lr_halving_samples)


def learn(network):
    """Learn one sample, and take a note of it."""
    network.learn(bytes((network.sample + i) % 128 for i in range(network.layers[0])), network.sample % 2)
    network.user_data = bytes((network.sample & 255,))


class Boots:
    """Starts a board: `network` is the one that its checkpoint, or the first CONFIGURE, gave it."""

    def __init__(self, flash):
        self.checkpoints = Checkpoints(rest_s=0, open_file=flash.open)
        self.network = None
        self.loaded = self.checkpoints.load(self.construct)

    def construct(self, payload, _keep):
        """Keep the network that a CONFIGURE payload describes."""
        self.network = construct(payload)
        return self.network


def cut_everywhere(configuration=CONFIGURATION, step=1):
    """Return how often the old and the new checkpoint were left, for a cut at each `step`-th byte of either slot.

    Raises KeyError for neither, ValueError for one that is not as it was written.
    """
    counts = {"old": 0, "new": 0}
    for before in (1, 2):
        files, network, old = written(before, configuration)
        known = {(before, old): "old", (before + 1, network.crc()): "new"}
        left = 0
        whole = False
        while not whole:
            flash = MemoryFlash(left)
            flash.files = {name: bytearray(data) for name, data in files.items()}
            try:
                whole = Boots(flash).checkpoints.save(network, configuration, TOTALS)
            except PowerCut:
                pass
            board = Boots(flash)
            sample, totals = board.loaded
            state = known[(sample, board.network.crc())]
            if totals != TOTALS or whole != (state == "new") or board.network.user_data != bytes((sample & 255,)):
                raise ValueError("a cut at byte {} leaves {}".format(left, state))
            counts[state] += 1
            left += step
    return counts


def written(before, configuration):
    """Return (files after `before` checkpoints, network to write next, CRC-32 of the newest checkpoint's)."""
    flash = MemoryFlash()
    checkpoints = Checkpoints(rest_s=0, open_file=flash.open)
    network = construct(configuration)
    for _ in range(before):
        learn(network)
        checkpoints.save(network, configuration, TOTALS)
    old = network.crc()
    learn(network)
    return flash.files, network, old


if __name__ == "__main__":
    layers = eqprop.parse_layers(sys.argv[1])
    configuration = pack_configure(host_messages.Configuration(1, 7, 5, 0, 10, layers, b""))
    print(sorted(cut_everywhere(configuration, int(sys.argv[2])).items()))
