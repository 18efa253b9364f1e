"""Spoken words to learn from and to be tested with: by espeak-ng, or from a folder of WAV files. Runs on a PC.

Every `Recording` is 16-bit mono at 8 kHz, as the board's microphone gives it, in a room: with silence around, at some
loudness, with noise. What the board makes of it is what its own `Ear` makes of it, with compiled loops.
"""

import io
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ear import HOP, RATE_HZ, Ear
from scipy.signal import resample_poly

from eqprop_host.errors import DataError
from eqprop_sim.emulator.features import Window

WORDS = ("yes", "no", "left", "right", "stop", "go")
ACCENTS = ("en-gb", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbcwmd", "en-gb-x-gbclan", "en-029")
# espeak-ng's variants of a voice that sound like people: no robots, no whispering
VOICES = (  # noqa: SIM905 (as a list, seventy lines)
    "Alex Alicia Andrea Andy Annie Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario Michael Mike Nguyen adam "
    "anika antonio aunty belinda benjamin boris caleb david ed edward edward2 f1 f2 f3 f4 f5 grandma grandpa gustave "
    "iven john kaukovalta klatt klatt2 klatt3 linda m1 m2 m3 m4 m5 m6 m7 m8 marcelo max michel miguel norbert pablo "
    "paul pedro quincy rob robert sandro shelby steph steph2 travis victor zac"
).split()


@dataclass(frozen=True)
class Recording:
    """One word, said once."""

    word: int
    """Which of the words."""
    voice: str
    """Who says it."""
    samples: np.ndarray
    """int16, RATE_HZ a second, of the word alone or of the room with it."""


def speak(seed, voices=VOICES, times=5):
    """Return Recordings of each word, said so many times by each voice, at random speeds, pitches and in one accent.

    Raises DataError where there is no espeak-ng.
    """
    if not shutil.which("espeak-ng"):
        raise DataError("needs espeak-ng: install the package espeak-ng (apt, brew)")
    rng = random.Random(seed)
    found = []
    for voice in voices:
        accent = rng.choice(ACCENTS)
        for word, text in enumerate(WORDS):
            for _ in range(times):
                manner = ["-s", str(rng.randint(120, 220)), "-p", str(rng.randint(25, 75))]
                argv = ["espeak-ng", "--stdout", "-v", f"{accent}+{voice}", *manner, text]
                done = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL)
                if done.returncode:
                    raise DataError(f"espeak-ng: {done.stderr.decode(errors='replace').strip()}")
                found.append(Recording(word, voice, _read(io.BytesIO(done.stdout), voice)))
    return found


def read_folder(folder):
    """Return (Recordings, words) of `FOLDER/WORD/*.wav`; a voice is what a file's name has before the first - or _.

    Raises DataError naming what is wrong.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: is not a folder")
    words = tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name[0] != "."))
    if len(words) < 2:
        raise DataError(f"{folder}: has {len(words)} folders, expected one for each of two words or more")
    found = []
    for word, text in enumerate(words):
        files = sorted(path for path in (folder / text).iterdir() if path.suffix.lower() == ".wav")
        if not files:
            raise DataError(f"{folder / text}: has no .wav files")
        for file in files:
            voice = file.stem.replace("_", "-").partition("-")[0]
            found.append(Recording(word, voice, _read(file, file)))
    return found, words


def _read(file, name):
    """Return the int16 samples of a sound file, its channels averaged, at RATE_HZ."""
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: its library is missing
        raise DataError(f"{name}: needs soundfile: pip install eqprop[sound]") from error
    try:
        samples, rate = soundfile.read(file, dtype="float64", always_2d=True)
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise DataError(f"{name}: cannot be read: {error}") from error
    if rate < RATE_HZ or not len(samples):
        raise DataError(f"{name}: {len(samples)} samples at {rate} a second, expected some at {RATE_HZ} or more")
    return to_int16(32768 * resample_poly(samples.mean(axis=1), RATE_HZ, rate))


def to_int16(samples):
    """Return samples, rounded and limited to int16."""
    return np.clip(np.round(samples), -32768, 32767).astype(np.int16)


def spoken(recording, rng):
    """Return a recording's samples in a silent room, float: 0.4 to 0.7 s before it, 0.6 s after it.

    Its peak is 0 to 15 dB below 20,000. rng: NumPy's.
    """
    loud = np.abs(recording.samples).max(initial=1)
    x = recording.samples * (20000 / loud * 10 ** (-rng.uniform(0, 15) / 20))
    return np.concatenate([np.zeros(int(rng.uniform(0.4, 0.7) * RATE_HZ)), x, np.zeros(int(0.6 * RATE_HZ))])


def noise(size, rng, pink):
    """Return so many samples of noise of power 1, white or pink from 0.5 % of the range on."""
    if not pink:
        return rng.standard_normal(size)
    spectrum = np.fft.rfft(rng.standard_normal(size))
    spectrum /= np.sqrt(np.arange(len(spectrum)) + len(spectrum) // 200 + 1)
    samples = np.fft.irfft(spectrum, size)
    return samples / samples.std()


def in_a_room(recording, rng, snr_db=(20, 35)):
    """Return the recording as it is heard: `spoken`, with noise that is below the word by `snr_db`."""
    x = spoken(recording, rng)
    voiced = np.abs(x) > 0.02 * np.abs(x).max()
    level = np.sqrt(np.mean(x[voiced] ** 2)) * 10 ** (-rng.uniform(*snr_db) / 20)
    samples = to_int16(x + level * noise(len(x), rng, pink=rng.integers(2)))
    return Recording(recording.word, recording.voice, samples)


class Tape:
    """A microphone that plays samples; OSError at their end."""

    def __init__(self, samples):
        """Play int16 `samples`."""
        self.samples = samples
        self.at = 0

    def readinto(self, buffer):
        """Fill the buffer of int16."""
        if self.at + HOP > len(self.samples):
            raise OSError("the tape is over")
        buffer[:] = self.samples[self.at : self.at + HOP]
        self.at += HOP


def heard(recording):
    """Return the features of each word that the board's ear finds in a Recording: a list of int8 (FEATURES,)."""
    ear = Ear(Tape(recording.samples), Window)
    words = []
    for _ in range(len(recording.samples) // HOP):
        if ear.listen():
            words.append(np.array(ear.word, np.int8))
    return words


def features(recordings, rng):
    """Return (x int8, labels, voices, missed): what the ear makes of recordings in rooms; missed: heard not once."""
    rows = [(found[-1], each) for each in recordings if len(found := heard(in_a_room(each, rng))) == 1]
    x = np.array([row for row, _ in rows], np.int8)
    labels = np.array([each.word for _, each in rows])
    return x, labels, np.array([each.voice for _, each in rows]), len(recordings) - len(rows)
