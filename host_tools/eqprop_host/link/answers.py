"""Checks of a board's answers: sizes, ranges, and claims that cannot be true.

Each function unpacks a payload, and raises ValueError with one line if it makes no sense. This module knows neither the
line nor the order of the questions.
"""

import struct
import zlib

import numpy as np

import eqprop
from eqprop import bench
from eqprop.protocol import host_messages
from eqprop.protocol.host_messages import SAMPLE_MAX
from eqprop.protocol.messages import MODELS, NEVER_SAVED, NO_CRC, NUMBERS, PROGRESS_LAYOUT, SLOTS_MAX, UNREADABLE
from eqprop.service import LEAST
from eqprop.service.user_data import USER_DATA_MAX

from .steps import on_the_line, plan_of, steps_type

_TIMED = 2 + len(bench.VERBS)


def state(payload):
    """Return the `State` in a STATE payload."""
    found = host_messages.unpack_state(payload)
    if found.limit < LEAST:
        raise ValueError(f"a payload limit of {found.limit} bytes is too small")
    if found.layers:
        eqprop.parse_layers(found.layers)
        if not 0 < found.model & ~NUMBERS < len(MODELS):
            raise ValueError(f"the board's network has energy model {found.model}, expected {_models()}")
        plan_of(found)
    elif found.sample or found.slots:
        raise ValueError(f"the board says {found.sample} samples and {found.slots} slots without a network")
    if found.sample > SAMPLE_MAX:
        raise ValueError(f"the board says it learnt {found.sample} samples, {SAMPLE_MAX} are possible")
    if found.saved != NEVER_SAVED and found.saved > found.sample:
        raise ValueError(f"the board says it saved sample {found.saved}, its next one is {found.sample}")
    return found


def _models():
    return " or ".join(f"{n} ({name})" for n, name in enumerate(MODELS) if n)


def restored(found, plan, conductances, sample):
    """Check a `State` of a board that was given these conductances of a plan, to go on with that sample."""
    if found.sample != sample:
        raise ValueError(f"next sample is {found.sample}, not {sample}")
    written = 0
    for g in conductances:
        written = zlib.crc32(on_the_line(g, plan), written)
    if found.crc not in (written, NO_CRC, UNREADABLE):
        raise ValueError(f"the board holds conductances of CRC {found.crc:08x}, those written have {written:08x}")


def progress(payload, slots):
    """Return the `Progress` in a PROGRESS payload of a board that keeps `slots` samples."""
    if len(payload) != struct.calcsize(PROGRESS_LAYOUT):
        raise ValueError(f"PROGRESS: {len(payload)} bytes")
    found = host_messages.unpack_progress(payload)
    if found.sample > SAMPLE_MAX or found.counted > found.sample:
        raise ValueError(f"the board says it counted {found.counted} of {found.sample} samples")
    if found.correct > found.counted:
        raise ValueError(f"the board says {found.correct} of {found.counted} predictions are correct")
    if found.cached > min(slots, SLOTS_MAX):
        raise ValueError(f"the board says it keeps {found.cached} samples in {slots} slots")
    return found


def classes(data, samples, outputs):
    """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of CLASSES payloads."""
    if len(data) != (2 + 2 * outputs) * samples:
        raise ValueError(f"{len(data)} bytes for {samples} samples")
    table = np.frombuffer(data, "<i2").reshape(samples, 1 + outputs)
    chosen, voltages = table[:, 0].astype(np.int64), table[:, 1:].astype(np.int16)
    if samples and not (chosen == voltages.argmax(1)).all():
        wrong = int(np.flatnonzero(chosen != voltages.argmax(1))[0])
        raise ValueError(f"the board says class {chosen[wrong]}, its highest output is {voltages[wrong].argmax()}")
    return chosen, voltages


def devices(data, count, plan, crossbar):
    """Return `count` conductances in DEVICES payloads, in steps of the plan's type."""
    kind = steps_type(plan)
    if len(data) != kind.itemsize * count:
        raise ValueError(f"{len(data)} bytes for {count} devices of crossbar {crossbar}")
    steps = np.frombuffer(data, kind.newbyteorder("<")).astype(kind)
    beyond = (steps < plan.g_min) | (steps > plan.g_max)
    if beyond.any():
        value = int(steps[beyond][0])
        raise ValueError(f"conductance {value} of crossbar {crossbar} is not in {plan.g_min}..{plan.g_max}")
    return steps


def user_data(payload, offset, known):
    """Return (total, bytes from `offset` on) of a USER_DATA payload; known: the total said before, None for none."""
    total, piece = host_messages.unpack_user_data(payload)
    if total > USER_DATA_MAX or known not in (None, total) or offset + len(piece) > total:
        raise ValueError(f"the board says its user data have {total} bytes, and sends {len(piece)} from {offset}")
    if not piece and offset < total:
        raise ValueError(f"the user data end at {offset} of {total} bytes")
    return total, piece


def measures(payload, sample):
    """Return the `Measures` in a MEASURES payload, of a board whose next sample should be `sample`."""
    found = bench.unpack_measures(payload)
    if found.sample != sample:
        raise ValueError(f"next sample is {found.sample}, not {sample}")
    if len(found.ticks) != _TIMED:
        raise ValueError(f"{len(found.ticks)} figures of a benchmark")
    if not found.tick_ns:
        raise ValueError("a tick of 0 ns")
    return found


def done(payload):
    """Take a DONE payload, which is empty."""
    if payload:
        raise ValueError(f"DONE: {len(payload)} bytes")
