"""Checkpoints: power cuts at every byte, bad flash, and wear; on CPython, and the cuts on boards as well."""

import re
import struct
import subprocess
from binascii import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop.checkpoint import BURST, NAMES, Checkpoints
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop.service import Service
from soak.power_cuts import CONFIGURATION, construct, cut_everywhere, learn
from support.boards.direct_host import DirectHost, configure
from support.boards.memory_flash import MemoryFlash
from support.places import ROOT


def keeping(flash, **options):
    return Checkpoints(rest_s=0, open_file=flash.open, **options)


def test_a_power_cut_at_any_byte_leaves_the_old_or_the_new():
    """At every byte, in both slots; whichever is left is whole, and the new one only where its writer knows.

    Catches: the newest slot written over, a checkpoint taken for whole without its last byte, a start that fails.
    """
    size = 31 + len(CONFIGURATION) + 5 + 2 * (5 * 3 + 4 * 2) + 1 + 1 + 4
    assert cut_everywhere() == {"old": 2 * size, "new": 2}


@pytest.mark.parametrize(("board", "step"), [("micropython", 1), ("cortex_m3", 17)])
def test_a_power_cut_does_so_on_boards(board, step, request):
    """Catches what only MicroPython does otherwise, such as a short read or a negative CRC."""
    script = ROOT / "soak" / "power_cuts.py"
    path = [ROOT / "runtime", ROOT / "tests"]
    argv, environment = request.getfixturevalue(board).command(script, "4-3-2", step, path=path)
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.stdout.strip() == str(sorted(cut_everywhere(step=step).items())), done.stderr


@given(st.integers(0), st.integers(1, 255), st.booleans())
def test_a_damaged_slot_is_passed_over(at, change, older):
    """Catches a CRC that is not compared, or covers less than the file."""
    flash = MemoryFlash()
    checkpoints = keeping(flash)
    network = construct(CONFIGURATION)
    for _ in range(2):
        learn(network)
        assert checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0))
    name = NAMES[0 if older else 1]
    flash.files[name][at % len(flash.files[name])] ^= change
    sample, _ = keeping(flash).load(construct)
    assert sample == (2 if older else 1)


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (4, 1, "checkpoint: expected format 3, got 1"),
        (31, 9, "model: 9 is not in 1..4"),
    ],
)
def test_checkpoints_of_another_eqprop_are_named_to_a_program(at, value, words):
    """A service passes them over. Caught: an older one taken for nothing, or its fields for others."""
    flash = MemoryFlash()
    network = construct(CONFIGURATION)
    learn(network)
    assert keeping(flash).save(network, CONFIGURATION, (0, 0, 0, 0))
    name = next(iter(flash.files))
    content = bytearray(flash.files[name])
    content[at] = value
    flash.files[name] = content[:-4] + struct.pack("<I", crc32(content[:-4]))
    assert keeping(flash).load(construct) is None
    with pytest.raises(ValueError, match=re.escape(words)):
        keeping(flash).load(construct, strict=True)
    again = keeping(flash)
    assert again.save(network, CONFIGURATION, (0, 0, 0, 0)) and again.written == 2


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_files_that_are_no_checkpoints_are_none(first, second):
    """Catches a start that fails on what another program left there."""
    flash = MemoryFlash()
    flash.files = {NAMES[0]: bytearray(first), NAMES[1]: bytearray(second)}
    assert keeping(flash).load(construct) is None


@pytest.mark.parametrize("error", [MemoryError("no room"), ImportError("eqprop.hopfield: not on this board")])
def test_a_network_that_no_longer_fits_is_passed_over(error):
    """Catches a board that a checkpoint of another runtime keeps from starting."""
    flash = MemoryFlash()
    checkpoints = keeping(flash)
    network = construct(CONFIGURATION)
    for _ in range(2):
        learn(network)
        checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0))

    def narrow(payload, _keep):
        narrow.calls += 1
        if narrow.calls == 1:
            raise error
        return construct(payload)

    narrow.calls = 0
    assert keeping(flash).load(narrow)[0] == 1


