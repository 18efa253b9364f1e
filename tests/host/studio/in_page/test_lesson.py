"""The samples of a lesson and their order."""

import pytest

from eqprop_host.studio.in_page import lesson as lessons
from eqprop_host.studio.in_page.lesson import UNKNOWN, Lesson


def taught(count, features=2, classes=3):
    lesson = Lesson(features, classes)
    for n in range(count):
        lesson.add(bytes((n, 255 - n)), n % classes)
    return lesson


def test_a_rehearsal_passes_over_all_samples_in_changing_orders():
    """Catches a sample left out, one repeated within a pass, and passes of one order."""
    lesson = taught(30)
    for _ in range(90):
        assert lesson.rehearse()
    passes = [list(lesson.history[n : n + 30]) for n in (0, 30, 60)]
    assert all(sorted(each) == list(range(30)) for each in passes)
    assert passes[0] != passes[1] != passes[2]


def test_what_was_learnt_stays_learnable_when_it_is_deleted_or_relabelled():
    """Catches a pool that shifts: a board that restarts would then learn other samples than before."""
    lesson = taught(6)
    for place in range(6):
        lesson.learn(place)
    lesson.remove(1)
    lesson.relabel(0, 2)
    assert [lesson.label(place) for place in lesson.history] == [0, 1, 2, 0, 1, 2]
    assert [lesson.x(place)[0] for place in lesson.shown] == [0, 2, 3, 4, 5]
    assert [lesson.label(place) for place in lesson.shown] == [2, 2, 0, 1, 2]
    for _ in range(10):
        lesson.rehearse()
    assert 1 not in lesson.history[6:] and 0 not in lesson.history[6:]


def test_a_data_set_with_orders_keeps_to_them():
    lesson = Lesson(1, 2)
    lesson.load(bytes((5, 6, 7)), bytes((0, 1, 0)), [2, 0, 1, 0, 1, 2])
    for _ in range(8):
        lesson.rehearse()
    assert list(lesson.history) == [2, 0, 1, 0, 1, 2, 2, 0]


def test_errors_and_confusion_are_of_the_last_samples():
    lesson = taught(9)
    for place in range(9):
        lesson.learn(place)
        lesson.predictions[place] = 0
    lesson.predictions[8] = UNKNOWN
    assert lesson.recent(9) == (8, 5, [3, 0, 0, 3, 0, 0, 2, 0, 0])
    assert lesson.recent(4, 2)[:2] == (2, 1)
    assert list(lesson.mistakes(9, 3)) == [(7, 0), (5, 0), (4, 0)]
    assert list(lesson.mistakes(0, 3)) == []


def test_what_does_not_fit_is_refused(monkeypatch):
    lesson = taught(1)
    with pytest.raises(ValueError, match="sample: 3 features, the network has 2 inputs"):
        lesson.add(bytes(3), 0)
    with pytest.raises(ValueError, match=r"label: 3 is not in 0\.\.2"):
        lesson.add(bytes(2), 3)
    monkeypatch.setattr(lessons, "MOST", 1)
    with pytest.raises(ValueError, match="data set: holds 1 samples, and no more fit"):
        lesson.add(bytes(2), 0)
    assert not Lesson(2, 2).rehearse()
