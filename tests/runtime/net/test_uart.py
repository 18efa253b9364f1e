"""A UART's pins as a port, over a `machine.UART` that takes and gives what it likes."""

import importlib
import subprocess
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop import net
from support.places import PROGRAMS, RUNTIME


class Uart:
    """What every port's UART has; `takes` are the bytes that the next writes accept."""

    has_txbuf = True

    def __init__(self, id, baudrate, rxbuf=0, timeout=0, **more):
        if "txbuf" in more and not self.has_txbuf:
            raise TypeError("extra keyword arguments given")
        self.about = (id, baudrate, {name: more[name] for name in more if name != "txbuf"})
        self.came, self.left, self.takes, self.largest = b"", b"", [], 0

    def any(self):
        return len(self.came)

    def txdone(self):
        return not self.takes or self.takes[0] >= 0 or self.takes.pop(0) >= 0

    def readinto(self, buffer, count):
        piece, self.came = self.came[:count], self.came[count:]
        buffer[: len(piece)] = piece
        return len(piece) or None

    def write(self, data, start, count):
        self.largest = max(self.largest, count)
        taken = min(count, self.takes.pop(0) if self.takes else count)
        self.left += bytes(data[start : start + taken])
        return taken or None


@pytest.fixture(scope="module")
def opened():
    """A function that opens a port on such a UART."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "machine", types.SimpleNamespace(UART=Uart, Pin=lambda number: f"pin {number}"))
        sys.modules.pop("eqprop.net.uart", None)
        importlib.import_module("eqprop.net.uart")
        yield net.port
    sys.modules.pop("eqprop.net.uart", None)


@given(
    frames=st.lists(st.binary(min_size=1, max_size=700), max_size=8),
    takes=st.lists(st.integers(-1, 300), max_size=20),
    gap=st.integers(0, 3),
)
def test_what_is_written_leaves_whole_and_in_order(opened, frames, takes, gap):
    """Whatever room the UART has. Catches: a frame whose rest is lost, doubled or overtaken."""
    port = opened("uart:0,115200")
    port._uart.takes = list(takes)
    for frame in frames:
        port.write(b"before" + frame + b"after", 6, len(frame))
        for _ in range(gap):
            port.ready()
    while not port.ready() & 4:
        pass
    assert port._uart.left == b"".join(frames)


def test_what_comes_is_read_byte_by_byte_or_at_once(opened):
    port = opened("uart:0,115200")
    assert port.ready() == 4 and port.read() == -1
    port._uart.came = b"hello"
    assert port.ready() == 5 and port.read() == ord("h")
    buffer = bytearray(32)
    assert port.readinto(buffer) == 4 and buffer[:4] == b"ello"


def test_a_uart_without_a_send_buffer_gets_little_at_a_time(opened, monkeypatch):
    """Because it waits until all is sent, and a program must not."""
    monkeypatch.setattr(Uart, "has_txbuf", False)
    port = opened("uart:1,9600")
    port.write(bytes(100), 0, 100)
    while not port.ready() & 4:
        pass
    assert len(port._uart.left) == 100 and port._uart.largest == 16


def test_telling_through_it_allocates_nothing(unix_micropython):
    """Where the UART takes little at a time, too: 200 answers of 37 bytes, none dropped."""
    argv, environment = unix_micropython.command(PROGRAMS / "net/locked.py", path=[str(RUNTIME)])
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.stdout == "7400 0\n", done.stderr


def test_pins_are_the_boards_unless_they_are_named(opened):
    assert opened("uart:0,115200")._uart.about == (0, 115200, {})
    assert opened("uart:1,9600,tx=8,rx=9")._uart.about == (1, 9600, {"tx": "pin 8", "rx": "pin 9"})


@pytest.mark.parametrize("text", ["", "0", "x,115200", "0,fast", "0,115200,cts=3", "0,9600,9600", "0,tx=1", "0,0"])
def test_a_text_that_names_no_uart_is_one_line(opened, text):
    with pytest.raises(ValueError) as failed:
        opened(f"uart:{text}")
    assert str(failed.value) == f"port uart:{text}: expected such as uart:0,115200 or uart:0,9600,tx=0,rx=1"
