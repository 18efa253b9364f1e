"""Words in a stream of band levels: where one begins and ends, and what it sounds like in a fixed number of features.

Nothing is allocated after construction.
"""

from ..network import zeros
from .kernels import chosen

TOO_LONG, NOTHING, WORD = -1, 0, 1

_BEFORE = 2  # frames that belong to a word though they are not loud: how a consonant begins
_SETTLING = 16  # frames that the background is made of
_LEAST = 6  # frames of a word
_RANGE = 2600  # of levels, on either side of their mean, which features stand for: 30 dB


class Utterance:
    """Finds words by their loudness above the background, and brings each to `steps` times `bands` features.

    - background: int16, the level of each band while nobody speaks.
    - loudness: by how much the last frame's levels exceeded it, on the mean of all bands: 256 are 3 dB.
    - length: frames of the last word.

    Levels are those of `Bands` or `FilterBank`. Takes 2 * bands * (frames + 2 * steps) bytes, and 400 more.
    """

    def __init__(self, bands, steps=8, frames=64, rise=260, pause=14, floor=1024):
        """Listen for words of `frames` frames at most, in levels of so many bands.

        rise: how loud a frame of a word is, in the unit of `loudness`. pause: frames that are not, after which a word
        has ended. floor: levels below count as this one. Raises ValueError.
        """
        if not bands >= 1 <= steps:
            raise ValueError("bands, steps: {}, {} are less than 1".format(bands, steps))
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
        """Forget the background and what was heard, as after a pause in listening."""
        for b in range(self.bands):
            self.background[b] = 0
        self._count = 0  # frames since then, so far as they make the background
        self._next = 0  # place in the ring
        self._loud = 0  # loud frames at a stretch, or of the word
        self._since = -1  # frames since the word began, -1 for none
        self._last = 0  # of these, up to the last loud one

    def push(self, levels):
        """Take a frame's levels, `bands` integers within int16; return NOTHING, WORD when one has just ended, TOO_LONG.

        A word is two loud frames or more that begin together, and all up to the last one before a pause; shorter ones
        than 6 frames are passed over. What lasts too long for a word becomes the background.
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

        Step s is the mean (floored) of frames s * length // steps up to, but without, (s + 1) * length // steps, or of
        one where that is none, each level raised to the background; of it, the mean of all features is taken off, and
        2600 (30 dB) become 127. To be called before the next `push`.
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
