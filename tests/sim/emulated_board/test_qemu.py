"""Emulated boards: real firmware, started, asked, overrun and counted."""

import os
import select
import shutil
import subprocess
import sys

import numpy as np
import pytest
import serial

import eqprop
from eqprop.service import CHUNK
from eqprop_host import datasets
from eqprop_host.boards.board import Board
from eqprop_host.boards.ports import open_board
from eqprop_host.errors import BoardError, PortError, ProtocolError
from eqprop_host.link.link import Link
from eqprop_sim import simulated_board
from eqprop_sim.emulated_board import qemu
from eqprop_sim.sample_order import SampleOrder
from eqprop_sim.toolchain import installation, interpreters, micropython_source
from support.places import PROGRAMS, ROOT
from support.surroundings import TIERS_OF_CORES, obtained

LAYERS = (64, 32, 10)
X = np.random.default_rng(1).integers(-127, 128, (10, 64)).astype(np.int8)
Y = np.random.default_rng(2).integers(0, 10, 10)

ECHO = """
import micropython, sys
micropython.kbd_intr(-1)
chunk = bytearray(32)
for _ in range(int(sys.argv[1]) // len(chunk)):
    sys.stdin.buffer.readinto(chunk)
    sys.stdout.buffer.write(chunk)
"""
EVERY_BYTE = bytes(range(256)) * 8 + bytes(range(255, -1, -1)) * 8

# A loop of known length, in each family's assembler where there is one
SPIN_INSTRUCTIONS = {"cortex": 2, "riscv": 2, "xtensa": 6}
SPIN = {
    "cortex": """
@micropython.asm_thumb
def spin(r0):
    label(AGAIN)
    sub(r0, 1)
    bgt(AGAIN)
""",
    "riscv": """
@micropython.asm_rv32
def spin(a0):
    label(AGAIN)
    addi(a0, a0, -1)
    bne(a0, zero, AGAIN)
""",
    "xtensa": """
@micropython.viper
def spin(n: int):
    while n:
        n -= 1
""",
}

# A function of one undefined instruction, or a load from an odd address
WRONG = {
    "cortex": "@micropython.asm_thumb\ndef wrong():\n    data(2, 0xDE00)",
    "riscv": "@micropython.asm_rv32\ndef wrong():\n    data(2, 0)",
    "xtensa": "@micropython.viper\ndef wrong() -> int:\n    return ptr32(1)[0]",
}

COUNT = """
import micropython, time
SPIN
@micropython.viper
def total(n: int) -> int:
    sum = 0
    for i in range(n):
        sum += i
    return sum

def instructions(function, n):
    start = time.ticks_cpu()
    function(n)
    return time.ticks_diff(time.ticks_cpu(), start)

for function in (spin, total):
    instructions(function, 1)
    print(*[instructions(function, n) for n in (1, 1001, 2001, 100001, 1)])
"""


def counting(cpu):
    """Return COUNT for a core."""
    return COUNT.replace("SPIN", SPIN[qemu.CORES[cpu].family])


@pytest.fixture(scope="module")
def trained_crc():
    network = eqprop.Network(LAYERS, 3, 4)
    for x, label in zip(X, Y, strict=True):
        network.learn(x.tobytes(), int(label))
    return network.crc()


def train(board):
    board.configure(LAYERS, 3, 4)
    for _ in board.train(X, Y):
        pass
    return board.refresh().crc


def test_every_board_learns_the_same_bits(emulated_board, trained_crc):
    """Catches a wrong emitter, word size or firmware, and an identity that does not name the core."""
    with open_board(f"sim:{emulated_board.cpu}") as board:
        assert board.identity.endswith(f"qemu {emulated_board.cpu}")
        assert train(board) == trained_crc


@pytest.mark.parametrize(("cpu", "tier"), [each for each in TIERS_OF_CORES if not each[0].startswith("cortex")])
def test_other_cores_learn_the_digits(cpu, tier):
    """As Cortex-M boards do elsewhere. Catches what a core computes otherwise, and a tier that was not asked for."""
    obtained(qemu.obtain, cpu)
    data = datasets.prepare(datasets.load("digits"), 0)
    with open_board(f"sim:{cpu}?tier={tier}") as board:
        board.configure(LAYERS, 0, len(data.train_y))
        order = SampleOrder.shuffled(len(data.train_y), 0)
        for _ in board.train(data.train_x, data.train_y, 200, order):
            pass
        assert f"{board.refresh().crc:08x}" == "09633c35"
        assert board.bench(X, Y, verbs=False).tier == tier


