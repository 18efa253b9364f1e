"""A board's clock in UTC, whatever delay its records have."""

import random

import pytest

from eqprop_host.field.clock import BoardClock


def test_a_clock_that_runs_slow_is_corrected():
    """50 millionths, with delays of up to 0.3 s: within 20 ms after an hour. Catches an offset that is the mean's."""
    clock, draws = BoardClock(), random.Random(1)
    for second in range(3600):
        clock.note(second * 1_000_000, 1000.0 + second * (1 + 50e-6) + draws.random() * 0.3)
    assert clock.utc(1_800_000_000) == pytest.approx(1000 + 1800 * (1 + 50e-6), abs=0.02)
    assert clock.drift_ppm == pytest.approx(50, abs=6)


def test_a_backlog_does_not_count():
    """Records that waited an hour come at once. Catches an offset that is the first record's."""
    clock = BoardClock()
    for second in range(0, 3600, 60):
        clock.note(second * 1_000_000, 5000.0)
    assert clock.utc(3540_000_000) == pytest.approx(5000.0)


def test_without_a_record_there_is_no_time():
    with pytest.raises(ValueError, match="no record has come yet"):
        BoardClock().utc(0)
