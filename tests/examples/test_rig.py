"""The rig's example: it learns on every simulated board, resumes, and names what is wrong with a chip."""

import pytest

from support.example import simulate

pytestmark = pytest.mark.slow


def answers(said):
    """Return the answers of what the program printed."""
    return [line.split(": ")[1][0] for line in said.splitlines()[-4:]]


def test_it_learns_and_resumes(tmp_path):
    """Catches: a program that calibrates or learns again at each start, wipers that are not rewritten."""
    said = simulate("rig", "sim:", flash=tmp_path)
    assert said.startswith("calibrated: 36 devices of 40 to 59 kOhm\nright after ")
    assert answers(said) == list("0110") and "wrong" not in said
    again = simulate("rig", "sim:", flash=tmp_path)
    assert again.startswith("calibration: kept\nresumes after ") and answers(again) == list("0110")


@pytest.mark.parametrize("port", ["sim:micropython", "sim:cortex-m0"])
def test_it_learns_on_other_interpreters(port, unix_micropython, cortex_m3):
    """In 96 KB on an M0. Floats are of other sizes in the simulation, the program's integers are the same."""
    said = simulate("rig", port)
    assert "right after " in said and answers(said) == list("0110") and "wrong" not in said


@pytest.mark.parametrize(
    ("act", "line"),
    [
        ("dead", "U5 MCP4251 P0W: no answer, check its CS, SCK, SDI, SDO and supply"),
        ("swapped", "U4 MCP4251 and U9 MCP4251: answer to each other's chip selects: swap them, U24 74HCT154 Y3 and "),
        ("silent", "U20 ADS1115: no answer at I2C address 49, check its SDA, SCL, ADDR and supply"),
        ("stuck", "U7 MCP4251 P1B-P1W (X0N to H1_2): wrote 236, read 128: check its chip select and supply"),
    ],
)
def test_what_is_wrong_is_named(act, line):
    said = simulate("rig", "sim:", act)
    assert said.startswith(line) and "Traceback" not in said


def test_a_host_is_served(tmp_path):
    """Until it hangs up: here, at once. Catches a service that does not start, and words on its line."""
    said = simulate("rig", "sim:", flash=tmp_path, program="serve")
    assert said == "calibrated: 36 devices of 40 to 59 kOhm\n"
    assert simulate("rig", "sim:", "silent", program="serve").startswith("U20 ADS1115: no answer at I2C address 49")
