"""The functions of `time` in a simulated field: sleep and ticks."""

from clock import clock

_PERIOD = 1 << 30
_CALL_US = 1  # each call takes time, so that a polling loop ends


def ticks_us():
    """Return microseconds modulo 2**30."""
    return clock.advance(_CALL_US) % _PERIOD


def ticks_ms():
    """Return milliseconds modulo 2**30."""
    return clock.advance(_CALL_US) // 1000 % _PERIOD


def ticks_add(ticks, delta):
    """Return ticks moved by delta."""
    return (ticks + delta) % _PERIOD


def ticks_diff(now, then):
    """Return now - then, for ticks that wrap."""
    return (now - then + _PERIOD // 2) % _PERIOD - _PERIOD // 2


def sleep_us(us):
    """Wait."""
    clock.advance(us)


def sleep_ms(ms):
    """Wait."""
    clock.advance(1000 * ms)


def sleep(seconds):
    """Wait."""
    clock.advance(int(seconds * 1000000))
