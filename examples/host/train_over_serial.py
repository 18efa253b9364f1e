"""On the PC: train a board over its serial port, save the network, and ask it for classes.

`sim:` is a simulated board; replace it with the port of a real one, such as /dev/ttyACM0.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from eqprop_host import Model, RunConfig, load_data, train

config = RunConfig(data="iris", hidden="16", epochs=60, seed=0, test_fraction=1 / 3)
result = train(config, board="sim:")
wrong = result.confusion.sum() - result.confusion.trace()
print(f"learnt {result.training_samples} samples")
print(f"{result.confusion.sum() - wrong} of {result.confusion.sum()} test samples right")

with TemporaryDirectory() as folder:
    result.model.save(Path(folder) / "iris.npz")
    model = Model.load(Path(folder) / "iris.npz")
flowers = load_data("iris").features[::50]
print("classes of three flowers:", *model.predict(flowers))
print("conductances of crossbar 1:", model.conductances[1].min(), "to", model.conductances[1].max(), "steps")
