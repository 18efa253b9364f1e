"""Hostile runs: a board and a host train over a bad line, are reset and killed, and must end with the clean run's bits.

    python tests/hostile.py [FIRST [RUNS]]      seeded runs, 200 from seed 0; exit code 1 if one of them ends otherwise

Each run learns 500 digits. Its seed draws how often bytes are flipped (up to one in a thousand), lost, repeated,
buried in noise or held up, after how many samples the board resets (in the middle of whatever it does, with or without
its port), whether its power fails while it writes its flash or writes fail, and when the host is killed, which is then
started again with --resume. `make hostile` runs them all.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATHS = [str(ROOT / folder) for folder in ("runtime", "host_tools", "board_sim")]
SAMPLES = 500
EVERY = 100
ENGINES = ("micropython", "micropython", "", "micropython", "cortex-m3", "micropython", "micropython", "", "cortex-m0")


def clean():
    """Return {sample: (CRC-32 of each crossbar as logged, of all)} of the clean run."""
    import numpy as np

    from eqprop_host import datasets
    from eqprop_sim.emulator import Network

    data = datasets.prepare(datasets.load("digits"), 0)
    network = Network("64-32-10", 0, 4 * len(data.train_y))
    found = {}
    order = datasets.epoch_order(len(data.train_y), 0, 0)
    for n in range(SAMPLES + 1):
        if n % EVERY == 0:
            found[n] = [np.array(network.conductances(c)) for c in range(2)], network.crc()
        if n < SAMPLES:
            network.learn(data.train_x[order[n]], int(data.train_y[order[n]]))
    return found


def faults(draw):
    """Return the options of a board, drawn by a random.Random."""
    options = {
        "flip": 10 ** draw.uniform(-5, -3),
        "drop": 10 ** draw.uniform(-6, -3.5),
        "duplicate": 10 ** draw.uniform(-6, -3.5),
        "burst": 10 ** draw.uniform(-6, -4),
        "stall": 10 ** draw.uniform(-6, -5),
        "delay": draw.choice((0, 0, 2)),
        "baud": draw.choice((0, 0, 921600)),
        "reset_every": draw.randrange(80, 300),
        "unplug": draw.randrange(2),
        "cut_every": draw.choice((0, 60000)),
        "fail": draw.choice((0, 0.02)),
        "seed": draw.randrange(2**31),
    }
    return "&".join(
        f"{key}={value:.3g}" if isinstance(value, float) else f"{key}={value}" for key, value in options.items()
    )


def host(folder, *arguments):
    """Start `eqprop train` in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(PATHS)}
    argv = [sys.executable, "-m", "eqprop_host", "train", *arguments]
    with open(folder / "said", "ab") as said:
        return subprocess.Popen(argv, cwd=folder, env=environment, stdout=said, stderr=said)


def answered(path):
    """Wait until the board at `path` answers: a host of its own takes one that starts slowly, or is away, for none."""
    from eqprop_host.errors import PortError, ProtocolError
    from eqprop_host.ports import open_board

    until = time.monotonic() + 60
    while True:
        try:
            with open_board(path):
                return
        except (PortError, ProtocolError):  # what the killed host had sent resets it, and it takes its port along
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def run(seed, expected, engine=None, samples=SAMPLES):
    """Do one hostile run of so many samples; return (what is wrong with it or "", a line that says what happened)."""
    from eqprop_sim.boards import SimulatedBoard

    draw = random.Random(seed)
    engine = ENGINES[seed % len(ENGINES)] if engine is None else engine
    url = f"sim:{engine}?{faults(draw)}"
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="eqprop-hostile-") as name,
        contextlib.closing(SimulatedBoard(url)) as board,
    ):
        folder = Path(name)
        log = folder / "run.arrow"
        answered(board.path)
        first = host(folder, f"--port={board.path}", f"--limit={samples}", f"--log-every={EVERY}", f"--log={log}")
        while first.poll() is None and not (log.exists() and log.stat().st_size):
            time.sleep(0.01)
        with contextlib.suppress(subprocess.TimeoutExpired):
            first.wait(draw.uniform(0, 2.5))
        first.send_signal(signal.SIGKILL)
        killed = first.wait() < 0
        answered(board.path)
        second = host(folder, f"--resume={log}", f"--port={board.path}", "--json=out.json")
        wrong = wrong_with(second.wait(), folder, log, expected, samples)
        said = (folder / "said").read_text()
        resets = board.wire.resets
    end = "killed" if killed else "ended"
    took = f"{resets} resets, host {end}, {time.monotonic() - began:.1f} s"
    line = f"seed {seed}: {url} {took}: {wrong or 'the same network'}"
    return wrong, line + (f"\n{said}" if wrong else "")


def wrong_with(code, folder, log, expected, samples):
    """Return what is wrong with the end of a run of so many samples, or ""."""
    from eqprop_host import open_log
    from eqprop_host.runlog.verify import verify

    if code:
        return f"exit code {code}"
    crc = json.loads((folder / "out.json").read_text())["conductance_crc"]
    if crc != f"{expected[samples][1]:08x}":
        return f"conductance CRC {crc} instead of {expected[samples][1]:08x}"
    found = open_log(log)
    if wrong := verify(found):
        return wrong[0]
    for sample in (each for each in expected if each <= samples):
        conductances = found.conductances(sample)
        if any((ours.ravel() != theirs).any() for ours, theirs in zip(conductances, expected[sample][0], strict=True)):
            return f"the log holds other conductances at {sample}"
    measured = [row["sample"] for row in found.metrics]
    return "" if measured == [samples] else f"the log holds metrics of {measured}"


def main(arguments):
    """Do the runs and say how each went; return the exit code."""
    first, runs = (int(text) for text in (*arguments, *("0", "200")[len(arguments) :]))
    expected = clean()
    wrong = 0
    for seed in range(first, first + runs):
        failed, line = run(seed, expected)
        wrong += bool(failed)
        print(line, flush=True)
    print(f"{runs - wrong} of {runs} runs end with the conductances of the clean run")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.path[:0] = PATHS
    sys.exit(main(sys.argv[1:]))
