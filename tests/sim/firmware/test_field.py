"""Programs of boards in a simulated field: the same everywhere, with `machine`, asyncio and parts as they are known."""

import ast
import re
import struct

import pytest

from eqprop_host.deploy.simulation import simulate
from support.places import PROGRAMS

FIELD = PROGRAMS / "field"
PRINTED = """\
[24] 65535
b'3' 0 32
1 40
b'3' 62 1
1 80
True
lamp 1
lamp 0
pressed 60
b'3' 193 1
lamp 1
lamp 0
lamp 1
lamp 0
"""
ACTS = {
    "": PRINTED,
    "absent": re.sub("b'3'.*", "error 5", PRINTED.replace("[24]", "[]")),
    "full": PRINTED.replace("True", "False"),
}


@pytest.mark.usefixtures("unix_micropython", "cortex_m3")
@pytest.mark.parametrize("act", ACTS)
def test_a_program_does_the_same_on_every_board(act):
    """Catches: real time, a part whose arithmetic differs, an interpreter that finds a module of its own."""
    for port in ("sim:", "sim:micropython", "sim:cortex-m3"):
        assert simulate(FIELD, port, act) == ACTS[act], port


@pytest.mark.usefixtures("unix_micropython", "cortex_m3")
@pytest.mark.parametrize("port", ["sim:", "sim:micropython", "sim:cortex-m3"])
def test_a_watchdog_bites_once_it_is_not_fed(port):
    """Catches: one that feeding does not hold off, one that never bites, a time that no Pico takes."""
    said = "timeout: 8389 is not in 1..8388\nfed\nhungry\n    the watchdog resets the board\n"
    assert simulate(FIELD, port, "", program="watched") == said


MOTION = b"@\x00\xe0\x00\x10\x00\xf0\xb03,\x99\xa8\x00\x83"
PARTS = r"""
servo 50 3277
servo 50 6553
50 6553 1999816
servo 0 0
None 0 5 2 b'5\n' None
b'\x01\x02' b'\x07\x07\x07'
b'h' b'\x00\x00' """.lstrip()


@pytest.mark.usefixtures("unix_micropython", "cortex_m3")
def test_parts_that_run_beside_the_program_do_the_same_on_every_board():
    """Timer, edges, PWM, UART, SPI and an MPU-6050 in its registers' units. Catches: an edge or a tick that is lost."""
    printed = {port: simulate(PROGRAMS / "parts", port) for port in ("sim:", "sim:micropython", "sim:cortex-m3")}
    assert printed["sim:"] == printed["sim:micropython"] == printed["sim:cortex-m3"]
    assert printed["sim:"].startswith(f"{PARTS}{MOTION}\n")
    assert printed["sim:"].endswith("once\n5 True\n[0, 0] 0\n")
    scaled = ast.literal_eval(printed["sim:"].splitlines()[7].split(" ", 1)[1].rpartition(" ")[0])
    assert struct.unpack(">7h", scaled) == (4096, -2048, 1024, -3920, 1637, -3275, 32)
