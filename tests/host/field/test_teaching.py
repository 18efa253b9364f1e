"""Teaching a running board from a PC: what a person types, and a data set; the network is the program's."""

import contextlib
import io
import json
import random
import sys
import time

import pytest

import eqprop
from eqprop.checkpoint import NAMES
from eqprop_host import cli
from eqprop_host.errors import DataError
from eqprop_host.field.teaching import label_of
from support.boards.program_board import ProgramBoard
from support.places import PROGRAMS


@pytest.fixture
def pupil(unix_micropython, tmp_path):
    """A program that asks its network and never teaches it."""
    board = ProgramBoard(unix_micropython, PROGRAMS / "asking.py", cwd=tmp_path)
    with contextlib.closing(board):
        yield board.path


class Slowly(io.StringIO):
    """Lines that are typed a second apart."""

    def __next__(self):
        time.sleep(1)
        return super().__next__()


def test_a_person_corrects_answers_and_the_board_learns_them(pupil, tmp_path, monkeypatch, capsys):
    """Catches: a label for another answer, a word that is taken for a label, a network that is not saved."""
    monkeypatch.setattr(sys, "stdin", Slowly("right\n\nle\nwrong\n1\nq\n"))
    assert cli.main(["teach", "--port", pupil, "--classes", "left,right", "--json", str(tmp_path / "j")]) == 0
    out, err = capsys.readouterr()
    assert "learnt: right" in out and "learnt: left" in out and out.splitlines()[-1].startswith("3 samples taught")
    assert "label 'wrong': no such class: expected left, right" in err
    assert json.loads((tmp_path / "j").read_text())["saved"] is True
    assert eqprop.load("4-3-2", str(tmp_path)).sample == 3


def test_a_data_set_is_taught_to_the_last_bit(pupil, tmp_path, monkeypatch, capsys):
    """The same conductances as on this computer. Catches a sample that is lost, learnt twice, or scaled."""
    draws = random.Random(1)
    rows = [(*(draws.randint(-128, 127) for _ in range(4)), n % 2) for n in range(30)]
    (tmp_path / "data.csv").write_text("a,b,c,d,label\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    assert cli.main(["teach", "--port", pupil, "--from", str(tmp_path / "data.csv")]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("30 samples taught")
    network = eqprop.Network("4-3-2")
    for *x, label in rows:
        network.learn(bytes(v & 255 for v in x), label)
    assert eqprop.load("4-3-2", str(tmp_path)).crc() == network.crc()


@pytest.mark.parametrize("words", [["teach", "--from"], ["train", "--program", "--data"]])
def test_a_program_that_cannot_save_fails_the_command(words, pupil, tmp_path, capsys):
    """Its flash takes no file. Catches exit code 0 for lessons that the board forgets without power."""
    for name in NAMES:
        (tmp_path / name).mkdir()
    (tmp_path / "data.csv").write_text("a,b,c,d,label\n" + "1,2,3,4,0\n5,6,7,8,1\n" * 5)
    assert cli.main([*words, str(tmp_path / "data.csv"), "--port", pupil, "--json", str(tmp_path / "j")]) == 1
    out, err = capsys.readouterr()
    assert "not saved" in out and "the program could not save what it learnt" in err
    results = json.loads((tmp_path / "j").read_text())
    assert results["saved"] is False and results["training_samples"] == 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,label\n1,2,0\n3,4,1\n", "has 2 features, the program's network 4"),
        ("a,b,c,d,label\n1,2,3,400,0\n3,4,5,6,1\n", "whole numbers in -128..127"),
    ],
)
def test_data_that_are_not_the_programs_are_refused(text, message, pupil, tmp_path, capsys):
    (tmp_path / "data.csv").write_text(text)
    assert cli.main(["teach", "--port", pupil, "--from", str(tmp_path / "data.csv")]) == 1
    assert message in capsys.readouterr().err


def test_a_label_is_a_name_its_start_or_a_number():
    assert [label_of(text, ("wave", "circle"), 3) for text in ("wave", "ci", "2", "CIR")] == [0, 1, 2, 1]
    with pytest.raises(DataError, match="several classes begin so: expected wave, wall"):
        label_of("wa", ("wave", "wall"), 2)
    with pytest.raises(DataError, match="no such class: expected 0 to 2"):
        label_of("3", (), 3)


def test_a_program_is_trained_and_tested_on_samples_that_it_had_not_learnt(pupil, tmp_path, capsys):
    """Class 0 is negative, class 1 positive. Catches: a test of what was learnt, an option that would do nothing."""
    draws = random.Random(1)
    rows = [(*(draws.randint(20, 127) * (2 * (n % 2) - 1) for _ in range(4)), n % 2) for n in range(60)]
    data, results = tmp_path / "data.csv", tmp_path / "train.json"
    data.write_text("a,b,c,d,label\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    words = ["train", "--program", "--port", pupil, "--data", str(data)]
    assert cli.main([*words, "--json", str(results)]) == 0
    out = capsys.readouterr().out
    assert "60 samples learnt by" in out and "test error 0.0 %: 0 of 12 answered wrongly" in out
    assert json.loads(results.read_text())["test_error_percent"] == 0
    assert eqprop.load("4-3-2", str(tmp_path)).sample == 60
    assert cli.main([*words, "--epochs", "3"]) == 1
    assert "--epochs: not with --program, whose program has its own" in capsys.readouterr().err
    assert cli.main(["train", "--classes", "a,b"]) == 1
