"""Sweeps: which points, that each is simulated as the command would, and that no result is lost or counted twice."""

import itertools
import json
import logging
import signal
import subprocess
import sys

import pyarrow.dataset
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_host import RunConfig, train
from eqprop_host import cluster as dask_side
from eqprop_host.errors import ClusterError, LogError
from eqprop_host.studies import sweeps
from support.dask_cluster import ENVIRONMENT, dask_cluster
from support.typed_command import run

pytestmark = pytest.mark.slow

VARIED = st.dictionaries(
    st.text(max_size=2), st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True), max_size=3
)


@given(VARIED, st.data())
def test_a_grid_has_every_combination_and_a_draw_some_of_them_once(varied, data):
    """Caught: draws with replacement, a digit of the combination's number left out."""
    product = [dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())]
    assert sweeps.grid(varied) == product
    draws = data.draw(st.integers(0, len(product)))
    seed = data.draw(st.integers(0, 9))
    drawn = sweeps.grid(varied, draws, seed)
    texts = [json.dumps(each, sort_keys=True) for each in drawn]
    assert len(set(texts)) == draws and all(each in product for each in drawn)
    assert drawn == sweeps.grid(varied, draws, seed)


def test_a_sweep_is_shown_in_a_table(tmp_path, capsys, in_process):
    """Caught: an option whose value is a list."""
    folder = tmp_path / "widths"
    options = ["--data=iris", "--epochs=1", "--vary=layers=4-8-3,4-6-3", "--vary=seed=0..1"]
    assert run(capsys, "sweep", "run", folder, *options)[0] == 0
    code, out, err = run(capsys, "sweep", "show", folder)
    assert code == 0, err
    head, line, *rows = out.splitlines()
    assert head == "| test error % | spread | seeds | layers |" and {row.split(" | ")[-1] for row in rows} == {
        "4-8-3 |",
        "4-6-3 |",
    }


def test_a_key_is_of_the_options_and_the_version(monkeypatch):
    """Caught: a key of the order in which the options come, or without the version."""
    key = sweeps.Point({"seed": 1, "layers": "4-8-3"}).key
    assert key == sweeps.Point({"layers": "4-8-3", "seed": 1}).key != sweeps.Point({"layers": "4-8-3", "seed": 2}).key
    monkeypatch.setattr("eqprop.__version__", "99")
    assert key != sweeps.Point({"layers": "4-8-3", "seed": 1}).key


@pytest.fixture
def in_process(monkeypatch):
    """Every sweep on workers that are threads of this process."""
    distributed = pytest.importorskip("distributed")

    def connected(scheduler=None, workers=None):
        options = {"threads_per_worker": 1, "processes": False, "dashboard_address": "127.0.0.1:0"}
        return distributed.Client(n_workers=1, **options)

    monkeypatch.setattr("eqprop_host.commands.studies.sweep.connected", connected)


SWEEP = ["--data=iris", "--layers=4-8-3", "--epochs=2"]


@pytest.mark.usefixtures("in_process")
def test_a_sweep_holds_what_simulate_finds_goes_past_failures_and_is_completed(tmp_path, capsys):
    """Caught: an option that is not passed on, a failure that ends the sweep, a point simulated again."""
    folder = tmp_path / "results"
    vary = ["--vary=seed=0..1", "--vary=layers=4-8-3,4-5-3,5-5-3"]
    code, out, err = run(capsys, "sweep", "run", folder, *SWEEP, *vary)
    assert code == 1 and out == f"4 of 6 points in {folder}\n"
    assert err.count("layers: 5-5-3 has 5 inputs, iris has 4 features") == 2
    rows = pyarrow.dataset.dataset(folder).to_table().to_pylist()
    assert len(rows) == 6 and {row["layers"] for row in rows if row["error"]} == {"5-5-3"}
    for row in rows:
        if not row["error"]:
            run(
                capsys, "simulate", *SWEEP, f"--layers={row['layers']}", f"--seed={row['seed']}", f"--json={tmp_path}/a"
            )
            alone = json.loads((tmp_path / "a").read_text())
            assert all(row[key] == alone[key] for key in ("conductance_crc", "test_error_percent", "layers", "seed"))
            assert row["version"] == alone["version"] and row["numpy"] == alone["versions"]["numpy"]
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    code, _, err = run(capsys, "sweep", "run", folder, *SWEEP, "--vary=seed=0..2", "--vary=layers=4-8-3,4-5-3,5-5-3")
    assert code == 1 and "9 points, 4 already done" in err  # the failed ones are tried again
    good = [folder / f"{row['key']}.parquet" for row in rows if not row["error"]]
    assert all(path.stat().st_mtime_ns == before[path] for path in good) and len(list(folder.iterdir())) == 9


