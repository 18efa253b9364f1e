"""Sounds as features: the loudness of frequency bands over time, so that a small network can tell words apart.

A .wav file may have any rate from 8 kHz up; its channels are averaged. Then come:

1. frames of 32 ms, one every 16 ms, under a Hann window; the last one is padded with zeros
2. the power of each frame's spectrum, summed over BANDS triangular bands that are equally wide in mel between 50 and
   4000 Hz (mel = 2595 log10(1 + f/700), O'Shaughnessy 1987)
3. the mean over each of STEPS equal stretches of frames; a stretch without a frame takes the nearest frame
4. 10 log10(power + 1e-10), in dB: full scale is about 0, silence -100

A sound has STEPS * BANDS features, band by band within each stretch, whatever its length and rate: a recording at
another rate gives the same features. Needs soundfile, which `pip install eqprop[sound]` brings.
"""

import struct
from pathlib import Path

import numpy as np

from ...errors import DataError
from .. import blocks
from ..words import reason

STEPS, BANDS = 16, 16

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff")
"""Suffixes of files that are read as sounds."""

_FRAME_S, _HOP_S = 0.032, 0.016
_LOW_HZ, _HIGH_HZ = 50.0, 4000.0
_FLOOR = 1e-10
_SILENT = 1e-4  # -80 dB of full scale
_LOUDEST = 1e3  # times full scale; larger samples are not sound

RECIPE = {
    "loudness_steps": STEPS,
    "loudness_bands": BANDS,
    "frame_s": _FRAME_S,
    "hop_s": _HOP_S,
    "low_hz": _LOW_HZ,
    "high_hz": _HIGH_HZ,
    "floor": _FLOOR,
}
"""All constants above; saved with a network that has learnt from sounds."""


def read_sound(path):
    """Return (float32 (STEPS * BANDS,), RECIPE, oddity) of a sound file. Raises DataError.

    oddity: "silent"; "cut" if the file ends before the length in its header; or None.
    """
    try:
        import soundfile
    except OSError as error:
        raise DataError(f"{path}: soundfile lacks its library: {error}") from error
    try:
        with open(path, "rb") as file, soundfile.SoundFile(file) as sound:
            rate, frames, channels = sound.samplerate, sound.frames, sound.channels
            if rate < 2 * _HIGH_HZ:
                way = f"resample it to {2 * _HIGH_HZ:.0f} or more"
                raise DataError(f"{path}: {rate} samples/s: {way}")
            blocks.check_sample(f"{path}: {frames} samples", frames * 8)
            blocks.check_sample(f"{path}: {rate} samples/s", round(_FRAME_S * rate) * (BANDS + 2) * 8)
            samples = _averaged(sound, max(1, blocks.BLOCK // channels))
    except DataError:
        raise
    except (OSError, RuntimeError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from error
    if not len(samples):
        raise DataError(f"{path}: has no samples")
    peak = np.abs(samples).max()
    if not peak < _LOUDEST:
        raise DataError(f"{path}: samples reach {peak:g} times full scale: save it as 16 or 24 bits")
    odd = "cut" if _is_cut(path) else "silent" if peak < _SILENT else None
    return loudness(samples, rate).astype(np.float32), RECIPE, odd


def _averaged(sound, step):
    """Return the samples of an open sound, averaged over channels: float64, read block by block."""
    found = [np.zeros(0)]
    while len(block := sound.read(step, dtype="float64", always_2d=True)):
        found.append(block.mean(axis=1))
        blocks.check_sample(sound.name, 8 * sum(map(len, found)))
    return np.concatenate(found)


def _is_cut(path):
    """Return whether a WAV file is shorter than its header says; lengths 0 and 2^32 - 1 mean unknown."""
    with open(path, "rb") as file:
        head = file.read(8)
    if len(head) < 8 or head[:4] != b"RIFF":
        return False
    (size,) = struct.unpack("<I", head[4:])
    return 0 < size < 0xFFFFFFFF and size + 8 > Path(path).stat().st_size + 1


def loudness(samples, rate):
    """Return a sound's features in dB, float64 (STEPS * BANDS,), from samples in -1..1 at `rate` samples/s."""
    size, hop = round(_FRAME_S * rate), round(_HOP_S * rate)
    count = 1 + max(0, -(-(len(samples) - size) // hop))
    padded = np.zeros(size + (count - 1) * hop)
    padded[: len(samples)] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    window, triangles = np.hanning(size + 1)[:-1], _triangles(size, rate)
    bands = np.empty((count, BANDS))
    step = max(1, blocks.BLOCK // size)
    for first in range(0, count, step):
        # A full-scale sine has power 1, summed over its bands
        power = np.abs(np.fft.rfft(frames[first : first + step] * window)) ** 2 * (4 / (size * np.sum(window**2)))
        bands[first : first + step] = power @ triangles.T
    starts = np.minimum(np.arange(STEPS) * count // STEPS, count - 1)
    ends = np.maximum(np.arange(1, STEPS + 1) * count // STEPS, starts + 1)
    steps = [bands[start:end].mean(axis=0) for start, end in zip(starts, ends, strict=True)]
    return 10 * np.log10(np.concatenate(steps) + _FLOOR)


def _triangles(size, rate):
    """Return the weight of each frequency in each band: float64 (BANDS, size // 2 + 1)."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (_LOW_HZ, _HIGH_HZ))
    corners = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hz = np.fft.rfftfreq(size, 1 / rate)
    below, centre, above = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    return np.clip(np.minimum((hz - below) / (centre - below), (above - hz) / (above - centre)), 0, None)
