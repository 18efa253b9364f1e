"""The specification's tables and test vectors: the rules as they are, a conversation held with the board's service.

As a program, write them into `docs/reference/protocol.md`.
"""

import re
from binascii import crc32

from cobs import cobs

from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop.protocol.configuring import pack_configure
from eqprop.protocol.frames import Sender
from eqprop.protocol.records import Code
from eqprop.service import Service, states
from eqprop_host.link import states as host_rules
from support.places import ROOT
from support.references.independent_packer import record

DOCUMENT = ROOT / "docs" / "reference" / "protocol.md"
LEVELS = bytes(range(0, 128, 8))
CODE = Code(4, 2, LEVELS)
SESSION = bytes.fromhex("44332211")
RECORDS = [record(CODE, bytes(x), label) for label, x in ((1, (0, 8, 16, 120)), (0, (120, 0, 0, 8)), (1, (8, 8, 8, 8)))]
QUESTIONS = [
    ("HELLO: session 0x11223344", m.HELLO, host_messages.pack_hello(0x11223344)),
    (
        "CONFIGURE: run 7, seed 5, rates that never halve, 3 samples an epoch, 4-3-2, 16 values",
        m.CONFIGURE,
        pack_configure(host_messages.Configuration(1, 7, 5, 0, 3, (4, 3, 2), LEVELS)),
    ),
    ("SAMPLES: 0, 1 and 2 as records", m.SAMPLES, host_messages.pack_samples(0, [(RECORDS, None)])),
    ("SAMPLES: 3 and 4 from slots 2 and 0", m.SAMPLES, host_messages.pack_samples(3, [(None, [2, 0])])),
    ("SAMPLES: 3 and 4 again, nothing is learnt", m.SAMPLES, host_messages.pack_samples(3, [(None, [2, 0])])),
    ("USER_DATA_WRITE: all 5 bytes of them", m.USER_DATA_WRITE, host_messages.pack_user_data_write(0, 5, b"notes")),
    ("USER_DATA_READ: up to 99 bytes from byte 2", m.USER_DATA_READ, host_messages.pack_user_data_read(2, 99)),
    ("INFER: two records", m.INFER, b"\1" + b"".join(RECORDS[:2])),
    ("READ: 5 devices of crossbar 1 from device 2", m.READ, host_messages.pack_read(1, 2, 5)),
    ("WRITE: refused, samples were learnt", m.WRITE, host_messages.pack_write(1, 2, b"\x00\x30")),
    ("STATUS", m.STATUS, b""),
    ("SAMPLES: 5 from a slot that is empty, refused", m.SAMPLES, host_messages.pack_samples(5, [(None, [9])])),
    ("HELLO of version 1: refused", m.HELLO, b"\x01"),
    ("BYE", m.BYE, b""),
]


def conversation():
    """Yield (comment, frame asked, frame answered), each without its delimiting zero's padding."""
    service = Service(limit=1024, credit=256)
    service._identity = "test"
    sender = Sender(1024)
    for sequence, (comment, kind, payload) in enumerate(QUESTIONS, 1):
        head = b"" if kind == m.HELLO else SESSION
        asked = bytes(sender.encode(kind, sequence, payload, head))
        (answered,) = (bytes(answer) for answer in service.receive(asked))
        yield comment, asked, answered


def text():
    """Return the conversation as it stands in the document."""
    return "\n".join(
        f"# {comment}\n> {asked.hex(' ')}\n< {answered.hex(' ')}" for comment, asked, answered in conversation()
    )


def board_table():
    """Return the board's rules as the document shows them."""
    kinds = ("REFUSED", "GREET", "TAKEN")
    names = {
        value: name for name, value in vars(m).items() if name.isupper() and name in m.__doc__ and name not in kinds
    }
    names |= {getattr(m, name): name for name in ("CHIP_CONFIGURE", "CHIP_LEARN", "CHIP_INFER", "RESULT")}
    words = {".": "·", "*": "below", "L": "R", "g": "GREET", "n": "refused", "l": "refused", "w": "refused"}
    lines = [f"| | {' | '.join(states.STATES)} |", "|---" * (1 + len(states.STATES)) + "|"]
    for n, kind in enumerate(map(ord, states.TYPES)):
        row = states.BOARD[6 * n : 6 * n + 6]
        lines.append(f"| {names[kind]} | {' | '.join(words.get(c, c) for c in row)} |")
    return "\n".join(lines)


def host_table():
    """Return the host's rules as the document shows them."""
    events = [host_rules.EXPECTED, m.WORKING, host_rules.REFUSED, host_rules.GREET, host_rules.TAKEN, None]
    names = ["the answer expected", "WORKING", "ERROR, REFUSED", "ERROR, GREET", "ERROR, TAKEN", "any other"]
    lines = [f"| | {' | '.join(host_rules.HOST)} |", "|---" * (1 + len(host_rules.HOST)) + "|"]
    for name, event in zip(names, events, strict=True):
        lines.append(f"| {name} | {' | '.join(host_rules.action(state, event) for state in host_rules.HOST)} |")
    return "\n".join(lines)


def document(page):
    """Return the page with its tables and its conversation as they are now."""
    page = re.sub(r"\| \| S \|.*?\n\n", lambda _: board_table() + "\n\n", page, count=1, flags=re.DOTALL)
    page = re.sub(r"\| \| GREETING \|.*?\n\n", lambda _: host_table() + "\n\n", page, count=1, flags=re.DOTALL)
    return re.sub(r"```\n# HELLO.*?\n```", lambda _: f"```\n{text()}\n```", page, count=1, flags=re.DOTALL)


def test_the_specification_shows_what_is_said_and_done():
    """Catches a message, a packing, a frame or a rule that changed without its specification, or a new version."""
    # CPython's heap is unknown, and so the same everywhere
    page = DOCUMENT.read_text()
    assert page == document(page), "docs/reference/protocol.md is out of date: run `make generated`"
    assert board_table() in page and host_table() in page and text() in page


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
        if (
            isinstance(value, int)
            and name in m.__doc__
            and name.isupper()
            and name not in ("REFUSED", "GREET", "TAKEN")
        ):
            assert re.search(rf"^    {name} +{value} ", m.__doc__, re.MULTILINE), name


if __name__ == "__main__":
    DOCUMENT.write_text(document(DOCUMENT.read_text()))