def test_a_board_works_behind_a_socket(cortex_m3, trained_crc, monkeypatch):
    """As on a system that has no pseudo terminals."""
    monkeypatch.setattr(simulated_board, "terminals", None)
    with open_board("sim:cortex-m3") as board:
        assert train(board) == trained_crc


def test_instructions_are_counted_exactly(emulated_board, run):
    """The loop is as long as it is; every count, and every run, is the same.

    Catches: a clock (`-icount shift`) that board.h does not know; steps rounded down, or added up before they are
    rounded; an interrupt taken.
    """
    first, again = (run(emulated_board, counting(emulated_board.cpu)) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, b"")
    assert first.stdout == again.stdout
    spin, total = ([int(count) for count in line.split()] for line in first.stdout.splitlines())
    each = SPIN_INSTRUCTIONS[qemu.CORES[emulated_board.cpu].family]
    assert [count - spin[0] for count in spin] == [0, each * 1000, each * 2000, each * 100000, 0]
    each = (total[1] - total[0]) // 1000
    assert [count - total[0] for count in total] == [0, each * 1000, each * 2000, each * 100000, 0]


def test_a_service_counts_the_same_in_every_run(cortex_m3, run):
    """Input that comes at any time changes no count. Catches an interrupt that is taken when a byte comes."""
    program = counting("cortex-m3") + "\nimport sys\nsys.stdin.buffer.read(3000)\nprint(instructions(spin, 100001))\n"
    counts = {run(cortex_m3, program, stdin=stdin).stdout for stdin in (bytes(3000), bytes(4000), bytes(9000))}
    assert len(counts) == 1
    assert len(counts.pop().splitlines()) == 3


FRAMES = """
import gc, time
from eqprop.protocol.frames import Receiver, Sender
for limit in (256, 4096):
    sender, receiver = Sender(limit), Receiver(limit)
    for _ in range(2):
        gc.collect()
        start = time.ticks_cpu()
        frame = bytes(sender.encode(1, 2, bytes(60)))
        encoded = time.ticks_cpu()
        for frame in receiver.feed(frame):
            pass
        spent = time.ticks_diff(encoded, start), time.ticks_diff(time.ticks_cpu(), encoded)
    print(*spent)
"""


def test_a_frame_costs_as_much_in_a_large_buffer(cortex_m3, run):
    """Catches a slice store that moves all that lies behind it: each block of a frame moved a kilobyte."""
    done = run(cortex_m3, FRAMES, path=[ROOT / "runtime"])
    small, large = (list(map(int, line.split())) for line in done.stdout.splitlines())
    assert large == pytest.approx(small, rel=0.2), done


def test_every_byte_passes_at_full_speed(emulated_board, run):
    """Catches text or line buffering, Ctrl-C taken from the stream, and bytes lost because both directions are busy."""
    done = run(emulated_board, ECHO, len(EVERY_BYTE), stdin=EVERY_BYTE)
    assert (done.stdout, done.stderr) == (EVERY_BYTE, b"")


def test_every_byte_passes_a_terminal(emulated_board, tmp_path, monkeypatch):
    """All bytes are on their way before the first is read back. Catches a terminal that is not raw."""
    script = tmp_path / "echo.py"
    script.write_text(ECHO)
    # It waits for more behind the last: where a board ends, what its terminal still holds is lost.
    monkeypatch.setattr(
        simulated_board._Board, "command", lambda *_: emulated_board.command(script, len(EVERY_BYTE) + 32)
    )
    simulated = simulated_board.SimulatedBoard(f"sim:{emulated_board.cpu}")
    with serial.serial_for_url(simulated.path, timeout=60) as port:
        port.write(EVERY_BYTE[:4096])
        assert port.read(len(EVERY_BYTE)) == EVERY_BYTE
    simulated.close()


