"""Many runs at a time."""

import contextlib
import shutil

import pytest

from eqprop_host import RunConfig, cli, cluster, open_log, train
from eqprop_host.errors import LogError
from eqprop_host.report import overview
from eqprop_host.runlog import many

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    for seed in range(2):
        train(RunConfig(data="iris", hidden="4", epochs=2, seed=seed), log=folder / f"{seed}.arrow")
    return folder


def test_a_dataset_gives_each_of_its_runs(logs, tmp_path):
    """Catches runs that only the whole listing finds, and a run that another's name begins."""
    dataset = tmp_path / "all.parquet"
    first, second = logs / "0.arrow", logs / "1.arrow"
    assert many.merge([first, second], dataset) == 2 and many.merge([first], dataset) == 0
    names = sorted(open_log(path).run_id for path in (first, second))
    places = many.runs_in([dataset, first])
    assert sorted(run for _, run in places[:2]) == names and places[2] == (str(first), None)
    found = list(many.summaries(places))
    assert found[0]["run_id"] == places[0][1] and found[2]["path"] == str(first)
    assert [faults for faults, *_ in many.verified(places)] == [[]] * 3
    assert open_log(dataset, names[1]).run_id == names[1]
    with pytest.raises(LogError, match=f"has no run {names[0][:-1]}; there are "):
        open_log(dataset, names[0][:-1])
    with pytest.raises(LogError, match="expected a .parquet to merge logs into"):
        many.merge([first], tmp_path / "all.arrow")


def test_the_longer_of_two_logs_of_a_run_is_merged(logs, tmp_path, monkeypatch):
    """Though the shorter one comes last; on workers, of which no two may write the same run."""
    short = tmp_path / "short.arrow"
    shutil.copy(logs / "0.arrow", short)
    with open(short, "r+b") as file:
        file.truncate(short.stat().st_size // 2)
    spread = []

    def here(function, items, scheduler):
        spread.append(items)
        return map(function, items)

    monkeypatch.setattr(many, "spread", here)
    assert many.merge([logs / "0.arrow", short], tmp_path / "all.parquet", "tcp://somewhere") == 1
    assert spread[1] == [str(logs / "0.arrow")]
    assert open_log(tmp_path / "all.parquet").rows == open_log(logs / "0.arrow").rows


def test_many_runs_get_an_overview(logs, tmp_path, monkeypatch, capsys):
    """Catches a board left out, a killed run not named, and text of a log that is taken for the page's own."""
    monkeypatch.setattr("eqprop_host.commands.logs.report.MOST_RUNS", 1)
    page = tmp_path / "page.html"
    assert cli.main(["report", str(logs / "0.arrow"), str(logs / "1.arrow"), "--html", str(page)]) == 0
    assert capsys.readouterr().out == f"{page}\n" and "2 runs of 1 boards" in page.read_text()
    (one,) = many.summaries([(str(logs / "0.arrow"), None)])
    runs = [one, {**one, "board": "<b>attic", "end": None}, {**one, "run_id": "x7", "dropped_bytes": 9}]
    overview.write_overview(page, runs)
    text = page.read_text()
    assert "&lt;b&gt;attic" in text and "<b>attic" not in text and "still going, or killed" in text
    assert "9 bytes are damaged" in text and "2 runs did not end by themselves" in text and "<svg" in text


def test_without_a_scheduler_one_line_says_so(logs, capsys):
    assert cli.main(["log", "verify", str(logs / "0.arrow"), "--scheduler", "nonsense"]) == 1
    assert "--scheduler nonsense: no scheduler answers" in capsys.readouterr().err


def test_an_item_that_ends_every_worker_is_an_error_of_the_cluster(monkeypatch):
    """Catches a lost run that is left out without a word, and results in the order in which they ended."""
    Lost = type("KilledWorker", (Exception,), {"__module__": "distributed.scheduler"})
    answers = [((1, "b"), ["B"], None), ((0, "a"), ["A"], None), ((2, "c"), None, Lost("four workers"))]
    monkeypatch.setattr(cluster, "connected", lambda scheduler: contextlib.nullcontext())
    monkeypatch.setattr(cluster, "done", lambda client, function, items: iter(answers))
    found = cluster.spread(str, "abc", "tcp://somewhere")
    assert [next(found), next(found)] == ["A", "B"]
    with pytest.raises(cluster.ClusterError, match="c: four workers"):
        next(found)
