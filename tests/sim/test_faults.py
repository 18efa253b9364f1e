"""The simulated line: damage that follows from the seed alone, at the rates and the speed asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_sim.emulator import compiled_network
from eqprop_sim.faults import Direction, Faults, Printer
from eqprop_sim.firmware.flash import Flash
from eqprop_sim.firmware.rot import rotting

NOISY = Faults(flip=0.01, drop=0.01, duplicate=0.01, burst=0.005, stall=0.001, seed=4)


def arrived(direction, data, cuts=()):
    for begin, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        direction.put(data[begin:end], 0.0)
    return direction.take(float("inf"))


@given(st.lists(st.integers(0, 3000), max_size=5).map(sorted), st.integers(0, 2**31 - 1))
def test_damage_follows_from_the_seed_and_the_place_alone(cuts, seed):
    """Catches randomness that depends on how the bytes happened to be cut."""
    faults = Faults(flip=0.02, drop=0.01, duplicate=0.01, burst=0.01, seed=seed)
    data = bytes(range(250)) * 12
    assert arrived(Direction(faults, "down"), data) == arrived(Direction(faults, "down"), data, cuts)
    assert arrived(Direction(faults, "down"), data) != arrived(Direction(faults, "up"), data)


@pytest.mark.parametrize(
    ("fault", "expected"), [("flip", 0), ("drop", -2000), ("duplicate", 2000 * 32.5), ("burst", 0), ("stall", 0)]
)
def test_faults_come_as_often_as_asked(fault, expected):
    """Catches a probability that is another's, and a fault that is another."""
    data = bytes(200_000)
    direction = Direction(Faults(**{fault: 0.01}, seed=1), "down")
    direction.put(data, 0.0)
    late = direction.due()
    came = direction.take(float("inf"))
    assert len(came) - len(data) == pytest.approx(expected, rel=0.1, abs=0)
    changed = len(came) - came.count(0)
    assert changed == pytest.approx({"flip": 2000, "burst": 2000 * 32.5 * 0.75}.get(fault, 0), rel=0.15)
    assert (late > 100) == (fault == "stall")


def test_a_baud_rate_takes_its_time():
    """Ten bits a byte, from when the line is free. Catches a rate that counts from each call."""
    direction = Direction(Faults(baud=9600, delay=100), "down")
    direction.put(bytes(480), 1.0)
    direction.put(bytes(480), 1.2)
    assert direction.take(1.099) == b""
    assert len(direction.take(1.6)) == pytest.approx(480, abs=2)
    assert len(direction.take(2.09)) < 480 and len(direction.take(2.2)) > 0
    direction.put(b"x", 9.0)
    assert direction.due() == pytest.approx(9.1, abs=0.002)


def test_a_clean_line_changes_nothing():
    data = bytes(range(256)) * 50
    assert arrived(Direction(Faults(), "down"), data) == data


def test_lines_are_printed_as_often_as_asked_and_now_and_then_within_an_answer():
    """Catches a rate that is another, answers that lose a byte, and lines that all fall between answers."""
    printer = Printer(Faults(prints=20, seed=3))
    said = [printer.start(0.0)]
    for n in range(100_000):  # of 1 ms, with an answer in each tenth
        said.append(printer.among(b"<answer>" if n % 10 == 0 else b"", n / 1000))
    assert said[0] == b"\r\nmy board 7, ready\r\n"
    lines = sum(part.count(b"T = ") for part in said)
    assert lines == pytest.approx(2000, rel=0.1)
    whole = sum(b"<answer>" in part for part in said)
    assert whole == pytest.approx(10_000 - 0.4 * lines, rel=0.02)
    assert Printer(Faults()).start(0.0) == b"" and Printer(Faults()).due() is None


@pytest.mark.parametrize("model", ["hopfield", "resistive"])
@pytest.mark.parametrize("seed", range(20))
def test_memory_that_rots_is_a_bit_off_after_a_sample(seed, model):
    """Catches a flip of several bits, or of none, and one that is always of the same thing."""
    kinds = (compiled_network.Network, rotting(compiled_network.Network, 10**6, seed))
    whole, rotten = (kind((4, 3, 2), seed, model=model) for kind in kinds)
    flipped = 0
    for network in (whole, rotten):
        network.learn(bytes((60, 0, 10, 90)), 1)
    for c in range(2):
        circuits = [network.crossbar.circuit for network in (whole, rotten)]
        checks = [each.sums[c : c + 1] if model == "hopfield" else each.total[c] for each in circuits]
        for ours, theirs in ((whole.conductances(c), rotten.conductances(c)), checks):
            flipped += sum(int(bits).bit_count() for bits in (ours ^ theirs).view(f"u{ours.itemsize}"))
    assert flipped == 1


def test_a_flash_takes_its_time_for_each_block(tmp_path, monkeypatch):
    """9,000 bytes lie in three blocks, however they are cut. Catches a block that is erased at each write."""
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    with Flash(str(tmp_path), erase_ms=45).open("file", "wb") as file:
        for _ in range(90):
            file.write(bytes(100))
    assert sum(slept) == pytest.approx(3 * 0.045)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"flip": "often"}, "flip=often is not a probability"),
        ({"flip": "1.5"}, "flip=1.5 is not a probability"),
        ({"flip": "nan"}, "flip=nan is not a probability"),
        ({"baud": "1e5"}, "baud=1e5 is not a whole number"),
        ({"baud": "-1"}, "baud=-1 is not in 0..2147483647"),
        ({"flip": "0.6", "drop": "0.6"}, "flip, drop, duplicate, burst and stall are more than 1 together"),
    ],
)
def test_options_that_make_no_sense_are_named(options, words):
    with pytest.raises(ValueError) as caught:
        Faults.parsed(options)
    assert str(caught.value) == words
