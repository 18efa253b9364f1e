"""What a log costs a training run on `sim:`: epochs with it and without, on one board. A benchmark, no test.

    python benchmarks/logging_cost.py [EPOCHS]

One process may be a third faster than the next that does the same, so that only epochs of one run can be compared. The
twin learns all of them; those without a log are told to it afterwards.
"""

import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path

from eqprop_host import datasets
from eqprop_host.boards.ports import open_board
from eqprop_host.runlog import RunLog
from eqprop_host.training.loop import Schedule, configuration
from eqprop_host.training.recorder import Recorder

LAYERS = (64, 32, 10)
FIGURES = dict.fromkeys(("train_error_percent", "test_error_percent", "loss", "samples_per_second"), 0.0)


def measure(epochs, path):
    """Return the seconds of epochs {without, with a log: [(training, what is logged between two epochs)]}."""
    data = datasets.prepare(datasets.load("digits"), 0)
    count = len(data.train_y)
    schedule = Schedule(epochs, 0)
    taken = {False: [], True: []}
    with open_board("sim:") as board, RunLog(path, {"layers": "64-32-10", "seed": 0}) as log:
        board.configure(**configuration(LAYERS, 0, epochs * count, data))
        order = schedule.order(count)
        recorder = Recorder(log, data, 10.0)
        recorder.begin(board, data.train_x, data.train_y, order, None)
        gc.collect()
        gc.freeze()  # as `eqprop train` does
        for epoch in range(epochs):
            logged = epoch % 4 in (1, 2)
            started = time.perf_counter()
            for progress in board.train(data.train_x, data.train_y, (epoch + 1) * count, order):
                if logged:
                    recorder.reached(progress.sample)
            trained = time.perf_counter()
            recorder.reached(progress.sample)
            recorder.interval(board, complete=False)
            recorder.metrics(board, sample=progress.sample, epoch=epoch + 1, **FIGURES)
            taken[logged].append((trained - started, time.perf_counter() - trained))
            board.infer(data.test_x)  # as a run does
        recorder.finish("closed")
    return taken


def main(arguments):
    """Print medians of the ratios of neighbouring epochs; return the exit code."""
    epochs = int(arguments[0]) if arguments else 200
    with tempfile.TemporaryDirectory(prefix="eqprop-") as folder:
        taken = measure(epochs, Path(folder) / "run.arrow")
    pairs = list(zip(taken[False], taken[True], strict=False))
    rate = statistics.median(bare[0] / logged[0] for bare, logged in pairs)
    between = statistics.median(logged[1] / bare[0] for bare, logged in pairs)
    print(f"{epochs} epochs: samples/s with a log {100 * (rate - 1):+.1f} %")
    print(f"between two epochs, until the twin has come and all is written: {100 * between:.0f} % of an epoch")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
