"""The data set of the studio: its samples, its classes, and the sensors that samples come from.

The methods `_do_...` answer what the page asks for by the same name (`studio.Studio.call`).
"""

from .ear import Ear
from .motion import Motion
from .tables import read, written

_MAILBOX = 65536
_UPLOADED = "/upload"  # where the page writes a file of the user's before a call
WRITTEN = "/file"  # where a call leaves a file for the user; it then returns {"file": this}


class Collection:
    """The data set of a lesson.

    - mailbox: bytes from the page and to it
    """

    def __init__(self):
        """Start without a lesson; the studio gives `_lesson`, `_tests` and `_classes`."""
        self.mailbox = bytearray(_MAILBOX)
        self._lesson = None
        self._tests = (b"", b"")
        self._classes = []
        self._ear = None
        self._motion = None

    def _used_classes(self):
        """Return the names of the classes up to the last that has a name or samples."""
        counts = self._lesson.counts()
        used = [k for k, name in enumerate(self._classes) if name or counts[k]]
        return self._classes[: used[-1] + 1]

    def _do_held_back(self, request):
        """Put the features of sample k of those held back into the mailbox; return its label."""
        x, labels = self._tests
        k, size = request["k"] % len(labels), self._lesson.features
        self.mailbox[:size] = x[k * size : (k + 1) * size]
        return {"label": labels[k], "bytes": size}

    def _do_pictures(self, request):
        """Put the features of up to `count` samples of the data set, from `first` on, into the mailbox."""
        lesson = self._lesson
        size = lesson.features
        most = min(request["count"], len(self.mailbox) // size)
        places = lesson.shown[request["first"] : request["first"] + most]
        for k, place in enumerate(places):
            self.mailbox[k * size : (k + 1) * size] = lesson.x(place)
        return {"labels": [lesson.label(place) for place in places], "bytes": len(places) * size}

    def _do_delete(self, request):
        """Delete sample k of the data set."""
        self._lesson.remove(request["k"])

    def _do_relabel(self, request):
        """Give sample k of the data set another label."""
        self._lesson.relabel(request["k"], request["label"])

    def _do_name(self, request):
        """Name the classes."""
        self._classes = request["classes"]

    def _do_export(self, request):
        """Write the data set as a table."""
        with open(WRITTEN, "w") as file:
            for line in written(self._lesson, self._classes):
                file.write(line)
        return {"file": WRITTEN}

    def _do_import(self, request):
        """Add the samples of the user's table to the data set; return the classes' names."""
        try:
            with open(_UPLOADED) as file:
                self._classes = read(file, self._lesson, self._classes)
        except UnicodeError:
            raise ValueError("the file is not text: choose a .csv file") from None
        return {"classes": self._classes}

    # ---- the microphone and the motion sensor

    def _do_listen(self, request):
        """Listen from now on, to a new background; feel from now on, from rest."""
        self._ear = Ear()
        self._motion = Motion()

    def _do_feel(self, request):
        """Take `bytes` bytes of motion, in the mailbox; leave the features of the last second there."""
        self._motion.feel(memoryview(self.mailbox)[: request["bytes"]])
        features = self._motion.features()
        self.mailbox[: len(features)] = features
        return {"bytes": len(features)}

    def _do_hear(self, request):
        """Take `bytes` bytes of sound, in the mailbox; return how many words were heard so far."""
        self._ear.hear(memoryview(self.mailbox)[: request["bytes"]])
        return {"words": self._ear.words, "loudness": self._ear.loudness}

    def _do_word(self, request):
        """Put the features of the last word into the mailbox."""
        features = self._ear.features
        self.mailbox[: len(features)] = features
        return {"bytes": len(features)}


def load(path, lesson):
    """Load a data set that the host has prepared (`eqprop_host.studio.folder`); return its (features, labels) to test.

    The file is four numbers u16, little-endian: training samples, features, epochs, test samples; training features,
    labels u8, order u16 for each epoch, test features, test labels.
    """
    from array import array

    with open(path, "rb") as file:
        head = array("H", file.read(8))
        samples, features, epochs, tests = head
        x = file.read(samples * features)
        labels = file.read(samples)
        lesson.load(x, labels, array("H", file.read(2 * samples * epochs)))
        return file.read(tests * features), file.read(tests)
