"""The `eqprop` command, as its users type it."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import serial

import eqprop
from eqprop.protocol import host_messages
from eqprop_host import Model, cli, commands, datasets
from eqprop_host.averaging import means, moments
from eqprop_host.boards import ports
from eqprop_host.runlog import open_log
from eqprop_host.runlog.verify import verify
from eqprop_host.terminal.progress import show_progress
from eqprop_host.training.progress import RunProgress
from eqprop_sim import simulated_board
from eqprop_sim.emulator.compiled_network import Network
from eqprop_sim.sample_order import SampleOrder
from support.boards.answering_terminal import pseudo_terminal
from support.places import PYTHONPATH, ROOT
from support.typed_command import run

ENVIRONMENT = {**os.environ, "PYTHONPATH": PYTHONPATH}
TRAIN = ["train", "--data=iris", "--layers=4-8-3"]


WRITTEN = (("json", "json"), ("log", "arrow"), ("save", "npz"), ("picture", "png"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of one short run, everything written."""
    folder = tmp_path_factory.mktemp("run")
    files = [f"--{kind}={folder}/run.{suffix}" for kind, suffix in WRITTEN]
    with contextlib.ExitStack() as written:
        for name, redirected in (("out", contextlib.redirect_stdout), ("err", contextlib.redirect_stderr)):
            written.enter_context(redirected(written.enter_context(open(folder / name, "w"))))
        code = cli.main([*TRAIN, "--epochs=3", "--seed=4", *files])
    assert code == 0, (folder / "err").read_text()
    return folder


