"""What a network answered before it learnt a sample, as a person who watches is told."""

from types import SimpleNamespace

import numpy as np
import pytest

from eqprop_host.field import records
from eqprop_host.field.watching import Watch

X = np.arange(4, dtype=np.int8)
OTHER = X + 1


def told(kind, label, highest, features, **more):
    return kind(us=0, sample=1, label=label, lead=5, highest=highest, features=features, **more)


def watching(has_memory):
    plan = SimpleNamespace(targets=(10, 0))
    return Watch(SimpleNamespace(about=SimpleNamespace(has_memory=has_memory, plan=plan, identity="x"), health=None))


@pytest.mark.parametrize(
    ("has_memory", "asked", "said", "error"),
    [
        (False, X, ", right", 0),
        (True, X, ", was 1", 100),  # the memory answered another class than that of the highest output
        (True, OTHER, "", 0),  # what it answered of these features was not told
        (True, None, "", 0),
    ],
)
def test_what_was_answered_before_is_the_answer_not_the_highest_output(has_memory, asked, said, error):
    """Caught: of a network with a memory, `was` named the class of the highest output."""
    watch = watching(has_memory)
    if asked is not None:
        watch.take(told(records.Answer, 1, 2, asked, confidence_percent=None, sequence=0))
    line = watch.take(told(records.Learnt, 2, 2, X, loss=7))
    assert line == f"learnt: 2{said}, loss 7; sample 1"
    assert watch.tally.error_percent == error and watch.tally.learnt == 1
