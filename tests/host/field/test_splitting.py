"""Text and records on one line: each whole, in whatever pieces the bytes come."""

from hypothesis import given
from hypothesis import strategies as st

from eqprop.protocol.frames import Sender
from eqprop_host.field.splitting import Splitter

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40)
frames = st.tuples(st.integers(128, 139), st.integers(0, 255), st.binary(max_size=200))


def sent(item):
    if isinstance(item, str):
        return f"{item}\r\n".encode()
    kind, sequence, payload = item
    return bytes(Sender(300).encode(kind, sequence, payload))


def split(data, cuts=()):
    splitter = Splitter()
    at = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return splitter, [each for a, b in zip(at, at[1:], strict=False) for each in splitter.feed(data[a:b])]


@given(st.lists(words | frames, max_size=12), st.lists(st.integers(0, 4000), max_size=20))
def test_both_arrive_whole_in_any_pieces(items, cuts):
    """Catches: text that waits for the next record, a record that ends at the end of a piece."""
    splitter, found = split(b"".join(map(sent, items)), cuts)
    assert found == [item if isinstance(item, str) else (item[0], item[1], item[2]) for item in items]
    assert splitter.torn == 0 and splitter.rest() == ""


@given(st.lists(frames, min_size=3, max_size=6), st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_record_takes_no_other_with_it(items, at, flip):
    """Catches a CRC that is not compared. A neighbour is lost only if a zero between two of them was."""
    data = bytearray(b"".join(map(sent, items)))
    data[at % len(data)] ^= flip
    _, found = split(bytes(data))
    assert len(found) >= len(items) - 2
    assert all(each in [tuple(item) for item in items] for each in found if not isinstance(each, str))


def test_a_line_without_an_end_is_shown_when_asked():
    splitter = Splitter()
    assert splitter.feed(b"no end") == [] and splitter.rest() == "no end"
    assert splitter.feed(b"?\n") == ["?"]
