"""The data set of the studio: its samples, its classes, and the sensors that samples come from.

The methods `_do_...` answer what the page asks for by the same name (`studio.Studio.call`).
"""

import struct

from .ear import Ear
from .motion import AXES, PHONE, Motion
from .program import Program, asking
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
        self._program = None

    def _used_classes(self):
        """Return the names of the classes up to the last that has a name or samples."""
        counts = self._lesson.counts()
        used = [k for k, name in enumerate(self._classes) if name or counts[k]]
        return self._classes[: used[-1] + 1]

    def _do_held_back(self, request):
        """Put the features of sample k of those held back into the mailbox; return its label."""
        x, labels = self._tests
        k, size = request["k"] % len(labels), self._lesson.features
        found = self._found(x[k * size : (k + 1) * size])
        found["label"] = labels[k]
        return found

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
            raise ValueError("is no table of text: `eqprop studio --data FILE` opens the page with it") from None
        return {"classes": self._classes}

    # ---- the microphone, the motion sensor, and a board's program

    def _do_listen(self, request):
        """Listen from now on, to a new background; feel from now on, from rest; wait for a program."""
        self._ear = Ear()
        self._motion = Motion(AXES, PHONE)
        self._program = Program()

    def _do_feel(self, request):
        """Take `bytes` bytes of motion, int16 in the mailbox; leave the features of the last second there."""
        count = request["bytes"] // 2
        self._motion.feel(struct.unpack("<{}h".format(count), memoryview(self.mailbox)[: 2 * count]))
        return self._found(self._motion.features())

    def _do_asking(self, request):
        """Put into the mailbox what makes a program tell for some seconds; utc_s: now, in seconds since 1970."""
        return self._found(asking(request["utc_s"]))

    def _do_told(self, request):
        """Take `bytes` bytes of a program, in the mailbox; leave its newest features there; return its last fault."""
        program = self._program
        program.hear(memoryview(self.mailbox)[: request["bytes"]])
        found = self._found(program.features())
        found["fault"] = program.fault
        return found

    def _found(self, data):
        """Put bytes into the mailbox; return their number as `bytes`."""
        self.mailbox[: len(data)] = data
        return {"bytes": len(data)}

    def _do_hear(self, request):
        """Take `bytes` bytes of sound, in the mailbox; return how many words were heard so far."""
        self._ear.hear(memoryview(self.mailbox)[: request["bytes"]])
        return {"words": self._ear.words, "loudness": self._ear.loudness}

    def _do_word(self, request):
        """Put the features of the last word into the mailbox."""
        return self._found(self._ear.features)


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
