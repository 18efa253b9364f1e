"""Simulated boards, opened as hardware is: through pyserial, by a path or a URL."""

import contextlib
import errno
import gc
import os
import re
import socket
import struct
import subprocess
import sys
import threading

import numpy as np
import pytest
import serial

import eqprop
from eqprop.protocol import host_messages, messages
from eqprop.protocol.frames import Receiver, Sender
from eqprop_host import cli, datasets
from eqprop_host.boards.ports import available_ports, open_board
from eqprop_host.errors import BoardError, PortError, ProtocolError
from eqprop_host.training.loop import configuration
from eqprop_sim import simulated_board
from eqprop_sim.sample_order import SampleOrder

LAYERS = (6, 5, 4)
X = np.random.default_rng(1).integers(-127, 128, (40, 6)).astype(np.int8)
Y = np.random.default_rng(2).integers(0, 4, 40)


@pytest.fixture
def trained_crc():
    network = eqprop.Network(LAYERS, 3, 15)
    for x, label in zip(X, Y, strict=True):
        network.learn(x.tobytes(), int(label))
    return network.crc()


@pytest.fixture(params=["terminal", "loopback"])
def transport(request, monkeypatch):
    """Behind a pseudo terminal, and as on a system that has none."""
    if request.param == "loopback":
        monkeypatch.setattr(simulated_board, "terminals", None)


def train(board):
    board.configure(LAYERS, 3, 15)
    for _ in board.train(X, Y):
        pass
    return board.refresh().crc


@pytest.mark.parametrize("port", ["sim:", "sim:micropython", "sim:micropython?heap=256k"])
@pytest.mark.usefixtures("transport", "unix_micropython")
def test_every_simulated_board_learns_the_same_bits(port, trained_crc):
    with open_board(port) as board:
        assert train(board) == trained_crc
        assert ("micropython" in board.identity) == ("micropython" in port)


@pytest.mark.slow
def test_a_board_is_configured_anew_without_a_new_process(trained_crc):
    with open_board("sim:") as board:
        train(board)
        board.configure((3, 2), 1, 0)
        assert board.state.sample == 0
        assert train(board) == trained_crc


@pytest.mark.usefixtures("unix_micropython")
def test_the_heap_of_the_board_it_stands_for_is_the_limit():
    """Catches a heap limit that is not passed on: 300 KB of conductances fit any PC."""
    with open_board("sim:micropython?heap=192k") as board:
        needed = eqprop.plan((784, 100, 10)).bytes
        with pytest.raises(
            BoardError, match=rf"refuses: layers: 784-100-10 needs {needed} bytes of heap, \d+ are free"
        ):
            board.configure((784, 100, 10), 0, 0)
        assert 0 < board.refresh().free_heap < 192 * 1024
        board.configure(LAYERS, 0, 0)


@pytest.mark.usefixtures("unix_micropython")
def test_networks_that_were_forgotten_take_no_room():
    """Catches a heap that counts what nobody holds any more: three of these would not fit."""
    with open_board("sim:micropython") as board:
        for seed in range(6):
            assert board.configure((64, 120, 10), seed, 0).layers == (64, 120, 10)


def test_modules_in_the_users_folder_are_not_the_boards(tmp_path, monkeypatch):
    """Catches a board that imports from where the command was typed."""
    (tmp_path / "random.py").write_text("raise SystemExit('not the library')\n")
    monkeypatch.chdir(tmp_path)
    with open_board("sim:") as board:
        assert board.identity.startswith("eqprop ")


def test_the_device_is_opened_by_pyserial_and_ends_when_it_is_closed():
    simulated = simulated_board.SimulatedBoard("sim:")
    with serial.serial_for_url(simulated.path, timeout=60) as port:
        port.write(b"nonsense" + bytes(24))
    simulated.close()
    assert simulated._process.returncode == 0  # ended by itself, not killed


def test_a_board_says_nothing_before_it_is_asked():
    """The first bytes it sends answer the HELLO, however much nonsense came before. Catches a banner or an echo."""
    simulated = simulated_board.SimulatedBoard("sim:")
    with serial.serial_for_url(simulated.path, timeout=60) as port:
        port.write(b"nonsense" + bytes(24))
        hello = bytes(Sender(64).encode(messages.HELLO, 7, host_messages.pack_hello(5)))
        port.write(hello + bytes(-len(hello) % 32))
        line = port.read(1) + port.read_until(b"\0")
    simulated.close()
    ((kind, sequence, _),) = Receiver(1024).feed(line)
    assert (kind, sequence) == (messages.STATE, 7)