@pytest.fixture
def trained(finished, tmp_path):
    """A copy of that folder, a test's own."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_train_gives_the_bits_of_the_emulator_and_says_so(trained):
    """Catches an order, a schedule or a split that the command and the library do not share."""
    data = datasets.prepare(datasets.load("iris"), seed=4)
    count = len(data.train_y)
    network = Network("4-8-3", 4, 2 * count)
    late = []
    for epoch in range(3):
        for n in SampleOrder.shuffled(count, 4).epoch(epoch):
            network.learn(data.train_x[n], data.train_y[n])
            if network.sample in moments(3 * count, 0.1):
                late.append([network.conductances(c).copy() for c in range(2)])
    for c, steps in enumerate(means(late)):
        network.restore(c, 0, steps.astype("<i2").tobytes())
    wrong = [network.infer(x) != y for x, y in zip(data.test_x, data.test_y, strict=True)]
    results = json.loads((trained / "run.json").read_text())
    assert results["conductance_crc"] == f"{network.crc():08x}"
    assert results["test_error_percent"] == 100 * np.mean(wrong)
    assert results["training_samples"] == 3 * count and results["test_samples"] == len(data.test_y)
    assert (results["layers"], results["seed"], results["epochs"]) == ("4-8-3", 4, 3)
    assert results["version"] == eqprop.__version__ and set(results["versions"]) == {"eqprop", "python", "numpy"}
    assert results["training_samples_per_second"] > 0 and results["seconds"] > 0
    assert results["conductance_crc"] in (trained / "out").read_text()


def test_train_says_how_each_epoch_went_in_plain_lines(trained):
    found, *lines = re.split(r"^(?=epoch)", (trained / "err").read_text(), flags=re.MULTILINE)
    assert [line.split(":")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert all("training error" in line and "test error" in line and "samples/s" in line for line in lines)
    assert found.count("\n") == found.count("eqprop: ") == 3 and "network 4-8-3: " in found


def test_train_logs_every_epoch_and_its_conductances(trained):
    log = open_log(trained / "run.arrow")
    count = len(datasets.prepare(datasets.load("iris"), seed=4).train_y)
    assert [row["sample"] for row in log.metrics] == [count, 2 * count, 3 * count]
    assert log.logged == [epoch * count for epoch in range(4)] and log.end == "closed"
    saved = Model.load(trained / "run.npz")
    assert all((c.ravel() == g).all() for c, g in zip(log.conductances(3 * count), saved.conductances, strict=True))
    assert (trained / "run.png").read_bytes().startswith(b"\x89PNG")


def test_conductances_are_logged_at_the_interval_asked_for(tmp_path, capsys):
    code, _, err = run(capsys, *TRAIN, "--limit=130", "--log-every=50", f"--log={tmp_path}/run.jsonl")
    assert code == 0, err
    log = open_log(tmp_path / "run.jsonl")
    assert log.logged == [0, 50, 100, 120, 130]


@pytest.mark.usefixtures("unix_micropython")
def test_the_same_options_give_the_same_bits_on_every_board(tmp_path, capsys):
    results = []
    for n, port in enumerate(("sim:", "sim:micropython")):
        code, _, err = run(capsys, "train", f"--port={port}", "--limit=200", f"--json={tmp_path}/{n}.json")
        assert code == 0, err
        results.append(json.loads((tmp_path / f"{n}.json").read_text()))
    keys = ("conductance_crc", "test_error_percent", "train_error_percent", "training_samples")
    assert [results[0][key] for key in keys] == [results[1][key] for key in keys]
    assert results[0]["training_samples"] == 200


def test_simulate_is_train_without_a_board(trained, tmp_path, capsys):
    """Catches a loop, a file or a key that the two commands do not share."""
    again = tmp_path / "again"
    again.mkdir()
    files = [f"--{kind}={again}/run.{suffix}" for kind, suffix in WRITTEN]
    code, out, err = run(capsys, "simulate", *TRAIN[1:], "--epochs=3", "--seed=4", *files)
    assert code == 0 and out == (trained / "out").read_text(), err
    there, here = (json.loads((folder / "run.json").read_text()) for folder in (trained, again))
    differing = {"seconds", "training_samples_per_second", "board", "line_bytes", "sample_bytes"}
    assert here.pop("physics") == "fixed" and there.pop("port") == "sim:" and set(here) == set(there)
    assert all(here[key] == there[key] for key in set(here) - differing)
    assert Model.load(again / "run.npz").crc == Model.load(trained / "run.npz").crc
    logs = [list(open_log(folder / "run.arrow").read("conductances")) for folder in (trained, again)]
    assert [c["crc"] for c in logs[0]] == [c["crc"] for c in logs[1]]
    assert (again / "run.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("port", ["sim:", "sim:micropython"])
def test_evaluate_finds_the_error_that_train_found(trained, capsys, port):
    code, out, err = run(capsys, "evaluate", trained / "run.npz", f"--port={port}", f"--json={trained}/again.json")
    assert code == 0, err
    first, again = (json.loads((trained / name).read_text()) for name in ("run.json", "again.json"))
    for key in ("test_error_percent", "conductance_crc", "test_samples"):
        assert again[key] == first[key]
    assert out == f"test error {first['test_error_percent']:.2f} % of {first['test_samples']} samples\n"


@pytest.mark.slow
def test_evaluate_refuses_a_board_that_holds_something_else(trained, capsys, monkeypatch):
    """Catches an error measured on other conductances than the file's."""
    pack = host_messages.pack_write
    monkeypatch.setattr(
        host_messages, "pack_write", lambda c, first, data: pack(c, first, bytes((data[0] ^ 1,)) + data[1:])
    )
    code, out, err = run(capsys, "evaluate", trained / "run.npz")
    assert code == 1 and out == "" and "the board holds conductances of CRC" in err


@pytest.mark.slow
def test_evaluate_takes_another_data_set(trained, capsys):
    iris = datasets.load("iris")
    table = np.column_stack([iris.features, iris.labels])
    np.savetxt(trained / "all.csv", table, delimiter=",", fmt="%g")
    np.savetxt(trained / "half.csv", table[::2], delimiter=",", fmt="%g")
    argv = [f"--data={trained}/half.csv", f"--ood={trained}/strange.csv", f"--json={trained}/half.json"]
    np.savetxt(trained / "strange.csv", 20 - table[:, :4], delimiter=",", fmt="%g")
    code, out, err = run(capsys, "evaluate", trained / "run.npz", *argv)
    assert code == 0 and out.endswith("of 75 samples\n"), err
    found = json.loads((trained / "half.json").read_text())
    assert 0 <= found["ece_percent"] < 30 and found["auroc"] > 0.5 and 0 <= found["ood_auroc"] <= 1
    said = f"confidence: ECE {found['ece_percent']:.1f} %, AUROC of right answers {found['auroc']:.3f}, of samples like"
    assert said in err
    code, out, err = run(capsys, "evaluate", trained / "run.npz", f"--data={trained}/all.csv")
    assert code == 0 and out.endswith("of 30 samples\n"), err
    assert "all.csv: the network was trained on 120 of these samples: testing the 30 that were held back\n" in err