def test_a_worker_reads_a_data_set_once_until_it_changes(tmp_path, monkeypatch):
    """Caught: a file that is read for every seed, or not again after somebody has written it; what one seed's run left.

    A seed's results are those of a run that reads for itself.
    """
    path = tmp_path / "own.csv"
    typed = {"data": str(path), "hidden": "3", "epochs": 2, "blank": 0.0, "average": 0.0}
    options = {**dict.fromkeys(sweeps.OPTIONS), **typed}
    options |= {"model": "hopfield", "physics": "fixed"}
    loaded = []
    load = sweeps.datasets.load
    monkeypatch.setattr(sweeps.datasets, "load", lambda source, reading: loaded.append(source) or load(source, reading))
    for rows, reads in ((20, 1), (30, 2)):
        lines = [f"{n % 7},{n * n % 11},{'even' if n % 2 == 0 else 'odd'}" for n in range(rows)]
        path.write_text("\n".join(("a,b,label", *lines, "")))
        crcs = [sweeps.simulated({**options, "seed": seed}).conductance_crc for seed in (0, 1, 0)]
        assert len(loaded) == reads and crcs[0] == crcs[2] != crcs[1]
        alone = train(RunConfig(data=str(path), hidden="3", epochs=2, seed=1), read_model=False)
        assert alone.conductance_crc == crcs[1]
        del loaded[reads:]


def test_a_link_to_nothing_in_a_folder_fails_no_point(tmp_path):
    """Caught: the lock of a file that an editor has open."""
    (tmp_path / ".#a").symlink_to("nowhere")
    (tmp_path / "a").write_text("12")
    assert [about[:2] for about in sweeps._state(str(tmp_path))] == [(str(tmp_path / "a"), 2)]


@pytest.mark.usefixtures("in_process")
def test_show_ranks_by_the_mean_over_seeds(tmp_path, capsys):
    """Caught: seeds taken for options, failures counted, the worst first."""
    results = sweeps.Results(tmp_path / "results")
    results.make()
    errors = {("a", 0): 4.0, ("a", 1): 6.0, ("b", 0): 3.0, ("b", 1): None, ("c", 0): 8.0, ("c", 1): 1.0}
    for (data, seed), error in errors.items():
        point = sweeps.Point({"data": data, "layers": "4-8-3", "seed": seed, "limit": None})
        measured = {name: kind() for name, kind in sweeps.MEASURED.items()} | {"test_error_percent": error}
        words = {"error": "failed" if error is None else None, **dict.fromkeys(sweeps.VERSIONS, "1")}
        results.add(point.key, {**point.options, **measured, **words})
    code, out, err = run(capsys, "sweep", "show", tmp_path / "results", f"--json={tmp_path}/show.json")
    assert code == 0 and "failed: failed" in err
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in out.splitlines()]
    assert rows[0] == ["test error %", "spread", "seeds", "data"]
    assert rows[2:] == [["3.00", "", "1", "b"], ["4.50", "4.95", "2", "c"], ["5.00", "1.41", "2", "a"]]
    shown = json.loads((tmp_path / "show.json").read_text())
    assert shown["failed"] == 1 and [each["mean"] for each in shown["ranked"]] == [3.0, 4.5, 5.0]