def test_a_full_or_failing_flash_stops_nothing():
    """Catches an error that ends the training, and a failure that is not counted."""
    for trouble in ({"full": 40}, {"failing": OSError(5)}, {"failing": MemoryError("no heap for a file")}):
        flash = MemoryFlash(**trouble)
        checkpoints = keeping(flash, every=2)
        service = Service(checkpoints=checkpoints)
        desk = DirectHost(greet=False)
        desk.service = service
        desk.greet()
        desk.state(m.CONFIGURE, configure((4, 3, 2), 5, 0))
        assert desk.progress(0, [(1, b"\1\2\3\4")] * 9).sample == 9
        state = desk.status()
        assert (state.saved, state.written, state.failed) == (m.NEVER_SAVED, 0, 4)


def test_a_service_goes_on_from_its_checkpoint():
    """The totals, the alphabet and the sample number too. Catches anything that a checkpoint forgets."""
    flash = MemoryFlash()
    rows = [(n % 2, bytes((n, 7 * n % 128, 3, n))) for n in range(40)]
    whole, parted = DirectHost(), DirectHost(checkpoints=keeping(flash, every=5))
    for desk in (whole, parted):
        desk.state(m.CONFIGURE, configure((4, 3, 2), 5, 7, run_number=9, epoch=25, alphabet=b""))
        desk.progress(0, rows[:23])
    again = DirectHost(checkpoints=keeping(flash, every=5))
    state = again.status()
    assert (state.sample, state.run_number, state.seed, state.lr_halving_samples, state.saved) == (20, 9, 5, 7, 20)
    assert again.progress(15, rows[15:])._replace(cached=0) == whole.progress(23, rows[23:])._replace(cached=0)
    assert again.status().crc == whole.status().crc


def test_wear_is_counted_over_restarts_and_bounded():
    """A clock that stands still, and one that runs. Catches a bound that a reset, a SAVE or a long pause lifts."""
    flash, now = MemoryFlash(), [0]

    def start():
        return Checkpoints(every=1, rest_s=600, open_file=flash.open, ticks=lambda: now[0])

    checkpoints, network = start(), construct(CONFIGURATION)
    for _ in range(50):
        learn(network)
        if checkpoints.due(network.sample):
            checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0))
    assert checkpoints.written == BURST - 1  # one is left for a host that says SAVE
    learn(network)
    assert checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0))
    learn(network)
    assert not checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0))
    for _ in range(3600):  # an hour
        now[0] += 1000000
        learn(network)
        if checkpoints.due(network.sample):
            checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0))
    assert BURST + 4 <= checkpoints.written <= BURST + 6
    again = start()
    assert again.load(construct) and again.written == checkpoints.written


def test_a_person_may_save_at_once_and_others_wait_the_longer():
    """Catches a press that is not kept, and presses that are not counted."""
    flash, now = MemoryFlash(), [0]
    checkpoints, network = Checkpoints(rest_s=600, open_file=flash.open, ticks=lambda: now[0]), construct(CONFIGURATION)
    for _ in range(BURST + 2):
        learn(network)
        assert checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0), force=True)
    learn(network)
    for ms in range(0, 3 * 600 * 1000, 200):  # two were too many, and one is to be earned
        assert not checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0)), ms
        now[0] += 200000
    now[0] += 200000
    assert checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0))


def test_saving_twice_writes_once():
    flash = MemoryFlash()
    checkpoints, network = keeping(flash), construct(CONFIGURATION)
    learn(network)
    assert checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0))
    assert checkpoints.save(network, CONFIGURATION, (0, 0, 0, 0)) and checkpoints.written == 1


def test_another_network_at_the_same_sample_is_kept_too():
    """As after a push. Catches a checkpoint that is taken for the network's because it goes on with its sample."""
    flash = MemoryFlash()
    desk = DirectHost(checkpoints=keeping(flash))
    for seed in (5, 6):
        desk.greet()
        begun = desk.state(m.CONFIGURE, configure((4, 3, 2), seed, 0))
        resumed = desk.state(m.RESUME, host_messages.pack_resume(7))
        assert begun.saved == resumed.saved == m.NEVER_SAVED
        assert desk.state(m.SAVE, b"").saved == 7
        state = DirectHost(checkpoints=keeping(flash)).status()
        assert (state.seed, state.sample, state.saved) == (seed, 7, 7)


def test_a_checkpoint_of_fewer_devices_is_none():
    """As another version's may be. Catches a network that is restored in part, its last devices from the CRC."""
    network = construct(CONFIGURATION)
    for _ in range(300):
        learn(network)
        flash = MemoryFlash()
        assert keeping(flash).save(network, configure((4, 5, 2), 5, 0), (0, 0, 0, 0))
        assert keeping(flash).load(construct) is None
