"""`eqprop.telemetry.plain` for MicroPython's viper emitter: the same results; `bind` is in `ring_viper` or `thumb`.

Viper keeps the first two locals in registers. Values are stored at index 0, because MicroPython 1.25.0 stores the wrong
register at others on Xtensa.
"""

import micropython


@micropython.viper
def tick(state: ptr32, ticks: int) -> int:
    """As `eqprop.telemetry.plain.tick`."""
    us = state[9] + ((ticks - state[7]) & 0x3FFFFFFF)
    seconds = us // 1000000
    us -= 1000000 * seconds
    seconds += state[8]
    state = ptr32(int(state) + 28)
    state[0] = ticks & 0x3FFFFFFF
    state = ptr32(int(state) + 4)
    state[0] = seconds
    state = ptr32(int(state) + 4)
    state[0] = us
    return seconds


@micropython.viper
def drop(ring: ptr8, state: ptr32):
    """As `eqprop.telemetry.plain.drop`."""
    head = state[0]
    after = head + 2 + ring[head] + 256 * ring[head + 1]
    if state[1] <= head and after >= state[2]:
        after = 0
    state[0] = after
    frames = state[3] - 1
    state = ptr32(int(state) + 12)
    state[0] = frames


@micropython.viper
def is_whole(raw: ptr8, size: int, table: ptr32) -> bool:
    """As `eqprop.telemetry.plain.is_whole`."""
    if size < 8:
        return False
    crc = -1
    stop = int(raw) + size - 4
    while int(raw) < stop:
        crc ^= raw[0]
        raw = ptr8(int(raw) + 1)
        crc = ((crc >> 4) & 0x0FFFFFFF) ^ table[crc & 15]
        crc = ((crc >> 4) & 0x0FFFFFFF) ^ table[crc & 15]
    crc ^= -1
    n = 0
    while n < 32:
        if raw[0] != (crc >> n) & 255:
            return False
        raw = ptr8(int(raw) + 1)
        n += 8
    return True


@micropython.viper
def copy(source: ptr8, out: ptr8, start: int, at: int, count: int):
    """As `eqprop.telemetry.plain.copy`."""
    source = ptr8(int(source) + start)
    out = ptr8(int(out) + at)
    stop = int(source) + count
    while int(source) < stop:
        out[0] = source[0]
        source = ptr8(int(source) + 1)
        out = ptr8(int(out) + 1)
