"""The link over lines that lose and damage bytes, and ports that are no board: no real port, no waiting."""

import struct
from collections import deque

import numpy as np
import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop.checkpoint import Checkpoints
from eqprop.learner import Learner
from eqprop.protocol import messages
from eqprop.protocol.frames import Sender
from eqprop.protocol.records import Code
from eqprop.service import CHUNK
from eqprop_host import datasets
from eqprop_host.boards.board import Board
from eqprop_host.boards.records import alphabet_of
from eqprop_host.errors import BoardError, PortError, ProtocolError, RestartError
from eqprop_host.link.link import Link
from eqprop_sim.sample_order import SampleOrder
from support.boards.faulty_line import Line, connect
from support.boards.memory_flash import MemoryFlash

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
        right += twin.prediction == label
    assert totals[-1].correct == right


def test_what_a_program_prints_costs_no_answer():
    """In each learning step, as people look for faults. Catches text that the next answer is taken for a part of."""
    line = Line()
    line.printed = b"learnt 5, loss 1234\r\n"
    board = connect(line)
    board.configure(LAYERS, 3, 25)
    list(board.train(X, Y))
    assert board.refresh().crc == CLEAN_CRC
    assert board.line.retries == 0 and line.now == 0


@pytest.mark.slow
@given(st.integers(0, 2**31 - 1), st.booleans())
def test_a_bad_line_gives_them_too(seed, cached):
    """Catches a lost sample, one learnt twice, an answer taken for another's, and slots that the two differ on."""
    line = Line(seed, flip=1e-3, drop=5e-4, duplicate=5e-4)
    board = connect(line)
    board.configure(LAYERS, 3, 25, epoch=60 if cached else 0)
    last = deque(board.train(X, Y, until=180), maxlen=1)
    line.quieten()
    assert last[0].sample == 180 and board.refresh().crc == epochs_crc(3)


def epochs_crc(epochs):
    network = eqprop.Network(LAYERS, 3, 25)
    for _ in range(epochs):
        for x, label in zip(X, Y, strict=True):
            network.learn(x.tobytes(), int(label))
    return network.crc()


@given(st.integers(0, 2**31 - 1))
def test_a_bad_line_mixes_up_no_answers(seed):
    """Catches an answer taken for that of a question asked before or after, and a piece lost or doubled."""
    line = Line(credit=512)
    board = connect(line)
    board.configure(LAYERS, 3, 25)
    expected = board.infer(X)
    line.spoil(seed, flip=2e-3, drop=5e-4, duplicate=5e-4)
    classes, outputs = board.infer(X)
    assert (classes == expected[0]).all() and (outputs == expected[1]).all()
    line.quieten()


@pytest.mark.slow
@given(st.integers(0, 2**31 - 1), st.lists(st.integers(1, 400), min_size=1, max_size=4))
def test_a_board_that_starts_anew_gives_them_too(seed, moments):
    """It restarts, without a checkpoint, when so many frames have come. Catches what a host takes for granted."""
    line = Line(seed, flip=5e-4)
    board = connect(line, reconnect_s=60.0)
    board.configure(LAYERS, 3, 25, epoch=60)
    write, frames = line.write, 0

    def written(data):
        nonlocal frames
        frames += 1
        if moments and frames % moments[-1] == 0:
            moments.pop()
            line.reset()
        write(data)

    line.write = written
    last = deque(board.train(X, Y, until=120), maxlen=1)
    line.quieten()
    moments.clear()
    assert last[0].sample == 120 and board.refresh().crc == epochs_crc(2)


def test_a_checkpoint_of_what_was_never_sent_is_another_runs():
    """As a longer run that began alike left it. Catches a network that is further on than its run."""
    flash = MemoryFlash()
    line = Line()
    board = connect(line, reconnect_s=60.0)
    for until in (60, 20):
        line.options = {"checkpoints": Checkpoints(rest_s=0, open_file=flash.open)}
        line.reset()
        board.configure(LAYERS, 3, 25, run_number=7, epoch=60)
        deque(board.train(X, Y, until=until), maxlen=0)
        if until == 60:
            board.save()
    line.options = {"checkpoints": Checkpoints(rest_s=0, open_file=flash.open)}
    line.reset()
    assert [progress.sample for progress in board.train(X, Y, until=30)][-1] == 30
    network = eqprop.Network(LAYERS, 3, 25)
    for x, label in zip(X[:30], Y[:30], strict=True):
        network.learn(x.tobytes(), int(label))
    assert board.refresh().crc == network.crc()


