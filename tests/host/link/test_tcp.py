"""tcp:// as users type it: against real MicroPython, through a network that cuts and changes, and what goes wrong."""

import contextlib
import json
import os
import platform
import socket
import sys
import threading

import pytest

from eqprop.net import sealing
from eqprop_host import cli
from eqprop_host.boards.ports import open_board
from eqprop_host.deploy import bundle
from eqprop_host.errors import PortError
from eqprop_host.link import secret
from soak import hostile
from support.boards.tcp_board import Network, TcpBoard

SECRET = "an attic's own secret"
GREETING = sealing.GREETING
SEALED = GREETING + bytes((sealing.SEALED,)) + bytes(16)


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "board.key"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def served(unix_micropython, tmp_path):
    """A function that starts a board with this secret, and returns its (host, port)."""
    with contextlib.ExitStack() as running:

        def start(secret=SECRET, *arguments):
            board = TcpBoard(unix_micropython, secret, *arguments, cwd=tmp_path)
            return running.enter_context(contextlib.closing(board)).address

        yield start


def url(address, key=None):
    return f"tcp://{address[0]}:{address[1]}" + (f"?secret={key}" if key else "")


def trained(port, folder, *words):
    """Return the CRC of a run, by default of 200 digits."""
    result = folder / "out.json"
    assert cli.main(["train", "--port", port, "--json", str(result), *(words or ("--limit", "200"))]) == 0
    return json.loads(result.read_text())["conductance_crc"]


def test_a_run_over_tcp_ends_with_the_usual_bits(served, key, tmp_path):
    """On real MicroPython, after another host."""
    address = served()
    with open_board(url(address, key)) as board:
        assert board.identity.endswith("tcp")
    assert trained(url(address, key), tmp_path) == "20141d34"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="compiles for this processor")
def test_what_deploy_puts_on_a_board_serves_the_same(unix_micropython, key, tmp_path):
    """Compiled, with the constants folded in. Catches a name that folding loses."""
    (tmp_path / "eqprop.mpy").write_bytes(bundle.Compiled("x64", ("net",)).joined())
    with contextlib.closing(TcpBoard(unix_micropython, SECRET, cwd=tmp_path, path=tmp_path)) as board:
        assert trained(url(board.address, key), tmp_path) == "20141d34"


