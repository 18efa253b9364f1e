"""The parts of a simulated field: the clock by laws, the LIS3DH by its datasheet, noise by its statistics."""

import statistics
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.places import ROOT

sys.path.insert(0, str(ROOT / "board_sim/eqprop_sim/firmware/field"))

from clock import Clock, clock  # noqa: E402
from parts.lis3dh import LIS3DH  # noqa: E402
from parts.noise import Noise  # noqa: E402


@given(st.lists(st.integers(0, 1000), max_size=20), st.lists(st.integers(0, 300), max_size=20))
def test_what_is_to_happen_happens_in_order_and_in_time(times, steps):
    """Each when its time has come, and never before. Catches an order that is that of the calls, a time that jumps."""
    time, happened = Clock(), []
    for at in times:
        time.at(at, lambda at=at: happened.append((at, time.now())))
    for step in steps:
        time.advance(step)
    end = sum(steps)
    assert time.now() == end
    assert happened == [(at, at) for at in sorted(times) if at <= end and steps]


def registers(part, at, count):
    """Return so many registers of the part from `at` on, in one transfer."""
    buffer = bytearray(count)
    part.written(bytes((at | 0x80,)))
    part.read_into(buffer)
    return bytes(buffer)


@pytest.fixture
def part():
    """A LIS3DH at rest, 100 Hz, +-2 g in high resolution, with its FIFO as a stream."""
    part = LIS3DH(lambda us: (500, -250, 1000), noise_mg=0)
    part.written(bytes((0x20 | 0x80, 0x57, 0, 0, 0x08, 0x40)))
    part.written(bytes((0x2E, 0x80)))
    return part


def test_an_accelerometer_by_its_registers(part):
    """Catches: another address, sensitivity, byte order or depth; a FIFO that gives the newest first."""
    assert registers(part, 0x0F, 1) == b"\x33"
    clock.advance(55_000)
    assert registers(part, 0x2F, 1)[0] & 0x7F == 5
    # 1 mg is one of 12 bits, left-justified: section 2.1
    sample = b"".join((mg << 4).to_bytes(2, "little", signed=True) for mg in (500, -250, 1000))
    assert registers(part, 0x28, 12) == 2 * sample
    assert registers(part, 0x2F, 1)[0] & 0x1F == 3
    clock.advance(1_000_000)
    assert registers(part, 0x2F, 1)[0] & 0x40
    registers(part, 0x28, 32 * 6)
    assert registers(part, 0x2F, 1)[0] & 0x20


def test_an_accelerometer_at_full_scale(part):
    """Catches a value that wraps."""
    part.acceleration = lambda us: (9000, -9000, 0)
    clock.advance(10_000)
    assert registers(part, 0x28, 6) == b"\xf0\x7f\x00\x80\x00\x00"


def test_noise_is_what_it_says():
    """Catches: a generator that is stuck in a short period, a deviation of another size."""
    noise = Noise(5)
    drawn = [noise.below(1000) for _ in range(20000)]
    assert 0 <= min(drawn) < 10 and 990 < max(drawn) < 1000 and 485 < statistics.mean(drawn) < 515
    bells = [noise.bell(100) for _ in range(20000)]
    assert abs(statistics.mean(bells)) < 4 and 96 < statistics.stdev(bells) < 104
    assert [Noise(6).below(100) for _ in range(5)] != [Noise(7).below(100) for _ in range(5)]
