"""Recorders: what a sensor's registers hold arrives as readings, from a board that had only eqprop."""

import io
import sys
import types
from array import array

import pytest

from eqprop_host import cli
from eqprop_host.deploy.deployment import MARK
from eqprop_host.errors import DataError
from eqprop_host.field import recorders
from eqprop_host.field.recording import Recording
from support.boards.blank_board import put

REGISTERS = {
    0x18: {0x28: bytes((0x10, 0x00, 0x00, 0xC0, 0xFF, 0x3F))},
    0x68: {0x3B: bytes((0x40, 0, 0xC0, 0, 0, 1, 9, 9, 0, 131, 0xFF, 0xFF, 0, 0))},
    0x29: {0x14: bytes((10, 0, 0, 1, 4, 0, 0xFF, 0xFF))},
}
READINGS = {
    "lis3dh": [16, -16384, 16383],
    "mpu6050": [16384, -16384, 1, 131, -1, 0],
    "tcs3472": [5, 128, 2, 32767],
    "adc": [-2768],
    "i2s": [20 * n + 1 for n in range(40)],  # means of -1, 0, 1, 4 and a slope
}
MACHINE = f"""
class Pin:
    def __init__(self, number):
        self.number = number

class I2C:
    def __init__(self, id, *, scl, sda, freq):
        assert (scl.number, sda.number) == (5, 4)
        self.started = set()

    def writeto_mem(self, address, register, data):
        self.started.add(address)

    def readfrom_mem_into(self, address, register, buffer):
        if WDT.left is not None:
            WDT.left -= 1
            if WDT.left < 0:
                raise SystemExit  # in place of a reset
        if address not in self.started:
            raise OSError(5)
        mask = 0x1F if address == 0x29 else 0x7F
        buffer[:] = {REGISTERS!r}[address][register & mask]

class WDT:
    left = None

    def __init__(self, timeout):
        assert timeout == 8000
        self.feed()

    def feed(self):
        WDT.left = 3

import os
if "main.py" in os.listdir():  # which started it, and it runs through a soft reset
    WDT.left = 3

class ADC:
    def __init__(self, pin):
        assert pin.number == 26

    def read_u16(self):
        return 30000

class I2S:
    RX, MONO = 0, 2

    def __init__(self, id, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        assert (sck.number, ws.number, sd.number) == (10, 11, 12)
        assert (mode, bits, format, rate) == (self.RX, 16, self.MONO, 16000)

    def readinto(self, buffer):
        for n in range(len(buffer)):
            buffer[n] = 20 * (n // 4) + (-1, 0, 1, 4)[n % 4]
"""


@pytest.mark.parametrize("sensor", recorders.SENSORS)
def test_a_sensors_registers_become_readings(sensor, monkeypatch):
    """As the datasheet has them. Catches: bytes in the other order, a sign, a sensor that is not started."""
    machine = types.ModuleType("machine")
    exec(MACHINE, machine.__dict__)
    monkeypatch.setitem(sys.modules, "machine", machine)
    shared = recorders._text("recorder")
    shared = shared[shared.index("def i2c") : shared.index("watch =")]
    program = {"array": array, "SETTINGS": {"sensor": sensor, **recorders.SENSORS[sensor]}}
    exec(shared + recorders._text(sensor), program)
    samples = [0] * program["AXES"]
    program["sensor"]()(samples)
    assert samples == READINGS[sensor]


def test_a_setting_that_a_sensor_does_not_have_is_named():
    """Catches a pin that is left out without a word, and a rate that no sensor of the kind has."""
    assert recorders.settings("i2s", sd=3, rate_hz=8000) == {"sck": 10, "ws": 11, "sd": 3, "rate_hz": 8000}
    with pytest.raises(DataError, match="--pins pin=3: i2s has sck, ws, sd"):
        recorders.settings("i2s", pin=3)
    with pytest.raises(DataError, match="--rate 8000: lis3dh has at most 400 readings a second"):
        recorders.settings("lis3dh", rate_hz=8000)


def test_a_board_with_only_eqprop_records_a_sensor(blank, tmp_path, monkeypatch, capsys):
    """One command after `eqprop deploy`.

    Catches: a program that does not start, a board without eqprop not named, a watchdog that resets the recorder.
    """
    board = blank()
    put(board, {"machine.py": MACHINE})
    words = ["record", str(tmp_path / "x.parquet"), "--port", board.path, "--labels", "a,b", "--sensor", "lis3dh"]
    words += ["--repeat", "1", "--countdown", "0", "--seconds", "2", "--rate", "50"]
    assert cli.main(words) == 1
    assert "`eqprop deploy --port" in capsys.readouterr().err
    assert cli.main(["deploy", "--port", board.path]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n\n"))
    assert cli.main(words) == 0
    rows = Recording(tmp_path / "x.parquet", "", "")._rows
    assert rows[0]["features"][:6] == 2 * READINGS["lis3dh"] and "rate_hz=50" in rows[0]["settings"]
    assert "recorder of lis3dh" in rows[0]["board"] and len(rows) == 2
    put(board, {"main.py": f"{MARK}\nwatchdog_ms=8000\n"})
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n\n"))
    words[1] = str(tmp_path / "watched.parquet")
    assert cli.main(words) == 0
    assert len(Recording(words[1], "", "")._rows) == 2
