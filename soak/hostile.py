"""Hostile runs: a board and a host train while everything goes wrong, and must end with the clean run's bits.

    python -m soak.hostile line|uart|ble|sessions|interrupts [FIRST [RUNS]]
                                    seeded runs, 200 from seed 0; exit code 1 if one fails

line: each run learns 500 digits. Its seed draws how often bytes are flipped (up to one in a thousand), lost, repeated,
buried in noise or held up, after how many samples the board resets (in the middle of whatever it does, with or without
its port), whether its power fails while it writes its flash or writes fail, and when the host is killed, which is then
started again with --resume.

uart: the same, of boards that serve on a simulated UART's pins.

ble: the same, of boards that serve on a simulated radio, whose packets are whole and whose connections break off.

sessions: the kinds of SESSIONS in turn, each five epochs of 64 digits over a line of 57,600 to 230,400 baud. A run may
also end with an exit code and a line that says why it cannot have the clean run's bits, where its kind allows that.

interrupts: a signal at any moment of any command; nothing of it may stay.

`make hostile` runs them all.
"""

import atexit
import binascii
import contextlib
import functools
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from support import fake_bleak
from support.places import PYTHONPATH, ROOT

SAMPLES = 500
OF_SESSION = 320
EVERY_OF_SESSION = 64
FEW = ROOT / "host_tools" / "eqprop_host" / "data" / "digits.csv", 80
EVERY = 100
_OF_A_LINE = ("flip", "drop", "duplicate", "burst")
_BREAKS_EVERY = 150  # packets of a radio
ENGINES = ("micropython", "micropython", "", "micropython", "cortex-m3", "micropython", "micropython", "", "cortex-m0")


class Clean(NamedTuple):
    """The conductances of a clean run: by number of samples, a pair of each crossbar's steps and of their CRC-32."""

    during: dict
    """After so many samples of a longer run."""

    ended: dict
    """At the end of a run of so many samples, which averages its weights."""


