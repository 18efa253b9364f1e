"""User data that a host keeps on a board: piece by piece, over bad lines, in checkpoints, within a bound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop.checkpoint import Checkpoints
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop.service import on_request
from eqprop.service import user_data as user_data_module
from eqprop.service.user_data import USER_DATA_MAX
from eqprop_host.errors import BoardError, ProtocolError
from support.boards.direct_host import DirectHost, configure
from support.boards.faulty_line import Line, connect
from support.boards.memory_flash import MemoryFlash

LAYERS = (5, 4, 3)
X = np.random.default_rng(1).integers(-127, 128, (60, 5)).astype(np.int8)
Y = np.random.default_rng(2).integers(0, 3, 60)


def write(desk, offset, total, piece):
    return desk.ask(m.USER_DATA_WRITE, host_messages.pack_user_data_write(offset, total, piece))


@pytest.fixture
def desk():
    desk = DirectHost()
    desk.state(m.CONFIGURE, configure(LAYERS, 5, 0))
    return desk


@pytest.mark.parametrize("size", [0, 1, 7, 187, 188, 500, USER_DATA_MAX])
def test_user_data_come_back_as_they_were_written(size):
    """Catches a piece that is lost where it ends with the frame, and user data of no bytes that are not written."""
    board = connect(Line(limit=192))
    board.configure(LAYERS, 3, 25)
    board.write_user_data(b"before")
    user_data = np.random.default_rng(size).bytes(size)
    board.write_user_data(user_data)
    assert board.read_user_data() == user_data


@given(st.integers(0, 2**31 - 1))
def test_user_data_come_back_over_a_bad_line(seed):
    """Catches a piece that is taken twice, or put in another place."""
    line = Line(limit=192)
    board = connect(line)
    board.configure(LAYERS, 3, 25)
    line.spoil(seed, flip=1e-3, drop=5e-4, duplicate=5e-4)
    user_data = np.random.default_rng(seed).bytes(900)
    board.write_user_data(user_data)
    assert board.read_user_data() == user_data
    line.quieten()


@given(st.lists(st.integers(0, 3), max_size=12))
def test_pieces_in_any_order_never_give_other_user_data(order):
    """Each may come twice, late, or not at all. Catches user data with a gap in them."""
    desk = DirectHost()
    desk.state(m.CONFIGURE, configure(LAYERS, 5, 0))
    whole, pieces = b"ABCDEFGHIJ", (0, 3, 6, 9)
    for n in order:
        kind, answer = write(desk, pieces[n], len(whole), whole[pieces[n] : pieces[n] + 3])
        assert kind == m.DONE or b"expected byte" in answer
        assert host_messages.unpack_user_data(desk.ask(m.USER_DATA_READ, host_messages.pack_user_data_read(0, 99))[1])[
            1
        ] in (
            b"",
            whole,
        )


def test_user_data_are_in_the_checkpoint():
    """Written before a sample or after a checkpoint. Catches a checkpoint that misses user data that alone changed."""
    flash = MemoryFlash()
    line = Line(checkpoints=Checkpoints(rest_s=0, open_file=flash.open))
    board = connect(line, reconnect_s=60.0)
    board.configure(LAYERS, 3, 25, epoch=60)
    list(board.train(X, Y, until=20))
    board.save()
    board.write_user_data(b"scale 3")
    assert board.save().saved == 20
    line.options = {"checkpoints": Checkpoints(rest_s=0, open_file=flash.open)}
    line.reset()
    again = connect(line)
    assert (again.state.sample, again.read_user_data()) == (20, b"scale 3")


def test_a_run_that_begins_again_on_its_board_keeps_its_user_data():
    """The board restarted without a checkpoint. Catches user_data that only the first network had."""
    line = Line()
    board = connect(line, reconnect_s=60.0)
    board.configure(LAYERS, 3, 25, epoch=60)
    board.write_user_data(b"classes a, b, c")
    line.reset()
    list(board.train(X, Y))
    assert board.restarts and board.read_user_data() == b"classes a, b, c"
    board.put_back(board.conductances(), 60)
    assert board.read_user_data() == b"classes a, b, c"
    board.configure(LAYERS, 3, 25)
    assert board.read_user_data() == b""


def test_pieces_of_an_earlier_session_are_none(desk):
    assert write(desk, 0, 6, b"abc") == (m.DONE, b"")
    desk.greet()
    kind, answer = write(desk, 3, 6, b"def")
    assert (kind, answer) == (m.ERROR, b"\0user_data: expected byte 0 first, got byte 3")


@pytest.mark.parametrize(
    ("offset", "total", "piece", "words"),
    [
        (0, USER_DATA_MAX + 1, b"", "user_data: 2049 bytes, this board takes 2048"),
        (0, 2, b"abc", "user_data: 3 bytes at 0 of 2"),
        (3, 6, b"abc", "user_data: expected byte 0 first, got byte 3"),
    ],
)
def test_user_data_that_do_not_fit_are_refused(desk, offset, total, piece, words):
    assert write(desk, offset, total, piece) == (m.ERROR, b"\0" + words.encode())
    assert desk.ask(m.USER_DATA_READ, host_messages.pack_user_data_read(0, 99)) == (m.USER_DATA, b"\0\0")


def test_the_bound_is_the_boards_own():
    board = connect(Line())
    board.configure(LAYERS, 3, 25)
    with pytest.raises(BoardError, match=r"^port line refuses: user_data: 3000 bytes, this board takes 2048$"):
        board.write_user_data(bytes(3000))


def test_user_data_that_a_board_promises_and_does_not_send_are_missed(monkeypatch):
    """Catches a host that asks for the rest for ever."""
    line = Line()
    board = connect(line)
    board.configure(LAYERS, 3, 25)
    monkeypatch.setattr(on_request, "_keep_user_data", lambda *_: (m.USER_DATA, b"\x09\0"))
    with pytest.raises(ProtocolError, match="^port line: the user data end at 0 of 9 bytes$"):
        board.read_user_data()


def test_a_small_heap_takes_fewer(desk, monkeypatch):
    """A quarter of what is free, and the board says how many. Catches user data that leave no heap to learn in."""
    monkeypatch.setattr(user_data_module, "free_heap", lambda: 4001)
    assert write(desk, 0, 1001, b"") == (m.ERROR, b"\0user_data: 1001 bytes, this board takes 1000")
    assert write(desk, 0, 1000, b"") == (m.DONE, b"")
