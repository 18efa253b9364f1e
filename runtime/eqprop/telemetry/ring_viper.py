"""`eqprop.telemetry.plain.bind` for MicroPython's viper emitter, where the processor has no `thumb`: the same frames.

Values are stored at index 0, because MicroPython 1.25.0 stores the wrong register at others on Xtensa.
"""

import micropython

from .viper import copy


@micropython.viper
def put(raw: ptr8, ring: ptr8, state: ptr32, size: int, ticks: int, table: ptr32) -> int:
    """As `eqprop.telemetry.plain.bind` has it, of the record in `raw`."""
    us = state[9] + ((ticks - state[7]) & 0x3FFFFFFF)
    seconds = us // 1000000
    us -= 1000000 * seconds
    seconds += state[8]
    at = ptr32(int(state) + 28)
    at[0] = ticks & 0x3FFFFFFF
    at = ptr32(int(state) + 32)
    at[0] = seconds
    at = ptr32(int(state) + 36)
    at[0] = us
    whole = size + 4
    needed = whole + whole // 254 + 5
    head = state[0]
    tail = state[1]
    end = state[2]
    frames = state[3]
    dropped = state[4]
    room = state[6]
    place = -1
    if needed > room:
        dropped += 1
    else:
        while place < 0:
            if frames == 0:
                head = 0
                tail = 0
                place = 0
            elif tail > head:
                if room - tail >= needed:
                    place = tail
                elif head >= needed:
                    end = tail
                    place = 0
            elif head - tail >= needed:
                place = tail
            if place < 0:
                after = head + 2 + ring[head] + 256 * ring[head + 1]
                if tail <= head and after >= end:
                    after = 0
                head = after
                frames -= 1
                dropped += 1
    sequence = state[5]
    at = ptr32(int(state) + 16)
    at[0] = dropped
    if place < 0:
        return -1
    # The header and the clock
    out = ptr8(int(raw) + 1)
    out[0] = sequence
    out = ptr8(int(raw) + 2)
    out[0] = (size - 4) & 255
    out = ptr8(int(raw) + 3)
    out[0] = (size - 4) >> 8
    out = ptr8(int(raw) + 4)
    n = 0
    while n < 32:
        out[0] = (seconds >> n) & 255
        out = ptr8(int(out) + 1)
        n += 8
    n = 0
    while n < 32:
        out[0] = (us >> n) & 255
        out = ptr8(int(out) + 1)
        n += 8
    # CRC-32
    crc = -1
    first = int(raw)
    stop = first + size
    while int(raw) < stop:
        crc ^= raw[0]
        raw = ptr8(int(raw) + 1)
        crc = ((crc >> 4) & 0x0FFFFFFF) ^ table[crc & 15]
        crc = ((crc >> 4) & 0x0FFFFFFF) ^ table[crc & 15]
    crc ^= -1
    n = 0
    while n < 32:
        raw[0] = (crc >> n) & 255
        raw = ptr8(int(raw) + 1)
        n += 8
    # COBS, between two zeros
    stop = int(raw)
    raw = ptr8(first)
    first = int(ring) + place + 2
    ring = ptr8(first)
    ring[0] = 0
    block = ptr8(first + 1)
    ring = ptr8(first + 2)
    while int(raw) < stop:
        byte = raw[0]
        raw = ptr8(int(raw) + 1)
        full = 0
        if byte:
            ring[0] = byte
            ring = ptr8(int(ring) + 1)
            if int(ring) - int(block) == 255:
                full = 1
                if int(raw) == stop:
                    full = 0
        if not byte or full:
            block[0] = int(ring) - int(block)
            block = ring
            ring = ptr8(int(ring) + 1)
    block[0] = int(ring) - int(block)
    ring[0] = 0
    count = int(ring) + 1 - first
    out = ptr8(first - 2)
    out[0] = count & 255
    out = ptr8(first - 1)
    out[0] = count >> 8
    at = state
    at[0] = head
    at = ptr32(int(at) + 4)
    at[0] = place + 2 + count
    at = ptr32(int(at) + 4)
    at[0] = end
    at = ptr32(int(at) + 4)
    at[0] = frames + 1
    at = ptr32(int(at) + 8)
    at[0] = (sequence + 1) & 255
    return sequence


@micropython.viper
def label(raw: ptr8, outputs: ptr16, state: ptr32, labelled: int, sure: int):
    """Fill in a record of a label, without its features; sure: the confidence of an answer."""
    first = -32768
    second = -32768
    highest = 0
    count = state[10]
    n = 0
    while n < count:
        v = ((outputs[n] & 0xFFFF) ^ 0x8000) - 0x8000
        if v > first:
            second = first
            first = v
            highest = n
        elif v > second:
            second = v
        n += 1
    value = state[11]
    kind = 132
    if value >> 31 & 1:  # a pointer reads no sign on 64-bit ports
        value = sure
        kind = 131
    raw[0] = kind
    raw = ptr8(int(raw) + 12)
    n = 0
    while n < 14:
        if n < 4:
            byte = state[13] >> 8 * n
        elif n < 6:
            byte = labelled >> 8 * (n - 4)
        elif n < 8:
            byte = (first - second) >> 8 * (n - 6)
        elif n < 12:
            byte = value >> 8 * (n - 8)
        else:
            byte = highest >> 8 * (n - 12)
        raw[0] = byte & 255
        raw = ptr8(int(raw) + 1)
        n += 1


def bind(_, raw, ring, table, outputs, kept, confidence):
    """As `eqprop.telemetry.plain.bind`."""
    # Values as defaults, because calling a function that closes over them takes heap

    def mark(state, size, x, raw=raw, outputs=outputs, kept=kept, confidence=confidence):
        """Fill in a record of a label; return its size."""
        labelled = size & 0xFFFF
        size >>= 16
        if size <= state[15]:
            sure = 255
            if state[11] < 0:
                if confidence:
                    sure = confidence.percent()
                if size > 26:
                    copy(x, kept, 0, 0, size - 26)
                    state[14] = state[5]
            label(raw, outputs, state, labelled, sure)
            if size > 26:
                copy(x, raw, 0, 26, size - 26)
            return size
        return 0x10000

    def append(state, size, ticks, x, raw=raw, ring=ring, table=table, mark=mark):
        if size >> 16:
            size = mark(state, size, x)
        return -1 if size > state[12] else put(raw, ring, state, size, ticks, table)

    return append
