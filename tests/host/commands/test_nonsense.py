"""Whatever is typed wrongly, each command says so in one line that names it, exits with an error and writes nothing."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from eqprop_host import cli
from support.places import ROOT
from support.typed_command import run

TRAIN = "train --data iris"

NONSENSE = {
    "tarin": "invalid choice: 'tarin'",
    "--port sim: train": "invalid choice: 'sim:'",
    "train --lyers 4-8-3": "--lyers",
    "train extra": "extra",
    f"{TRAIN} --layers": "--layers: expected one argument",
    f"{TRAIN} --layers 4-8-": "not '4-8-'",
    f"{TRAIN} --layers 4": "2..16 sizes of 1..8191, such as 64-32-10, not '4'",
    f"{TRAIN} --layers -64-32-10": "such as 64-32-10, not '-64-32-10'",
    f"{TRAIN} --layers 4-0-3": "not '4-0-3'",
    f"{TRAIN} --layers 4,8,3": "not '4,8,3'",
    f"{TRAIN} --layers 4-99999-3": "not '4-99999-3'",
    f"{TRAIN} --layers 5-8-3": "has 5 inputs, iris has 4 features: 4-8-3 would fit",
    f"{TRAIN} --layers 4-8-2": "has 2 outputs, iris has 3 classes: 4-8-3 would fit",
    f"{TRAIN} --layers 4-8-3 --hidden 8": "hidden 8: layers 4-8-3 says it already",
    f"{TRAIN} --hidden zero": "expected sizes of 1..8191 such as 32 or 32-16, got 'zero'",
    f"{TRAIN} --hidden 8191-8191-0": "got '8191-8191-0'",
    f"{TRAIN} --epochs 0": "--epochs: 0",
    f"{TRAIN} --epochs 1.5": "--epochs: 1.5",
    f"{TRAIN} --epochs ten": "--epochs: ten",
    f"{TRAIN} --epochs -3": "--epochs: -3",
    f"{TRAIN} --limit 0": "--limit: 0",
    f"{TRAIN} --limit 1e9": "--limit: 1e9",
    f"{TRAIN} --seed -1": "--seed: -1",
    f"{TRAIN} --seed 99999999999": "--seed: 99999999999",
    f"{TRAIN} --test-fraction 1": "between 0 and 1 such as 0.2, got '1'",
    f"{TRAIN} --test-fraction nan": "got 'nan'",
    f"{TRAIN} --test-fraction 0.3 --test iris": "test_fraction 0.3: test names the samples to test",
    f"{TRAIN} --test digits": "digits",
    f"{TRAIN} --test iris": "test iris: is also data: omit test",
    "train --data xy.npz --test pictures": "pictures: a sample is a picture of 4x4 pixels, expected a table of numbers",
    f"{TRAIN} --log-budget 95": "95 is not in 0..90 percent",
    f"{TRAIN} --log-every never": "--log-every: never",
    f"{TRAIN} --picture run.png": "so add --log",
    f"{TRAIN} --log run.arrow --picture x.jpg": "'x.jpg': a picture is a .png file, such as x.png",
    f"{TRAIN} --save m.pkl": "'m.pkl': a saved network is a .npz file, such as m.npz",
    f"{TRAIN} --save .": "'.': a saved network is a .npz file",
    f"{TRAIN} --log run.csv": "run.csv: .csv would not survive a kill: log to .arrow",
    f"{TRAIN} --log no/run.arrow": "no/run.arrow: cannot be written",
    f"{TRAIN} --json there": "there: is not a regular file",
    f"{TRAIN} --port /dev/null": "port '/dev/null' cannot be opened: it is not a serial port",
    "studio --folder big.csv": "big.csv: is a file: name a folder",
    "demo --folder big.csv": "big.csv: is a file: name a folder",
    "rig 4-3-2 --out big.csv": "big.csv: is a file: name a folder",
    "fleet bytes.csv status": "bytes.csv: is not TOML: expected text in UTF-8",
    "teach --port /dev/nowhere --json big.csv": "big.csv: exists already, and is not JSON that eqprop wrote",
    "study mnist --data iris --markdown -": "-: only --json writes to standard output: name a file",
    f"{TRAIN} --port /dev/nowhere": "'/dev/nowhere' cannot be opened",
    f"{TRAIN} --port sim:z80": "sim:z80: expected one of the simulated boards",
    f"{TRAIN} --port sim:?flop=1": "flop=1",
    f"{TRAIN} --port nonsense://x": "nonsense",
    "train --data nowhere.csv": "nowhere.csv: no such file",
    "train --data mnist:nowhere": "nowhere",
    "train --data there": "there",
    "train --data net.npz": "net.npz",
    "train --data big.csv": "big.csv: line 2, column 1: inf is not finite",
    f"{TRAIN} --size 8x8": "--size 8x8: iris holds no files of pictures",
    "train --data big.csv --label a --drop b,a": "column 'a' is in both --label and --drop",
    "train --data xy.npz --label y": "--label y: xy.npz has no columns",
    "train --data xy.npz --drop y": "--drop y: xy.npz has no columns",
    "train --data xy.npz --size 8x8": "--size 8x8: xy.npz holds no files of pictures",
    "train --data pictures --label dot": "--label dot: pictures has no columns",
    "train --resume nowhere.arrow": "nowhere.arrow: cannot be read",
    "train --resume text.arrow": "text.arrow: is not a log",
    "simulate --device ecram": "--device ecram: needs --physics analog",
    "simulate --physics analog --average 0.2": "average 0.2: needs a crossbar that can be read and set exactly, not",
    "simulate --physics analog --set levels=many": "levels",
    "simulate --physics analog --set colour=red": "colour",
    "sweep show nowhere": "nowhere: holds no results",
    "sweep run out --vary colour=red": "--vary colour=red: expected OPTION=VALUES for one of the options",
    "sweep run out --vary seed=9..0": "expected a value or range, got '9..0'",
    "evaluate nowhere.npz": "nowhere.npz: cannot be read: No such file or directory",
    "evaluate text.arrow": "text.arrow: is not a saved network",
    "infer text.arrow iris": "text.arrow: is not a saved network",
    "evaluate trained.npz --size 8x8": "--size 8x8: xor holds no files of pictures",
    "evaluate trained.npz --data xy.npz --label y": "--label y: xy.npz has no columns",
    "infer trained.npz xy.npz --drop y": "--drop y: xy.npz has no columns",
    "infer trained.npz xor --size 8x8": "--size 8x8: xor holds no files of pictures",
    "infer trained.npz gaps.csv --missing mean": "gaps.csv[1, 1] is missing, and the network has no means",
    "pull net": "'net': a saved network is a .npz file, such as net.npz",
    "push nowhere.npz": "nowhere.npz: cannot be read",
    "bench --samples 0": "--samples: 0",
    "monitor run.arrow --run nothing": "run.arrow: has no run nothing, only ",
    "log info run.arrow --run nothing": "run.arrow: has no run nothing, only ",
    "monitor nowhere.arrow": "nowhere.arrow: cannot be read",
    "report text.arrow": "text.arrow: is not a log",
    "report nowhere.arrow --png x.jpg": "'x.jpg': a picture is a .png file, such as x.png",
    "log info text.txt": "a log's suffix is",
    "log info big.csv": "big.csv: is not a log: its header has no record, sequence and sample",
    "report quoted.csv": "quoted.csv: is not a log: its header has no record, sequence and sample",
    "monitor bytes.csv --once": "bytes.csv: is not a log: its header has no record, sequence and sample",
    "log info table.parquet": "table.parquet: expected a dataset of logs, which is a folder",
    "report table.parquet": "table.parquet: expected a dataset of logs, which is a folder",
    "log export text.arrow out.csv --table rows": "invalid choice: 'rows'",
    "log merge text.arrow --to fleet": "fleet: expected a .parquet to merge logs into",
    "log replay nowhere.arrow --at -1": "--at: -1",
    "study mismatch --only nonsense": "invalid choice: 'nonsense' (choose from",
    "study mnist --data iris --only nonsense": "--only nonsense: no row's text or layers contain it; the rows are",
    "study nonsense": "invalid choice: 'nonsense'",
    "deploy --port sim:": "has eqprop already; a blank board is sim:cortex-m3?blank=512k",
    "deploy --port sim:cortex-m33": "port sim:cortex-m33: expected one of the simulated boards sim:, ",
    "deploy --port sim:cortex-m3?blnk": "port sim:cortex-m3 has no option blnk=",
    "--completion csh": "invalid choice: 'csh'",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A saved network of two inputs, with the log of its run, run.arrow, beside it."""
    path = tmp_path_factory.mktemp("trained") / "trained.npz"
    log = path.with_name("run.arrow")
    assert cli.main(["train", "--data=xor", "--limit=4", f"--save={path}", f"--log={log}"]) == 0
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch, trained):
    """A folder to be in: a file that is none of ours, data with and without columns, a network, an empty folder."""
    monkeypatch.chdir(tmp_path)
    for path in (trained, trained.with_name("run.arrow")):
        shutil.copy(path, tmp_path)
    (tmp_path / "text.arrow").write_text("what is this\n")
    (tmp_path / "text.txt").write_text("what is this\n")
    np.savez(tmp_path / "net.npz", other=np.zeros(3))
    np.savez(tmp_path / "xy.npz", x=np.arange(20).reshape(10, 2), y=np.arange(10) % 2)
    (tmp_path / "big.csv").write_text("a,b,label\n" + 2 * "1e400,1,0\n" + "2,1e400,1\n")
    (tmp_path / "quoted.csv").write_text('"a";"b"\n"1,5";"2"\n')
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xeb\0\n")
    (tmp_path / "table.parquet").write_bytes(b"PAR1")
    (tmp_path / "gaps.csv").write_text("1,2\n3,\n")
    (tmp_path / "there").mkdir()
    for kind, grey in (("dot", 30), ("dash", 200)):
        (tmp_path / "pictures" / kind).mkdir(parents=True)
        Image.new("L", (4, 4), grey).save(tmp_path / "pictures" / kind / "1.png")
    return tmp_path


