"""Runs that were interrupted go on, on the board that has them or on another: `train --resume`, `pull`, `push`."""

import contextlib
import json

import pytest

from eqprop.protocol import host_messages, messages
from eqprop_host import RunConfig, cli, open_log
from eqprop_host.boards.ports import open_board
from eqprop_host.runlog import RunLog
from eqprop_host.runlog.verify import verify
from eqprop_host.training import run as training_run
from eqprop_sim import simulated_board
from support.scripted_interrupt import ScriptedInterrupt

RUN = ["--data=iris", "--layers=4-5-3", "--epochs=4", "--seed=3", "--log-every=50"]
SAMPLES = 480


pytestmark = pytest.mark.usefixtures("unix_micropython")


@pytest.fixture
def eqprop(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder; return (exit code, what it printed, what it told)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flash").mkdir()
    (tmp_path / "other").mkdir()

    def eqprop(*argv):
        try:
            code = cli.main([str(word) for word in argv])
        except SystemExit as exit:
            code = exit.code
        return code, *capsys.readouterr()

    return eqprop


@pytest.fixture
def clean(eqprop, tmp_path):
    """What the run comes to when nothing happens: (what it prints, its log)."""
    code, out, _ = eqprop("train", *RUN, "--log=clean.arrow", "--port=sim:micropython")
    assert code == 0
    return out, open_log(tmp_path / "clean.arrow")


def interrupt(eqprop, monkeypatch, looks, *options):
    """Interrupt a run when `looks` frames have been sent or so."""
    with monkeypatch.context() as patched:
        patched.setattr(training_run, "on_ctrl_c", lambda: contextlib.nullcontext(ScriptedInterrupt(looks)))
        assert eqprop("train", *RUN, "--log=run.arrow", *options)[0] == 130


def same(log, clean):
    """Assert that a resumed run's log holds what the clean one's does, each once, beside where it was interrupted."""
    assert verify(log) == [] and log.end == "closed"
    measured = {row["sample"]: row for row in log.metrics}
    assert len(measured) == len(log.metrics)
    for row in clean.metrics:
        for name in ("train_error_percent", "test_error_percent", "loss"):
            assert measured[row["sample"]][name] == row[name]
    assert set(clean.logged) <= set(log.logged)
    for sample in {*clean.logged, *range(0, SAMPLES, 37)}:
        for ours, theirs in zip(log.conductances(sample), clean.conductances(sample), strict=True):
            assert (ours == theirs).all()


@pytest.mark.parametrize(("looks", "flash"), [(5, "flash"), (20, None), (40, "flash"), (60, "flash")])
def test_a_run_goes_on_where_it_was_interrupted(eqprop, clean, tmp_path, monkeypatch, looks, flash):
    """With the board's checkpoint, and on one that has lost it.

    Catches samples learnt or logged twice, totals that begin within an epoch, and options that a resumed run forgets.
    """
    port = f"--port=sim:micropython?flash={flash}" if flash else "--port=sim:micropython"
    interrupt(eqprop, monkeypatch, looks, port, "--save=run.npz")
    stopped = open_log(tmp_path / "run.arrow").metrics[-1]["sample"]
    assert 0 < stopped < SAMPLES
    code, out, told = eqprop("train", "--resume=run.arrow", port, "--save=run.npz")
    assert (code, out) == (0, clean[0])
    assert f"the board resumes at sample {stopped if flash else 0}\n" in told
    log = open_log(tmp_path / "run.arrow")
    same(log, clean[1])
    assert [event["event"] for event in log.events if event["event"] != "checkpoint"] == ["connect", "resume"]
    assert eqprop("evaluate", "run.npz", "--port=sim:micropython")[0] == 0


def test_what_is_typed_counts_where_it_is_the_default_too(eqprop, tmp_path):
    """Catches a port that a resumed run takes from its log although another one, the default, was typed."""
    told = eqprop("train", *RUN, "--log=run.arrow", "--port=sim:micropython")[1]
    assert eqprop("train", *RUN, "--resume=run.arrow", "--port=sim:", "--json=out.json")[:2] == (0, told)
    assert json.loads((tmp_path / "out.json").read_text())["port"] == "sim:"


def test_a_log_chooses_neither_port_nor_files(eqprop, tmp_path):
    """A stranger's log could name any port to write to, and any file to write over."""
    assert eqprop("train", *RUN, "--log=run.arrow", "--port=sim:micropython", "--save=run.npz")[0] == 0
    (tmp_path / "run.npz").unlink()
    told = "eqprop: run.arrow: the run was on port sim:micropython: add --port sim:micropython to resume it there"
    code, _, said = eqprop("train", "--resume=run.arrow")
    assert code == 1 and said.startswith(told)
    assert eqprop("train", "--resume=run.arrow", "--port=sim:micropython")[0] == 0
    assert not (tmp_path / "run.npz").exists()


def cut(path, behind, torn=0):
    """Cut a log behind its last record of which `behind(header)` is true, but for so many bytes of the next one."""
    ends = [place.end for header, place in open_log(path)._records if behind(header)]
    path.write_bytes(path.read_bytes()[: ends[-1] + torn])


def test_a_log_that_was_cut_goes_on(eqprop, clean, tmp_path, monkeypatch):
    """As a killed host leaves it: without its end, in the middle of a record. Catches a record written behind it."""
    interrupt(eqprop, monkeypatch, 30, "--port=sim:micropython?flash=flash")
    path = tmp_path / "run.arrow"
    cut(path, lambda header: header["record"] == "steps", torn=20)
    assert eqprop("train", "--resume=run.arrow", "--port=sim:micropython?flash=flash")[:2] == (0, clean[0])
    same(open_log(path), clean[1])


def test_an_epoch_that_was_learnt_but_not_logged_is_logged(eqprop, clean, tmp_path):
    """A host that was killed between the two. Catches an error that only counts what is learnt from here on."""
    assert eqprop("train", *RUN, "--log=run.arrow", "--port=sim:micropython?flash=flash")[0] == 0
    path = tmp_path / "run.arrow"
    cut(path, lambda header: header["record"] == "conductances" and header["sample"] == SAMPLES)
    assert open_log(path).metrics[-1]["sample"] < SAMPLES
    assert eqprop("train", "--resume=run.arrow", "--port=sim:micropython?flash=flash")[:2] == (0, clean[0])
    same(open_log(path), clean[1])


def test_a_longer_run_that_began_alike_is_not_taken_for_this_one(eqprop, tmp_path):
    """Its checkpoint is what the board starts with after a reset, or a host that was killed. Catches its network."""
    port = "--port=sim:micropython?flash=flash"
    assert eqprop("train", *RUN, port)[0] == 0
    expected = eqprop("train", *RUN, "--limit=130", "--port=sim:micropython", "--log=run.arrow")[1]
    assert eqprop("train", *RUN, "--limit=130", f"{port}&reset_every=50&checkpoint_every=0&seed=1")[1] == expected
    assert eqprop("train", *RUN, port)[0] == 0
    cut(tmp_path / "run.arrow", lambda header: header["sample"] < 100)
    code, out, told = eqprop("train", "--resume=run.arrow", port)
    assert (code, out) == (0, expected) and "the board resumes at sample 0\n" in told


def test_a_run_goes_on_on_another_board(eqprop, clean, tmp_path, monkeypatch):
    """Pulled from one and pushed to the other, which is the numba one. Catches a network that forgets its run."""
    interrupt(eqprop, monkeypatch, 30, "--port=sim:micropython?flash=flash")
    stopped = open_log(tmp_path / "run.arrow").metrics[-1]["sample"]
    code, said, _ = eqprop("pull", "board.npz", "--port=sim:micropython?flash=flash", "--data=iris")
    assert code == 0 and said.startswith(f"4-5-3 after {stopped} samples, conductance CRC ")
    assert eqprop("push", "board.npz", "--port=sim:?flash=other") == (0, said, "")
    code, out, told = eqprop("train", "--resume=run.arrow", "--port=sim:?flash=other")
    assert (code, out) == (0, clean[0]) and f"resumes at sample {stopped}\n" in told


def test_a_pulled_network_is_the_boards(eqprop, tmp_path):
    """With and without its data set. Catches inputs scaled otherwise than they were trained."""
    port = "--port=sim:micropython?flash=flash"
    out = eqprop("train", *RUN, port, "--save=saved.npz")[1]
    error = out.split(",")[0]
    assert eqprop("pull", "pulled.npz", port, "--data=iris")[0] == 0
    assert eqprop("evaluate", "pulled.npz", "--port=sim:micropython")[1].startswith(error)
    assert eqprop("pull", "bare.npz", port)[0] == 0
    assert eqprop("pull", "other.npz", port, "--data=digits")[2] == (
        "eqprop: --data digits: the board's network did not learn this data set\n"
    )
    assert not (tmp_path / "other.npz").exists()


def test_a_board_that_holds_nothing_says_so(eqprop, tmp_path):
    code, _, told = eqprop("pull", "pulled.npz", "--port=sim:micropython")
    assert code == 1 and told.startswith("eqprop: the board holds no network: eqprop ")
    assert not (tmp_path / "pulled.npz").exists()


def test_a_board_that_cannot_keep_a_network_says_so(eqprop):
    assert eqprop("train", *RUN, "--save=saved.npz", "--port=sim:micropython")[0] == 0
    code, _, told = eqprop("push", "saved.npz", "--port=sim:micropython?full=100")
    assert code == 1
    assert told == "eqprop: the board holds the network, but did not save it: 1 checkpoints failed\n"
    code, _, told = eqprop("train", *RUN, "--port=sim:micropython?full=100&checkpoint_every=200")
    assert code == 0 and "eqprop: the board could not write 3 of its checkpoints: its filesystem is full" in told


def test_a_push_that_was_killed_half_way_spoils_no_run(eqprop, clean, monkeypatch):
    """The board goes back to the run's checkpoint. Catches half a network that the run is resumed on."""
    with contextlib.closing(simulated_board.SimulatedBoard("sim:micropython")) as simulated:
        port = f"--port={simulated.path}"
        interrupt(eqprop, monkeypatch, 20, port)
        with open_board(simulated.path) as board:  # what a killed push of its own network leaves: no RESUME
            state, steps = board.state, board.conductances()
            board.configure(state.layers, state.seed, state.lr_halving_samples, run_number=state.run_number, epoch=120)
            written = host_messages.pack_write(0, 0, steps[0].astype("<u2").tobytes()[:40])
            board.ask(messages.WRITE, written, messages.DONE)
        code, out, told = eqprop("train", "--resume=run.arrow", port)
        assert (code, out) == (0, clean[0]) and "resumes at sample 0\n" not in told


@pytest.mark.parametrize("at", [0, 130, 333])
def test_a_run_goes_on_from_any_logged_sample(eqprop, clean, tmp_path, at):
    """Replayed from its log, pushed to a board that never saw it, resumed there. Catches a replay without its run."""
    name = clean[1].path.name
    assert eqprop("log", "replay", name, f"--at={at}", "--save=then.npz")[0] == 0
    assert eqprop("push", "then.npz", "--port=sim:?flash=other")[0] == 0
    code, out, told = eqprop("train", f"--resume={name}", "--port=sim:?flash=other")
    assert (code, out) == (0, clean[0]) and f"resumes at sample {at}\n" in told
    log = open_log(tmp_path / name)
    assert verify(log) == [] and len(log.metrics) == len(clean[1].metrics)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--resume=run.arrow", "--epochs=5"], "--epochs 5: a resumed run keeps its own"),
        (["--resume=run.arrow", "--epochs=10"], "--epochs 10: a resumed run keeps its own"),
        (["--resume=run.arrow", "--layers=4-6-3"], "--layers 4-6-3: a resumed run keeps its own"),
        (["--resume=run.arrow", "--log=x.arrow"], "--log x.arrow: a resumed run keeps its own"),
        (["--resume=none.arrow"], "none.arrow: cannot be read: No such file or directory"),
        (
            ["--resume=bare.arrow"],
            "bare.arrow: another program wrote this log, without the configuration that a resumed run needs",
        ),
        (
            ["--resume=old.arrow"],
            "old.arrow: eqprop 0.1.0 wrote this log, without the configuration that a resumed run needs",
        ),
        (["--resume=new.arrow"], "new.arrow: its run cannot be resumed: this eqprop knows no new of a run"),
        (
            ["--resume=odd.arrow"],
            "odd.arrow: its run cannot be resumed: epochs: expected a whole number in 1..100000, got 'many'",
        ),
        (["--resume=run.csv"], "run.csv: .csv would not survive a kill: log to .arrow, and `eqprop log export` it"),
    ],
)
def test_what_cannot_be_resumed_is_named(eqprop, tmp_path, argv, words):
    RunLog("bare.arrow", {}).close()
    RunLog("old.arrow", {"layers": "4-5-3", "version": "0.1.0"}).close()
    run = RunConfig(data="iris", layers="4-5-3", epochs=4, seed=3).to_dict()
    for name, config in {"run": run, "odd": {**run, "epochs": "many"}, "new": {**run, "new": 1}}.items():
        RunLog(f"{name}.arrow", {"layers": "4-5-3", "config": config}).close()
    eqprop("log", "export", "run.arrow", "run.csv")
    before = {path: path.read_bytes() for path in tmp_path.glob("*.*")}
    assert eqprop("train", *argv) == (1, "", f"eqprop: {words}\n")
    assert before == {path: path.read_bytes() for path in tmp_path.glob("*.*")}