@functools.cache
def clean(source="digits", samples=SAMPLES, every=EVERY):
    """Return `Clean`, for each multiple of `every` up to `samples`."""
    import numpy as np

    from eqprop_host import datasets
    from eqprop_host.averaging import means, moments
    from eqprop_host.training.config import default_average
    from eqprop_sim.emulator.compiled_network import Network
    from eqprop_sim.sample_order import SampleOrder

    data = datasets.prepare(datasets.load(source), 0)
    count = len(data.train_y)
    network = Network("64-32-10", 0, 4 * count)
    steps, crcs = [], []
    for n in range(samples + 1):
        steps.append([np.array(network.conductances(c)) for c in range(2)])
        crcs.append(network.crc())
        at = SampleOrder.shuffled(count, 0).epoch(n // count)[n % count]
        network.learn(data.train_x[at], int(data.train_y[at]))
    during = {n: (steps[n], crcs[n]) for n in range(0, samples + 1, every)}
    ended = {}
    for n in during:
        averages = means(steps[moment] for moment in moments(n, default_average(n)) or [n])
        ended[n] = averages, binascii.crc32(b"".join(each.astype("<i2").tobytes() for each in averages))
    return Clean(during, ended)


@functools.cache
def of_few():
    """Return (text of a data set of few digits, what `clean` returns of five epochs of it)."""
    path, count = FEW
    text = "".join(path.read_text().splitlines(keepends=True)[: count + 1])
    with tempfile.TemporaryDirectory(prefix="eqprop-hostile-") as name:
        few = Path(name) / "few.csv"
        few.write_text(text)
        return text, clean(str(few), OF_SESSION, EVERY_OF_SESSION)


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


class Host:
    """The command `eqprop` in a process of its own, which works in `folder` and writes what it says to its file `said`.

    Forked from a process that has loaded what commands need: a run takes a second instead of five.
    """

    _context = multiprocessing.get_context("forkserver")

    def __init__(self, folder, *arguments):
        """Start the command with these arguments."""
        os.environ["PYTHONPATH"] = os.pathsep.join([PYTHONPATH, str(ROOT)])  # for the process that is forked
        self._context.set_forkserver_preload(["soak.preloaded"])
        self._process = self._context.Process(target=command, args=(str(folder), [str(each) for each in arguments]))
        self._process.start()

    def poll(self):
        """Return the exit code, None for a process that is under way."""
        return self._process.exitcode

    def wait(self, timeout=None):
        """Return the exit code. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("eqprop", timeout)
        return self._process.exitcode

    def kill(self):
        """Let it end in the midst of whatever it does."""
        if self.poll() is None:
            self._process.kill()
        return self.wait()


def command(folder, arguments):
    """Run the command in this process, and end it."""
    from eqprop_host import cli

    os.chdir(folder)
    if any("=ble://" in each for each in arguments):
        fake_bleak.install()
        fake_bleak.AIR.set(str(arguments), breaks_every=_BREAKS_EVERY)
    said = os.open("said", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(said, stream)
    sys.exit(cli.main(arguments))


def answered(path):
    """Wait until the board at `path` answers: a host of its own takes one that starts slowly, or is away, for none."""
    from eqprop_host.boards.ports import open_board
    from eqprop_host.errors import PortError, ProtocolError

    until = time.monotonic() + 60
    while True:
        try:
            with open_board(path):
                return
        except (PortError, ProtocolError):  # what the killed host had sent resets it, and it takes its port along
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def run(seed, expected, engine=None, samples=SAMPLES, via=""):
    """Do one hostile run of so many samples; return (what is wrong with it or "", a line that says what happened).

    via: the port that the board serves on, "" for its console.
    """
    from eqprop_sim.simulated_board import SimulatedBoard

    draw = random.Random(seed)
    engine = ENGINES[seed % len(ENGINES)] if engine is None else engine
    options = faults(draw)
    if via == "ble":  # whose packets have checksums of their own: connections break off instead (`command`)
        options = "&".join(each for each in options.split("&") if not each.startswith(_OF_A_LINE))
        fake_bleak.install()
    url = f"sim:{engine}?{options}" + (f"&via={via}" if via else "")
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="eqprop-hostile-") as name,
        contextlib.closing(SimulatedBoard(url)) as board,
    ):
        folder = Path(name)
        log = folder / "run.arrow"
        port = f"ble://{board.path}" if via == "ble" else board.path
        answered(port)
        first = Host(folder, "train", f"--port={port}", f"--limit={samples}", f"--log-every={EVERY}", f"--log={log}")
        while first.poll() is None and not (log.exists() and log.stat().st_size):
            time.sleep(0.01)
        with contextlib.suppress(subprocess.TimeoutExpired):
            first.wait(draw.uniform(0, 2.5))
        killed = first.kill() < 0
        answered(port)
        second = Host(folder, "train", f"--resume={log}", f"--port={port}", "--json=out.json")
        wrong = wrong_with(second.wait(), folder, log, expected, samples)
        said = (folder / "said").read_text()
        resets = board.wire.resets
    end = "killed" if killed else "ended"
    took = f"{resets} resets, host {end}, {time.monotonic() - began:.1f} s"
    line = f"seed {seed}: {url} {took}: {wrong or 'the same network'}"
    return wrong, line + (f"\n{said}" if wrong else "")


def wrong_with(code, folder, log, expected, samples, epoch=None):
    """Return what is wrong with the end of a run of so many samples, or "". epoch: samples of one, None for all."""
    from eqprop_host import open_log
    from eqprop_host.runlog.verify import verify

    if code:
        return f"exit code {code}"
    crc = json.loads((folder / "out.json").read_text())["conductance_crc"]
    if crc != f"{expected.ended[samples][1]:08x}":
        return f"conductance CRC {crc} instead of {expected.ended[samples][1]:08x}"
    found = open_log(log)
    if wrong := verify(found):
        return wrong[0]
    run = {sample: right for sample, right in expected.during.items() if sample < samples}
    for sample, (right, _) in (run | {samples: expected.ended[samples]}).items():
        conductances = found.conductances(sample)
        if any((ours.ravel() != theirs).any() for ours, theirs in zip(conductances, right, strict=True)):
            return f"the log holds other conductances at {sample}"
    measured = [row["sample"] for row in found.metrics]
    wanted = list(range(epoch or samples, samples + 1, epoch or samples))
    return "" if measured == wanted else f"the log holds metrics of {measured}"


class Session:
    """A board on a slow line, and the hosts that come to it, each a process of its own."""

    def __init__(self, draw, folder, board):
        """Let `draw`, a random.Random, decide; hosts work in `folder` and write what they say to its file `said`."""
        self.draw, self.folder, self.board = draw, folder, board
        self.log = folder / "run.arrow"

    def begin(self):
        """Start a host that trains, and wait until the board has learnt something of its run."""
        answered(self.board.path)
        options = (f"--port={self.board.path}", "--data=few.csv", f"--limit={OF_SESSION}", f"--log={self.log}")
        first = Host(self.folder, "train", *options, "--json=out.json")
        self.heard(first, self.draw.randrange(1000, 5000))
        return first

    def resume_at(self):
        """Start a host that goes on with the run."""
        answered(self.board.path)
        return Host(self.folder, "train", f"--resume={self.log}", f"--port={self.board.path}", "--json=out.json")

    def heard(self, process, count):
        """Wait until so many bytes more went to the board, or the process has ended."""
        wanted = self.board.wire.down.carried + count
        while process.poll() is None and self.board.wire.down.carried < wanted:
            time.sleep(0.01)


def pushed(session):
    """Kill `eqprop push` half-way, of this run's network or of another's; the run is resumed."""
    session.begin().kill()
    answered(session.board.path)
    model = session.folder / "model.npz"
    model.write_bytes(network_file(session.draw.randrange(2)))
    push = Host(session.folder, "push", model, f"--port={session.board.path}")
    session.heard(push, session.draw.randrange(100, 12000))
    push.kill()
    return session.resume_at()


def greeted(session):
    """Let another program write to the port in mid-run: HELLO, and now and then a question of its session."""
    from eqprop.protocol import host_messages, messages
    from eqprop.protocol.frames import Sender

    train = session.begin()
    sender = Sender(1024)
    port = os.open(session.board.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    questions = [(messages.STATUS, b""), (messages.READ, host_messages.pack_read(0, 0, 8))]
    try:
        for _ in range(session.draw.randrange(1, 4)):
            asked = [(messages.HELLO, host_messages.pack_hello(session.draw.randrange(2**30)))]
            asked += session.draw.choice(([], questions))
            for sequence, (kind, payload) in enumerate(asked):
                frame = bytes(sender.encode(kind, sequence, payload))
                os.write(port, frame + bytes(-len(frame) % 32))
            with contextlib.suppress(BlockingIOError):  # it takes what may be another's answer
                os.read(port, session.draw.choice((1, 200)))
            session.heard(train, session.draw.randrange(500, 4000))
    finally:
        os.close(port)
    return train


def killed(session):
    """Kill each host within a second of its coming."""
    train = session.begin()
    for _ in range(session.draw.randrange(2, 5)):
        with contextlib.suppress(subprocess.TimeoutExpired):
            train.wait(session.draw.uniform(0, 1))
        train.kill()
        train = session.resume_at()
        session.heard(train, session.draw.randrange(2000))
    return train


def left_alone(session):
    """Train: what goes wrong is the board's affair."""
    return session.begin()


SESSIONS = {
    "push killed": (pushed, "", False),
    "second host": (greeted, "", True),
    "host killed": (killed, "", False),
    "resets": (left_alone, "reset_every=20", False),
    "prints": (left_alone, "prints={prints}", False),
    "rot": (left_alone, "rot={rot}&checkpoint_every=20", True),
}
"""By name: what is done to a run, the faults of its board, and whether it may end with a line that says why."""


@functools.cache
def network_file(seed):
    """Return what `eqprop train --save` writes of a network of 100 samples; seed 0 is the clean run's."""
    with tempfile.TemporaryDirectory(prefix="eqprop-hostile-") as name:
        folder = Path(name)
        (folder / "few.csv").write_text(of_few()[0])
        options = ("--data=few.csv", f"--seed={seed}", "--limit=100", "--save=model.npz")
        if Host(folder, "train", *options).wait():
            raise RuntimeError((folder / "said").read_text())
        return (folder / "model.npz").read_bytes()


def session(seed, kind=None, engine=None):
    """Do one run of SESSIONS; return as `run`."""
    from eqprop_sim.simulated_board import SimulatedBoard

    draw = random.Random(f"session {seed}")
    kind = list(SESSIONS)[seed % len(SESSIONS)] if kind is None else kind
    engine = ENGINES[seed // len(SESSIONS) % len(ENGINES)] if engine is None else engine
    does, faults, may_end = SESSIONS[kind]
    faults = faults.format(prints=draw.choice((5, 20, 50)), rot=draw.choice((0.003, 0.01, 0.03)))
    options = [f"baud={draw.choice((57600, 115200, 230400))}", f"seed={draw.randrange(2**31)}"]
    url = f"sim:{engine}?{'&'.join(filter(None, [faults, *options]))}"
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="eqprop-hostile-") as name,
        contextlib.closing(SimulatedBoard(url)) as board,
    ):
        folder = Path(name)
        text, expected = of_few()
        (folder / "few.csv").write_text(text)
        it = Session(draw, folder, board)
        code = does(it).wait()
        said = (folder / "said").read_text()
        last = (said.splitlines() or [""])[-1]
        if code == 1 and may_end and last.startswith("eqprop: ") and "Traceback" not in said:
            wrong, end = "", f"says why: {last}"
        else:
            wrong = wrong_with(code, folder, it.log, expected, OF_SESSION, EVERY_OF_SESSION)
            end = wrong or "the same network"
    line = f"seed {seed}, {kind}: {url} {time.monotonic() - began:.1f} s: {end}"
    return wrong, line + (f"\n{said}" if wrong else "")