def test_infer_prints_a_class_and_the_voltages_for_each_row(trained, capsys):
    iris = datasets.load("iris")
    np.savetxt(trained / "new.csv", iris.features[::10], delimiter=",", fmt="%g")
    code, out, err = run(capsys, "infer", trained / "run.npz", trained / "new.csv")
    assert code == 0, err
    head, *rows = out.splitlines()
    assert head == "class,confidence_percent,output_0,output_1,output_2"
    answers = [[int(v) for v in row.split(",")] for row in rows]
    voltages = [[answer, *rest] for answer, _, *rest in answers]
    confidences = [sure for _, sure, *_ in answers]
    assert all(0 <= sure <= 100 for sure in confidences) and max(confidences) > 60
    assert len(rows) == 15 and all(row[0] == int(np.argmax(row[1:])) for row in voltages)
    right = [row[0] == label for row, label in zip(voltages, iris.labels[::10], strict=True)]
    assert sum(right) >= 12


@pytest.mark.slow
def test_bench_prints_a_table_and_writes_its_figures(tmp_path, capsys):
    """Of any layers: random features where the digits do not fit."""
    code, out, err = run(capsys, "bench", "--layers=6-5-4", "--samples=300", f"--json={tmp_path}/bench.json")
    assert code == 0, err
    results = json.loads((tmp_path / "bench.json").read_text())
    for name in ("train", "infer", "settle", "set_nudge", "nudge", "program"):
        assert f"| {name} | {results[f'{name}_us']:,.0f} |" in out
    assert "train_instructions" not in results and results["training_samples_per_second"] > 0
    assert results["heap_bytes"] == eqprop.plan("6-5-4").bytes and results["tier"] == "plain"
    assert (results["layers"], results["samples"], results["data"]) == ("6-5-4", 300, "random features")


def test_results_go_to_standard_output_alone(tmp_path, monkeypatch, capsys):
    """Caught: a file called `-`. Catches: a table among the JSON, which no program reads."""
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "bench", "--layers=6-5-4", "--samples=2", "--json", "-")
    assert code == 0 and json.loads(out)["layers"] == "6-5-4"
    assert "| train |" in err and not list(tmp_path.iterdir())
    code, out, err = run(capsys, "bench", "--layers=6-5-4", "--samples=2", "--port=/dev/nowhere", "--json=-")
    assert (code, out) == (1, "")


def test_bench_counts_instructions_where_they_can_be_counted(tmp_path, capsys, cortex_m3):
    """On an emulated board two runs count the same. Catches a garbage collection that is counted, or an interrupt.

    The heap that is free, and with it the widest network, is a few bytes more or less: the board's collector takes old
    numbers on the stack for addresses.
    """
    tables, widest = [], []
    for n in range(2):
        options = ("--port=sim:cortex-m3?tier=viper", "--samples=40", f"--json={tmp_path}/{n}.json")
        code, out, err = run(capsys, "bench", *options)
        assert code == 0, err
        table, _, fit = out.partition("widest network that fits: ")
        tables.append(table)
        widest.append(int(fit.split("-")[1]))
    assert tables[0] == tables[1] and "| instructions |" in tables[0]
    assert abs(widest[0] - widest[1]) <= 0.01 * widest[0]
    results = json.loads((tmp_path / "0.json").read_text())
    assert (results["tier"], results["data"]) == ("viper", "digits")
    assert results["train_instructions"] > results["infer_instructions"] > 10000
    assert results["train_us"] is None and results["training_samples_per_second"] is None
    assert " us" not in tables[0] and "samples/s" not in tables[0]


