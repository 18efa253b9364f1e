"""`eqprop deploy --serve`: boards that serve elsewhere than at their console, on real firmware with simulated parts."""

import json
import types

import pytest

from eqprop.net import settings
from eqprop_host import cli
from eqprop_host.commands.boards import deploy
from eqprop_host.deploy import serving
from eqprop_host.deploy.repl import Remote, program_text
from eqprop_host.link import secret
from support.typed_command import run

SECRET = "an attic's own secret"
PASSWORD = "hidden words of the attic"
MACHINE = b"""
class UART:
    def __init__(self, *about, **more):
        pass
    def any(self):
        return 0
    def txdone(self):
        return True
"""
SOCKET = b"""
import io
SOL_SOCKET = SO_REUSEADDR = 1
class socket(io.IOBase):
    def __getattr__(self, name):
        return lambda *about: None
    def ioctl(self, *about):
        return 0
def getaddrinfo(*about):
    return [(about,)]
"""
NETWORK = b"""
STA_IF = 0
class WLAN:
    joined = False
    def __init__(self, interface):
        pass
    def active(self, on):
        pass
    def connect(self, ssid, password):
        self.joined = ssid == "attic"
    def isconnected(self):
        return self.joined
    def ifconfig(self):
        return ("192.168.4.16",)
"""


def put(path, **modules):
    """Write modules to a board's filesystem."""
    remote = Remote(path, path)
    remote.reach()
    remote.write({f"{name}.py": text for name, text in modules.items()}, "")
    remote.close()


def read(path, file):
    """Return a file of a board."""
    remote = Remote(path, path)
    try:
        remote.reach()
        return remote._execute(f"print(open({file!r}).read())\n", 20.0).decode()
    finally:
        remote.close()


@pytest.fixture
def typed(monkeypatch):
    """Nothing of the environment, and a password."""
    monkeypatch.delenv(secret.VARIABLE, raising=False)
    monkeypatch.setenv(serving.PASSWORD, PASSWORD)


@pytest.mark.usefixtures("typed", "compiled_once")
def test_a_board_is_given_its_wifi_its_secret_and_a_port(blank, capsys, tmp_path):
    """From an empty board to its address, and on to pins and back. Catches a secret that is printed, or stays."""
    board = blank()
    key = tmp_path / "board.key"
    words = ["deploy", f"--port={board.path}", "--serve=tcp:8000", "--wifi=attic", f"--secret={key}"]
    put(board.path, machine=MACHINE, socket=SOCKET, network=NETWORK)
    code, out, err = run(capsys, *words, f"--json={tmp_path / 'out.json'}")
    assert code == 0, err
    assert "serving at tcp://192.168.4.16:8000, " in out and PASSWORD not in out + err
    assert json.loads((tmp_path / "out.json").read_text())["serves"] == "tcp://192.168.4.16:8000"
    assert secret.find(key).decode() not in out + err
    assert json.loads(read(board.path, settings.FILE)) == {
        "ssid": "attic",
        "password": PASSWORD,
        "secret": secret.find(key).decode(),
    }
    assert "eqprop.net.serve('tcp:8000')" in read(board.path, "main.py")
    code, out, err = run(capsys, "deploy", f"--port={board.path}", "--serve=uart:0,115200")
    assert code == 0 and "serving at uart:0,115200, " in out, err
    code, out, err = run(capsys, "undeploy", f"--port={board.path}")
    assert code == 0 and settings.FILE in out, err


def test_a_wifi_that_is_not_joined_is_named(monkeypatch):
    class Board:
        name = "COM3"

        def watch(self, program, pattern, timeout_s):
            if program is None:
                raise serving.ProtocolError("silence")
            return pattern.search(b"eqprop: serves tcp:4242, 99 bytes of heap free\r\n")

    with pytest.raises(serving.BoardError, match="has not joined the Wi-Fi attic within 30 s; it goes on trying"):
        serving.start(Board(), None, "text", "attic")


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--serve=pigeon"], 2, "'pigeon': expected usb, tcp, tcp:4242, uart:0,115200 or ble:NAME"),
        (["--serve=uart:0"], 2, "'uart:0': expected usb, tcp"),
        (["--wifi=attic"], 1, "--wifi and --secret are for a board that is reached over TCP: add --serve tcp"),
        (["--serve=tcp", "--wifi=attic"], 1, "a board's TCP port needs a secret: --secret FILE, which is made for you"),
        (["--serve=tcp", "--secret=/nonexistent/key"], 1, "the secret cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_is_one_line(words, code, says, capsys):
    try:
        ended = cli.main(["deploy", "--port=/nonexistent", *words])
    except SystemExit as end:
        ended = end.code
    assert ended == code and says in capsys.readouterr().err


def test_a_password_is_asked_for_at_a_terminal_only(monkeypatch):
    monkeypatch.delenv(serving.PASSWORD, raising=False)
    monkeypatch.setenv(secret.VARIABLE, SECRET)
    monkeypatch.setattr(serving.sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(serving.DataError, match=f"type it at a terminal, or set {serving.PASSWORD}"):
        serving.settings("attic", None, print)
    monkeypatch.setattr(serving.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(serving.getpass, "getpass", lambda prompt: PASSWORD)
    assert serving.settings("attic", None, print) == {"ssid": "attic", "password": PASSWORD, "secret": SECRET}
    assert SECRET not in repr(serving.Serving("tcp", serving.settings("attic", None, print)))


@pytest.mark.parametrize("before", [None, '{"ssid": "attic", "secret": "old"}', '{"ssid'])
def test_a_new_secret_keeps_the_wifi(before, tmp_path):
    """Also of a file that a power cut damaged. Catches a board that forgets its Wi-Fi."""
    path = tmp_path / settings.FILE
    if before:
        path.write_text(before)
    about = {"path": str(path), "settings": {"secret": SECRET}}
    exec(f"ARGUMENTS = {about!r}\n{program_text('files')}{program_text('settings')}", {})
    kept = {"ssid": "attic"} if before and before.endswith("}") else {}
    assert json.loads(path.read_text()) == {**kept, "secret": SECRET}


def test_a_later_deploy_keeps_the_port():
    """Catches a board that is updated and no longer reached."""
    found = types.SimpleNamespace(lib="/lib")
    for port in ("tcp:8000", "uart:1,9600,tx=8,rx=9", serving.USB):
        text = serving.program(found, 8000, port)
        assert serving.port_of(text) == port
        compile(text, "main.py", "exec")
        assert ("kbd_intr" in text) == (port == serving.USB) and "watchdog_ms=8000)" in text
        assert "LIB" not in text and "OPTIONS" not in text
    assert serving.port_of(None) == serving.USB


def test_ports_to_serve_on_are_those_of_the_board():
    for text in ("usb", "tcp", "tcp:8000", "uart:0,115200", "uart:1,9600,tx=8,rx=9", "ble", "ble:attic 2"):
        assert deploy._served(text) == text
