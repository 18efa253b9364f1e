"""On the PC: train a board over its serial port, and read its conductances.

`sim:` is a simulated board; replace it by the port of a real one, such as /dev/ttyACM0.
"""

from eqprop_host import datasets
from eqprop_host.boards.ports import open_board
from eqprop_sim.sample_order import SampleOrder

data = datasets.prepare(datasets.load("iris"), seed=0, test_fraction=1 / 3)
count = len(data.train_y)
order = SampleOrder.shuffled(count, seed=0)
EPOCHS = 60

with open_board("sim:") as board:
    board.configure(layers=(4, 16, 3), seed=0, lr_halving_samples=20 * count, epoch=count)
    for progress in board.train(data.train_x, data.train_y, until=EPOCHS * count, order=order):
        learnt = progress.sample
    classes, voltages = board.infer(data.test_x)
    conductances = board.conductances()

print(f"learnt {learnt} samples")
print(f"{(classes == data.test_y).sum()} of {len(classes)} test samples right")
print("conductances of crossbar 1:", conductances[1].min(), "to", conductances[1].max(), "steps")