def test_bench_gives_microseconds_at_a_stated_clock(tmp_path, capsys, cortex_m3):
    """Of an instruction a cycle. Catches the emulator's own time, and a clock that overrides a real one."""
    options = ("--samples=2", "--mhz=62.5", f"--json={tmp_path}/bench.json")
    code, out, err = run(capsys, "bench", "--port=sim:cortex-m3", *options)
    assert code == 0 and "| instructions | us at 62.5 MHz |" in out, err
    results = json.loads((tmp_path / "bench.json").read_text())
    assert results["train_us"] == pytest.approx(results["train_instructions"] / 62.5, rel=1e-4)
    assert results["training_samples_per_second"] == pytest.approx(1e6 / results["train_us"])
    code, out, err = run(capsys, "bench", "--layers=6-5-4", *options)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == "eqprop: --mhz: sim: measures time by a clock of its own: leave --mhz out"


def test_ports_lists_the_simulated_boards(capsys):
    code, out, err = run(capsys, "ports")
    assert code == 0 and not err
    assert {"sim:", "sim:micropython", "sim:cortex-m3"} <= {line.split()[0] for line in out.splitlines()}


@pytest.mark.usefixtures("unix_micropython")
def test_demo_ends_with_an_error_a_log_a_picture_and_equal_bits(tmp_path, capsys):
    code, out, err = run(capsys, "demo", f"--folder={tmp_path}/new/demo")
    assert code == 0, err
    (log,) = (tmp_path / "new/demo").glob("*.arrow")
    assert out.startswith("test error ") and str(log) in out and str(log.with_suffix(".png")) in out
    assert log.with_suffix(".png").is_file() and log.with_suffix(".npz").is_file()
    assert len({line.split()[3] for line in out.splitlines() if line.startswith("sim:")}) == 1
    assert "$ eqprop train" in err


