"""Sealed records: bytes over TCP whose every piece carries a tag that only a holder of the secret can make.

    record   length u16, that many bytes, tag (16 bytes)
    tag      HMAC-SHA256(key, number u64, length u16, bytes), its first 16 bytes

Number counts the records of a direction of a connection, from 0. Each direction has a key of its own:

    key      HMAC-SHA256(secret, greeting, board's nonce, host's nonce, direction)

Greeting is the board's first 8 bytes, a nonce 16 random bytes, direction `to board` or `to host`. So a tag is good for
one place in one direction of one connection. The first record of each side is empty: it proves that the side knows the
secret. Nothing is encrypted. HMAC: RFC 2104, whose section 5 allows a tag of half of the hash.
"""

from hashlib import sha256

from .._compat import const

GREETING = b"eqprop\x01"
"""The board's first bytes on each connection; one of the bytes below follows, and after SEALED the board's nonce."""
PLAIN = const(0)
SEALED = const(1)
BUSY = const(2)
NONCE_SIZE = const(16)
RECORD_MOST = const(512)  # bytes in a record
TAG_SIZE = const(16)
TO_BOARD = b"to board"
TO_HOST = b"to host"
SECRET_LEAST = const(16)  # bytes
SECRET_MOST = const(64)
_HEAD = const(2)


class Forged(ValueError):
    """A record that the holder of the secret did not send at this place; nothing after it counts."""


def check_secret(secret):
    """Raise ValueError for a secret (bytes) of an impossible length, without telling it."""
    if not SECRET_LEAST <= len(secret) <= SECRET_MOST:
        text = "secret: {} bytes, expected {} to {}"
        raise ValueError(text.format(len(secret), SECRET_LEAST, SECRET_MOST))


def _pads(key):
    key = key + bytes(64 - len(key))
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def _hmac(pads, head, data):
    """Return HMAC-SHA256 of `head` and `data` by the `_pads` of a key."""
    inner = sha256(pads[0])
    inner.update(head)
    inner.update(data)
    outer = sha256(pads[1])
    outer.update(inner.digest())
    return outer.digest()


def key(secret, greeting, nonces, direction):
    """Return the key of a direction. secret: 16 to 64 bytes. nonces: the board's and then the host's."""
    return _hmac(_pads(secret), greeting + nonces, direction)


class Sealer:
    """Seals what one side sends."""

    def __init__(self, key_):
        """Start a connection's direction with its key."""
        self._pads = _pads(key_)
        self._number = 0

    def record(self, data):
        """Return the next record, of up to 512 bytes."""
        head = len(data).to_bytes(2, "little")
        return head + bytes(data) + self.tag(head, data)

    def tag(self, head, data):
        """Return the tag of the next record, whose length is `head`."""
        number = self._number.to_bytes(8, "little")
        self._number += 1
        return _hmac(self._pads, number + head, data)[:TAG_SIZE]


class Opener:
    """Takes the other side's records from where bytes come.

    - data: the bytes of the last whole record are those from 2 on, until `space` is asked for
    """

    def __init__(self, key_):
        """Start a connection's direction with its key."""
        self._sealer = Sealer(key_)
        self.data = memoryview(bytearray(_HEAD + RECORD_MOST + TAG_SIZE))
        self._used = 0
        self._needed = _HEAD

    def space(self):
        """Return the part of a buffer to fill with the next bytes that come, from its beginning."""
        return self.data[self._used : self._needed]

    def took(self, count):
        """Take the first `count` bytes of `space`; return the bytes of the record that they complete, or -1.

        Raises Forged; what comes after it means nothing.
        """
        data = self.data
        used = self._used = self._used + count
        if used < self._needed:
            return -1
        if self._needed == _HEAD:
            size = data[0] + 256 * data[1]
            if size > RECORD_MOST:
                raise Forged("record: {} bytes are too many".format(size))
            self._needed = _HEAD + size + TAG_SIZE
            return -1
        end = used - TAG_SIZE
        tag = self._sealer.tag(bytes(data[:_HEAD]), data[_HEAD:end])
        wrong = 0
        for n in range(TAG_SIZE):  # all of them, so that the time tells nothing
            wrong |= tag[n] ^ data[end + n]
        if wrong:
            raise Forged("record: its tag is wrong")
        self._used, self._needed = 0, _HEAD
        return end - _HEAD


def feed(opener, data):
    """Yield the bytes of each record that `data` completes, valid until the next. Raises Forged."""
    at = 0
    while at < len(data):
        space = opener.space()
        count = min(len(space), len(data) - at)
        space[:count] = data[at : at + count]
        at += count
        size = opener.took(count)
        if size >= 0:
            yield opener.data[_HEAD : _HEAD + size]


class Unsealed:
    """What `Opener` does, for bytes without seals."""

    def __init__(self):
        """Allocate the buffer."""
        self.data = memoryview(bytearray(_HEAD + 64))

    def space(self):
        """As `Opener.space`."""
        return self.data[_HEAD:]

    def took(self, count):
        """Return `count`, or -1 for 0."""
        return count or -1