def test_a_terminal_stays_raw_after_the_emulator_has_started(cortex_m3, tmp_path, monkeypatch):
    """For a host that sets nothing up, or did so before. Catches QEMU, whose start lets LF become CR LF."""
    script = tmp_path / "echo.py"
    script.write_text(ECHO)
    data = bytes(range(32))
    monkeypatch.setattr(simulated_board._Board, "command", lambda *_: cortex_m3.command(script, 3 * len(data)))
    simulated = simulated_board.SimulatedBoard("sim:cortex-m3")
    with open(simulated.path, "r+b", buffering=0) as port:
        for _ in range(2):
            port.write(data)
            assert b"".join(port.read(1) for _ in data) == data
    simulated.close()


def test_a_service_survives_nonsense(emulated_board):
    """Catches Ctrl-C in the noise that ends the service, and a receiver that does not find back to its frames."""
    noise = np.random.default_rng(5).integers(0, 256, 2000).astype(np.uint8).tobytes()
    assert b"\3" in noise and b"\0" in noise
    simulated = simulated_board.SimulatedBoard(f"sim:{emulated_board.cpu}")
    with serial.serial_for_url(simulated.path, timeout=0.05) as port:
        port.write(noise + bytes(-len(noise) % CHUNK))
        board = Board(Link(lambda: port, "noisy", 60))
        board.configure((3, 2), 1, 0)
        assert board.refresh().layers == (3, 2)
    simulated.close()


def test_the_heap_is_limited(emulated_board, run):
    """Catches a heap size that is not passed on: 48 KB fit into 64 KB, 80 KB only into 96 KB."""
    assert emulated_board.limits_heap
    program = "import sys\nb = bytearray(int(sys.argv[1]))\nprint(len(b))"
    small, large = 64 * 1024, 96 * 1024
    assert run(emulated_board, program, 48 * 1024, heap_bytes=small).stdout == b"49152\r\n"
    refused = run(emulated_board, program, 80 * 1024, heap_bytes=small)
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"MemoryError" in refused.stderr
    assert run(emulated_board, program, 80 * 1024, heap_bytes=large).stdout == b"81920\r\n"


def test_the_heap_of_a_port_is_the_limit(cortex_m3):
    """Catches a `?heap=` that is not passed on."""
    with open_board("sim:cortex-m3?heap=96k") as board, pytest.raises(BoardError, match="needs .* bytes of heap"):
        board.configure((64, 200, 10), 0, 0)
    with open_board("sim:cortex-m3?heap=256k") as board:
        board.configure((64, 200, 10), 0, 0)


@pytest.mark.parametrize(
    ("heap", "words"),
    [("20k", "MemoryError"), ("8m", "board: heap of 8388608 bytes, there is room for 4096 to 3")],
)
def test_a_board_that_dies_says_why(cortex_m3, heap, words):
    """Catches a crash on the board that reaches the user as silence."""
    with pytest.raises((PortError, ProtocolError), match=words), open_board(f"sim:cortex-m3?heap={heap}"):
        pass


def test_a_fault_ends_the_board(emulated_board, run):
    """An undefined instruction, or the like. Catches a fault handler that hangs, as a real board would."""
    program = WRONG[qemu.CORES[emulated_board.cpu].family]
    done = run(emulated_board, f"import micropython\n{program}\nprint(1)\nwrong()")
    assert (done.returncode, done.stdout) == (1, b"1\r\n")
    assert b"fault: the core stopped at 0x" in done.stderr


EXCEPTIONS = """
import micropython

def refuse(n):
    if n == 3:
        raise ValueError("three")
    return n

@micropython.viper
def add(n: int) -> int:
    return int(refuse(n)) + int(refuse(n - 1))

@micropython.native
def deep(n):
    return deep(n - 1) + 1 if n else refuse(3)

@micropython.native
def caught(function, n):
    before = n + 1
    try:
        return function(n)
    except ValueError as error:
        return str(error), before
    finally:
        print("at last", before)

for function, n in ((add, 2), (add, 3), (add, 4), (deep, 20)):
    print(caught(function, n))
"""


