"""What the README and the page of measurements promise: figures and tables. `test_pages` runs their commands."""

import json
import re

import pytest

import eqprop
from eqprop_host import cli
from eqprop_host.commands.studies.study import STUDIES
from eqprop_host.studies import mnist
from support.places import ROOT

README = (ROOT / "README.md").read_text()
MEASUREMENTS = (ROOT / "docs/explanation/measurements.md").read_text()
MNIST = (ROOT / "examples/mnist/README.md").read_text()
INSTRUCTIONS = re.findall(r"^\| `(sim:\S+)` \| (\w+) \| ([\d,]+) \| ([\d,]+) \|$", MEASUREMENTS, re.MULTILINE)


def test_instructions_are_those_of_the_boards(tmp_path, cortex_m3):
    """To a tenth: figures have two digits, and look-ups take longer or shorter by build. Catches a stale table."""
    assert len(INSTRUCTIONS) == 8
    for port, tier, train, infer in INSTRUCTIONS:
        assert cli.main(["bench", f"--port={port}", "--samples=100", f"--json={tmp_path}/bench.json"]) == 0
        results = json.loads((tmp_path / "bench.json").read_text())
        assert results["tier"] == tier
        assert results["train_instructions"] == pytest.approx(int(train.replace(",", "")), rel=0.1)
        assert results["infer_instructions"] == pytest.approx(int(infer.replace(",", "")), rel=0.1)


def test_its_figures_are_those_of_the_pages():
    """Catches a figure that was changed in one place alone."""
    table = README[README.index("| measurement | result | reproduce with |") :].partition("\n\n")[0]
    figures = [line.split("|")[2] for line in table.splitlines()[2:]]
    assert len(figures) == 8
    (learn, infer) = next(row[2:] for row in INSTRUCTIONS if row[:2] == ("sim:cortex-m3", "thumb"))
    digits = re.search(r"\| 64-32-10, 10 epochs \|.*?\| ([\d.]+ %) .*?\| ([\d.]+ %) \|", MEASUREMENTS)
    stuck = re.search(r"\| 10 % stuck devices \| ([\d.]+) \| ([\d.]+) \|", MEASUREMENTS)
    rram = re.search(r"\| aihwkit's ReRamSB .*?\| ([\d.]+) \| ([\d.]+) \|", MEASUREMENTS)
    published = re.findall(r"\| hopfield, as on a board \(squared hinge\) \| .*\| ([\d.]+ ± [\d.]+) \|", MNIST)
    heap = re.search(r"heap of a 64-32-10 network .*\| (\d+ KB) \|", MEASUREMENTS)
    code = re.search(r"heap of the deployed runtime \| (\d+ KB) \|", MEASUREMENTS)
    expected = [
        digits.groups(),
        published[:2],
        stuck.groups(),
        rram.groups(),
        (learn,),
        (infer,),
        heap.groups(),
        code.groups(),
    ]
    for figure, parts in zip(figures, expected, strict=True):
        assert all(part in figure for part in parts), (figure, parts)


def test_the_mnist_table_is_what_the_study_wrote():
    """Caught: a table that was typed, or left behind by the study's results."""
    rows = json.loads((ROOT / "examples/mnist/results.json").read_text())["rows"]
    assert f"<!-- study mnist -->\n{mnist.table(rows)}<!-- end -->" in MNIST


def test_the_memory_it_names_is_the_plans():
    kilobytes = round(eqprop.plan("64-32-10").bytes / 1000)
    assert f'"64-32-10")       # {kilobytes} KB' in README
    assert f"| heap of a 64-32-10 network while it trains | {kilobytes} KB |" in MEASUREMENTS


def test_the_readme_is_a_page():
    assert README.count("\n") <= 120


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_says_what_it_does(study):
    assert STUDIES[study].__doc__
    assert f"`eqprop study {study}" in MEASUREMENTS
