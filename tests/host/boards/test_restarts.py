"""How long a host waits, and what it says meanwhile: boards that take long, are silent, or restart for ever."""

import re

import numpy as np
import pytest
import serial

import eqprop
from eqprop.checkpoint import Checkpoints
from eqprop.protocol import messages as m
from eqprop.protocol.frames import Receiver, Sender
from eqprop_host import datasets
from eqprop_host.boards.board import Board
from eqprop_host.errors import PortError, ProtocolError
from eqprop_host.link.link import Link
from eqprop_host.training.loop import Schedule, learn
from support.boards.faulty_line import Line
from support.boards.memory_flash import MemoryFlash
from support.scripted_interrupt import ScriptedInterrupt

LAYERS = (5, 4, 3)
X = np.random.default_rng(1).integers(-127, 128, (60, 5)).astype(np.int8)
Y = np.random.default_rng(2).integers(0, 3, 60)


class Slow(Line):
    """A board that builds for `build_s` seconds, in which it reads nothing; its signs of life are heard at once."""

    signs = True
    loses = False  # the answer to CONFIGURE

    def __init__(self, build_s, **options):
        self.build_s, self.builds = build_s, []
        self.busy_until, self.later = 0.0, b""
        super().__init__(build=self.build, **options)
        self.service.announce = self.write_back

    def build(self, *configuration):
        self.builds.append(self.now)
        self.busy_until = self.now + self.build_s
        return eqprop.Network(*configuration)

    def write_back(self, data):
        if self.signs:
            self.to_host += bytes(data)

    @property
    def in_waiting(self):
        if self.now < self.busy_until:
            return len(self.to_host)
        self.to_host, self.later = self.to_host + self.later * (not self.loses), b""
        before = len(self.builds), len(self.to_host)
        waiting = Line.in_waiting.fget(self)
        if len(self.builds) > before[0]:  # the answer comes when it is built
            end = self.to_host.index(b"\0", before[1] + 1) + 1 if self.signs else before[1]
            self.to_host, self.later = self.to_host[:end], self.to_host[end:]
            waiting = len(self.to_host)
        return waiting


def slow_board(line, answer_s=3.0, **options):
    told = []
    link = Link(lambda: line, "line", answer_s, 60.0, clock=line.clock, wait=line.wait, tell=told.append, **options)
    return Board(link), told


def test_a_network_that_takes_long_to_build_is_built_once():
    """64-300-10 on a board that takes 40 s, four times a host's patience. Catches a host that greets anew meanwhile."""
    line = Slow(40.0)
    board, told = slow_board(line)
    sent = board.sent
    state = board.configure((64, 300, 10), 0, 0, epoch=60)
    assert len(line.builds) == 1 and line.now >= 40 and not board.restarts
    assert state.crc == eqprop.Network((64, 300, 10)).crc() and board.line.retries == 0
    assert told[0] == ("port line: the board is working: waiting for it to build 64-300-10: 8 s so far, up to 54 s"), (
        told
    )
    assert board.sent - sent < 512  # what waits in the board's port, which holds 256 bytes, does not grow with time


def test_a_board_that_answers_each_greeting_with_a_sign_of_life_is_given_up():
    """Catches: patience that each sign of life renews, for ever."""
    line = Line()
    answers = Sender(256)

    def write(data):
        for _, sequence, _ in asked.feed(bytes(data)):
            line.to_host += bytes(answers.encode(m.WORKING, sequence, b""))
        return len(data)

    asked, line.write = Receiver(1024), write
    with pytest.raises(
        ProtocolError, match="^port line: the board keeps saying that it is working, and never answers$"
    ):
        slow_board(line)
    assert 30 < line.now < 45


def test_a_board_that_starts_anew_while_it_builds_is_asked_again():
    """It lost what it was to build. Catches a host that waits until its patience ends."""
    line = Slow(30.0)
    board, told = slow_board(line)
    read = line.read

    def reset_once(count):
        if line.builds and line.now > 10 and len(line.builds) == 1:
            line.reset()
            line.service.announce = line.write_back
            line.busy_until, line.later, line.to_host, line.build_s = 0.0, b"", b"", 1.0
            line.builds.append("reset")
        return read(count)

    line.read = reset_once
    line.options["build"] = line.build
    board.configure((64, 300, 10), 0, 0)
    assert line.now < 20 and len(board.restarts) == 1