class CPython:
    """CPython as a board's interpreter."""

    @staticmethod
    def command(script, *arguments, path):
        return [sys.executable, str(script), *arguments], {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def test_cpython_serves_the_same_bytes(key, tmp_path):
    text, expected = hostile.of_few()
    (tmp_path / "few.csv").write_text(text)
    with contextlib.closing(TcpBoard(CPython, SECRET, cwd=tmp_path)) as board:
        crc = trained(url(board.address, key), tmp_path, "--data", str(tmp_path / "few.csv"), "--limit", "64")
    assert crc == f"{expected.ended[64][1]:08x}"


def test_without_a_secret_a_board_on_this_machine_is_served(served, tmp_path):
    assert trained(url(served("")), tmp_path) == "20141d34"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_network_that_cuts_and_changes_costs_nothing_but_time(seed, served, key, tmp_path):
    """Catches a sample that is lost or learnt twice where a connection ends, or where a changed record is believed."""
    text, expected = hostile.of_few()
    (tmp_path / "few.csv").write_text(text)
    words = ("--data", str(tmp_path / "few.csv"), "--limit", str(hostile.OF_SESSION))
    with contextlib.closing(Network(served(), seed, every=2500)) as network:
        crc = trained(url(network.address, key), tmp_path, *words)
        assert network.cuts and network.flips, (network.cuts, network.flips)
    assert crc == f"{expected.ended[hostile.OF_SESSION][1]:08x}"


def test_a_program_is_monitored_over_tcp(served, key, capsys):
    port = url(served(SECRET, "telling"), key)
    assert cli.main(["monitor", "--port", port, "--seconds", "2"]) == 0
    out = capsys.readouterr().out
    assert "answer: " in out and "eqprop 0.2.0 micropython" in out


@contextlib.contextmanager
def answering(*pieces):
    """Yield the address of something that sends these bytes, then reads what comes and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            for piece in pieces:
                with contextlib.suppress(OSError), listener.accept()[0] as line:
                    line.sendall(piece)
                    line.settimeout(0.2)
                    line.recv(100)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()
        thread.join()


def refused(port):
    """Return the one line of a command about a port."""
    with pytest.raises(PortError) as failed, open_board(port):
        pass
    text = str(failed.value)
    assert "\n" not in text and SECRET not in text
    return text


@pytest.mark.parametrize(
    ("sends", "says"),
    [
        (SEALED, "does not accept this secret"),
        (SEALED + bytes(18), "does not know the secret"),
        (GREETING + bytes((sealing.PLAIN,)), "a secret is given and the board asks for none"),
        (GREETING + bytes((sealing.BUSY,)), "another program is using it"),
        (b"SSH-2.0-OpenSSH", "something else than eqprop answers there"),
        (b"eq", "hung up: is eqprop served there"),
    ],
)
def test_what_answers_wrongly_is_one_line(sends, says, key):
    """Also somebody in the board's place who wants the host without a secret, or who does not know it."""
    with answering(sends) as address:
        assert says in refused(url(address, key))


def test_a_board_that_wants_a_secret_and_gets_none_says_so(monkeypatch):
    monkeypatch.delenv(secret.VARIABLE, raising=False)
    with answering(SEALED) as address:
        assert refused(url(address)).endswith("the board wants a secret: add ?secret=FILE to it, or set EQPROP_SECRET")


def test_a_wrong_secret_is_one_line_of_the_command(served, monkeypatch, capsys):
    """On real MicroPython, with the secret in the environment."""
    address = served()
    monkeypatch.setenv(secret.VARIABLE, "another attic's secret")
    assert cli.main(["train", "--port", url(address)]) == 1
    assert capsys.readouterr().err.splitlines()[-1].endswith("the board does not accept this secret")
    monkeypatch.setenv(secret.VARIABLE, SECRET)
    with open_board(url(address)) as board:
        assert board.identity.endswith("tcp")


def test_a_plain_board_elsewhere_is_not_believed(monkeypatch):
    """Catches a board of an adversary's that would be taught, or believed, without a secret."""
    monkeypatch.delenv(secret.VARIABLE, raising=False)
    monkeypatch.setattr(socket.socket, "getpeername", lambda _: ("192.0.2.7", 4242))
    with answering(GREETING + bytes((sealing.PLAIN,))) as address:
        assert "only one on this machine may do so" in refused(url(address))


@pytest.mark.parametrize(
    ("port", "says"),
    [
        ("tcp://", "expected tcp://HOST, tcp://HOST:PORT or tcp://HOST:PORT?secret=FILE"),
        ("tcp://attic/board", "expected tcp://HOST"),
        ("tcp://attic?key=x", "expected tcp://HOST"),
        ("tcp://attic:70000", "out of range"),
        ("tcp://nobody.invalid", "nobody.invalid: no such host"),
        ("tcp://attic..local", "attic..local: no such host"),
        ("tcp://127.0.0.1:9?secret=/nonexistent", "/nonexistent: the secret cannot be read: No such file or directory"),
    ],
)
def test_a_port_that_cannot_be_is_one_line(port, says, monkeypatch):
    monkeypatch.delenv(secret.VARIABLE, raising=False)
    assert says in refused(port)


def test_nothing_at_the_port_is_one_line(monkeypatch):
    monkeypatch.delenv(secret.VARIABLE, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    assert f"127.0.0.1 serves nothing on port {address[1]}" in refused(url(address))


@pytest.mark.parametrize(
    ("text", "says"), [("short", "secret: 5 bytes, expected 16 to 64"), ("x" * 65, "secret: 65 bytes, expected")]
)
def test_a_secret_of_a_wrong_length_is_one_line(text, says, key):
    key.write_text(text)
    assert f"{key}: {says}" in refused(url(("127.0.0.1", 9), key))


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")
def test_a_secret_that_others_can_read_is_refused(key):
    key.chmod(0o640)
    assert f"{key}: other users can read this secret: `chmod 600 {key}`" in refused(url(("127.0.0.1", 9), key))


def test_a_new_secret_is_the_users_alone(tmp_path):
    path = tmp_path / "new.key"
    secret.make(path)
    assert path.stat().st_mode & 0o777 == 0o600 and len(secret.find(path)) == 32
    with pytest.raises(PortError, match="the secret cannot be written: File exists"):
        secret.make(path)


@pytest.mark.parametrize(
    "words", [["deploy"], ["undeploy"], ["console"], ["record", "x.parquet", "--labels=a,b", "--sensor=adc"]]
)
def test_what_needs_the_console_says_that_this_is_none(words, capsys):
    assert cli.main([*words, "--port", "tcp://192.0.2.7"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    words = "has no prints and no prompt of MicroPython: name the board's console, such as its USB"
    assert said == f"eqprop: port tcp://192.0.2.7: {words}"
