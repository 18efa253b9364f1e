"""Recording labelled samples from a running board, as a person types it."""

import contextlib
import io
import sys
import time

import pytest

from eqprop_host import cli, datasets
from eqprop_host.errors import DataError
from eqprop_host.field.recording import Recording, Window
from support.boards.program_board import ProgramBoard
from support.places import PROGRAMS


@pytest.fixture
def recorder(unix_micropython):
    with contextlib.closing(ProgramBoard(unix_micropython, PROGRAMS / "measuring.py")) as board:
        yield board.path


def record(monkeypatch, path, port, typed, *more):
    """Type lines at `eqprop record`; return its exit code."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    words = ["record", str(path), "--port", port, "--labels", "wave,circle", "--repeat", "2", "--countdown", "0"]
    return cli.main([*words, "--seconds", "0.3", "--who", "Ada", *more])


def test_windows_are_recorded_undone_and_continued_as_a_data_set(recorder, tmp_path, monkeypatch, capsys):
    """Two sessions make one data set that --data reads. Catches: a sample that is lost, or kept after its undo."""
    path = tmp_path / "gestures.parquet"
    assert record(monkeypatch, path, recorder, "\nu\n\n\nq\n", "--settings", "400 Hz") == 0
    first = capsys.readouterr().out
    assert "took back a sample of wave" in first and first.endswith(": 2 wave, 0 circle\n")
    assert record(monkeypatch, path, recorder, "what\n\n\n") == 0
    out, err = capsys.readouterr()
    assert out.endswith(": 2 wave, 2 circle\n") and "circle 1/2: press Enter" in out and "▁" in out
    assert "eqprop: 'what': Enter: record" in err
    dataset = datasets.load(str(path), datasets.Reading())
    assert dataset.class_names == ("circle", "wave") and dataset.labels.tolist() == [1, 1, 0, 0]
    assert dataset.features.shape[0] == 4 and dataset.features.shape[1] >= 60
    rows = Recording(path, "Ada", "b")._rows
    assert [row["session"] for row in rows] == ["session 1"] * 2 + ["session 2"] * 2
    assert {row["who"] for row in rows} == {"Ada"} and rows[0]["settings"] == "400 Hz"
    assert rows[0]["board"].endswith("recorder")


def test_an_input_that_ends_too_early_fails_the_command(recorder, tmp_path, monkeypatch, capsys):
    """As one that is piped in. Catches exit code 0 for a data set that lacks samples."""
    path = tmp_path / "x.parquet"
    assert record(monkeypatch, path, recorder, "\n") == 1
    assert capsys.readouterr().err.endswith(
        "the input ended, 3 samples are missing: run the command again to record them\n"
    )
    assert record(monkeypatch, path, recorder, "\n\n\n") == 0


def test_a_sample_begins_with_the_first_reading(recorder, tmp_path, monkeypatch, capsys):
    """However late it comes. Catches a sample that is cut short, or refused, on a slow board or line."""
    take, heard = Window.take, []

    def late(self, record):
        heard.append(time.monotonic())
        if heard[-1] > heard[0] + 1:
            take(self, record)

    monkeypatch.setattr(Window, "take", late)
    assert record(monkeypatch, tmp_path / "x.parquet", recorder, "\nq\n") == 0
    (row,) = Recording(tmp_path / "x.parquet", "", "")._rows
    assert len(row["features"]) >= 60


def test_a_sensor_that_tells_nothing_is_named(recorder, tmp_path, monkeypatch, capsys):
    """And nothing is kept. Catches a sample of no values."""
    monkeypatch.setattr(Window, "take", lambda self, record: None)
    assert record(monkeypatch, tmp_path / "x.parquet", recorder, "\nq\n") == 0
    assert "told neither readings nor features: see its sensor" in capsys.readouterr().err
    assert not (tmp_path / "x.parquet").exists()


def test_another_file_is_left_alone(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "x.parquet"
    parquet.write_table(pa.table({"a": [1, 2]}), path)
    with pytest.raises(DataError, match="is not a recording of `eqprop record`: choose another name"):
        Recording(path, "Ada", "b")
    other = Recording(tmp_path / "y.parquet", "Ada", "b")
    other.add("wave", [1, 2, 3])
    with pytest.raises(DataError, match="its samples have 3 values, this one has 2"):
        other.add("wave", [1, 2])