def test_a_lost_sign_of_life_costs_no_second_network():
    """CONFIGURE comes twice, is built once and answered twice. Catches answers taken for another question's."""
    line = Slow(20.0)
    line.signs = False
    board, _ = slow_board(line)
    board.configure((64, 300, 10), 0, 0)
    assert len(line.builds) == 1 and board.line.retries
    board.infer(np.zeros((3, 64), np.int8))


def test_a_lost_answer_after_a_sign_of_life_is_asked_for_again():
    """The board has built, and what it said is lost. Catches a host that waits until its patience ends."""
    line = Slow(20.0)
    line.loses = True
    board, _ = slow_board(line)
    board.configure((64, 300, 10), 0, 0)
    assert len(line.builds) == 1 and line.now < 60 and board.line.retries == 1


def test_a_board_that_says_it_works_for_ever_is_given_up():
    line = Line()
    board, told = slow_board(line)
    receive = line.service.receive
    line.service.receive = lambda data: (working(bytes(answer)) for answer in receive(data))
    with pytest.raises(
        ProtocolError, match="^port line: the board keeps saying that it is working, and never answers$"
    ):
        board.refresh()
    assert 30 <= line.now < 60 and told


def working(answer):
    ((_, sequence, payload),) = Receiver(1024).feed(answer)
    return bytes(Sender(1024).encode(m.WORKING, sequence, b"", bytes(payload[: m.SESSION_HEADER])))


def test_a_silent_board_is_given_up_with_a_reason_on_the_screen():
    """Within 10 s a line says what is waited for. Catches three minutes without a word."""
    line = Line(seed=3, flip=0.9)
    told = []
    with pytest.raises(ProtocolError, match="^port line is silent: no answer within 180 s$"):
        Board(Link(lambda: line, "line", 60.0, clock=line.clock, tell=lambda text: told.append((line.now, text))))
    assert told[0][0] <= 10 and told[0][1] == "port line: no answer to HELLO: 8 s so far, up to 180 s"
    assert len(told) < 8


class Cut(Line):
    """A port that fails after each `every` bytes to the board, 0: never; with `resets`, the board restarts once."""

    every = cuts = gone = 0
    resets = False

    def write(self, data):
        self.gone += len(data)
        if self.every and self.gone >= self.every:
            self.gone, self.cuts = 0, self.cuts + 1
            if self.resets:
                self.resets = False
                self.reset()
            raise serial.SerialException("the line was cut")
        super().write(data)


@pytest.mark.parametrize(("size", "every", "cuts"), [(0, 2600, 2), (2000, 2600, 2), (2000, 6000, 1)])
@pytest.mark.parametrize("resets", [False, True])
def test_conductances_get_through_a_line_that_fails_before_all_are_written(resets, size, every, cuts):
    """4.8 KB and user data. Catches a host that writes all again, or goes on where a board lost all."""
    line = Cut()
    board, _ = slow_board(line)
    board.configure((64, 32, 10), 0, 0)
    board.write_user_data(user_data := bytes(n % 251 for n in range(size)))
    wanted = [steps + np.int16(5) for steps in board.conductances()]
    line.every, line.resets, sent = every, resets, board.sent
    state, line.every = board.put_back(wanted, 7), 0
    assert state.sample == 7 and all(np.array_equal(*each) for each in zip(board.conductances(), wanted, strict=True))
    assert board.read_user_data() == user_data
    assert line.cuts >= cuts and board.sent - sent < (17000 if resets else 12000) + 3 * size
    assert not any(restart.reset for restart in board.restarts) or resets


@pytest.mark.parametrize("gone", [1400, 310, 150], ids=["user data", "conductances", "RESUME"])
def test_a_board_that_resets_to_a_checkpoint_of_the_same_sample_gets_its_network_again(gone):
    """Catches a host that takes the checkpoint's network for the one that it has written."""
    line = Cut(checkpoints=Checkpoints(rest_s=0, open_file=MemoryFlash().open))
    board, _ = slow_board(line)
    board.configure(LAYERS, 3, 25)
    board.write_user_data(bytes(2000))
    list(board.train(X, Y))
    assert board.save().saved == len(Y)
    wanted = [steps + np.int16(5) for steps in board.conductances()]
    line.every, line.gone, line.resets = 2600, gone, True  # of 2,464 bytes: the second time, all get through
    board.put_back(wanted, len(Y))
    assert line.cuts and all(np.array_equal(*each) for each in zip(board.conductances(), wanted, strict=True))


