"""The README's transcripts, run again in an empty folder, and its promises about the command."""

import json
import re
import shlex

import pytest

from eqprop_host import cli, commands, open_log
from eqprop_host.studies import mnist
from support.places import ROOT

README = (ROOT / "README.md").read_text()


def programs():
    """Return the README's Python, block by block."""
    return re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.usefixtures("unix_micropython")
def test_transcripts_are_what_the_commands_print(tmp_path, monkeypatch, capsys):
    """Catches a README left behind: the conductances are the same bits on every machine."""
    monkeypatch.chdir(tmp_path)
    transcripts = re.findall(r"^\$ eqprop (.*)\n((?:(?!\$|```).*\n)*)", README, re.MULTILINE)
    assert len(transcripts) == 7
    for arguments, output in transcripts:
        assert cli.main(shlex.split(arguments)) == 0
        assert capsys.readouterr().out == output
    *_, analysis = programs()
    names: dict = {}
    imports, *questions = analysis.strip().splitlines()
    exec(imports, names)
    answers = [eval(question, names) for question in filter(None, questions)]
    best = min(row["test_error_percent"] for row in open_log("run.arrow").metrics)
    run = open_log("run.arrow").run
    assert [answers[0].to_dict(), dict(answers[1].fetchall()), dict(answers[2].iter_rows())] == 3 * [{run: best}]


def test_instructions_are_those_of_the_boards(tmp_path, cortex_m3):
    """To 5 %: where modules and names come to lie decides how long look-ups take. Catches a table left behind."""
    rows = re.findall(r"^\| `(sim:\S+)` \| (\w+) \| ([\d,]+) \| ([\d,]+) \|$", README, re.MULTILINE)
    assert len(rows) == 4
    for port, tier, train, infer in rows:
        assert cli.main(["bench", f"--port={port}", f"--json={tmp_path}/bench.json"]) == 0
        results = json.loads((tmp_path / "bench.json").read_text())
        assert results["tier"] == tier
        assert results["train_instructions"] == pytest.approx(int(train.replace(",", "")), rel=0.05)
        assert results["infer_instructions"] == pytest.approx(int(infer.replace(",", "")), rel=0.05)


@pytest.mark.parametrize("command", commands.COMMANDS)
def test_every_command_is_documented(command):
    assert f"| `eqprop {command}` |" in README


def test_the_board_program_runs():
    program, *_ = programs()
    exec(program, {})  # the README's own text


@pytest.mark.parametrize("page", ["README.md", "examples/mnist/README.md"])
def test_the_mnist_table_is_what_the_study_wrote(page):
    """Caught: a table that was typed, or left behind by the study's results."""
    root = ROOT
    rows = json.loads((root / "examples/mnist/results.json").read_text())["rows"]
    text = (root / page).read_text()
    assert f"<!-- study mnist -->\n{mnist.table(rows)}<!-- end -->" in text


def test_the_memory_it_names_is_the_plans():
    import eqprop

    kilobytes = round(eqprop.plan("64-32-10").bytes / 1000)
    assert f'"64-32-10")       # {kilobytes} KB' in README