@pytest.mark.parametrize(
    ("port", "words"),
    [
        ("sim:nonsense", "port sim:nonsense: expected one of the simulated boards sim:, sim:micropython"),
        ("sim:?heap=1k", "port sim: has no option heap=1k"),
        ("sim:micropython?heep=1k", "port sim:micropython has no option heep=1k"),
        ("sim:?seed=1&seed=2", "port sim: has option seed twice"),
        ("sim:?flip=often", "port flip=often is not a probability"),
        ("sim:?baud=-1", "port baud=-1 is not in 0..2147483647"),
        ("sim:?flash=/nowhere", "port flash=/nowhere: expected a folder"),
        ("sim:?flash=", "port flash=: expected a folder"),
        ("sim:?checkpoint_every=x", "port checkpoint_every=x: expected a number of samples"),
        ("sim:rp2040?heap=64k", "port sim:rp2040 has no option heap=64k"),
        ("sim:rp2040?full=1000", "port sim:rp2040 has no option full=1000"),
        ("sim:rp2040?blank=512k", "port blank=512k: a Pico's flash has its own size: write blank without a size"),
        ("sim:rv32?blank=64k&flash=.", "port flash=.: of blank boards, only sim:rp2040?blank keeps its flash"),
        ("sim:micropython?via=pigeon", "port via=pigeon: expected one of uart, ble"),
        ("sim:?via=uart", "port sim: has no option via=uart"),
        ("sim:micropython?tier=fast", "port tier=fast: expected one of thumb, rv32, xtensa, viper, plain"),
        ("sim:micropython?heap=lots", "port heap=lots: expected a size such as 192k"),
        ("sim:micropython?heap=1k", "port heap=1k: expected 16k to 1024m"),
        ("sim:micropython?heap=1", "port heap=1: expected 16k to 1024m"),
        ("sim:cortex-m0?heap=15k", "port heap=15k: expected 16k to 1024m"),
        ("sim:rv32?blank=64k&heap=8k", "port heap=8k: expected 16k to 1024m"),
        ("sim:micropython?heap=9999999999", "port heap=9999999999: expected 16k to 1024m"),
        ("/dev/eqprop-none", "port '/dev/eqprop-none' cannot be opened: No such file or directory"),
        ("nothing://here", "port 'nothing://here' cannot be opened: "),
        ("socket://127.0.0.1:1", "port 'socket://127.0.0.1:1' cannot be opened: "),
    ],
)
def test_a_port_that_cannot_be_had_is_named(port, words):
    with pytest.raises(PortError) as caught, open_board(port):
        pass
    assert str(caught.value).startswith(words) and "\n" not in str(caught.value)


def test_a_serial_port_that_fails_is_told_with_its_reason(monkeypatch):
    """Caught: one without hardware, or unplugged just now, told as no serial port."""
    termios = pytest.importorskip("termios")

    def fails(_):
        raise termios.error(errno.EIO, "Input/output error")

    monkeypatch.setattr(termios, "tcgetattr", fails)
    with pytest.raises(PortError, match="'/dev/null' cannot be opened: .*Input/output error"), open_board("/dev/null"):
        pass


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("heap", ["16k", "20k", "40k", "64k"])
def test_a_board_that_dies_says_why(heap):
    """Catches a crash on the board that reaches the user as silence, or a full heap told as a tier that is missing."""
    words = "MemoryError: heap of .* bytes is too small to serve"
    with pytest.raises((PortError, ProtocolError), match=words), open_board(f"sim:micropython?heap={heap}"):
        pass


@pytest.mark.usefixtures("unix_micropython", "cortex_m3")
@pytest.mark.parametrize(
    ("core", "heap"),
    [*(("micropython", heap) for heap in (76, 96, 112, 120, 128)), *(("cortex-m3", heap) for heap in (76, 96, 128))],
)
def test_a_small_heap_learns_or_is_named(core, heap, capsys):
    """From 128 KB on it learns. Catches: a heap told as a full filesystem, a board that resets for ever, other bits."""
    code = cli.main(["train", "--port", f"sim:{core}?heap={heap}k", "--data", "digits", "--limit", "20"])
    said = capsys.readouterr()
    if code == 0:
        assert said.out.endswith("conductance CRC 03c71b00\n")
    else:
        assert code == 1 and heap < 128
        assert re.search(r"heap(, \d+ are free| of \d+ bytes is too small| is full: .* \d+ bytes)", said.err)