def test_exceptions_pass_machine_code(emulated_board, run):
    """Through many frames. Catches what a return does not bring back: an Xtensa's windows, a local in a register."""
    done = run(emulated_board, EXCEPTIONS)
    lines = ["at last 3", "3", "at last 4", "('three', 4)", "at last 5", "('three', 5)", "at last 21", "('three', 21)"]
    assert (done.stdout.decode().splitlines(), done.stderr) == (lines, b"")


@pytest.mark.parametrize("tier", ["plain", "viper"])
def test_programs_learn_without_allocating(emulated_board, tier):
    """Catches a list or a tuple made in a kernel, and a small int of 31 bits that overflows into the heap."""
    argv, environment = emulated_board.command(
        PROGRAMS / "cost/allocation.py", tier, "64-32-10", path=[ROOT / "runtime"]
    )
    done = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("64-32-10 10\n", "")


def test_a_program_knows_its_arguments_and_modules(cortex_m3, run, tmp_path):
    """Catches commas that the emulator takes for its own, and a path that is not passed on."""
    package = tmp_path / "modules, 'all'" / "somewhere"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .inner import X\n")
    (package / "inner.py").write_text("X = 42\n")
    program = "import sys, somewhere\nprint(sys.argv[1:], __name__, somewhere.X)\nprint(open(sys.argv[0]).readline())"
    done = run(cortex_m3, program, "a, b", "ü", path=[package.parent])
    assert done.stdout.decode().splitlines() == ["['a, b', '\\xfc'] __main__ 42", "import sys, somewhere", ""]


@pytest.mark.parametrize(
    ("last", "code", "said"),
    [("sys.exit(3)", 3, b""), ("sys.exit()", 0, b""), ("sys.exit('no')", 1, b""), ("1 // 0", 1, b"ZeroDivisionError")],
)
def test_a_program_ends_with_its_exit_code(cortex_m3, run, last, code, said):
    done = run(cortex_m3, f"import sys\nprint('before')\n{last}")
    assert (done.returncode, done.stdout) == (code, b"before\r\n")
    assert said in done.stderr


def test_what_a_board_cannot_do_is_refused(cortex_m3, run):
    assert b"OSError: 30" in run(cortex_m3, "open('/x', 'w')").stderr
    assert b"OSError: [Errno 2] ENOENT" in run(cortex_m3, "open('/nowhere/x')").stderr
    with pytest.raises(ValueError, match="exceed 8192 bytes"):
        run(cortex_m3, "", "x" * 8192)


FLASH = """
import sys
name = sys.argv[1] + "/file"
if sys.argv[2] == "write":
    with open(name, "wb") as file:
        print(file.write(bytes(range(256)) * 20))
    for other, mode in ((sys.argv[1] + "/deeper/file", "wb"), (sys.argv[1] + "/../file", "wb"), (name, "ab")):
        try:
            open(other, mode)
        except OSError as error:
            print(error.errno)
with open(name, "rb") as file:
    print(file.read() == bytes(range(256)) * 20)
"""


def test_a_flash_keeps_what_was_written(emulated_board, run, tmp_path):
    """Over a restart; nothing else can be written. Catches a path that leaves the flash, and a file cut short."""
    (tmp_path / "flash" / "deeper").mkdir(parents=True)
    flash = tmp_path / "flash"
    first = run(emulated_board, FLASH, flash, "write", flash=flash)
    assert first.stdout.split() == [b"5120", b"30", b"30", b"30", b"True"], first.stderr
    assert run(emulated_board, FLASH, flash, "read", flash=flash).stdout.split() == [b"True"]
    assert (flash / "file").read_bytes() == bytes(range(256)) * 20
    assert b"OSError: 30" in run(emulated_board, FLASH, flash, "write").stderr


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A computer with an empty cache and nothing on PATH but what `fake` writes there; the folder that PATH names."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(installation.platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    return folder


