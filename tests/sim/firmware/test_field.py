"""Programs of boards in a simulated field: the same everywhere, with `machine`, asyncio and parts as they are known."""

import re
import sys

import pytest

from support.places import PROGRAMS, ROOT

sys.path.insert(0, str(ROOT / "examples"))

from simulate import simulate  # noqa: E402

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