@pytest.mark.parametrize("typed", NONSENSE)
def test_nonsense_is_one_clear_line(folder, capsys, typed):
    """Catches a traceback, a table of nothing, exit code 0, a message without the value, and files left behind."""
    before = sorted(folder.rglob("*"))
    code, out, err = run(capsys, *typed.split())
    assert code in (1, 2) and out == ""
    assert err.startswith("eqprop: ") and err.count("\n") == 1 and NONSENSE[typed] in err, err
    assert sorted(folder.rglob("*")) == before


def test_the_command_itself_ends_with_an_error(folder):
    """One of them as a process: what `main` returns is the exit code."""
    paths = os.pathsep.join(str(ROOT / each) for each in ("runtime", "host_tools", "board_sim"))
    command = [sys.executable, "-m", "eqprop_host", "train", "--layers", "-64-32-10"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "not '-64-32-10'" in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_help_fits_any_terminal(capsys, encoding, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for command in cli.commands.COMMANDS:
        code, out, _ = run(capsys, command, "--help")
        assert code == 0 and out.encode(encoding, "eqprop-plain")
        assert all(len(line) <= 80 for line in out.splitlines()), command


def test_what_a_terminal_lacks_is_plain():
    """The signs of the live view and of tables; letters of other scripts are escapes."""
    assert "▁█▀━ ±3 µS − … 猫".encode("ascii", "eqprop-plain") == b".@#- +-3 uS - ... \\u732b"
    assert "±3 µS 猫".encode("cp1252", "eqprop-plain") == "±3 µS ".encode("cp1252") + b"\\u732b"
