"""Train 64-32-10 on samples from a file, and print the conductances' CRC.

python digits.py TIER FILE: FILE holds 65 bytes a sample, its features and its label.
"""

import sys

import eqprop
from eqprop.hopfield.selection import use


def train(network, data):
    """Learn all samples in order; return the CRC of the conductances."""
    for at in range(0, len(data), 65):
        network.learn(data[at : at + 64], data[at + 64])
    return network.crc()


if __name__ == "__main__":
    use(sys.argv[1])
    network = eqprop.Network("64-32-10", 0, 200)
    with open(sys.argv[2], "rb") as file:
        sample = file.read(65)  # one at a time: a heap in which sources were compiled is in pieces
        while sample:
            train(network, sample)
            sample = file.read(65)
    print(network.crc())
