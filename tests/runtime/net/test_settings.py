"""A board's settings, and the Wi-Fi that they name: a simulated `network`, which refuses, drops and comes back."""

import sys
import types

import pytest

from eqprop import net
from eqprop.net import settings, wifi

SECRET = "an attic's own secret"


@pytest.fixture
def board(tmp_path, monkeypatch):
    """The folder of a board with a Wi-Fi whose state a test sets."""
    monkeypatch.chdir(tmp_path)

    class Wlan:
        connected, asked, busy = False, [], False

        def __init__(self, interface):
            assert interface == 0

        def active(self, on):
            assert on

        def isconnected(self):
            return self.connected

        def connect(self, ssid, password):
            if self.busy:
                raise OSError("Wifi Internal State Error")
            self.asked.append((ssid, password))

        def ifconfig(self):
            return ("192.168.4.16", "255.255.255.0", "192.168.4.1", "192.168.4.1")

    monkeypatch.setitem(sys.modules, "network", types.SimpleNamespace(WLAN=Wlan, STA_IF=0))
    return Wlan


def test_wifi_is_joined_without_waiting_and_joined_again(board, capsys):
    settings.write(ssid="attic", password="hidden words", secret=SECRET)
    port = net.port("tcp:4243")
    try:
        assert board.asked == []
        port.tend()
        assert board.asked == [("attic", "hidden words")]
        board.connected = True
        port.tend()
        port.tend()
        assert capsys.readouterr().out == "eqprop: at tcp://192.168.4.16:4243\n"
        board.connected, board.busy = False, True
        for _ in range(30):
            port.tend()
        assert len(board.asked) == 1
        board.busy = False
        for _ in range(11):
            port.tend()
        assert len(board.asked) == 2
        board.connected = True
        port.tend()
        assert capsys.readouterr().out == "eqprop: at tcp://192.168.4.16:4243\n"
    finally:
        port.close()


def test_settings_are_read_as_written_and_replaced_as_a_whole(board):
    assert settings.read() == {}
    settings.write(ssid="attic", password='with "quotes"', secret=SECRET)
    assert settings.read() == {"ssid": "attic", "password": 'with "quotes"', "secret": SECRET}
    settings.write(secret=SECRET)
    assert settings.read() == {"secret": SECRET}
    assert wifi.read() == settings.read()
    with pytest.raises(ValueError, match="^key: expected one of ssid, password, secret$"):
        settings.write(key="x")
    assert settings.read() == {"secret": SECRET}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tcp", "tcp: the board has no secret: run `eqprop deploy --wifi` or eqprop.net.settings.write"),
        ("tcp:x", "port tcp:x: expected a number up to 65535"),
        ("tcp:70000", "port tcp:70000: expected a number up to 65535"),
        ("udp", "port udp: expected tcp, tcp:4242, uart:0,115200 or ble:NAME"),
    ],
)
def test_a_port_that_cannot_be_is_one_line(board, text, says):
    with pytest.raises(ValueError) as failed:
        net.port(text)
    assert str(failed.value) == says


def test_a_damaged_file_says_so_and_tells_nothing(board, tmp_path):
    (tmp_path / settings.FILE).write_text('{"secret": "an attic')
    with pytest.raises(ValueError) as failed:
        net.port("tcp")
    assert str(failed.value) == "eqprop-net.json: is damaged: run `eqprop deploy --wifi` again"
