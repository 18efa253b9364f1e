"""A black box in flash: in order, once each, through power cuts at every operation; little wear."""

import contextlib
import subprocess

import pytest

from eqprop.telemetry.blackbox import BlackBox
from support.boards.memory_flash import MemoryFlash, PowerCut
from support.places import PROGRAMS, RUNTIME


def printed(interpreter, *arguments):
    argv, environment = interpreter.command(PROGRAMS / "boxing.py", *arguments, path=[str(RUNTIME)])
    done = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return tuple(map(int, done.stdout.splitlines()[-1].split()))  # files that a cut left open say so when collected


def test_records_survive_power_cuts_at_every_operation_of_littlefs(unix_micropython):
    """100,000 records, cut at operation 1, 2, ... 60 of a start. Catches: a record twice, an order that is lost."""
    records, cuts, kept, _ = printed(unix_micropython, 100_000, 60)
    assert records == 100_000 and cuts > 200 and kept >= 1000


def test_200_records_wear_one_block_at_most(unix_micropython):
    """All that littlefs erases. Catches a file that is written for each record."""
    records, _, kept, erased_per_thousand = printed(unix_micropython, 100_000, 0)
    assert erased_per_thousand <= 5 and kept == 2000


def pieces(box, first=0):
    return [(number, bytes(data)) for number, data in box.pieces(first, 10_000)]


def test_it_goes_on_where_it_was():
    """From any record on. Catches a number that is given twice."""
    flash = MemoryFlash(10**9)
    box = BlackBox(files=3, records=5, open_file=flash.open)
    for n in range(12):
        box.note(131, 0, n, 0, 0, n, n)
    assert [number for number, _ in pieces(box)] == [0, 4, 5, 9, 10]
    again = BlackBox(files=3, records=5, open_file=flash.open)
    assert (again.next, again.box) == (12, box.box)
    for n in range(12, 20):
        again.note(131, 0, n, 0, 0, n, n)
    assert b"".join(data[12:13] for _, data in pieces(again, 11)) and pieces(again, 11)[0][0] == 11
    assert pieces(again)[0][0] == 10  # the oldest segments made room


@pytest.mark.parametrize("left", [0, 3, 19, 20, 40, 66, 98, 99])
def test_a_segment_that_a_cut_tears_is_found_broken(left):
    """On a filesystem without a journal, which truncates first. Catches a CRC that is not compared."""
    flash = MemoryFlash(10**9)
    box = BlackBox(files=3, records=5, open_file=flash.open)
    for n in range(15):
        box.note(131, 0, n, 0, 0, n, n)
    whole = pieces(box)
    flash.left = left
    with contextlib.suppress(PowerCut):
        for n in range(5):
            box.note(131, 0, n, 0, 0, n, n)
    flash.left = 10**9
    again = BlackBox(files=3, records=5, open_file=flash.open)
    assert pieces(again) == whole[2:] and again.next == 15


def test_a_flash_that_fails_is_counted_and_the_program_goes_on():
    flash = MemoryFlash(10**9)
    box = BlackBox(files=2, records=3, open_file=flash.open)

    def fail(name, mode):
        raise OSError(28)

    box._open = fail
    for n in range(4):
        box.note(131, 0, n, 0, 0, n, n)
    assert (box.failed, box.next) == (1, 3)
    with pytest.raises(ValueError, match="files, records: 1 and 250"):
        BlackBox(files=1)
