"""A small fleet of real firmware, in which three boards fail; `python -m soak.fleets` flies twenty."""

import os

import pytest

from eqprop_host.boards import ports
from soak import fleets

pytestmark = [
    pytest.mark.slow,
    pytest.mark.emulated,
    pytest.mark.skipif(not os.environ.get("EQPROP_BOARDS"), reason="takes minutes: make boards"),
]


@pytest.mark.usefixtures("cortex_m3", "compiled_once")
def test_boards_that_fail_stop_no_other(tmp_path, monkeypatch):
    """Catches a failure that ends the command or the other boards, one not named, and a run that is not kept."""
    monkeypatch.setattr(ports, "_RECONNECT_S", 2.0)
    wrong, _ = fleets.fly(tmp_path, 4)
    assert not wrong, "\n".join(wrong)