@pytest.mark.slow
def test_demo_goes_without_an_interpreter_that_cannot_be_had(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(commands.module("demo"), "PORTS", ("sim:", "sim:micropython?heap=none"))
    code, out, err = run(capsys, "demo", f"--folder={tmp_path}")
    assert code == 0, err
    assert "sim:micropython?heap=none" in out and "left out: port heap=none: expected a size" in out


@pytest.mark.slow
def test_a_reader_that_has_had_enough_is_no_error(trained):
    np.savetxt(trained / "new.csv", np.tile(datasets.load("iris").features, (400, 1)), delimiter=",", fmt="%g")
    with subprocess.Popen(
        [sys.executable, "-m", "eqprop_host", "infer", trained / "run.npz", trained / "new.csv"],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline().startswith("class,")
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.mark.slow
def test_ctrl_c_saves_what_was_learnt(tmp_path):
    """Catches an interrupt that loses samples, leaves a torn log, or ends in a traceback."""
    files = [f"--{kind}={tmp_path}/run.{suffix}" for kind, suffix in WRITTEN]
    command = [sys.executable, "-m", "eqprop_host", *TRAIN, "--epochs=100000", "--log-every=25", *files]
    with subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        lines = itertools.takewhile(lambda line: not line.startswith("epoch 1/"), process.stderr)
        assert all(line.startswith("eqprop: ") for line in lines)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130 and "Traceback" not in err, err
    results = json.loads((tmp_path / "run.json").read_text())
    assert f"eqprop: interrupted after {results['training_samples']:,} samples\n" in err
    saved = Model.load(tmp_path / "run.npz")
    assert results["interrupted"] and results["training_samples"] == saved.sample >= 120
    assert results["conductance_crc"] == f"{saved.crc:08x}" and results["conductance_crc"] in out
    log = open_log(tmp_path / "run.arrow")
    assert not verify(log) and log.logged[-1] == saved.sample and log.end == "interrupted"


def test_a_terminal_gets_a_bar_with_rate_error_and_time_left():
    class Terminal:
        encoding = "utf-8"

        def __init__(self):
            self.text = ""

        def write(self, text):
            self.text += text

        def flush(self):
            """Written at once."""

        def isatty(self):
            return True

    terminal = Terminal()
    so_far = RunProgress(100, 200, 1, 2, 12.5, 7.0, 4321.0)
    with show_progress(terminal) as shown:
        shown(so_far)
        shown(replace(so_far, epoch_ends=True, test_error_percent=40.0, conductances=list))
    assert "100/200" in terminal.text and "4,321 samples/s" in terminal.text
    assert "error 12.5 %" in terminal.text and "epoch 1/2" in terminal.text


def table(tmp_path, text):
    (tmp_path / "bad.csv").write_text(text)
    return f"--data={tmp_path}/bad.csv"


BAD = {
    "layer too small": (lambda d: [*TRAIN, "--layers=3-8-3"], "layers: 3-8-3 has 3 inputs, iris has 4 features"),
    "layer too big": (lambda d: ["train", "--layers=65-32-10"], "layers: 65-32-10 has 65 inputs"),
    "too few outputs": (
        lambda d: ["train", "--layers=64-32-9"],
        "layers: 64-32-9 has 9 outputs, digits has 10 classes",
    ),
    "no layers": (lambda d: ["train", "--layers=64-x"], "64-x"),
    "too many layers": (lambda d: ["train", "--layers", "-".join(["4"] * 17)], "2..16 sizes of 1..8191"),
    "no epochs": (lambda d: ["train", "--epochs=0"], "argument --epochs: 0 is not a whole number in 1..100000"),
    "negative seed": (lambda d: ["train", "--seed=-1"], "argument --seed: -1 is not a whole number in 0..4294967295"),
    "unknown command": (lambda d: ["tarin"], "tarin"),
    "unknown port": (
        lambda d: [*TRAIN, "--port=/dev/no"],
        "port '/dev/no' cannot be opened: No such file or directory",
    ),
    "unknown board": (lambda d: [*TRAIN, "--port=sim:z80"], "port sim:z80: expected one of the simulated boards"),
    "unknown data": (lambda d: ["train", "--data=didgits"], "didgits"),
    "NaN": (lambda d: [*TRAIN, table(d, "1,2,3,4,0\n1,nan,3,4,1\n")], "bad.csv"),
    "infinite": (lambda d: [*TRAIN, table(d, "1,2,3,4,0\n1,inf,3,4,1\n")], "bad.csv"),
    "no number": (lambda d: [*TRAIN, table(d, "1,2,3,4,0\n1,two,3,4,1\n")], "two"),
    "half a label": (lambda d: [*TRAIN, table(d, "1,2,3,4,0\n1,2,3,4,0.5\n")], "label 0.5 is not a whole number"),
    "nothing changes": (lambda d: [*TRAIN, table(d, "1,2,3,4,0\n1,2,3,4,1\n")], "there is nothing to learn"),
    "more classes than outputs": (
        lambda d: [*TRAIN, table(d, "".join(f"{n},{-n},{n * n},{3 * n % 8},{n}\n" for n in range(8)))],
        "8 classes",
    ),
    "empty file": (lambda d: [*TRAIN, table(d, "")], "empty"),
    "ragged": (lambda d: [*TRAIN, table(d, "1,2,3,4,0\n1,2,3,1\n")], "bad.csv"),
    "log in no folder": (lambda d: [*TRAIN, f"--log={d}/no/run.jsonl"], "no/run.jsonl"),
    "log is a folder": (lambda d: [*TRAIN, f"--log={d}"], "log"),
    "log of another kind": (lambda d: [*TRAIN, f"--log={d}/run.doc"], "run.doc"),
    "json in no folder": (lambda d: [*TRAIN, f"--json={d}/no/run.json"], "no/run.json: cannot be written"),
    "model in no folder": (lambda d: [*TRAIN, f"--save={d}/no/run.npz"], "no/run.npz: cannot be written"),
    "one file twice": (
        lambda d: [*TRAIN, f"--save={d}/a.npz", f"--json={d}/a.npz"],
        "a.npz: is also the file of --json",
    ),
    "data overwritten": (
        lambda d: [*TRAIN, table(d, "1,2,3,4,0\n4,3,2,1,1\n"), f"--json={d}/bad.csv"],
        "bad.csv: exists already, and is not JSON that eqprop wrote",
    ),
    "results are a device": (lambda d: [*TRAIN, "--json=/dev/null"], "/dev/null: is not a regular file"),
    "name too long": (lambda d: [*TRAIN, f"--json={d}/{'n' * 300}"], "cannot be written: File name too long"),
    "endless halving": (
        lambda d: [*TRAIN, "--lr-halving-epochs=99999999"],
        "--lr-halving-epochs: 99999999 is not a whole number",
    ),
    "demo in no folder": (lambda d: ["demo", "--folder=/proc/eqprop"], "/proc/eqprop: cannot be made"),
    "picture of another kind": (
        lambda d: [*TRAIN, f"--picture={d}/x.jpg"],
        "x.jpg': a picture is a .png file, such as ",
    ),
    "model of another kind": (
        lambda d: [*TRAIN, f"--save={d}/m.pkl"],
        "m.pkl': a saved network is a .npz file, such as ",
    ),
    "mistyped layers": (lambda d: ["train", "--layers", "-64-32-10"], "such as 64-32-10, not '-64-32-10'"),
    "study of no row": (
        lambda d: ["study", "mnist", "--data=digits", "--only=nonsense"],
        "--only nonsense: no row's text or layers contain it; the rows are: hopfield, as on a board (squared hinge); ",
    ),
    "picture without log": (lambda d: [*TRAIN, f"--picture={d}/run.png"], "so add --log"),
    "no model": (lambda d: ["evaluate", d / "none.npz"], "none.npz"),
    "no features": (lambda d: ["infer", d / "none.npz", d / "none.csv"], "none.npz"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path, capsys, name):
    argv, words = BAD[name]
    argv = argv(tmp_path)
    before = sorted(tmp_path.iterdir())
    code, out, err = run(capsys, *argv)
    assert code in (1, 2) and out == ""
    assert err.startswith("eqprop: ") and words in err and err.count("\n") == 1, err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (b"", "is silent: no answer within 0.15 s"),
        (b"\r\nlogin: ", "is not running eqprop: it says b'\\r\\nlogin: "),
        (b"\r\n>>> ", "has MicroPython's prompt and is not running eqprop: run `eqprop deploy --port /dev/"),
    ],
)
def test_a_port_without_eqprop_is_named_and_leaves_nothing(tmp_path, capsys, monkeypatch, says, words):
    monkeypatch.setattr(ports, "_ANSWER_S", 0.05)
    with pseudo_terminal(says) as path:
        code, out, err = run(capsys, *TRAIN, f"--port={path}", f"--json={tmp_path}/r.json", f"--save={tmp_path}/m.npz")
    assert code == 1 and out == ""
    assert err.startswith(f"eqprop: port {path} {words}") and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a full disk without /dev/full")
@pytest.mark.parametrize(
    "argv", [["ports"], ["train", "--data=iris", "--limit=5", "--port=sim:"]], ids=["ports", "train"]
)
def test_output_to_a_full_disk_is_one_line(argv):
    """Catches a traceback, and exit code 0 for a result that is nowhere."""
    command = [sys.executable, "-m", "eqprop_host", *argv]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, timeout=120)
    assert done.returncode == 1 and done.stderr.endswith("eqprop: writing fails: No space left on device\n")
    assert "Traceback" not in done.stderr


