"""Append records of all sizes to a small ring, and print the CRC-32 of all that it holds after each.

[micro]python ringing.py
"""

from array import array
from binascii import crc32

from eqprop.telemetry import bind
from eqprop.telemetry.hearing import copy, drop, tick
from eqprop.xorshift import Xorshift32


class Sure:
    """As `eqprop.extras.confidence.Confidence`."""

    shares = array("h", [9, 200, 1000, 3000, 8000, 12000, 16000, 16384])
    distance = 4000

    def percent(self):
        """Return the share of the lead."""
        first, second = sorted(outputs)[-1:-3:-1]
        return (100 * self.shares[min(4 * (first - second) // self.distance, 7)] + 8192) // 16384


outputs = array("h", [0] * 5)
draws = Xorshift32(3)
for confidence in (None, Sure()):
    raw = bytearray(400)
    ring = bytearray(900)
    kept = bytearray(300)
    state = array("i", [0] * 25)
    state[6], state[10], state[12], state[14], state[15] = 900, 5, 326, -1, 316
    table = array("I", [0] * 16)
    for n in range(16):
        crc = n
        for _ in range(4):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
        table[n] = crc
    put = bind(state, raw, ring, table, outputs, kept, confidence)
    crc = ticks = 0
    for step in range(2000):
        ticks = ticks + draws.below(3000000) & 0x3FFFFFFF
        for n in range(5):
            outputs[n] = draws.below(8000) - 4000
        x = bytes([draws.below(4) for _ in range(draws.below(301))])
        if draws.below(2):
            state[11], state[13] = draws.below(1 << 30) - (1 << 29), step
            state[11] = max(state[11], -1)
            sent = put(state, len(x) + 26 << 16 | draws.below(1000), ticks, x if x else None)
        else:
            raw[0] = 7
            copy(x, raw, 0, 12, len(x))
            sent = put(state, 12 + len(x), ticks, None)
        if draws.below(3) == 0 and state[3]:
            drop(ring, state)
        if draws.below(20) == 0:
            ticks = ticks + draws.below(1 << 29) & 0x3FFFFFFF
            tick(state, ticks)
        held = state[0], state[1], state[3], state[4], state[8], state[9], state[14], sent
        crc = crc32(repr(held).encode(), crc32(kept, crc))
        if state[3]:
            start = state[0] + 2
            crc = crc32(ring[start : start + ring[start - 2] + 256 * ring[start - 1]], crc)
    print("%08x" % crc, state[3], state[4])