def test_a_simulation_is_not_resumed(eqprop, tmp_path):
    """Neither on a board nor here: it starts over in seconds. Catches a log that a run of another kind goes on in."""
    assert eqprop("simulate", *RUN, "--log=run.arrow")[0] == 0
    before = (tmp_path / "run.arrow").read_bytes()
    code, out, told = eqprop("train", "--resume=run.arrow")
    words = "is of `eqprop simulate`: only runs on a board can be resumed"
    assert (code, out, told) == (1, "", f"eqprop: run.arrow: {words}\n")
    code, out, told = eqprop("simulate", "--resume=run.arrow")
    assert code == 2 and told == "eqprop: unrecognized arguments: --resume=run.arrow\n"
    assert eqprop("simulate", *RUN, "--log=run.arrow")[2] == (
        "eqprop: run.arrow: is not empty: a log never overwrites a file\n"
    )
    assert before == (tmp_path / "run.arrow").read_bytes()


def test_results_say_how_many_bytes_went_over_the_line(eqprop, tmp_path):
    assert eqprop("train", "--limit=1437", "--json=out.json")[0] == 0
    results = json.loads((tmp_path / "out.json").read_text())
    assert results["sample_bytes"] == 1437 * 34 and results["sample_bytes"] >= 0.9 * results["line_bytes"]
