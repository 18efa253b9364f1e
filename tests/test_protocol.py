"""The specification's test vectors: a conversation as it stands there, held with the board's service.

As a program, print it: what is between the fences of `docs/protocol.md`.
"""

import re
import sys
from binascii import crc32
from pathlib import Path

from cobs import cobs

from eqprop import asking
from eqprop import messages as m
from eqprop.frames import Sender
from eqprop.packing import Code
from eqprop.service import Service
from records import record

DOCUMENT = Path(__file__).parent.parent / "docs" / "protocol.md"
LEVELS = bytes(range(0, 128, 8))
CODE = Code(4, 2, LEVELS)
RECORDS = [record(CODE, bytes(x), label) for label, x in ((1, (0, 8, 16, 120)), (0, (120, 0, 0, 8)), (1, (8, 8, 8, 8)))]
QUESTIONS = [
    ("HELLO: session 0x11223344", m.HELLO, asking.pack_hello(0x11223344)),
    (
        "CONFIGURE: run 7, seed 5, rates that never halve, 3 samples an epoch, 4-3-2, 16 levels",
        m.CONFIGURE,
        m.pack_configure(m.Configuration(7, 5, 0, 3, (4, 3, 2), LEVELS)),
    ),
    ("SAMPLES: 0, 1 and 2 as records", m.SAMPLES, asking.pack_samples(0, [(RECORDS, None)])),
    ("SAMPLES: 3 and 4 from slots 2 and 0", m.SAMPLES, asking.pack_samples(3, [(None, [2, 0])])),
    ("SAMPLES: 3 and 4 again, nothing is learnt", m.SAMPLES, asking.pack_samples(3, [(None, [2, 0])])),
    ("INFER: two records", m.INFER, b"\1" + b"".join(RECORDS[:2])),
    ("READ: 5 devices of crossbar 1 from device 2", m.READ, asking.pack_read(1, 2, 5)),
    ("WRITE: refused, samples were learnt", m.WRITE, asking.pack_write(1, 2, b"\x00\x30")),
    ("STATUS", m.STATUS, b""),
    ("SAMPLES: 5 from a slot that is empty, refused", m.SAMPLES, asking.pack_samples(5, [(None, [9])])),
    ("HELLO of version 1: refused", m.HELLO, b"\x01"),
    ("BYE", m.BYE, b""),
]


def conversation():
    """Yield (comment, frame asked, frame answered), each without its delimiting zero's padding."""
    service = Service(limit=1024, credit=256)
    service._identity = "test"
    sender = Sender(1024)
    for sequence, (comment, kind, payload) in enumerate(QUESTIONS, 1):
        asked = bytes(sender.encode(kind, sequence, payload))
        (answered,) = (bytes(answer) for answer in service.receive(asked))
        yield comment, asked, answered


def text():
    """Return the conversation as it stands in the document."""
    return "\n".join(
        f"# {comment}\n> {asked.hex(' ')}\n< {answered.hex(' ')}" for comment, asked, answered in conversation()
    )


def test_the_specification_shows_what_is_said():
    """Catches a message, a packing or a frame that changed without its specification, or without a new version."""
    (shown,) = re.findall(r"```\n(# HELLO.*?)\n```", DOCUMENT.read_text(), re.DOTALL)
    # CPython's heap is unknown, and so the same everywhere
    assert shown == text()


def test_the_vectors_are_frames_by_an_independent_reading():
    for number, (_, asked, answered) in enumerate(conversation(), 1):
        for frame, least in ((asked, 1), (answered, 65)):
            raw = cobs.decode(frame[1:-1])
            kind, sequence, size = raw[0], raw[1], int.from_bytes(raw[2:4], "little")
            assert frame[0] == frame[-1] == 0 not in frame[1:-1]
            assert (kind >= least, sequence, size) == (True, number, len(raw) - 8)
            assert crc32(raw[:-4]) == int.from_bytes(raw[-4:], "little")


def test_every_message_is_specified():
    """Catches a type that the module's table does not name."""
    for name, value in vars(m).items():
        if isinstance(value, int) and name in m.__doc__ and name.isupper() and name not in ("REFUSED", "GREET"):
            assert re.search(rf"^    {name} +{value} ", m.__doc__, re.MULTILINE), name


if __name__ == "__main__":
    sys.stdout.write(text() + "\n")
