"""What a program on a board tells (`eqprop.Telemetry`; the recorders of `eqprop record`), as samples of a lesson."""

import struct

from eqprop.protocol import telemetry as kinds
from eqprop_host.field.splitting import Splitter
from eqprop_host.link import telling

from .motion import BOARD, Motion

_MOST_AXES = 12  # a reading of more values is a stretch of one axis


class Program:
    """A program at the end of a cable, without I/O.

    - fault: what it last complained of, or ""
    """

    def __init__(self):
        """Wait for its records."""
        self.fault = ""
        self._splitter = Splitter()
        self._features = b""
        self._motion = None
        self._axes = 0

    def hear(self, data):
        """Take bytes from its line. Raises ValueError for a program that tells another format."""
        for each in self._splitter.feed(data):
            if isinstance(each, str):
                continue
            kind, sequence, payload = each
            told = telling.fields(kind, payload, sequence)
            if kind == kinds.FAULT:
                self.fault = "".join(chr(byte) for byte in told["text"])
            elif kind == kinds.FEATURES:
                self._features = told["items"]
            elif kind == kinds.ANSWER:
                self._features = told["features"] or self._features
            elif kind == kinds.READING:
                count = len(told["items"]) // struct.calcsize("<" + told["typecode"])
                self._feel(struct.unpack("<{}{}".format(count, told["typecode"]), told["items"]))

    def _feel(self, values):
        """Take a reading."""
        axes = len(values) if len(values) <= _MOST_AXES else 1
        if axes != self._axes:
            self._axes = axes
            self._motion = Motion(self._axes, BOARD)
        self._motion.feel(values)
        self._features = b""

    def features(self):
        """Return its newest features, bytes of int8, b"" before: its own, or statistics of its last readings."""
        return self._features or (self._motion.features() if self._motion else b"")


def asking(utc_s):
    """Return bytes that make a program tell for some seconds more. utc_s: seconds since 1970."""
    return telling.request(kinds.LISTEN, struct.pack("<I", utc_s - kinds.EPOCH_S)) + telling.request(kinds.INQUIRE)
