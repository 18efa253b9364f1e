"""A data set as a table of text."""

import pytest

from eqprop_host.studio.in_page.lesson import Lesson
from eqprop_host.studio.in_page.tables import read, written

NAMES = ["up", 'a "b", c', "", ""]


def test_what_is_written_is_read():
    lesson = Lesson(3, 4)
    lesson.add(bytes((0, 127, 128)), 0)
    lesson.add(bytes((255, 1, 2)), 1)
    lines = list(written(lesson, NAMES))
    assert lines == ["x0,x1,x2,label\n", "0,127,-128,up\n", '-1,1,2,"a ""b"", c"\n']
    other = Lesson(3, 4)
    assert read(lines, other, NAMES) == NAMES
    assert [(other.x(k), other.label(k)) for k in other.shown] == [(lesson.x(k), lesson.label(k)) for k in lesson.shown]


def test_a_new_class_takes_a_free_place():
    lesson = Lesson(1, 3)
    lesson.add(bytes(1), 0)
    assert read(["5,dog\n", "6,up\n"], lesson, ["up", "down", ""]) == ["up", "dog", ""]
    assert [lesson.label(k) for k in lesson.shown] == [0, 1, 0]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["1,2,A"], "line 1: 3 columns, expected 1 features and a label: choose the source that the file is of"),
        (["x0,label", "1,A", "1.5,A"], "line 3: 1.5 is not a whole number in -128..127"),
        (["300,A"], "line 1: 300 is not a whole number in -128..127"),
        (["1,A", "1,B", "1,C", "1,D"], "line 4: no class is called 'D', and none is free"),
        (["1,"], "line 1: no class is called '', and none is free"),
        (["x0,label", ""], "the file has no samples"),
        ([], "the file has no samples"),
    ],
)
def test_another_file_is_refused_whole(lines, words):
    """Catches samples that are added before the line that is wrong."""
    lesson = Lesson(1, 3)
    with pytest.raises(ValueError) as refused:
        read(lines, lesson, ["A", "", ""])
    assert str(refused.value) == words and not lesson.shown
