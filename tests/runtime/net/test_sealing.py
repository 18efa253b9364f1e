"""Sealed records: by Python's own HMAC, in any pieces, the same on MicroPython; and the example of protocol.md."""

import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop.net import sealing
from support.places import ROOT

SECRET = b"0123456789abcdef"
NONCES = bytes(range(32))
GREETING = sealing.GREETING + bytes((sealing.SEALED,))
SHOWN = (b"", bytes.fromhex("00 04 01 01 05 0a 04 44 33 22 11 65 7b 39 65 00"))
PAGE = ROOT / "docs/reference/protocol.md"


def of_hmac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def sealed(secret, contents, direction=sealing.TO_BOARD):
    sealer = sealing.Sealer(sealing.key(secret, GREETING, NONCES, direction))
    return [sealer.record(each) for each in contents]


@given(st.binary(min_size=16, max_size=64), st.lists(st.binary(max_size=512), max_size=5))
def test_records_are_what_the_page_says_by_pythons_own_hmac(secret, contents):
    """Catches a wrong pad, and a number, a length or a nonce that no tag depends on."""
    key = of_hmac(secret, GREETING, NONCES, b"to board")
    for number, (data, record) in enumerate(zip(contents, sealed(secret, contents), strict=True)):
        length = len(data).to_bytes(2, "little")
        tag = of_hmac(key, number.to_bytes(8, "little"), length, data)[:16]
        assert record == length + data + tag


@given(st.lists(st.binary(max_size=512), max_size=6), st.data())
def test_a_stream_is_read_in_any_pieces(contents, data):
    """Catches a record that needs its bytes at once, and one that is told twice."""
    stream = b"".join(sealed(SECRET, contents))
    opener = sealing.Opener(sealing.key(SECRET, GREETING, NONCES, sealing.TO_BOARD))
    found, at = [], 0
    while at < len(stream):
        count = data.draw(st.integers(1, len(stream) - at))
        found += map(bytes, sealing.feed(opener, stream[at : at + count]))
        at += count
    assert found == contents


def test_a_record_that_is_too_long_is_refused_before_it_has_come():
    opener = sealing.Opener(bytes(32))
    with pytest.raises(sealing.Forged, match="record: 513 bytes are too many"):
        list(sealing.feed(opener, b"\x01\x02"))


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_secret_that_is_too_short_or_too_long_is_refused_and_not_told(size):
    with pytest.raises(ValueError, match=f"^secret: {size} bytes, expected 16 to 64$"):
        sealing.check_secret(b"x" * size)
    for size in (16, 64):
        sealing.check_secret(bytes(size))


def shown():
    """Return the example of protocol.md, by its lines."""
    text = PAGE.read_text().partition("```sealed\n")[2].partition("```")[0]
    return [bytes.fromhex(line.partition(":")[2]) for line in text.splitlines()]


def test_the_pages_example_is_what_is_sent():
    lines = shown()
    assert lines[:4] == [SECRET, GREETING, NONCES[:16], NONCES[16:]]
    assert lines[4:6] == sealed(SECRET, SHOWN)
    assert lines[6:] == sealed(SECRET, SHOWN[:1], sealing.TO_HOST)


def test_micropython_seals_the_same(micropython, run):
    program = f"""from eqprop.net import sealing
for direction in (sealing.TO_BOARD, sealing.TO_HOST):
    sealer = sealing.Sealer(sealing.key({SECRET!r}, {GREETING!r}, {NONCES!r}, direction))
    for size in (0, 1, 63, 64, 200, 512):
        print(sealer.record(bytes(size)).hex())
"""
    sizes = (0, 1, 63, 64, 200, 512)
    expected = [
        record.hex()
        for direction in (sealing.TO_BOARD, sealing.TO_HOST)
        for record in sealed(SECRET, [bytes(size) for size in sizes], direction)
    ]
    done = run(micropython, program, path=[ROOT / "runtime"])
    assert done.stdout.decode().split() == expected, done.stderr


def test_the_example_stands_once():
    assert len(re.findall("```sealed", PAGE.read_text())) == 1
