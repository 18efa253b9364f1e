"""Train 784-100-10 in place on MNIST, on devices of 256 levels with 0.5 ohm in every segment of the bit lines.

    python -m soak.wired_learning mnist:DIR

Ten epochs of 10,000 samples each, batch 4: first with samples from all, then with the same 10,000 in each epoch.
Prints both test errors. The rates are half the recipe's and halve after every third epoch, chosen on the last 10,000
training samples. Four minutes on one core.
"""

import sys

import numpy as np

import eqprop
from eqprop_host import datasets
from eqprop_sim.analog import recipe
from eqprop_sim.analog.circuits.wires import Wires
from eqprop_sim.analog.devices.devices import Device
from eqprop_sim.analog.learning import features

EPOCHS, EPOCH = 10, 10_000
BATCH = 4
RATE = 0.5
HALVED_EVERY = 3


def trained(x, y):
    """Return the trainer after the epochs, each of which starts in the samples where the last one ended."""
    plan = eqprop.plan("784-100-10", "resistive")
    trainer = recipe.build(plan, Device(levels=256, on_off=100.0), wires=Wires(0.0, 0.5))
    first = [RATE * eta for eta in trainer.eta]
    passes = -(-EPOCHS * EPOCH // len(y))
    order = np.concatenate([np.random.default_rng(n).permutation(len(y)) for n in range(passes)])
    for epoch in range(EPOCHS):
        trainer.eta = [eta / 2 ** (epoch // HALVED_EVERY) for eta in first]
        for part in order[epoch * EPOCH : (epoch + 1) * EPOCH].reshape(-1, BATCH):
            trainer.step(x[part], y[part])
    return trainer


def main(words):
    """Train twice; print both errors."""
    data = datasets.prepare(datasets.load(words[0]), 0)
    x, test_x = (features(np.asarray(each)).astype(np.float32) for each in (data.train_x, data.test_x))
    y = np.asarray(data.train_y)
    for samples in (len(y), EPOCH):
        wrong = trained(x[:samples], y[:samples]).predict(test_x) != data.test_y
        print(f"ten epochs of {EPOCH} of {samples} samples: test error {100 * np.mean(wrong):.2f} %", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
