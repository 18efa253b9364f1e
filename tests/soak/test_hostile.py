"""A few of the hostile runs, one for each kind of board; `make hostile` does 200 of them."""

import pytest

from soak import hostile

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def expected():
    return hostile.clean()


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("seed", (1000, 1001, 1003))
def test_a_hostile_run_ends_with_the_same_network(seed, expected):
    """Catches anything lost, repeated or mixed up by faults, resets and a killed host, on the board or in the log."""
    wrong, line = hostile.run(seed, expected, "micropython")
    assert not wrong, line


@pytest.mark.usefixtures("unix_micropython")
def test_one_over_a_uarts_pins_does(expected):
    """Catches bytes that a full buffer takes and loses, or sends twice."""
    wrong, line = hostile.run(1004, expected, "micropython", samples=200, via="uart")
    assert not wrong, line


@pytest.mark.usefixtures("unix_micropython")
def test_one_by_bluetooth_does(expected):
    """Catches a notification that finds no room and is lost, and a host that is not heard after another was killed."""
    wrong, line = hostile.run(1005, expected, "micropython", samples=200, via="ble")
    assert not wrong, line


def test_one_on_cpython_does(expected):
    wrong, line = hostile.run(2000, expected, "")
    assert not wrong, line


@pytest.mark.parametrize("cortex_board", ["cortex-m0", "cortex-m3"], indirect=True)
def test_one_on_an_emulated_board_does(cortex_board, expected):
    wrong, line = hostile.run(3000, expected, cortex_board.cpu, samples=200)
    assert not wrong, line


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("kind", hostile.SESSIONS)
def test_a_session_that_is_disturbed_ends_with_the_same_network_or_says_why(kind):
    """Catches half a network that is trained on, another host's cache, a flipped bit, and an end without a word."""
    wrong, line = hostile.session(1000, kind, "micropython")
    assert not wrong, line
