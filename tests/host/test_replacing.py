"""What eqprop writes takes the place of what eqprop wrote before, never of a file of the user's own."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.typed_command import run

pytestmark = pytest.mark.slow

TRAIN = ("train", "--data=iris", "--limit=5")


@pytest.fixture
def written(tmp_path, monkeypatch, capsys):
    """The folder of a run that wrote all it can, with the user's own files of the same kinds."""
    monkeypatch.chdir(tmp_path)
    outputs = ("--json=run.json", "--save=net.npz", "--log=run.arrow", "--picture=run.png")
    assert run(capsys, *TRAIN, *outputs)[0] == 0
    assert run(capsys, "report", "run.arrow", "--html=run.html", "--svg=run.svg")[0] == 0
    Path("own.json").write_text('{"version": 3, "notes": "my thesis"}')
    Path("own.csv").write_text("a,b,label\n1,2,0\n3,4,1\n")
    np.savez("own.npz", x=np.eye(8), y=np.arange(8) % 2)
    Image.new("RGB", (8, 8), (90, 20, 60)).save("own.png")
    Path("own.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    Path("own.html").write_text("<!DOCTYPE html><title>mine</title>")
    return tmp_path


COMMANDS = {
    "json": (
        (*TRAIN, "--json"),
        ("simulate", *TRAIN[1:], "--json"),
        ("evaluate", "net.npz", "--json"),
        ("bench", "--samples=2", "--json"),
        ("log", "info", "run.arrow", "--json"),
    ),
    "npz": ((*TRAIN, "--save"), ("pull",), ("log", "replay", "run.arrow", "--save")),
    "png": ((*TRAIN, "--log=new.arrow", "--picture"), ("report", "run.arrow", "--png")),
    "svg": (("report", "run.arrow", "--svg"),),
    "html": (("report", "run.arrow", "--html"),),
}


def test_only_what_eqprop_wrote_is_replaced(written, capsys):
    """Caught: `--json net.npz`, which left no network; `--save` with the name of an archive of data."""
    for suffix, commands in COMMANDS.items():
        others = ["own.csv", "net.npz", "run.arrow"] if suffix == "json" else []
        for command in commands:
            for name in (f"own.{suffix}", *others):
                before = Path(name).read_bytes()
                code, out, err = run(capsys, *command, name)
                assert code == 1 and out == "" and err.count("\n") == 1, (command, name, err)
                assert name in err and Path(name).read_bytes() == before
            if command[0] == "pull":  # from a board that holds a network, which the one in this process does not
                continue
            shutil.copy(f"run.{suffix}" if suffix != "npz" else "net.npz", f"again.{suffix}")
            code, _, err = run(capsys, *command, f"again.{suffix}")
            assert code == 0, err
            Path("new.arrow").unlink(missing_ok=True)
    assert {"version", "versions"} <= json.loads(Path("again.json").read_text()).keys()


@pytest.mark.parametrize("content", [b"", b"[" * 5000, b"\xff\xfe", b"[1]", b"null", b"PK\3\4"])
def test_a_file_of_anything_is_left_alone(written, capsys, content):
    """An empty file, such as `mktemp` makes, is no loss."""
    Path("there.json").write_bytes(content)
    code, _, err = run(capsys, *TRAIN, "--json=there.json")
    refused = "eqprop: there.json: exists already, and is not JSON that eqprop wrote: "
    assert (code == 0) if not content else (code == 1 and err.startswith(refused)), err