@pytest.mark.usefixtures("in_process")
def test_a_point_that_no_worker_survives_is_a_failure_like_any_other(tmp_path, capsys, monkeypatch):
    """Caught: an error of the cluster's own that ends the sweep, and with it what is still to come."""

    def fatal(options):
        raise RuntimeError(f"seed {options['seed']} took four workers\nwith it")

    monkeypatch.setattr(sweeps, "simulate_point", fatal)
    code, out, err = run(capsys, "sweep", "run", tmp_path, *SWEEP, "--vary=seed=3,5")
    assert code == 1 and out.startswith("0 of 2 points") and err.count("RuntimeError: seed ") == 2
    assert all("took four workers with it" in row["error"] for row in sweeps.Results(tmp_path).rows())


@pytest.fixture
def cluster(tmp_path):
    """(address, worker processes) of a real scheduler and two workers, on loopback."""
    with dask_cluster(tmp_path) as held:
        yield held


def test_a_worker_that_is_killed_costs_no_result_and_doubles_none(cluster, tmp_path, capsys):
    """With SIGKILL as soon as the first result is in, while both workers have points under way.

    Caught: results kept by a worker until its end, a lost point reported as failed, a file for each attempt.
    """
    url, workers = cluster
    options = ["--data=digits", "--epochs=20", "--vary=seed=0..7"]
    command = [sys.executable, "-m", "eqprop_host", "sweep", "run", tmp_path / "far", *options, f"--scheduler={url}"]
    with subprocess.Popen(
        command, env=ENVIRONMENT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        lines = iter(process.stderr.readline, "")
        assert any(line.startswith("1/8 ") for line in lines)
        workers[0].send_signal(signal.SIGKILL)
        out, rest = process.communicate()
    assert process.returncode == 0 and out.startswith("8 of 8 points"), rest
    rows = sweeps.Results(tmp_path / "far").rows()
    assert sorted(row["seed"] for row in rows) == list(range(8))
    assert len({row["conductance_crc"] for row in rows}) == 8 and all(
        row["worker"].startswith("tcp://") for row in rows
    )
    code, _, err = run(capsys, "simulate", "--data=digits", "--epochs=20", "--seed=5", f"--json={tmp_path}/alone.json")
    assert code == 0, err
    (crc,) = (row["conductance_crc"] for row in rows if row["seed"] == 5)
    assert json.loads((tmp_path / "alone.json").read_text())["conductance_crc"] == crc


def test_chips_are_swept_as_well(tmp_path, capfd):
    """Catches a figure of the chip that is not passed on, a column of another type, a worker that prints its ledger."""
    folder = tmp_path / "chips"
    chips = ("--physics=analog", "--vary=device=ideal,ecram", "--vary=set=levels=4,adc_bits=6")
    code, out, err = run(
        capfd, "sweep", "run", folder, *chips, "--data=iris", "--layers=4-6-3", "--epochs=1", "--workers=1"
    )
    assert code == 0, err
    assert out == f"4 of 4 points in {folder}\n"
    rows = sweeps.Results(folder).rows()
    assert {(row["device"], *row["set"]) for row in rows} == {
        (device, knob) for device in ("ideal", "ecram") for knob in ("levels=4", "adc_bits=6")
    }
    assert len({row["conductance_crc"] for row in rows}) == 4


BAD = {
    "no scheduler": (["--scheduler=tcp://127.0.0.1:1"], "--scheduler tcp://127.0.0.1:1: no scheduler answers"),
    "no address": (["--scheduler=nowhere://x"], "--scheduler nowhere://x: no scheduler answers"),
    "unknown option": (
        ["--vary=depth=1,2"],
        "--vary depth=1,2: expected OPTION=VALUES for one of the options physics, device, set",
    ),
    "a file": (["--vary=log=a,b"], "--vary log=a,b: expected OPTION=VALUES for one of the options"),
    "no values": (["--vary=seed="], "--vary seed=: expected OPTION=VALUES for one of the options"),
    "an empty value": (["--vary=seed=1,,2"], "--vary seed=1,,2: expected a value or range, got 'nothing'"),
    "a range backwards": (["--vary=seed=9..0"], "--vary seed=9..0: expected a value or range, got '9..0'"),
    "an endless range": (["--vary=seed=0..9999999999"], "expected a value or range"),
    "no number": (["--vary=seed=x"], "--vary: argument --seed: x is not a whole number"),
    "twice": (["--vary=seed=1", "--vary=seed=2"], "--vary seed=2: seed is varied twice"),
    "too many draws": (["--vary=seed=0..3", "--random=5"], "--random 5: there are only 4 combinations"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_sweeps_are_refused_in_a_line(tmp_path, capsys, monkeypatch, name):
    monkeypatch.setattr(dask_side, "_CONNECT_S", 0.3)
    argv, words = BAD[name]
    code, out, err = run(capsys, "sweep", "run", tmp_path, *argv)
    assert code in (1, 2) and out == "" and not list(tmp_path.iterdir())
    assert words in err and "Traceback" not in err, err


def test_a_folder_that_holds_something_else_is_refused(tmp_path, capsys):
    """Caught: any other Parquet file counted as a result."""
    pyarrow.parquet.write_table(pyarrow.table({"key": ["a"]}), tmp_path / "a.parquet")
    code, _, err = run(capsys, "sweep", "show", tmp_path)
    assert code == 1 and err.endswith("a.parquet: is not a result of a sweep: its columns differ\n")
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    code, _, err = run(capsys, "sweep", "run", tmp_path)
    assert code == 1 and f"{tmp_path}/a.parquet: is not a result of a sweep: " in err
    code, _, err = run(capsys, "sweep", "show", tmp_path / "none")
    assert code == 1 and "none: holds no results" in err
    assert not (tmp_path / "none").exists()
    with pytest.raises(LogError, match="a.parquet: is a file: name a folder"):
        sweeps.Results(tmp_path / "a.parquet").make()


def test_a_scheduler_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(dask_side, "_CONNECT_S", 0.3)
    with (
        pytest.raises(ClusterError, match="tcp://127.0.0.1:1: no scheduler answers"),
        dask_side.connected("tcp://127.0.0.1:1"),
    ):
        pass


def test_local_workers_print_nothing(capfd):
    """Caught: a worker that ends after Ctrl-C, and says with a traceback that it no longer reaches its scheduler."""
    pytest.importorskip("distributed")
    with dask_side.connected(workers=1) as client:
        client.submit(logging.getLogger("distributed.worker").error, "no heartbeat").result()
    assert capfd.readouterr().err == ""


class Forgotten:
    """A future of `distributed`: Ctrl-C comes while it is forgotten, where Python drops what a handler raises."""

    def __init__(self, interrupts):
        self._interrupts = interrupts

    def exception(self):
        return None

    def result(self):
        return 1

    def __del__(self):
        if self._interrupts:
            signal.raise_signal(signal.SIGINT)


class Client:
    """A client of `distributed` whose first future meets Ctrl-C."""

    def submit(self, _function, item, pure):
        return Forgotten(item == 0)


def test_an_interrupt_counts_while_a_future_is_forgotten(monkeypatch):
    """Catches a sweep that goes on after Ctrl-C. As it ends, what came is given, and no more."""

    def as_completed(waiting):
        while waiting:
            yield next(iter(waiting))

    monkeypatch.setattr("distributed.as_completed", as_completed)
    came = []
    with pytest.raises(KeyboardInterrupt):
        for item, result, error in dask_side.done(Client(), None, [0, 1]):
            came.append((item, result, error))
    assert came == [(0, 1, None)]


def test_a_share_that_was_not_typed_has_the_column_of_one_that_was(tmp_path):
    """Caught: files of one sweep that no reader of tables can join, because a column's type is another."""
    about = {**dict.fromkeys(sweeps.OPTIONS), **dict.fromkeys(sweeps.VERSIONS, ""), "blank": 0, "error": None}
    results = sweeps.Results(tmp_path)
    for key, share in (("a", None), ("b", 0.2)):
        results.add(key, {**about, **dict.fromkeys(sweeps.MEASURED), "test_fraction": share, "average": share})
    one, other = (pyarrow.parquet.read_schema(tmp_path / f"{key}.parquet") for key in "ab")
    assert one == other
