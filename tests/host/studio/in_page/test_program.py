"""What a program tells, as samples: the program's own `eqprop.Telemetry` at the other end of the line."""

from array import array

import numpy as np
import pytest

import eqprop
from eqprop.protocol import telemetry as kinds
from eqprop.protocol.frames import Sender
from eqprop_host.studio.in_page.motion import BOARD, SAMPLES, Motion
from eqprop_host.studio.in_page.program import Program, asking


class Line:
    """The program's port: what the page asked, and what the program said."""

    def __init__(self, asked):
        self.asked = bytearray(asked)
        self.said = b""

    def ready(self):
        return bool(self.asked) | 4

    def read(self):
        return self.asked.pop(0)

    def write(self, ring, start, count):
        self.said += bytes(ring[start : start + count])


@pytest.fixture
def line():
    return Line(asking(1_800_000_000))


def heard(line, program, pieces=7):
    """Let the page hear what the program said, in pieces."""
    for start in range(0, len(line.said), pieces):
        program.hear(memoryview(line.said)[start : start + pieces])
    line.said = b""


def tell(line, watch):
    """Let the program send all that it has to tell."""
    before = None
    while before != len(line.said) or line.asked:
        before = len(line.said)
        watch.poll()


def test_readings_become_the_features_of_the_last_window(line):
    """Catches a reading that is lost or doubled, axes that are mixed, an item of another type read as int16."""
    watch, program = eqprop.Telemetry(port=line), Program()
    tell(line, watch)
    source = np.random.default_rng(2)
    motion = Motion(2, BOARD)
    for typecode, size in (("h", 2), ("i", 4)):
        for _ in range(SAMPLES + 9):
            reading = source.integers(-30000, 30000, 2).tolist()
            watch.reading(array(typecode, reading), typecode, size)
            motion.feel(reading)
            tell(line, watch)
            heard(line, program)
    assert program.features() == motion.features() and len(program.features()) == 8


def test_a_long_reading_is_a_stretch_of_one_axis(line):
    watch, program = eqprop.Telemetry(port=line), Program()
    tell(line, watch)
    motion = Motion(1, BOARD)
    for n in range(5):
        stretch = [100 * n, *range(0, 9000, 300)]
        watch.reading(array("h", stretch))
        motion.feel(stretch)
        tell(line, watch)
        heard(line, program)
    assert program.features() == motion.features()


def test_a_programs_own_features_are_the_sample(line):
    network = eqprop.Network("4-3-2")
    watch, program = eqprop.Telemetry(network, port=line), Program()
    x = array("b", (1, -2, 127, -127))
    watch.answer(network.infer(x), x)
    tell(line, watch)
    line.said = b"hello\r\n" + line.said
    heard(line, program)
    assert program.features() == x.tobytes() and program.fault == ""
    watch.features(array("b", (5, 6)))
    watch.fault("sensor: absent")
    tell(line, watch)
    heard(line, program)
    assert program.features() == bytes((5, 6)) and program.fault == "sensor: absent"


def test_another_format_is_told():
    about = bytes(8) + bytes((9,)) + bytes(20)
    with pytest.raises(ValueError, match=f"tells format 9, this eqprop reads {kinds.FORMAT}"):
        Program().hear(bytes(Sender(64).encode(kinds.ABOUT, 1, about)))
