"""A newcomer's path: eight commands from a bare board to one that was taught, and watched; `make boards`."""

import os

import pytest

from eqprop_sim.emulated_board import rp2040
from support.boards import held_board
from support.newcomer import Newcomer
from support.surroundings import obtained

pytestmark = [
    pytest.mark.slow,
    pytest.mark.emulated,
    pytest.mark.skipif(not os.environ.get("EQPROP_BOARDS"), reason="takes minutes: make boards"),
]
REPEAT = 10


def followed(folder, board, capsys):
    """Have a newcomer follow the path; print how long each command took."""
    newcomer = Newcomer(folder, board)
    newcomer.follow(REPEAT)
    with capsys.disabled():
        print("", newcomer.table(), sep="\n")
    assert len(newcomer.commands) + 1 <= 8  # with `pip install`
    assert newcomer.person_s() <= 600


def test_from_a_bare_board_to_a_taught_one(blank, tmp_path, capsys):
    """Catches: a step that is missing, a network that is not the program's, a lost lesson."""
    bare = blank("cortex-m3")
    held_board.wire(bare.path, None)
    with held_board.wired(bare.path) as board:
        followed(tmp_path, board, capsys)


def test_from_a_bare_pico_to_a_taught_one(tmp_path, capsys):
    """Nothing on the board is replaced: its firmware reads an accelerometer on its own I2C bus.

    Catches: what its firmware, USB, buses, sleep or watchdog do otherwise than the simulated `machine`.
    """
    with held_board.pico(obtained(rp2040.obtain), tmp_path / "flash") as board:
        followed(tmp_path, board, capsys)
