"""The ring of frames, its CRC-32, and what fills them, for any interpreter: the reference of machine code.

STATE, an array of int32, in this order: head, tail, end, frames, dropped, sequence, room, last ticks, seconds,
microseconds, number of outputs, value, largest size, sample, answered, largest size with a label, and what `thumb`
needs. A frame in the ring follows its length, u16. Head is the first frame, tail the end of the last; once the ring has
wrapped, tail is at or below head, and the frames at the top stop at end.

A record of a label has one layout from byte 12 on: samples learnt u32, label u16, lead u16, a value u32, the highest
output u16; then features. With STATE's value as its loss it is a LEARNT; with value -1 it is an ANSWER, whose value is
the confidence, and answered becomes its sequence number if it has features.
"""

from binascii import crc32

from ..protocol.bytes_plain import stuff
from ..protocol.telemetry import ANSWER, LEARNT, UNCALIBRATED

_HEAD, _TAIL, _END, _FRAMES, _DROPPED, _SEQUENCE, _ROOM, _LAST, _SECONDS, _MICROSECONDS = range(10)
_COUNT, _VALUE, _LIMIT, _SAMPLE, _ANSWERED, _WIDEST = range(10, 16)
_FEATURES_AT = 26


def bind(_, raw, ring, table, outputs, kept, confidence):
    """Return put(state, size, ticks, x), which appends the record in `raw` to the ring; the oldest make room.

    raw: type, sequence number u8, length u16, seconds u32, microseconds u32, and the rest of `size` bytes; all but
    the type and the rest are filled in, and the CRC-32 after them. size: with size << 16 | label, the record of
    that label is filled in, too, by STATE, by `outputs`, int16 voltages, and by features `x` of all bytes from 26
    on, which are also copied to `kept` for an ANSWER. ticks: of `time.ticks_us`, less than 2**30 after the last
    ones. table: CRC-32 of the half bytes. confidence: the network's, or None. It returns the sequence number, or -1
    for a frame larger than the ring, or a size above STATE's limit.
    """

    def put(state, size, ticks, x):
        if size >> 16:
            size, label = size >> 16, size & 0xFFFF
            if size > state[_WIDEST]:
                return -1
            if size > _FEATURES_AT:
                copy(x, raw, 0, _FEATURES_AT, size - _FEATURES_AT)
            highest, lead = _lead(outputs, state[_COUNT])
            value = state[_VALUE]
            raw[0] = LEARNT
            if value < 0:
                raw[0] = ANSWER
                value = confidence.percent() if confidence else UNCALIBRATED
                if size > _FEATURES_AT:
                    copy(x, kept, 0, 0, size - _FEATURES_AT)
                    state[_ANSWERED] = state[_SEQUENCE]
            at = 12
            for number, count in ((state[_SAMPLE], 4), (label, 2), (lead, 2), (value, 4), (highest, 2)):
                raw[at : at + count] = number.to_bytes(count, "little")
                at += count
        return -1 if size > state[_LIMIT] else _put(raw, ring, state, size, ticks)

    return put


def _put(raw, ring, state, size, ticks):
    tick(state, ticks)
    whole = size + 4
    needed = whole + whole // 254 + 5
    at = _place(ring, state, needed)
    if at < 0:
        return -1
    sequence = state[_SEQUENCE]
    raw[1] = sequence
    raw[2:4] = (size - 4).to_bytes(2, "little")
    raw[4:8] = state[_SECONDS].to_bytes(4, "little")
    raw[8:12] = state[_MICROSECONDS].to_bytes(4, "little")
    raw[size : size + 4] = crc32(bytes(raw[:size])).to_bytes(4, "little")
    frame = bytearray(needed)
    count = stuff(raw, frame, whole)
    ring[at : at + 2] = count.to_bytes(2, "little")
    ring[at + 2 : at + 2 + count] = frame[:count]
    state[_TAIL] = at + 2 + count
    state[_FRAMES] += 1
    state[_SEQUENCE] = (sequence + 1) & 255
    return sequence


def _place(ring, state, needed):
    """Return where the ring has `needed` bytes in one piece, dropping the oldest frames for them; -1 for nowhere."""
    room = state[_ROOM]
    if needed > room:
        state[_DROPPED] += 1
        return -1
    while state[_FRAMES]:
        head, tail = state[_HEAD], state[_TAIL]
        if tail > head:
            if room - tail >= needed:
                return tail
            if head >= needed:
                state[_END] = tail
                return 0
        elif head - tail >= needed:
            return tail
        state[_DROPPED] += 1
        drop(ring, state)
    state[_HEAD] = 0
    return 0


def tick(state, ticks):
    """Advance the clock to `ticks`, of `time.ticks_us`, less than 2**30 after the last ones; return its seconds."""
    us = state[_MICROSECONDS] + (ticks - state[_LAST] & 0x3FFFFFFF)
    state[_LAST] = ticks & 0x3FFFFFFF
    state[_SECONDS] += us // 1000000
    state[_MICROSECONDS] = us % 1000000
    return state[_SECONDS]


def drop(ring, state):
    """Take the first frame off the ring."""
    head, tail = state[_HEAD], state[_TAIL]
    after = head + 2 + ring[head] + 256 * ring[head + 1]
    state[_HEAD] = 0 if tail <= head and after >= state[_END] else after
    state[_FRAMES] -= 1


def is_whole(raw, size, _table):
    """Return whether the last four of `size` bytes are the CRC-32 of those before them."""
    return size >= 8 and crc32(bytes(raw[: size - 4])).to_bytes(4, "little") == bytes(raw[size - 4 : size])


def _lead(outputs, count):
    """Return the number of the highest of `count` int16 outputs, and how far it is above the next."""
    highest, first, second = 0, -32768, -32768
    for n in range(count):
        v = int(outputs[n])
        if v > first:
            highest, first, second = n, v, first
        elif v > second:
            second = v
    return highest, first - second


def copy(source, out, start, at, count):
    """Copy `count` bytes of buffer `source`, from byte `start`, to `out` at byte `at`."""
    out[at : at + count] = memoryview(source).cast("B")[start : start + count]