def test_a_board_with_a_bare_prompt_is_named_at_once(capsys, cortex_m3):
    """Catches minutes of waiting; without a prompt to read, as another program has read it before."""
    board = simulated_board.SimulatedBoard("sim:cortex-m3?blank=512k")
    with contextlib.closing(board):
        with contextlib.closing(serial.serial_for_url(board.path, timeout=10)) as port:
            assert port.read_until(b">>> ").endswith(b">>> ")
        code, out, err = run(capsys, *TRAIN, f"--port={board.path}")
    assert code == 1 and out == ""
    assert err.endswith(f": run `eqprop deploy --port {board.path}`\n") and err.count("\n") == 1


def test_the_bare_command_is_its_help(capsys):
    code, out, err = run(capsys)
    assert code == 0 and not err and out.startswith("usage: eqprop") and "train " in out


def test_the_version_is_named(capsys):
    code, out, _ = run(capsys, "--version")
    assert code == 0 and out == f"eqprop {eqprop.__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_what_completes_commands_and_options(capsys, shell):
    code, out, err = run(capsys, "--completion", shell)
    assert code == 0 and not err
    assert all(command in out for command in commands.COMMANDS)
    assert all(word in out for word in ("lr-halving-epochs", "mismatch", "replay", "scheduler"))


