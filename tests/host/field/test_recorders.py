"""Recorders: what a sensor's registers hold arrives as readings, from a board that had only eqprop."""

import io
import sys
import types

import pytest

from eqprop_host import cli
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
        if address not in self.started:
            raise OSError(5)
        mask = 0x1F if address == 0x29 else 0x7F
        buffer[:] = {REGISTERS!r}[address][register & mask]

class ADC:
    def __init__(self, pin):
        assert pin.number == 26

    def read_u16(self):
        return 30000
"""


@pytest.mark.parametrize("sensor", recorders.SENSORS)
def test_a_sensors_registers_become_readings(sensor, monkeypatch):
    """As the datasheet has them. Catches: bytes in the other order, a sign, a sensor that is not started."""
    machine = types.ModuleType("machine")
    exec(MACHINE, machine.__dict__)
    monkeypatch.setitem(sys.modules, "machine", machine)
    shared = recorders._text("recorder")
    shared = shared[shared.index("def i2c") : shared.index("watch =")]
    program = {"SETTINGS": {"sensor": sensor, **recorders.SENSORS[sensor]}}
    exec(shared + recorders._text(sensor), program)
    samples = [0] * program["AXES"]
    program["sensor"]()(samples)
    assert samples == READINGS[sensor]


def test_a_board_with_only_eqprop_records_a_sensor(blank, tmp_path, monkeypatch, capsys):
    """One command after `eqprop deploy`. Catches: a program that does not start, a board without eqprop not named."""
    board = blank()
    put(board, {"machine.py": MACHINE})
    words = ["record", str(tmp_path / "x.parquet"), "--port", board.path, "--labels", "a,b", "--sensor", "lis3dh"]
    words += ["--repeat", "1", "--countdown", "0", "--seconds", "0.5", "--rate", "50"]
    assert cli.main(words) == 1
    assert "`eqprop deploy --port" in capsys.readouterr().err
    assert cli.main(["deploy", "--port", board.path]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n\n"))
    assert cli.main(words) == 0
    rows = Recording(tmp_path / "x.parquet", "", "")._rows
    assert rows[0]["features"][:6] == 2 * READINGS["lis3dh"] and "rate_hz=50" in rows[0]["settings"]
    assert "recorder of lis3dh" in rows[0]["board"] and len(rows) == 2
