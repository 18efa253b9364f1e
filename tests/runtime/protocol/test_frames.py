"""Frames: round trips, an independent COBS, and lines that lose, flip and invent bytes."""

from binascii import crc32

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from eqprop.protocol.frames import Receiver, Sender, encoded_size
from support.places import ROOT

LIMIT = 600

payloads = st.one_of(
    st.binary(max_size=LIMIT),
    st.integers(0, LIMIT).map(bytes),
    st.integers(0, LIMIT).map(lambda n: b"\x01" * n),
    st.sampled_from([245, 246, 247, 254, 255, 500, 501]).map(lambda n: b"\xff" * n + b"\0"),
)
frames = st.tuples(st.integers(0, 255), st.integers(0, 255), payloads)


def received(receiver, data):
    return [(kind, sequence, bytes(payload)) for kind, sequence, payload in receiver.feed(data)]


@given(st.lists(frames, max_size=4), st.data())
def test_what_is_sent_is_received_however_it_is_cut(sent, data):
    """Catches a block length, a zero too many or too few, and a frame kept or dropped at a cut."""
    sender, receiver = Sender(LIMIT), Receiver(LIMIT)
    line = b"".join(bytes(sender.encode(*frame)) + bytes(data.draw(st.integers(0, 2))) for frame in sent)
    cut = data.draw(st.integers(0, len(line)))
    assert received(receiver, line[:cut]) + received(receiver, line[cut:]) == sent
    assert receiver.bad == 0


@given(frames)
def test_the_line_carries_what_an_independent_cobs_makes_of_it(frame):
    """Catches a wrong header, byte order or CRC that encoder and decoder would share."""
    kind, sequence, payload = frame
    line = bytes(Sender(LIMIT).encode(kind, sequence, payload))
    raw = cobs.decode(line[1:-1])
    head = bytes((kind, sequence)) + len(payload).to_bytes(2, "little") + payload
    assert raw == head + crc32(head).to_bytes(4, "little")
    assert line[0] == line[-1] == 0 not in line[1:-1] and len(line) <= encoded_size(len(payload))
    assert received(Receiver(LIMIT), cobs.encode(raw) + b"\0") == [frame]


@given(frames, frames, st.data())
def test_a_damaged_frame_is_dropped_and_the_next_one_understood(first, second, data):
    """Catches a CRC that is not compared, and a parser that stays out of step."""
    sender, receiver = Sender(LIMIT), Receiver(LIMIT)
    line = bytearray(sender.encode(*first))
    at = data.draw(st.integers(1, len(line) - 2))
    line[at] ^= data.draw(st.integers(1, 255))
    assert received(receiver, bytes(line)) == []
    # A byte that became zero only tore the frame; a flip of the first torn part may leave one frame or two.
    assert received(receiver, bytes(sender.encode(*second))) == [second]
    assert receiver.bad >= 1


@given(frames, frames, st.binary(max_size=2 * LIMIT))
def test_what_a_program_prints_between_frames_costs_none(first, second, printed):
    """Catches a frame that begins where the text before it ends."""
    sender, receiver = Sender(LIMIT), Receiver(LIMIT)
    line = printed + bytes(sender.encode(*first)) + printed + bytes(sender.encode(*second))
    assert received(receiver, line) == [first, second]


@given(st.binary(max_size=4 * LIMIT) | st.integers(0, 4 * LIMIT).map(lambda n: b"\x07" * n), frames)
def test_noise_of_any_length_is_survived_in_bounded_memory(noise, frame):
    """Catches a buffer that grows with the line and one that forgets it overran."""
    receiver = Receiver(LIMIT)
    size = len(receiver._view)
    assert received(receiver, noise) == []
    assert received(receiver, bytes(Sender(LIMIT).encode(*frame))) == [frame]
    assert len(receiver._view) == size


@given(st.lists(frames, max_size=3), st.integers(1, 40))
def test_bytes_that_end_no_frame_are_collected(sent, size):
    """As the board's loop does, chunk by chunk. Catches a zero that is collected, and a chunk that is fed twice."""
    sender, receiver = Sender(LIMIT), Receiver(LIMIT)
    line = b"\x07" * 3 * LIMIT + b"".join(bytes(sender.encode(*frame)) for frame in sent)
    found = []
    for start in range(0, len(line), size):
        chunk = bytearray(line[start : start + size])
        if not receiver.collect(chunk, len(chunk)):
            found += received(receiver, chunk)
    assert found == sent


def test_a_payload_beyond_the_limit_is_refused_by_both_sides():
    with pytest.raises(ValueError, match="payload: 601 bytes, the limit is 600"):
        Sender(LIMIT).encode(1, 1, bytes(LIMIT + 1))
    receiver = Receiver(LIMIT)
    assert received(receiver, bytes(Sender(LIMIT + 9).encode(1, 1, b"\x01" * (LIMIT + 9)))) == []
    assert receiver.bad == 1


PROGRAM = """
from binascii import crc32
from eqprop.protocol.frames import Receiver, Sender

sender, receiver = Sender(600), Receiver(600)
for size in (0, 1, 245, 246, 247, 254, 255, 499, 500, 501, 600):
    for payload in (bytes(size), b"\\1" * size, bytes(i * i & 255 for i in range(size))):
        line = bytes(sender.encode(3, 5, payload))
        torn = bytearray(line)
        torn[size // 2 + 1] ^= 32
        print(size, len(line), crc32(line))
        for data in (line[:9], line[9:], line + line, torn, b"\\xff" * 700, line):
            if not receiver.collect(data, len(data)):
                print([(kind, sequence, crc32(got)) for kind, sequence, got in receiver.feed(data)], receiver.bad)
"""


def test_every_interpreter_frames_the_same(micropython, emulated_board, run, tmp_path, capsys):
    """Catches: a block of 254 bytes, a zero at the end or a torn block that machine code sees otherwise."""
    exec(PROGRAM, {})
    expected = capsys.readouterr().out
    for interpreter in (micropython, emulated_board):
        done = run(interpreter, PROGRAM, path=[ROOT / "runtime"])
        assert (done.stdout.decode().splitlines(), done.stderr) == (expected.splitlines(), b"")