@pytest.mark.slow
def test_bash_completes(tmp_path):
    """Catches a script that a shell refuses, or that completes nothing."""
    ask = 'COMP_WORDS=(eqprop sim); COMP_CWORD=1; _shtab_eqprop; echo "${COMPREPLY[@]}"'
    script = subprocess.run(
        [sys.executable, "-m", "eqprop_host", "--completion", "bash"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    done = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True)
    assert done.stdout.split() == ["simulate", "simulate-app"], done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_lacks_letters_gets_what_it_can(tmp_path, encoding):
    (tmp_path / "a\u732b\u00b5.csv").write_text("1,2,3,4,0\n4,3,2,1,1\n")
    command = [sys.executable, "-m", "eqprop_host", "train", "--layers=4-8-3", "--data", "no/a\u732b\u00b5.csv"]
    done = subprocess.run(command, env={**ENVIRONMENT, "PYTHONIOENCODING": encoding}, capture_output=True)
    shown = {"ascii": "a\\u732bu.csv", "cp1252": "a\\u732b\u00b5.csv"}[encoding].encode(encoding)
    assert done.returncode == 1 and shown in done.stderr and b"Traceback" not in done.stderr


def test_every_missing_library_is_named_by_what_brings_it():
    """Catches an extra that pyproject.toml no longer has."""
    project = (ROOT / "pyproject.toml").read_text()
    extras = dict(re.findall(r'^(\w+) = \[((?:"[^"]*"(?:, )?)+)\]$', project, re.MULTILINE))
    wheels = {"PIL": "pillow", "sklearn": "scikit-learn"}
    for library, extra in cli.EXTRAS.items():
        assert f'"{wheels.get(library, library)}' in extras[extra], library


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "extras"),
    [
        ("train --data sounds", "sim,sound"),
        ("train --data=sounds --log=run.arrow --tensorboard=t", "host,sound,tensorboard"),
        ("train --data sounds --port /dev/ttyACM0", "sim,sound"),
        ("train --data pictures", "host"),
        ("train --data table.parquet --port sim:micropython", "host"),
        ("train --data pictures --test sounds", "host,sound"),
    ],
)
def test_one_pip_line_names_all_that_a_plain_installation_lacks(tmp_path, typed, extras):
    """Caught: the extra of the first library alone, so that the same command asked for the next one after it."""
    for kind, name in (("pictures", "1.png"), ("sounds", "1.wav")):
        for label in "ab":
            (tmp_path / kind / label).mkdir(parents=True)
            (tmp_path / kind / label / name).write_bytes(b"RIFF" if kind == "sounds" else b"\x89PNG")
    (tmp_path / "table.parquet").write_bytes(b"PAR1")
    plain = f"import sys; sys.modules.update(dict.fromkeys({sorted(cli.EXTRAS)})); from eqprop_host import cli"
    command = [sys.executable, "-c", f"{plain}; sys.exit(cli.main())", *typed.split()]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.endswith(f": pip install 'eqprop[{extras}]'\n"), done.stderr


def test_every_command_and_option_has_help(capsys):
    for command in commands.COMMANDS:
        code, out, _ = run(capsys, command, "--help")
        assert code == 0
        options = re.findall(r"^  (--?\S.*?)(?:\n|$)((?: {10,}.*\n)*)", out.split("options:\n")[1], re.MULTILINE)
        assert len(options) == out.count("\n  -")
        for option, more in options:
            assert re.search(r"\S  +\S", option) or more.strip(), option
