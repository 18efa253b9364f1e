"""A board's TCP port: who comes in and who does not, on the loopback address."""

import contextlib
import socket

import pytest

from eqprop.net import sealing, tcp
from eqprop.net.tcp import Tcp
from eqprop_host.errors import PortError
from eqprop_host.link.tcp import TcpStream

SECRET = b"0123456789abcdef"


class Here:
    """A board's port in this process, and hosts that come to it."""

    def __init__(self, secret, folder):
        self.port = Tcp(0, secret, "127.0.0.1")
        self.address = self.port._listener.getsockname()
        self.url = f"tcp://127.0.0.1:{self.address[1]}"
        if secret:
            key = folder / "key"
            key.write_bytes(secret)
            key.chmod(0o600)
            self.url += f"?secret={key}"

    def host(self, monkeypatch):
        """Return a host's stream; the board looks at its port while the host connects."""
        with monkeypatch.context() as patched:
            receive = socket.socket.recv

            def look(line, count):
                while True:
                    self.port.ready()
                    line.setblocking(False)
                    try:
                        return receive(line, count)
                    except BlockingIOError:
                        continue

            patched.setattr(TcpStream, "_exactly", lambda stream, count, _: exactly(look, stream._socket, count))
            return TcpStream(self.url, 0.0)

    def heard(self, count):
        """Return the next bytes that the program reads."""
        data = b""
        while len(data) < count:
            if self.port.ready() & 1:
                data += bytes((self.port.read(),))
        return data


def exactly(look, line, count):
    data = b""
    while len(data) < count:
        piece = look(line, count - len(data))
        if not piece:
            raise PortError("hung up")
        data += piece
    return data


@pytest.fixture(params=[SECRET, None], ids=["sealed", "plain"])
def board(request, tmp_path):
    here = Here(request.param, tmp_path)
    yield here
    here.port.close()


def test_bytes_go_both_ways(board, monkeypatch):
    """More than any buffer holds. Catches: pieces that are lost or doubled where a line takes no more."""
    with contextlib.closing(board.host(monkeypatch)) as host:
        host.write(b"hello" * 300)
        assert board.heard(1500) == b"hello" * 300
        told = bytes(range(251)) * 2000
        board.port.write(told, 0, len(told))
        found = b""
        while len(found) < len(told):
            board.port.ready()
            found += host.read(max(1, host.in_waiting))
        assert found == told and board.port.ready() == 4


def test_a_second_host_is_told_that_the_board_is_in_use(board, monkeypatch):
    with contextlib.closing(board.host(monkeypatch)) as first:
        with pytest.raises(PortError, match="another program is using it"):
            board.host(monkeypatch)
        first.write(b"still here")
        assert board.heard(10) == b"still here"
    while board.port.ready() and board.port._line:
        pass
    with contextlib.closing(board.host(monkeypatch)) as second:
        second.write(b"next")
        assert board.heard(4) == b"next"


def test_a_host_that_comes_right_after_another_is_let_in(board, monkeypatch):
    """One command after the other, while the board computes. Catches one that is told that the first is still there."""
    first = board.host(monkeypatch)
    first.write(b"last words")
    assert board.heard(10) == b"last words"
    first.close()
    with contextlib.closing(board.host(monkeypatch)) as second:
        second.write(b"next")
        assert board.heard(4) == b"next"


def test_a_host_that_fell_silent_makes_room_after_ten_seconds(board, monkeypatch):
    """As one whose Wi-Fi is gone. Catches a board that waits for it for ever."""
    now = [0]
    monkeypatch.setattr(tcp, "ticks_us", lambda: now[0])
    board.port._heard = 0
    with contextlib.closing(board.host(monkeypatch)):
        for _ in range(10):
            with pytest.raises(PortError, match="another program is using it"):
                board.host(monkeypatch)
            now[0] += 1_000_001
            board.port.ready()
        with contextlib.closing(board.host(monkeypatch)) as second:
            second.write(b"next")
            assert board.heard(4) == b"next"


def test_what_is_written_with_nobody_there_is_lost(board, monkeypatch):
    board.port.write(b"nobody", 0, 6)
    assert board.port.ready() == 4
    with contextlib.closing(board.host(monkeypatch)) as host:
        board.port.write(b"somebody", 0, 8)
        while not host.in_waiting:
            board.port.ready()
        assert host.read(99) == b"somebody"


def test_a_stranger_at_the_door_keeps_nobody_out(tmp_path, monkeypatch):
    """One that says nothing, one that says half, one whose proof is wrong."""
    board = Here(SECRET, tmp_path)
    with contextlib.ExitStack() as strangers:
        for says in (b"", b"half", bytes(34)):
            stranger = strangers.enter_context(socket.create_connection(board.address))
            stranger.sendall(says)
            for _ in range(5):
                board.port.ready()
        with contextlib.closing(board.host(monkeypatch)) as host:
            host.write(b"mine")
            assert board.heard(4) == b"mine"
    board.port.close()


def test_a_forged_record_ends_the_connection_and_nothing_else(tmp_path, monkeypatch):
    board = Here(SECRET, tmp_path)
    with contextlib.closing(board.host(monkeypatch)) as host:
        host.write(b"mine")
        host._socket.sendall(b"\x04\x00evil" + bytes(sealing.TAG_SIZE))
        assert board.heard(4) == b"mine"
        while board.port._line:
            assert not board.port.ready() & 1
        with pytest.raises(OSError, match="hung up|reset"):
            while True:
                host.read(1)
    board.port.close()


def test_without_a_secret_only_this_machine_may_come():
    with pytest.raises(ValueError, match=r"^tcp: without a secret only on 127\.0\.0\.1, not on 0\.0\.0\.0$"):
        Tcp(0)
    with pytest.raises(ValueError, match="^secret: 5 bytes, expected 16 to 64$"):
        Tcp(0, b"short")


def test_a_port_that_is_taken_says_so(board):
    with pytest.raises(OSError, match="in use"):
        Tcp(board.address[1], SECRET, "127.0.0.1")
