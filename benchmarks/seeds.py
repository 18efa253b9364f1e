"""How long one worker of a sweep takes for ten seeds, compared with ten single runs. A benchmark, not a test.

    python benchmarks/seeds.py [--data SOURCE] [--hidden SIZES] [--epochs N]

One thread, processor time. A worker's run and a run that reads the data for itself take turns, so that a busy machine
slows both alike; both must end with the same conductances.
"""

import argparse
import time

from eqprop_host import RunConfig, train
from eqprop_host.studies import sweeps

SEEDS = 10


def timed(run):
    """Return (processor's seconds, CRC of the conductances) of a run."""
    started = time.process_time()
    result = run()
    return time.process_time() - started, result.conductance_crc


def main():
    """Print the seconds of both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits", metavar="SOURCE", help="the data (default: %(default)s)")
    parser.add_argument("--hidden", default="32", metavar="SIZES", help="hidden layers (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=30, metavar="N", help="epochs (default: %(default)s)")
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
    for seed in range(SEEDS):
        one, wanted = timed(lambda seed=seed: train(RunConfig(**own, seed=seed), read_model=False))
        other, crc = timed(lambda seed=seed: sweeps.simulated({**about, "seed": seed}))
        if crc != wanted:
            raise ValueError(f"seed {seed}: the conductances differ")
        alone, together = alone + one, together + other
    print(
        f"{SEEDS} runs {alone:.2f} s, {SEEDS} seeds of a sweep {together:.2f} s: {alone / together:.1f} times as fast"
    )


if __name__ == "__main__":
    main()