def fake(folder, name, text):
    """Write an executable shell script `name` into `folder`."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def test_what_is_missing_is_named_in_one_line(bare):
    with pytest.raises(PortError) as caught, open_board("sim:cortex-m3"):
        pass
    assert str(caught.value).startswith("port no emulated cortex-m3 (needs qemu-system-arm): install the packages ")
    fake(bare, "qemu-system-arm", "exit 0")
    with pytest.raises(interpreters.Unavailable, match=r"\(needs arm-none-eabi-gcc and make\): install the packages"):
        qemu.obtain("cortex-m0")


# A make that finds BUILD=FOLDER among its arguments and puts an empty firmware there
EMPTY_FIRMWARE = """
for word; do case $word in BUILD=*) folder=${word#BUILD=};; esac; done
/bin/mkdir "$folder"
: > "$folder/firmware.elf"
"""


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        ('echo "main.c:1: fatal error: string.h: No such file" >&2; exit 2', "make: main.c:1: fatal error: string.h"),
        (EMPTY_FIRMWARE, "qemu-system-arm does not run the firmware"),
    ],
)
def test_a_failed_build_leaves_nothing_behind(bare, tmp_path, monkeypatch, make, reason):
    """Catches an installation that is not atomic, and firmware that is kept though it does not run."""
    fake(bare, "qemu-system-arm", "echo not ready")
    fake(bare, "arm-none-eabi-gcc", "exit 0")
    fake(bare, "make", make)
    monkeypatch.setattr(micropython_source, "obtain", lambda tell: tmp_path)
    with pytest.raises(interpreters.Unavailable, match=reason) as caught:
        qemu.obtain("cortex-m3")
    assert "\n" not in str(caught.value)
    assert os.listdir(installation.cache()) == ["lock"]


def test_changed_firmware_is_built_anew(tmp_path, monkeypatch):
    """Catches a cache that outlives the source it was built from, or is emptied by a change to another core's part."""
    arm, riscv = qemu.CORES["cortex-m3"], qemu.CORES["rv32"]
    before = [qemu._digest(arm), qemu._digest(riscv)]
    shutil.copytree(qemu._FIRMWARE, tmp_path / "firmware")
    monkeypatch.setattr(qemu, "_FIRMWARE", tmp_path / "firmware")
    assert [qemu._digest(arm), qemu._digest(riscv)] == before
    append(tmp_path / "firmware" / "riscv" / "board.h")
    assert qemu._digest(arm) == before[0]
    assert qemu._digest(riscv) != before[1]
    append(tmp_path / "firmware" / "emulated" / "main.c")
    assert qemu._digest(arm) != before[0]


def append(file):
    """Add an empty line to a file."""
    with file.open("a") as text:
        text.write("\n")


def test_an_unknown_core_is_refused():
    with pytest.raises(
        ValueError, match="cpu=cortex-m33 is not one of cortex-m0, cortex-m3, cortex-m4, cortex-m7, rv32, xtensawin"
    ):
        qemu.obtain("cortex-m33")


def test_the_command_runs_a_program(cortex_m3, tmp_path):
    script = tmp_path / "program.py"
    script.write_text("import sys\nprint(sys.argv[1:])\nsys.exit(4)")
    folders = os.pathsep.join(str(ROOT / folder) for folder in ("runtime", "board_sim"))
    environment = {**os.environ, "PYTHONPATH": folders}
    argv = [sys.executable, "-m", "eqprop_sim.emulated_board.qemu"]
    done = subprocess.run(
        [*argv, "cortex-m3", str(script), "x"], env=environment, stdin=subprocess.DEVNULL, capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (4, b"['x']\r\n", b"")
    refused = subprocess.run([*argv, "cortex-m9", str(script)], env=environment, capture_output=True, text=True)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert refused.stderr.startswith("eqprop: cpu=cortex-m9 is not one of ")


def test_an_emulator_ends_with_its_host_however_that_ends(cortex_m3):
    """Killed without a chance to say goodbye. Catches: a core that an orphan takes for ever."""
    if not qemu._LEASH:
        pytest.skip("needs util-linux's setpriv")
    program = "from eqprop_sim import simulated_board\nboard = simulated_board.SimulatedBoard('sim:cortex-m3')\n"
    program += "print(board._process.pid, flush=True)\ninput()\n"
    argv = [sys.executable, "-c", program]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        emulator = int(host.stdout.readline())
        ending = os.pidfd_open(emulator)
        host.kill()
        try:
            assert select.select([ending], [], [], 30)[0], "the emulator runs on"
        finally:
            os.close(ending)
