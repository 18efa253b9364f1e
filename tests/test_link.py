"""The link over lines that lose and damage bytes, and ports that are no board: no real port, no waiting."""

import contextlib
import random
from collections import deque

import numpy as np
import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop import messages
from eqprop.service import CHUNK
from eqprop_host.errors import BoardError, PortError, ProtocolError
from lines import Line, connect

LAYERS = (5, 4, 3)
X = np.random.default_rng(1).integers(-127, 128, (60, 5)).astype(np.int8)
Y = np.random.default_rng(2).integers(0, 3, 60)


def clean_crc():
    network = eqprop.Network(LAYERS, 3, 25)
    for x, label in zip(X, Y, strict=True):
        network.learn(x.tobytes(), int(label))
    return network.crc()


CLEAN_CRC = clean_crc()


def test_a_clean_line_gives_the_conductances_of_the_network_itself():
    board = connect(Line())
    board.configure(LAYERS, 3, 25)
    totals = list(board.train(X, Y))
    assert totals[-1].sample == 60 and board.refresh().crc == CLEAN_CRC
    twin = eqprop.Network(LAYERS, 3, 25)
    right = 0
    for x, label in zip(X, Y, strict=True):
        twin.learn(x.tobytes(), int(label))
        right += twin.answer == label
    assert totals[-1].right == right


@given(st.integers(0, 2**32 - 1))
def test_a_bad_line_gives_them_too(seed):
    """Catches a lost sample, one learnt twice, and an answer taken for another's."""
    board = None
    line = Line(seed, flip=1e-3, drop=5e-4)
    while board is None:
        try:
            board = connect(line, answer_s=0.002)
            board.configure(LAYERS, 3, 25)
        except ProtocolError:  # six bad frames in a row do happen in a thousand lines
            board = None
    learnt = 0
    while learnt < 60:
        try:
            for _ in board.train(X[learnt:], Y[learnt:]):
                pass
        except ProtocolError:
            pass
        learnt = board.state.sample
    line.flip = line.drop = 0.0
    assert board.refresh().crc == CLEAN_CRC


@given(st.integers(0, 2**32 - 1))
def test_a_bad_line_mixes_up_no_answers(seed):
    """Catches an answer taken for that of a question asked before or after."""
    line = Line(limit=128, credit=512)
    board = connect(line, answer_s=0.002)
    board.configure(LAYERS, 3, 25)
    expected = board.infer(X)
    line.random, line.flip, line.drop = random.Random(seed), 1e-3, 5e-4
    with contextlib.suppress(ProtocolError):  # given up, not answered wrongly
        classes, outputs = board.infer(X)
        assert (classes == expected[0]).all() and (outputs == expected[1]).all()


def test_one_lost_byte_costs_one_pause():
    """Reading chunk by chunk, the board is behind ever after. Catches a host that then waits at each question."""
    line = Line()
    board = connect(line)
    line.to_board = bytes(CHUNK - 5)  # a chunk of which five bytes got lost
    waits = 0
    resend = board._link._resend

    def counted(waiting):
        nonlocal waits
        waits += 1
        resend(waiting)

    board._link._resend = counted
    for _ in range(20):
        board.refresh()
    assert waits <= 1


def test_no_more_is_on_its_way_than_the_board_has_credit_for():
    """Catches a window that ignores the credit, and one that never fills it."""
    line = Line(limit=128, credit=256)
    board = connect(line)
    board.configure(LAYERS, 3, 25)
    line.largest_unread = 0
    list(board.train(X, Y))
    assert 128 < line.largest_unread <= 256


def test_a_frame_larger_than_the_credit_goes_alone():
    line = Line(credit=16)
    board = connect(line)
    board.configure(LAYERS, 3, 25)
    list(board.train(X, Y))
    assert board.refresh().crc == CLEAN_CRC


def test_training_stops_when_told_and_loses_nothing():
    board = connect(Line(limit=128, credit=256))
    board.configure(LAYERS, 3, 25)
    seen = deque(maxlen=1)
    seen.extend(board.train(X, Y, stop=lambda: bool(seen)))
    assert 0 < seen[0].sample < 60 and board.refresh().sample == seen[0].sample
    list(board.train(X[seen[0].sample :], Y[seen[0].sample :]))
    assert board.refresh().crc == CLEAN_CRC


def test_conductances_go_there_and_back():
    board = connect(Line(limit=128))
    board.configure(LAYERS, 3, 25)
    list(board.train(X, Y))
    conductances = board.conductances()
    other = connect(Line(limit=160))
    other.configure(LAYERS, 7, 25)
    assert other.restore(conductances, 60).crc == CLEAN_CRC
    assert [g.dtype for g in conductances] == [np.uint16, np.uint16]


def test_bye_ends_the_boards_service():
    line = Line()
    connect(line).bye()
    assert line.service.done


def test_a_board_that_refuses_is_quoted():
    board = connect(Line())
    board.configure(LAYERS, 3, 25)
    with pytest.raises(BoardError, match=r"^port line refuses: label: 3 is not in 0\.\.2$"):
        list(board.train(X, np.full(60, 3)))


class Stranger:
    """A port with something else at its end."""

    def __init__(self, says=b"", error=None):
        self.says, self.error = says, error
        self.in_waiting = 1

    def write(self, data):
        if self.error:
            raise self.error

    def read(self, count):
        said, self.says = self.says[:count], self.says[count:]
        return said


class Echo:
    """A port whose two wires are joined."""

    def __init__(self):
        self.heard = b""

    @property
    def in_waiting(self):
        return len(self.heard)

    def write(self, data):
        self.heard += data

    def read(self, count):
        data, self.heard = self.heard[:count], self.heard[count:]
        return data


def test_an_echo_is_no_board():
    with pytest.raises(ProtocolError, match="port line is not running eqprop"):
        connect(Echo())


def test_totals_go_on_where_the_boards_come_round():
    """Catches a loss that is right for small data sets only: the board counts modulo 2**30."""
    board = connect(Line())
    board.configure(LAYERS, 3, 25)
    heavy = 700_000_000
    totals = [(n + 1, n + 1, heavy * (n + 1) % 2**30) for n in range(4)]
    board._link.stream = lambda questions, _: (messages.pack_progress(totals[n]) for n, _ in enumerate(questions))
    board._link.limit = messages.SAMPLES_HEADER + messages.SAMPLE_HEADER + LAYERS[0]
    assert [p.loss for p in board.train(X[:4], Y[:4])] == [heavy * (n + 1) for n in range(4)]


@pytest.mark.parametrize(
    ("stranger", "kind", "words"),
    [
        (Stranger(), ProtocolError, "port line is silent: no answer within 0.03 s"),
        (Stranger(b"\r\n>>> "), ProtocolError, "port line is not running eqprop: it says b'\\r\\n>>> '"),
        (Stranger(error=OSError("cable pulled")), PortError, "port line fails: cable pulled"),
        (
            Stranger(error=serial.SerialTimeoutException("Write timeout")),
            ProtocolError,
            "port line takes no more bytes",
        ),
    ],
)
def test_what_is_no_board_is_said_in_one_line(stranger, kind, words):
    with pytest.raises(kind) as caught:
        connect(stranger)
    assert str(caught.value) == words


def test_an_answer_that_is_no_state_is_refused():
    line = Line()
    line.service._state = lambda: (messages.STATE, b"\1\2")
    with pytest.raises(ProtocolError, match="STATE: 2 bytes are too few"):
        connect(line)
