"""How long one worker of a sweep takes for ten seeds, compared with ten single runs. A benchmark, not a test.

    python benchmarks/seeds.py [--data SOURCE] [--hidden SIZES] [--epochs N]

One thread, processor time. Ten runs that each read the data for themselves, and a worker's ten, take turns a few times,
so that a busy machine slows both alike; both must end with the same conductances.
"""

import argparse
import time

from eqprop_host import RunConfig, train
from eqprop_host.studies import sweeps

SEEDS = 10
ROUNDS = 3


def timed(run):
    """Return (processor seconds, list of CRCs) of run(seed) for each seed."""
    started = time.process_time()
    crcs = [run(seed).conductance_crc for seed in range(SEEDS)]
    return time.process_time() - started, crcs


def main():
    """Print the seconds of both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits", metavar="SOURCE", help="the data (default: %(default)s)")
    parser.add_argument("--hidden", default="32", metavar="SIZES", help="hidden layers (default: %(default)s)")
    parser.add_argument(
        "--epochs", type=int, default=RunConfig().epochs, metavar="N", help="epochs (default: %(default)s)"
    )
    options = parser.parse_args()
    own = {"data": options.data, "hidden": options.hidden, "epochs": options.epochs}
    about = {
        **dict.fromkeys(sweeps.OPTIONS),
        **own,
        "model": RunConfig().model,
        "physics": "fixed",
    }
    train(RunConfig(**own), read_model=False)  # compiles
    alone = together = 0.0
    for _ in range(ROUNDS):
        sweeps._read.cache_clear()  # as a new worker, which reads the data once
        single, wanted = timed(lambda seed: train(RunConfig(**own, seed=seed), read_model=False))
        swept, crcs = timed(lambda seed: sweeps.simulated({**about, "seed": seed}))
        if crcs != wanted:
            raise ValueError(f"the conductances differ: {crcs} and {wanted}")
        alone, together = alone + single / ROUNDS, together + swept / ROUNDS
    print(
        f"{SEEDS} runs {alone:.2f} s, {SEEDS} seeds of a sweep {together:.2f} s: {alone / together:.1f} times as fast"
    )


if __name__ == "__main__":
    main()