def test_a_socket_that_is_reset_is_closed():
    """Catches pyserial's own close, which leaves a socket open that the other end has reset."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset():
            connection = listener.accept()[0]
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        resetting = threading.Thread(target=reset)
        resetting.start()
        with pytest.raises((PortError, ProtocolError)), open_board(f"socket://127.0.0.1:{listener.getsockname()[1]}"):
            resetting.join()
        resetting.join()
    gc.collect()  # where one that is still open would be noticed


@pytest.mark.usefixtures("transport")
def test_a_board_that_is_dead_before_its_port_is_opened_says_why(monkeypatch):
    """Catches last words that are asked for only once the port was open: whether it still is depends on the moment."""

    class Dead(simulated_board.SimulatedBoard):
        def _start(self, *arguments, **streams):
            process = super()._start(*arguments, **streams)
            process.wait()
            return process

    monkeypatch.setattr(simulated_board, "SimulatedBoard", Dead)
    monkeypatch.setattr(
        simulated_board._Board, "command", lambda *_: ([sys.executable, "-c", "raise SystemExit('no smoke')"], None)
    )
    with pytest.raises((PortError, ProtocolError), match="no smoke"), open_board("sim:"):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("good", [0, 1])
def test_a_board_that_dies_at_every_start_is_left_dead(good, monkeypatch):
    """From the first time on, or once it was reset. Catches one that is started without end, and a host that waits."""
    whole = simulated_board._Board.command
    starts = []

    def command(board, flash, boot, tell):
        starts.append(boot)
        return whole(board, flash, boot, tell) if boot < good else ([sys.executable, "-c", "exit('no smoke')"], None)

    monkeypatch.setattr(simulated_board._Board, "command", command)
    monkeypatch.setattr(simulated_board, "_RECONNECT_S", 0.5)
    with pytest.raises((PortError, ProtocolError), match="no smoke"), open_board("sim:?reset_every=5") as board:
        for _ in range(50):  # the first reset is due within ten samples and 2000 bytes
            board.repeat(lambda: train(board))  # also where it dies while it is asked for its state
    assert len(starts) <= good + 3


@pytest.mark.usefixtures("unix_micropython")
def test_a_flash_outlives_its_board(trained_crc, tmp_path):
    """Catches checkpoints that are kept elsewhere, or not at all."""
    port = f"sim:micropython?flash={tmp_path}&checkpoint_every=13"
    with open_board(port) as board:
        train(board)
    with open_board(port) as board:
        assert (board.state.sample, board.state.written, board.state.layers) == (39, 3, LAYERS)
    with open_board("sim:micropython") as board:
        assert board.state.layers == ()


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("options", ["cut_every=300&checkpoint_every=3", "reset_every=9", "reset_every=9&unplug=1"])
def test_a_board_that_starts_anew_learns_the_same_bits(options, trained_crc):
    """Power cuts while it writes, resets, and a port that goes and comes back. Catches a host that gives up."""
    with open_board(f"sim:micropython?{options}&seed=2") as board:
        assert train(board) == trained_crc


@pytest.mark.usefixtures("unix_micropython")
def test_bytes_beyond_the_receive_buffer_are_lost_and_sent_again(trained_crc):
    """Catches a buffer that has no end: the board's credit is 2048 bytes."""
    with open_board("sim:micropython?buffer=256") as board:
        assert train(board) == trained_crc


@pytest.mark.usefixtures("unix_micropython")
def test_prints_on_the_line_cost_little():
    """20 lines a second at 115,200 baud, measured by what is sent. Catches text that takes the next answer along."""
    data = datasets.prepare(datasets.load("digits"), 0)
    sent = []
    for prints in ("", "prints=20&"):
        with open_board(f"sim:micropython?{prints}baud=115200&seed=1") as board:
            board.configure(**configuration((64, 32, 10), 0, 4 * len(data.train_y), data))
            order = SampleOrder.shuffled(len(data.train_y), 0)
            for _ in board.train(data.train_x, data.train_y, 200, order):
                pass
            assert f"{board.refresh().crc:08x}" == "09633c35"
            sent.append(board.sent)
    assert sent[1] < 3 * sent[0]


@pytest.mark.usefixtures("unix_micropython")
def test_a_board_can_be_started_for_others(trained_crc):
    """As a program that prints its port. Catches one that ends before its input does, or goes on behind it."""
    argv = [sys.executable, "-m", "eqprop_sim.simulated_board", "sim:micropython"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        path = process.stdout.readline().strip()
        for _ in range(2):
            with open_board(path) as board:
                assert train(board) == trained_crc
        process.stdin.close()
        assert process.wait(60) == 0
    refused = subprocess.run([*argv[:-1], "sim:x"], env=environment, capture_output=True, text=True)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)


def test_the_simulated_boards_are_listed():
    cores = ("cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "rv32", "xtensawin", "rp2040")
    listed = [url for url, _ in available_ports()][-9:]
    assert listed == ["sim:", "sim:micropython", *(f"sim:{core}" for core in cores)]


@pytest.mark.skipif(not simulated_board.terminals, reason="needs pseudo terminals")
def test_a_port_is_one_hosts_at_a_time():
    """Catches two hosts that take each other's answers."""
    with contextlib.closing(simulated_board.SimulatedBoard("sim:")) as simulated, open_board(simulated.path) as board:
        with (
            pytest.raises(PortError, match="cannot be opened: another program is using it"),
            open_board(simulated.path),
        ):
            pass
        assert board.refresh().sample == 0
