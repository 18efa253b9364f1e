"""ble:// as users type it: bleak's classes over the air of a simulated board on real MicroPython."""

import asyncio
import builtins
import contextlib
import sys
import types

import pytest

from eqprop_host import cli
from eqprop_host.boards.ports import open_board
from eqprop_host.errors import PortError
from eqprop_host.link import ble
from eqprop_sim.simulated_board import SimulatedBoard
from soak import hostile
from support import fake_bleak


@pytest.fixture
def bleak(monkeypatch):
    """The imitated bleak, without faults."""
    monkeypatch.setitem(sys.modules, "bleak", fake_bleak)
    monkeypatch.setattr(ble, "_FIND_S", 60.0)  # a busy computer starts a board slowly
    fake_bleak.AIR.set()
    return fake_bleak


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize(("mtu", "breaks_every"), [((23, 247), 60), ((23, 23), 0)])
def test_a_run_by_bluetooth_ends_with_the_usual_bits(bleak, mtu, breaks_every, tmp_path, capsys):
    """Through broken connections, and in the smallest packets. Catches a piece that is lost between two packets."""
    text, expected = hostile.of_few()
    (tmp_path / "few.csv").write_text(text)
    with contextlib.closing(SimulatedBoard("sim:micropython?via=ble")) as board:
        bleak.AIR.set(3, mtu, breaks_every)
        words = ["--data", str(tmp_path / "few.csv"), "--limit", str(hostile.OF_SESSION)]
        assert cli.main(["train", "--port", f"ble://{board.path}", *words]) == 0
    assert capsys.readouterr().out.endswith(f"conductance CRC {expected.ended[hostile.OF_SESSION][1]:08x}\n")
    assert bool(bleak.AIR.breaks) == bool(breaks_every)


def refused(port):
    with pytest.raises(PortError) as failed, open_board(port):
        pass
    return str(failed.value)


def test_a_name_that_nobody_advertises_is_one_line(bleak, monkeypatch):
    monkeypatch.setattr(ble, "_FIND_S", 0.01)
    assert refused("ble://nobody") == (
        "port ble://nobody cannot be opened: no board called nobody advertises itself within 0.01 s: is another host "
        "connected to it?"
    )
    assert refused("ble://") == "port ble://: expected ble:// and the board's name, such as ble://eqprop"


@pytest.mark.parametrize("error", [fake_bleak.BleakError("no adapter\nis on"), FileNotFoundError(2, "No such file")])
def test_a_computer_without_bluetooth_says_so(bleak, monkeypatch, error):
    async def find(name, timeout):
        raise error

    monkeypatch.setattr(fake_bleak.BleakScanner, "find_device_by_name", find)
    said = refused("ble://attic")
    assert said.startswith("port ble://attic cannot be opened: Bluetooth: ") and "\n" not in said


def test_a_device_without_the_service_is_one_line(bleak, monkeypatch):
    class Client:
        services = types.SimpleNamespace(get_characteristic=lambda uuid: None)

        def __init__(self, device, disconnected_callback):
            pass

        async def connect(self):
            await asyncio.sleep(0)

        disconnect = connect

    async def find(name, timeout):
        return name

    monkeypatch.setattr(fake_bleak.BleakScanner, "find_device_by_name", find)
    monkeypatch.setattr(fake_bleak, "BleakClient", Client)
    assert refused("ble://kettle") == "port ble://kettle: kettle has no UART service: is eqprop served there?"


def test_without_bleak_a_line_says_how_to_install_it(monkeypatch, capsys):
    real = builtins.__import__

    def absent(name, *about):
        if name == "bleak":
            raise ModuleNotFoundError("No module named 'bleak'", name="bleak")
        return real(name, *about)

    monkeypatch.delitem(sys.modules, "bleak", raising=False)
    monkeypatch.setattr(builtins, "__import__", absent)
    assert cli.main(["train", "--port", "ble://attic"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "eqprop: train: needs bleak: pip install 'eqprop[ble]'"
