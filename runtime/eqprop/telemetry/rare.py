"""What few programs tell. Boards load it when it is first needed."""

import struct

from .._compat import const, ticks_us
from ..protocol.telemetry import NUMBERS, READING

try:
    from .viper import copy
    from .viper import tick as tick
except (ImportError, SyntaxError, NotImplementedError):  # CPython, or a port without viper
    from .plain import copy
    from .plain import tick as tick

_STATE_VALUE = const(11)
_STATE_SAMPLE = const(13)
_CLOCK_AT = const(12)
_CRC_SIZE = const(4)
_FEATURES_AT = const(26)
_LABELLED = const(1703936)  # _FEATURES_AT << 16


def labelled(telemetry, label, value, x):
    """Append an ANSWER (value -1) or a LEARNT (its loss) of a network whose outputs may be another array each time."""
    telemetry._use(telemetry.network.outputs)
    state = telemetry._state
    state[_STATE_SAMPLE] = telemetry.network.sample
    state[_STATE_VALUE] = value
    if telemetry._append(state, (len(x) + _FEATURES_AT << 16 if x else _LABELLED) | label, ticks_us(), x) < 0:
        refuse(x)
    if telemetry.box:
        telemetry.box.keep(telemetry._raw, x)


def refuse(x):
    """Raise ValueError for features that no record holds."""
    raise ValueError("x: {} features are more than the network has".format(len(x) if x else 0))


def append(telemetry, kind, at, items, count):
    """Append a record that ends with `count` bytes of a buffer, from `at`. Raises ValueError if it is too long."""
    raw = telemetry._raw
    if at + count + _CRC_SIZE > len(raw):
        raise ValueError("record: {} bytes are too many".format(count))
    copy(items, raw, 0, at, count)
    raw[0] = kind
    telemetry._append(telemetry._state, at + count, ticks_us(), None)


def reading(telemetry, samples, typecode, size):
    """As `Telemetry.reading`."""
    telemetry._raw[_CLOCK_AT] = ord(typecode)
    append(telemetry, READING, _CLOCK_AT + 1, samples, size * len(samples))


def numbers(telemetry, predicted):
    """As `Telemetry.numbers`."""
    struct.pack_into("<I", telemetry._raw, _CLOCK_AT, telemetry.network.sample)
    append(telemetry, NUMBERS, _CLOCK_AT + 4, predicted, 2 * len(predicted))