def test_a_port_that_stays_away_is_given_up():
    line, opened, told = Line(), [], []

    def open_stream():
        opened.append(line.now)
        if len(opened) > 1:
            raise PortError("port line cannot be opened: No such file or directory")
        return line

    link = Link(open_stream, "line", 3.0, 60.0, clock=line.clock, wait=line.wait, tell=told.append)
    board = Board(link)

    def gone(_):
        raise OSError("cable pulled")

    line.write = gone
    with pytest.raises(PortError, match="cannot be opened"):
        board.configure(LAYERS, 3, 25)
    assert told[0] == "port line: waiting for it to come back: 8 s so far, up to 60 s"


class Crashing(Line):
    """A board whose program ends once a session has begun; from then on this is all that it says to each frame."""

    words = b""
    crashed = False

    def write(self, data):
        if self.crashed:
            self.to_host += self.words
        else:
            super().write(data)


@pytest.mark.parametrize("words", [b"", b"$GPGGA,123519\r\n", bytes(40), b"\xff" * 40])
def test_a_board_that_is_lost_in_mid_run_is_named_as_what_it_is(words):
    """Another device answers, or none. Catches "silent" for one that speaks, and a time far from what was waited."""
    line = Crashing()
    board, told = slow_board(line)
    board.configure(LAYERS, 3, 25)
    line.words, line.crashed = words, True
    says = f": no answer within 63 s, it says {words!r}"[:50] if words else " is silent: no answer within 63 s"
    with pytest.raises(ProtocolError, match=f"^port line{re.escape(says)}"):
        list(board.train(X, Y))
    assert line.now < 90 and len(told) <= 4
    bytes_come = "bytes come, but " if words else ""
    assert f"port line: {bytes_come}no answer to HELLO: 8 s so far, up to 69 s" in told


def test_a_board_that_falls_to_its_prompt_in_mid_run_is_named_at_once():
    """As after an exception in its program. Catches a minute of greetings to a prompt."""
    line = Crashing()
    board, _ = slow_board(line)
    board.configure(LAYERS, 3, 25)
    line.words, line.crashed = b"MemoryError: \r\n>>> ", True
    with pytest.raises(ProtocolError, match="has MicroPython's prompt and is not running eqprop: run `eqprop deploy"):
        list(board.train(X, Y))
    assert line.now < 12


class Resetting(Line):
    """A board without a checkpoint that restarts after so many frames, again and again."""

    def __init__(self, every):
        super().__init__()
        self.every, self.frames = every, 0

    def write(self, data):
        self.frames += 1
        assert self.frames < 10_000, "the host goes on for ever"
        if self.frames % self.every == 0:
            self.now += 0.5
            self.reset()
        super().write(data)


@pytest.mark.parametrize("every", [2, 3, 5, 7, 11])
def test_a_board_that_never_gets_further_is_given_up(every):
    """It restarts before a test, an epoch or the first sample ends. Catches a host that goes on for ever."""
    line = Resetting(every)
    data = datasets.prepare(datasets.load("iris"), 0)
    told = []
    link = Link(lambda: line, "line", 3.0, 60.0, clock=line.clock, wait=line.wait, tell=told.append)
    with pytest.raises(ProtocolError, match="restarted, 50 times without a sample beyond [0-9]+$"):
        board = Board(link)
        board.configure((4, 5, 3), 0, 0, epoch=len(data.train_y))
        learn(board, data, Schedule(40, 0), ScriptedInterrupt(10**9))
    assert any(re.search(r"restarted, [0-9]+ times since sample", line) for line in told)


@pytest.mark.parametrize("every", [6, 12, 25, 40])
def test_a_board_that_never_takes_its_network_is_given_up(every):
    """It restarts before all conductances are written, some pieces in. Catches a host that goes on for ever."""
    line = Resetting(every)
    link = Link(lambda: line, "line", 3.0, 60.0, clock=line.clock, wait=line.wait, tell=lambda text: None)
    network = eqprop.Network("64-32-10")
    with pytest.raises(ProtocolError, match="restarted, 50 times without a sample beyond [0-9]+$"):
        board = Board(link)
        board.configure((64, 32, 10), 0, 0)
        board.put_back([np.array(network.conductances(c)) for c in range(2)], 5)


def test_waiting_is_told_rarely():
    """Ever more rarely the longer it takes. Catches a screen that fills while a board builds for minutes."""
    line = Slow(400.0)
    board, told = slow_board(line, answer_s=300.0)
    board.configure((64, 32, 10), 0, 0)
    assert 3 <= len(told) <= 6