def interrupted(seed):
    """Interrupt a command at any moment, most often once it is under way; return as `run`."""
    from support import interrupted_command as commands

    draw = random.Random(f"interrupt {seed}")
    name = draw.choice(list(commands.COMMANDS))
    argv, there = commands.COMMANDS[name]
    number, early, after_s = draw.choice(commands.SIGNALS), draw.random() < 0.2, draw.uniform(0, 2)
    with tempfile.TemporaryDirectory(prefix="eqprop-hostile-") as folder:
        made = files_of_interrupts()
        with commands.claimed(made):
            process = commands.Command(Path(folder), *(text.format(made=made) for text in argv))
            if not early:
                process.until(lambda: there(process))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.process.wait(after_s)
            code = process.end(number)
            said, left = process.said(), process.left()
    # A signal that comes while Python starts ends it by itself
    wrong = str(left) if left else "" if code in (0, 130, -number) and "Traceback" not in said else f"exit code {code}"
    line = f"seed {seed}, {name}: {number.name}: {wrong or f'exit code {code}, nothing stays'}"
    return wrong, line + (f"\n{said}" if wrong else "")


@functools.cache
def files_of_interrupts():
    """Return a folder with what those commands read; it goes with this process."""
    from support import interrupted_command

    folder = tempfile.TemporaryDirectory(prefix="eqprop-hostile-")
    atexit.register(folder.cleanup)
    return interrupted_command.files_of_commands(Path(folder.name) / "made")


KINDS = {
    "line": lambda seed: run(seed, clean()),
    "uart": lambda seed: run(seed, clean(), "micropython", via="uart"),
    "ble": lambda seed: run(seed, clean(), "micropython", via="ble"),
    "sessions": session,
    "interrupts": interrupted,
}


def main(arguments):
    """Do the runs and say how each went; return the exit code."""
    kind, *numbers = arguments
    first, runs = (int(text) for text in (*numbers, *("0", "200")[len(numbers) :]))
    wrong = 0
    for seed in range(first, first + runs):
        failed, line = KINDS[kind](seed)
        wrong += bool(failed)
        print(line, flush=True)
    print(f"{runs - wrong} of {runs} runs end as they should")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
