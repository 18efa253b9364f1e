"""Learns exclusive-or on a rig of digital potentiometers, and keeps what it learnt. Wiring in README.md.

It calibrates the rig once, and says which chip is wrong. What is learnt is in the potentiometers. They forget it
without power, so the flash keeps a copy for the next start.
"""

import time

from wired import LAYERS, find

import eqprop

XOR = (
    (b"\x81\x81", 0),  # -127, -127
    (b"\x81\x7f", 1),
    (b"\x7f\x81", 1),
    (b"\x7f\x7f", 0),
)
EPOCHS = 200
ENOUGH = 5  # epochs without an error


def learn(network):
    """Learn until no answer was wrong for some epochs; return how many epochs it took, or None."""
    right = 0
    for epoch in range(EPOCHS):
        errors = 0
        for n in range(4):
            network.learn(*XOR[(epoch + n * (epoch % 2 * 2 + 1)) % 4])
            errors += network.prediction != XOR[(epoch + n * (epoch % 2 * 2 + 1)) % 4][1]
        right = 0 if errors else right + 1
        if right == ENOUGH:
            return epoch + 1 - ENOUGH
    return None


def show(network):
    """Print the answers, and the outputs in millivolts."""
    for x, label in XOR:
        answer = network.infer(x)
        volts = ", ".join("{} mV".format(v // 100) for v in network.outputs)
        signs = " ".join("-+"[value < 128] for value in x)
        print("{}: {} ({}){}".format(signs, answer, volts, "" if answer == label else ", wrong"))


def main():
    """Find the parts, calibrate them, learn or resume, show the answers."""
    crossbar = find()
    if crossbar is None:
        return
    network = eqprop.load(LAYERS, crossbar=crossbar)
    if network:
        print("resumes after {} samples".format(network.sample))
    else:
        network = eqprop.Network(LAYERS, crossbar=crossbar)
        began = time.ticks_ms()
        took = learn(network)
        rate = 1000 * network.sample // time.ticks_diff(time.ticks_ms(), began)
        if took is None:
            print("not right after {} epochs: see README.md".format(EPOCHS))
        else:
            print("right after {} epochs, {} samples/s".format(took, rate))
        network.save(force=True)
    show(network)


try:
    main()
except (OSError, ValueError) as error:  # a chip, the flash, or a file in it
    print(error)
