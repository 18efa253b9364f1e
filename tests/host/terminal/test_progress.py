"""A run watched while it goes on: in the terminal, by its log from another one, and in TensorBoard."""

import io
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from eqprop_host import cli
from eqprop_host.files import is_claimed
from eqprop_host.link.line import Line
from eqprop_host.runlog import RunLog, open_log
from eqprop_host.runlog.follow import Follower
from eqprop_host.terminal.progress import View, show_progress
from eqprop_host.training.progress import RunProgress

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
CONFIGURATION = {"layers": "3-2", "seed": 7, "lr_halving_samples": 0, "epochs": 2, "training_samples": 10}
METRICS = {"train_error_percent": 30.0, "loss": 5.0, "samples_per_second": 99.0, "epoch": 1}


def shown(view):
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=120)
    console.print(view)
    return console.file.getvalue()


def test_a_view_shows_what_a_run_does():
    """Catches a figure left out, and time left that is not that of the rate."""
    line = Line(sent_bytes=700_000, received_bytes=100_000, retries=3)

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    so_far = RunProgress(100, 7300, 1, 2, 12.5, 4321.0, 2.0)
    with show_progress(terminal) as shown:
        shown(so_far)
        shown(replace(so_far, epoch_ends=True, test_error_percent=40.0, line=line, conductances=list))
        steps = [np.array([[100, 400]], np.uint16)]
        shown(replace(so_far, epoch_ends=True, test_error_percent=20.0, line=line, conductances=lambda: steps))
    text = terminal.getvalue()
    for words in ("100/7300", "2 samples/s", "1:00:00 left", "error 12.5 %", "loss 4,321", "test error 20.00 %"):
        assert words in text
    assert "█▅" in text and "link: 3 retries, 800 kB" in text and "epoch 1/2" in text and "▀" in text


def test_the_map_has_the_colours_of_the_conductances():
    """Catches rows for columns, upper for lower, and a map that does not follow the conductances."""
    steps = np.array([[0, 10000], [10000, 0], [0, 0]], np.uint16)
    text = shown(View(1, conductances=[steps]))
    dark, bright = "68;1;84", "253;231;37"
    assert f"38;2;{dark};48;2;{bright}m▀" in text and f"38;2;{bright};48;2;{dark}m▀" in text
    wide = shown(View(1, conductances=[np.arange(500 * 300, dtype=np.uint32).reshape(500, 300) % 30000]))
    assert wide.count("▀") == 64 * 8


def test_a_log_is_followed_record_by_record(tmp_path):
    """Catches a row that is read twice or missed, and torn bytes taken for one."""
    path = tmp_path / "run.arrow"
    log = RunLog(path, CONFIGURATION)
    follower = Follower(path)
    assert [row["record"] for row in follower.poll()] == ["run"]
    assert follower.poll() == [] and is_claimed(path)
    for n in range(3):
        log.event(f"fault {n}")
        assert [row["event"] for row in follower.poll()] == [f"fault {n}"]
    with path.open("ab") as file:
        file.write(b"\xff\xff\xff\xff\1")
    assert follower.poll() == []
    log.close()
    assert not is_claimed(path)


@pytest.mark.slow
def test_a_monitor_shows_what_the_trainer_writes_until_its_end(tmp_path):
    """The monitor in a process of its own: each epoch and event as it is logged, and how the run ended."""
    path = tmp_path / "run.jsonl"
    log = RunLog(path, CONFIGURATION)
    argv = [sys.executable, "-m", "eqprop_host", "monitor", path]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as monitor:
        log.event("connect", board="one")
        assert monitor.stdout.readline() == 'sample 0: connect {"board": "one"}\n'
        log.metrics(sample=10, test_error_percent=25.0, **METRICS)
        line = "epoch 1: 10 samples, training error 30.00 %, test error 25.00 %, 99 samples/s\n"
        assert monitor.stdout.readline() == line
        log.close("closed")
        assert monitor.communicate()[0] == "the run ended: closed\n" and monitor.returncode == 0


@pytest.mark.parametrize("ended", ["killed", "goes on", "closed"])
def test_a_monitor_says_how_a_run_stands(tmp_path, capsys, ended):
    """Catches a monitor that waits for ever for a writer that was killed."""
    path = tmp_path / "run.arrow"
    log = RunLog(path, CONFIGURATION)
    log.metrics(sample=10, test_error_percent=25.0, **METRICS)
    if ended == "closed":
        log.close()
    elif ended == "killed":
        log._release()
    assert cli.main(["monitor", str(path), *(["--once"] if ended == "goes on" else [])]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    expected = {
        "killed": "the run ended at sample 10 without an end record: it was killed, or the power failed",
        "goes on": "sample 10: the run continues",
        "closed": "the run ended: closed",
    }
    assert last == expected[ended]
    log._release()


def test_tensorboard_reads_what_was_logged(tmp_path):
    """TensorBoard's own reader finds every metric at its sample number, and the conductances as histograms."""
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    argv = ["simulate", "--data=iris", "--layers=4-5-3", "--epochs=2", f"--log={tmp_path}/run.arrow"]
    assert cli.main([*argv, f"--tensorboard={tmp_path}/tb"]) == 0
    (file,) = (tmp_path / "tb").iterdir()
    found = {}
    histograms = {}
    for raw in RawEventFileLoader(str(file)).Load():
        event = Event.FromString(raw)
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
            else:
                histograms[value.tag, event.step] = value.histo.num
    log = open_log(tmp_path / "run.arrow")
    for name in ("test_error_percent", "loss", "dead_nodes"):
        steps, values = zip(*found[name], strict=True)
        assert list(steps) == [row["sample"] for row in log.metrics]
        assert values == pytest.approx([row[name] for row in log.metrics], rel=1e-6)
    assert {step for _, step in histograms} == {0, 120, 240} and histograms["conductances_0", 0] == 25


def test_tensorboard_needs_a_log_and_a_folder(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert cli.main(["train", f"--tensorboard={tmp_path}/tb"]) == 1
    assert "--tensorboard" in capsys.readouterr().err
    assert cli.main(["train", f"--log={tmp_path}/r.arrow", f"--tensorboard={tmp_path}/file"]) == 1
    assert "cannot be made: Not a directory" in capsys.readouterr().err and not (tmp_path / "r.arrow").exists()
