"""Words in a stream of band levels: finds their start and end, and gives each a fixed number of features.

Nothing is allocated after construction.
"""

from ..network import zeros
from .kernels import chosen

TOO_LONG, NOTHING, WORD = -1, 0, 1

_BEFORE = 2  # quiet frames that belong to the start of a word: consonants begin softly
_SETTLING = 16  # frames that make the first background
_LEAST = 6  # shortest word, in loud frames
_RANGE = 2600  # levels on either side of their mean that the features cover: 30 dB


class Utterance:
    """Finds words by their loudness above the background, and turns each into `steps` * `bands` features.

    - background: int16, the level of each band between words.
    - loudness: how far the last frame's levels exceeded the background, averaged over the bands: 256 are 3 dB.
    - length: frames in the last word.

    Levels come from `Bands` or `FilterBank`. Takes 2 * bands * (frames + 2 * steps) bytes, and 400 more.
    """

    def __init__(self, bands, steps=8, frames=64, rise=260, pause=14, floor=1024):
        """Listen for words of at most `frames` frames, in levels of `bands` bands.

        rise: a frame is loud if its `loudness` exceeds this. pause: a word ends after this many frames that are not
        loud. floor: lower levels count as this one. Raises ValueError.
        """
        if not bands >= 1 <= steps:
            raise ValueError("bands, steps: expected 1 or more, got {}, {}".format(bands, steps))
        if frames < pause + 2 * _LEAST or pause < 1:
            raise ValueError("frames: {} are too few for a pause of {}".format(frames, pause))
        self.bands = bands
        self.steps = steps
        self.frames = frames
        self.rise = rise
        self.pause = pause
        self.floor = floor
        self.background = zeros("h", bands)
        self.loudness = 0
        self.length = 0
        self._kept = zeros("h", bands * frames)  # the last frames, in a ring
        self._means = zeros("i", bands * steps)
        self._where = zeros("i", 5)
        self.kernels = chosen()
        self.restart()

    def restart(self):
        """Forget the background and the frames heard so far; call it after a pause in listening."""
        for b in range(self.bands):
            self.background[b] = 0
        self._count = 0  # frames since the restart, up to _SETTLING
        self._next = 0  # place in the ring
        self._loud = 0  # loud frames in a row, or in the word
        self._since = -1  # frames since the word began; -1 between words
        self._last = 0  # frames from the word's start to its last loud frame

    def push(self, levels):
        """Take a frame's levels, `bands` int16 integers; return WORD if one has just ended, TOO_LONG or NOTHING.

        A word starts with two loud frames in a row and lasts to the last loud frame before a pause. Words of fewer than
        6 loud frames are ignored. A sound too long for a word becomes the background.
        """
        bands = self.bands
        floor = self.floor
        background = self.background
        kept = self._kept
        at = self._next * bands
        self._next = (self._next + 1) % self.frames
        settling = self._count < _SETTLING
        if settling:
            self._count += 1
        count = self._count
        total = 0
        for b in range(bands):
            v = int(levels[b])
            if v < floor:
                v = floor
            kept[at + b] = v
            v -= background[b]
            if v > 0:
                total += v
        self.loudness = loudness = total // bands
        loud = loudness > self.rise and not settling
        if self._since < 0:
            if loud:
                self._loud += 1
                if self._loud == 2:
                    self._since = self._last = _BEFORE + 2
            else:
                self._loud = 0
                for b in range(bands):
                    background[b] += (kept[at + b] - background[b]) // count
            return NOTHING
        self._since += 1
        if self._since > self.frames:
            self.restart()
            return TOO_LONG
        if loud:
            self._loud += 1
            self._last = self._since
        elif self._since - self._last == self.pause:
            self.length = self._last
            self._since = -1
            enough = self._loud >= _LEAST
            self._loud = 0
            if enough:
                return WORD
        return NOTHING

    def write(self, out, start=0):
        """Write the word that has just ended to out[start...], int8: steps * bands features, step by step.

        Step s is the mean (floored) of frames s * length // steps up to but not including (s + 1) * length // steps,
        and at least one. Levels below the background count as the background. The mean of all features is subtracted;
        then 2600 (30 dB) become 127. Call this before the next `push`.
        """
        where = self._where
        where[0] = (self._next - self.pause - self.length) % self.frames
        where[1] = self.frames
        where[2] = self.bands
        where[3] = self.steps
        where[4] = self.length
        means = self._means
        size = len(means)
        mean = self.kernels.stretch(self._kept, self.background, means, where) // size
        for i in range(size):
            v = (254 * (means[i] - mean) + _RANGE) // (2 * _RANGE)
            out[start + i] = -127 if v < -127 else 127 if v > 127 else v