@pytest.mark.slow
@given(st.lists(st.integers(1, 15), min_size=1, max_size=3))
def test_a_board_that_goes_on_within_an_epoch_gives_them_too(moments):
    """From its checkpoint, with an empty cache. Catches a sample kept twice where a frame reaches into an epoch."""
    flash = MemoryFlash()
    line = Line(checkpoints=Checkpoints(every=1, rest_s=0, open_file=flash.open), credit=2048)
    board = connect(line, reconnect_s=60.0)
    x, y = X[:8], Y[:8]
    board.configure(LAYERS, 3, 25, epoch=8)
    orders = [np.random.default_rng(n).permutation(8) for n in range(12)]
    for until in [*np.cumsum(moments), 90]:
        list(board.train(x, y, until=int(until), order=SampleOrder(8, orders.__getitem__)))
        crc = board.refresh().crc
        line.reset()
    twin = eqprop.Network(LAYERS, 3, 25)
    for n in range(90):
        at = orders[n // 8][n % 8]
        twin.learn(x[at].tobytes(), int(y[at]))
    assert crc == twin.crc()


@pytest.mark.parametrize("verbs", [False, True])
def test_a_benchmark_on_a_bad_line_learns_each_sample_once(verbs):
    """Catches a question that is learnt again because its answer was lost."""
    sent = set()
    for seed in range(12):
        line = Line(limit=192)
        board = connect(line)
        board.configure(LAYERS, 3, 25)
        line.spoil(seed, drop=2e-3, duplicate=2e-3)
        board.bench(X, Y, verbs)
        sent.add(line.down.carried)
        line.quieten()
        assert board.state.sample == 60 and board.refresh().crc == CLEAN_CRC
    assert len(sent) > 1  # lines on which something was asked again


def test_an_answer_of_a_board_that_started_anew_is_none():
    """Catches the classes of another network than the one that was asked."""
    line = Line()
    board = connect(line, reconnect_s=60.0)
    board.configure(LAYERS, 3, 25)
    list(board.train(X, Y))
    line.reset()
    with pytest.raises(RestartError, match="^port line: the board has restarted$") as restart:
        board.infer(X)
    assert board.recover(restart.value).sample == 0
    list(board.train(X, Y))
    assert board.refresh().crc == CLEAN_CRC


def test_what_an_earlier_host_was_answered_is_no_greeting():
    """It is still in the port when the next host opens it. Catches a STATE that is believed for its sequence number."""
    line = Line()
    old = connect(line)
    old.configure(LAYERS, 3, 25)
    stale = messages.pack_state(old.state._replace(sample=40, crc=1))
    for sequence in range(256):
        line.to_host += bytes(Sender(1024).encode(messages.STATE, sequence, stale))
    assert connect(line).state.sample == 0


def test_what_an_earlier_host_was_refused_is_no_greeting():
    """Its board restarted; the next HELLO has the number of a question left behind. Catches a host that gives up."""
    line = Line()
    sender = Sender(1024)
    left_behind = bytes(sender.encode(messages.STATUS, 1, b""))
    line.to_host = b"".join(bytes(answer) for answer in line.service.receive(left_behind))
    assert connect(line).identity


def test_late_answers_to_another_question_are_none():
    """A slow board is asked again and again; all its answers come, the last ones when something else is asked."""
    line = Line()
    board = connect(line)
    board.configure(LAYERS, 3, 25)
    receive, held = line.service.receive, []

    def slow(data):
        held.extend(bytes(answer) for answer in receive(data))
        return [held.pop(0)] if len(held) == 3 else []

    line.service.receive = slow
    board.refresh()
    assert len(held) == 2
    line.service.receive = lambda data: [*(held.pop(0) for _ in held[:]), *map(bytes, receive(data))]
    assert [g.size for g in board.conductances()] == [24, 15]


def test_a_port_that_comes_back_is_opened_again():
    """Catches a host that gives up, and one that goes on as if nothing had happened."""
    line, opened = Line(), []

    def open_stream():
        opened.append(line.now)
        if len(opened) in (2, 3):
            raise PortError("port line cannot be opened: No such file or directory")
        return line

    board = Board(Link(open_stream, "line", 3.0, 60.0, clock=line.clock, wait=lambda _: None))
    board.configure(LAYERS, 3, 25)
    write = line.write

    def gone(_):
        line.write = write
        raise OSError("cable pulled")

    steps = board.train(X, Y)
    next(steps)
    line.write = gone
    assert [progress.sample for progress in steps][-1] == 60
    assert len(opened) == 4 and board.refresh().crc == CLEAN_CRC


def test_the_second_epoch_sends_no_samples():
    """Catches a cache that is not used, and one that is used in the order of the first epoch."""
    line = Line()
    board = connect(line)
    board.configure(LAYERS, 3, 25, epoch=60)
    orders = [np.random.default_rng(n).permutation(60) for n in range(3)]
    list(board.train(X, Y, until=60, order=SampleOrder(60, orders.__getitem__)))
    first, sent = board.sample_bytes, board.sent
    list(board.train(X, Y, until=180, order=SampleOrder(60, orders.__getitem__)))
    assert board.sample_bytes == first == 60 * Code(5, 3).size
    assert board.sent - sent < 120 * 6
    twin = eqprop.Network(LAYERS, 3, 25)
    for order in orders:
        for n in order:
            twin.learn(X[n].tobytes(), int(Y[n]))
    assert board.refresh().crc == twin.crc()


def test_a_cache_that_is_too_small_is_used_as_far_as_it_goes():
    """Catches a slot beyond the last, and samples that are neither sent nor kept."""
    line = Line(cache_bytes=20 * Code(5, 3).size)
    board = connect(line)
    assert board.configure(LAYERS, 3, 25, epoch=60).slots == 20
    list(board.train(X, Y, until=180))
    assert board.sample_bytes == (60 + 40 + 40) * Code(5, 3).size
    assert board.refresh().crc == epochs_crc(3)


@pytest.mark.parametrize("epoch", [0, 60])
def test_other_data_are_not_taken_from_the_cache(epoch):
    """More of them, too. Catches a cache of the first data, also where nothing was in it."""
    board = connect(Line())
    board.configure(LAYERS, 3, 25, epoch=epoch)
    list(board.train(X, Y))
    other, labels = np.concatenate([X[::-1], X[:30]]), np.concatenate([Y, Y[:30]])
    list(board.train(other, labels, until=150))
    twin = eqprop.Network(LAYERS, 3, 25)
    for x, label in [
        *zip(X, Y, strict=True),
        *zip(other[60:], labels[60:], strict=True),
        *zip(X[::-1], Y, strict=True),
    ]:
        twin.learn(x.tobytes(), int(label))
    assert board.refresh().crc == twin.crc()


def test_digits_fill_nine_tenths_of_the_line():
    """Records against all bytes sent while training an epoch. Catches frames too small, padding, and loose packing."""
    data = datasets.prepare(datasets.load("digits"), 0)
    board = connect(Line(credit=2048))
    board.configure((64, 2, 10), 0, 0, alphabet=alphabet_of(data.train_x, data.test_x))
    before = board.sent
    list(board.train(data.train_x, data.train_y))
    assert board.sample_bytes == 34 * len(data.train_y)
    assert board.sample_bytes >= 0.9 * (board.sent - before)


def test_one_lost_byte_costs_one_pause():
    """Reading chunk by chunk, the board is behind ever after. Catches a host that then waits at each question."""
    line = Line()
    board = connect(line)
    line.to_board = bytes(CHUNK - 5)  # a chunk of which five bytes got lost
    began = line.now
    board.refresh()
    paused = line.now - began
    for _ in range(20):
        board.refresh()
    assert 0 < paused < 0.5 and line.now - began == paused


def test_no_more_is_on_its_way_than_the_board_has_credit_for():
    """Catches a window that ignores the credit, and one that never fills it."""
    line = Line(limit=192, credit=256)
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


def test_a_board_that_starts_anew_before_other_data_holds_the_run_again():
    """Catches a host that greets it for an empty cache, and goes on with whatever network it holds then."""
    line = Line()
    board = connect(line, reconnect_s=60.0)
    board.configure(LAYERS, 3, 25, epoch=60)
    list(board.train(X, Y))
    line.reset()
    list(board.train(X.copy(), Y.copy(), until=120))
    assert board.refresh().crc == epochs_crc(2)


def test_a_board_that_learns_nothing_is_not_asked_for_ever():
    line = Line()
    board = connect(line)
    board.configure(LAYERS, 3, 25)
    idle = messages.PROGRESS, struct.pack(messages.PROGRESS_LAYOUT, *6 * (0,))
    handlers = line.service._handlers
    line.service._handlers = (handlers[0], lambda _: idle, *handlers[2:])
    with pytest.raises(ProtocolError, match="port line: the board answers, but learns nothing beyond 0"):
        list(board.train(X, Y))


def test_a_question_that_the_boards_buffer_is_too_small_for_says_so():
    """As all values may be. Catches an error that is nobody's."""
    board = connect(Line(limit=192))
    with pytest.raises(BoardError, match="no room for a question: payload: 284 bytes, the limit is 192"):
        board.configure(LAYERS, 3, 25, alphabet=bytes(range(256)))


def test_a_board_that_slept_has_answers_mixed_up_for_nobody(monkeypatch):
    """Long, while the line kept all questions. Catches sequence numbers that come round meanwhile."""
    line = Line(credit=2048)
    board = connect(line, answer_s=60.0)
    board.configure((64, 32, 10), 3, 25)
    expected = board.conductances()
    awake = Line.in_waiting.fget
    wakes = line.now + 170
    monkeypatch.setattr(Line, "in_waiting", property(lambda self: awake(self) if self.now >= wakes else 0))
    for got, wanted in zip(board.conductances(), expected, strict=True):
        assert (got == wanted).all()


def test_training_stops_when_told_and_loses_nothing():
    board = connect(Line(limit=192, credit=256))
    board.configure(LAYERS, 3, 25)
    seen = deque(maxlen=1)
    seen.extend(board.train(X, Y, stop=lambda: bool(seen)))
    assert 0 < seen[0].sample < 60 and board.refresh().sample == seen[0].sample
    list(board.train(X, Y))
    assert board.refresh().crc == CLEAN_CRC


def test_conductances_go_there_and_back():
    board = connect(Line(limit=192))
    board.configure(LAYERS, 3, 25)
    list(board.train(X, Y))
    conductances = board.conductances()
    other = connect(Line(limit=224))
    other.configure(LAYERS, 7, 25)
    assert other.restore(conductances, 60).crc == CLEAN_CRC
    assert [g.dtype for g in conductances] == [np.int16, np.int16]


def test_bye_ends_the_boards_service():
    line = Line()
    connect(line).bye()
    assert line.service.done


def test_a_board_that_refuses_is_quoted():
    board = connect(Line())
    board.configure(LAYERS, 3, 25)
    with pytest.raises(BoardError, match=r"^port line refuses: label: 3 is not a whole number in 0\.\.2$"):
        list(board.train(X, np.full(60, 3)))


class Stranger:
    """A port with something else at its end."""

    def __init__(self, says=b"", error=None):
        self.says, self.error = says, error
        self.in_waiting = 1

    def close(self):
        pass

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

    def close(self):
        pass

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
        connect(Echo(), answer_s=0.01)


def test_totals_are_those_of_the_epoch_however_large():
    """Catches totals that go on from one epoch into the next, and a loss that comes round at 2**30."""

    class HeavyLearner(Learner):
        def count(self, prediction, loss):
            super().count(prediction, 700_000_001 + self.tally[2])  # samples so far

    class Heavy(eqprop.Network):
        learner_type = HeavyLearner

    board = connect(Line(build=Heavy))
    board.configure(LAYERS, 3, 25, epoch=60)
    for progress in board.train(X, Y, until=130):
        epoch = range((progress.sample - 1) // 60 * 60, progress.sample)
        assert progress.counted == len(epoch)
        assert progress.loss == sum(700_000_000 + n + 1 for n in epoch)


@pytest.mark.parametrize(
    ("stranger", "kind", "words"),
    [
        (Stranger(), ProtocolError, "port line is silent: no answer within 0.03 s"),
        (Stranger(b"login: "), ProtocolError, "port line is not running eqprop: it says b'login: '"),
        (
            Stranger(b"\r\n>>> "),
            ProtocolError,
            "port line has MicroPython's prompt and is not running eqprop: run `eqprop deploy --port line`",
        ),
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
        connect(stranger, answer_s=0.01)
    assert str(caught.value) == words


def test_an_answer_that_is_no_state_is_refused():
    line = Line()
    line.service._status = lambda _=None: (messages.STATE, b"\4\2")
    with pytest.raises(ProtocolError, match="STATE: 2 bytes are too few"):
        connect(line)


def test_a_board_of_another_protocol_is_refused():
    """Whether it refuses itself, as a board of version 1 does, or answers. Catches a STATE read by the wrong rules."""
    line = Line()
    line.service._status = lambda _=None: (messages.STATE, b"\5" + bytes(60))
    with pytest.raises(ProtocolError, match="^port line: it speaks protocol 5, this eqprop 4$"):
        connect(line)
    line = Line()
    line.service._answer = lambda *_: (messages.ERROR, b"protocol 4: this board speaks 3")
    with pytest.raises(BoardError, match="^port line refuses: protocol 4: this board speaks 3$"):
        connect(line)
