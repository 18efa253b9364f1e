"""A black box in flash: in order, once each, through power cuts at every operation; little wear."""

import contextlib
import struct
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
    assert [number for number, _ in pieces(box)] == [0, 5, 10]
    again = BlackBox(files=3, records=5, open_file=flash.open)
    assert (again.next, again.box) == (12, box.box)
    for n in range(12, 20):
        again.note(131, 0, n, 0, 0, n, n)
    assert b"".join(data[16:17] for _, data in pieces(again, 11)) and pieces(again, 11)[0][0] == 11
    assert pieces(again)[0][0] == 10  # the oldest segments made room


@pytest.mark.parametrize("left", [0, 3, 21, 22, 40, 66, 104, 105])
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
    assert pieces(again) == whole[1:] and again.next == 15


def test_a_flash_that_fails_is_counted_and_the_program_goes_on():
    """Catches numbers of records that are lost, at which a host would wait for ever."""
    flash = MemoryFlash(10**9)
    box = BlackBox(files=4, records=3, open_file=flash.open)

    def fail(name, mode):
        raise OSError(28)

    for n in range(3):
        box.note(131, 0, n, 0, 0, n, n)
    box._open = fail
    for n in range(4):
        box.note(131, 0, n, 0, 0, n, n)
    assert (box.failed, box.next) == (1, 3)
    box._open = flash.open
    for n in range(2):
        box.note(131, 0, n, 0, 0, n, n)
    assert [number for number, _ in pieces(box)] == [0, 3] and box.next == 6
    with pytest.raises(ValueError, match="files, records: 1 and 250"):
        BlackBox(files=1)


def test_segments_before_a_damaged_one_are_left_out():
    """Caught: a host got records and waited for the damaged ones, at each pull."""
    flash = MemoryFlash(10**9)
    box = BlackBox(files=4, records=5, open_file=flash.open)
    for n in range(20):
        box.note(131, 0, n, 0, 0, n, n)
    flash.files["eqprop-log-1"][30] ^= 1
    again = BlackBox(files=4, records=5, open_file=flash.open)
    assert [number for number, _ in pieces(again)] == [10, 15] and again.next == 20


class Crossbar:
    readable = exact = True


class Counted:
    """A network that learnt so many samples."""

    crossbar = Crossbar()

    def __init__(self, sample):
        self.sample = sample

    def crc(self):
        return 0xF0E1_0000 + self.sample


def features_of(box):
    """Return {record number: (kind, features, CRC)}, put together from pieces."""
    found, parts = {}, {}
    for number, data in box.pieces(0, 10_000):
        features, offset = struct.unpack_from("<HH", data)
        assert len(data) <= 84 and len(parts.get(number, b"")) == offset
        size = 16 + features
        data = parts.pop(number, b"") + data[4:]
        for n in range(len(data) // size):
            raw = data[n * size : (n + 1) * size]
            found[number + n] = raw[0], raw[16:], struct.unpack_from("<I", raw, 4)[0]
        if len(data) % size:
            parts[number] = data
    assert not parts
    return found


@pytest.mark.parametrize("features", [1, 4, 64, 65, 200])
def test_features_are_kept_and_the_conductances_marked(features):
    """Records larger than a piece, too. Catches: features of another record, a part twice, a CRC of another moment."""
    flash = MemoryFlash(10**9)
    box = BlackBox(files=20, records=4, features=features, open_file=flash.open)
    network = Counted(7)
    box.start(network)
    for n in range(10):
        network.sample += 1
        x = bytes((n * k) & 255 for k in range(features))
        raw = bytearray(struct.pack("<BBHIIIHHIH", 132, 0, 0, n, 0, network.sample, 1, 0, 0, 0)) + bytes(4)
        box.keep(raw, x if n != 5 else None)
    box.flush()
    found = features_of(box)
    assert [kind for kind, _, _ in found.values() if kind not in (1, 3)] == [196] * 5 + [132] + [196] * 4
    told = [x for kind, x, _ in found.values() if kind == 196]
    assert told == [bytes((n * k) & 255 for k in range(features)) for n in range(10) if n != 5]
    assert found[0][2] == 0xF0E1_0007 and found[3][::2] == (3, 0xF0E1_0009) and max(found) in (13, 14)
    again = BlackBox(files=20, records=4, open_file=flash.open)  # which keeps none
    again.note(131, 0, 0, 0, 0, 0, 0)
    again.flush()
    assert len(features_of(again)) == len(found) + 1


def test_a_file_of_two_records_takes_a_start_and_the_conductances():
    """As the largest features leave. Caught: the program ended at its third record."""
    box = BlackBox(files=9, records=2, features=2000, open_file=MemoryFlash(10**9).open)
    box.start(Counted(7))
    for n in range(3):
        box.note(131, 0, n, 0, 0, n, n)
    assert [kind for kind, _, _ in features_of(box).values()] == [1, 3, 131, 3, 131, 3, 131, 3]


def test_a_box_for_which_no_file_is_large_enough_is_refused():
    with pytest.raises(ValueError, match="features: 9000, expected 0 to 8191"):
        BlackBox(features=9000)
    assert len(BlackBox(features=64)._data) == 50 * 80
