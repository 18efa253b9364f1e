"""Make a tape for the simulated board: words that it is taught, and then words of voices that it never heard.

    python examples/words/tape.py FLASH [--folder FOLDER] [--voices 8] [--asked 4] [--times 2] [--seed 0]

Writes what scene.py plays into the folder FLASH, for `eqprop simulate-app examples/words --flash FLASH`. The words are
spoken by espeak-ng, or are those of a folder with WAV files: FOLDER/WORD/VOICE-1.wav and so on. FLASH/words.txt names
them to a program that has no words.txt next to its main.py.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from recordings import HOP, VOICES, WORDS, noise, read_folder, speak, spoken, to_int16

from eqprop_host.errors import DataError, EqpropError

_SILENCE = 60  # blocks of it at the start
_NOISE = 60  # of the room, all the time: steps


class Reel:
    """A tape in the making."""

    def __init__(self, rng):
        """Begin it with silence."""
        self.rng = rng
        self.cues = []
        self.blocks = 0
        self.parts = []
        self.hear(np.zeros(_SILENCE * HOP))

    def hear(self, samples):
        """Append samples, filled up to whole blocks."""
        self.parts += [samples, np.zeros(-len(samples) % HOP)]
        self.blocks += -(-len(samples) // HOP)

    def cue(self, what):
        """Have something happen now."""
        self.cues.append(f"{self.blocks} {what}")

    def say(self, recording, words, teaching):
        """Append a recording, taught or asked."""
        verb = "teaches" if teaching else "says"
        self.cue(f"{recording.voice} {verb} {words[recording.word]}")
        if teaching:
            self.cue("press")
        self.hear(spoken(recording, self.rng))

    def write(self, flash, words):
        """Write the tape, and the words that main.py is to know, into a folder."""
        flash = Path(flash)
        flash.mkdir(parents=True, exist_ok=True)
        samples = np.concatenate(self.parts)
        samples += _NOISE * noise(len(samples), self.rng, pink=True)
        (flash / "tape.pcm").write_bytes(to_int16(samples).astype("<i2").tobytes())
        (flash / "tape.txt").write_text("".join(f"{cue}\n" for cue in self.cues))
        (flash / "words.txt").write_text("".join(f"{word}\n" for word in words))


def record(recordings, words, asked, times, seed):
    """Return the Reel of recordings: words in turn from each voice, then each word once from `asked` other voices."""
    rng = np.random.default_rng(seed)
    voices = sorted({each.voice for each in recordings})
    if len(voices) <= asked:
        raise DataError(f"{len(voices)} voices: more than {asked} are needed, to be taught by some and asked by others")
    voices = [voices[n] for n in rng.permutation(len(voices))]
    said = {}
    for each in recordings:
        said.setdefault((each.voice, each.word), []).append(each)
    reel = Reel(rng)
    turns = [(voice, n, True) for voice in voices[asked:] for n in range(times)]
    turns += [(voice, 0, False) for voice in voices[:asked]]
    turn = 0
    for place, (voice, n, teaching) in enumerate(turns):
        for word in range(len(words)):
            found = said.get((voice, word), [])
            if len(found) > n:
                # The button goes through all words: past those that this voice lacks
                while teaching and turn % len(words) != word:
                    reel.cue("press")
                    reel.hear(np.zeros(4 * HOP))
                    turn += 1
                if place == len(turns) - 1 and word == len(words) - 1:
                    reel.cue("time")
                reel.say(found[n], words, teaching)
                turn += teaching
    return reel


def main(arguments):
    """Run what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="tape.py", description=__doc__.partition("\n")[0])
    parser.add_argument("flash", help="folder of the simulated board's files")
    parser.add_argument("--folder", help="with WAV files, in place of espeak-ng")
    parser.add_argument("--voices", type=int, default=8, help="that teach it, spoken by espeak-ng")
    parser.add_argument("--asked", type=int, default=4, help="voices that ask it")
    parser.add_argument("--times", type=int, default=2, help="that each voice teaches each word")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    try:
        if asked.folder:
            recordings, words = read_folder(asked.folder)
        else:
            rng = np.random.default_rng(asked.seed)
            voices = [VOICES[n] for n in rng.permutation(len(VOICES))[: asked.voices + asked.asked]]
            recordings, words = speak(asked.seed, voices, asked.times), WORDS
        record(recordings, words, asked.asked, asked.times, asked.seed).write(asked.flash, words)
    except (OSError, EqpropError) as error:
        print(f"eqprop: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
