"""Teaches the network of a running program, which stays the program's."""

import struct

import numpy as np

from eqprop.protocol import telemetry as kinds

from ..datasets import splitting
from ..errors import BoardError, DataError, ProtocolError
from . import records


def label_of(text, class_names, outputs):
    """Return the label that a person typed: the name of a class, the start of one, or a number.

    Raises DataError, naming the classes, for anything else.
    """
    named = [number for number, name in enumerate(class_names) if name == text]
    named = named or [number for number, name in enumerate(class_names) if name.lower().startswith(text.lower())]
    if len(named) == 1:
        return named[0]
    if text.isascii() and text.isdecimal() and int(text) < outputs:
        return int(text)
    known = ", ".join(class_names) if class_names else f"0 to {outputs - 1}"
    raise DataError(f"label {text!r}: {'several classes begin so' if named else 'no such class'}: expected {known}")


class Teacher:
    """Has a program learn samples.

    - taught, right: samples learnt, and how many the network had answered so before
    """

    def __init__(self, listener):
        """Teach the program of a `Listener`. Raises ProtocolError for one without a network that learns classes."""
        self._listener = listener
        about = listener.wait_for_about()
        if not about.model or about.learns_numbers:
            raise ProtocolError(f"port {listener.name}: the program has no network that learns classes")
        self.about = about
        self.taught = self.right = 0

    def correct(self, answer, label):
        """Have the features of an answer learnt as `label`; return whether the program did.

        The program has the features of its last answer. Those of an earlier one are sent. Raises as
        `Listener.request`, DataError for an answer that was told without its features.
        """
        if answer.features is None:
            raise DataError("the program tells its answers without features: let it call answer(label, x)")
        done = self._listener.request(kinds.LABEL, struct.pack("<BH", answer.sequence, label))
        return self._count(done or self.learn(answer.features, label), answer.label == label)

    def learn(self, features, label):
        """Have features, int8 (inputs,), learnt as `label`; return whether the program did. Raises as `request`."""
        payload = struct.pack("<H", label) + np.asarray(features, np.int8).tobytes()
        return self._listener.request(kinds.SAMPLE, payload)

    def save(self):
        """Have the program save its network; return whether it did."""
        return self._listener.request(kinds.SAVE, b"")

    def unsaved(self):
        """Return the error of a program that could not save."""
        return BoardError(
            f"port {self._listener.name}: the program could not save what it learnt, and forgets it without power: "
            "free some of its flash, then teach it one more sample with `eqprop teach`"
        )

    def replay(self, dataset, class_names, tell, order=None):
        """Have samples of a `Dataset` learnt; tell: called with each label and what came meanwhile.

        order: the samples' numbers, None for all in their order. Raises DataError for features that are not the
        program's own, -128..127, or classes that it lacks; as `learn`, and ProtocolError if the program refuses a
        sample.
        """
        values, labels = self._own(dataset, class_names)
        for number in range(len(values)) if order is None else order:
            done = self._count(self.learn(values[number], labels[dataset.labels[number]]), None)
            answered = None
            for each in self._listener.poll():
                if isinstance(each, records.Answer):
                    answered = each.label
                if isinstance(each, records.Learnt):
                    self.right += answered == each.label
                tell(each)
            if not done:
                raise ProtocolError(f"port {self._listener.name}: the program refuses sample {self.taught}")

    def train(self, dataset, class_names, seed, tell):
        """Have all samples of a `Dataset` learnt, in an order drawn from `seed`, those of the test part last.

        Return (test samples, how many of these the network answered wrongly just before it learnt them); no test
        samples in a data set that is too small to be split. Raises as `replay`.
        """
        train, test = splitting.split(dataset, seed)
        if np.array_equal(train, test):
            test = test[:0]
        draws = np.random.default_rng(seed)
        self.replay(dataset, class_names, tell, draws.permutation(train))
        right = self.right
        self.replay(dataset, class_names, tell, draws.permutation(test))
        return len(test), len(test) - (self.right - right)

    def _own(self, dataset, class_names):
        """Return the features of a `Dataset` and the program's label of each of its classes. Raises as `replay`."""
        inputs, outputs = self.about.layers[0], self.about.layers[-1]
        values = np.asarray(dataset.features)
        if values.shape[1] != inputs:
            raise DataError(f"{dataset.name}: has {values.shape[1]} features, the program's network {inputs}")
        if not np.array_equal(values, np.rint(values)) or values.min() < -128 or values.max() > 127:
            raise DataError(
                f"{dataset.name}: expected the program's own features, whole numbers in -128..127, as `eqprop record` "
                "keeps them"
            )
        names = dataset.class_names or [str(n) for n in range(dataset.classes)]
        return values, [label_of(name, class_names, outputs) for name in names]

    def _count(self, done, right):
        self.taught += done
        self.right += bool(done and right)
        return done
