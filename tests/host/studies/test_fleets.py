"""`eqprop study fleet`: how samples are dealt, its runs, and its table."""

import json

import numpy as np
import pytest

from eqprop_host.studies.fleets import Run, dealt, rows_of, table
from support.typed_command import run


@pytest.mark.parametrize("split", ("iid", "skewed"))
def test_each_sample_is_dealt_once(split):
    """Catches samples that two boards have, and a skewed board that sees everything."""
    labels = np.random.default_rng(0).integers(0, 10, 1000)
    shares = dealt(labels, 10, split, 3)
    assert sorted(np.concatenate(shares)) == list(range(1000)) and {len(share) for share in shares} == {100}
    seen = [len(set(labels[share])) for share in shares]
    assert min(seen) >= 9 if split == "iid" else max(seen) <= 4
    assert not np.array_equal(np.concatenate(dealt(labels, 10, split, 4)), np.concatenate(shares))


@pytest.mark.slow
def test_an_average_knows_more_than_one_board(tmp_path, capsys):
    """Catches boards that do not resume with the average, and starts that differ."""
    page = tmp_path / "page.md"
    page.write_text("<!-- study fleet -->\n<!-- end -->\n")
    study = ["study", "fleet", "--epochs=5", "--rounds=0,1,5", "--seeds=1", "--workers=1", f"--json={tmp_path}/a.json"]
    code, out, _ = run(capsys, *study, f"--markdown={page}", f"--picture={tmp_path}/a.png")
    rows = json.loads((tmp_path / "a.json").read_text())["rows"]
    error = {(row["boards"], row["split"], row["rounds"]): row["test_error_percent"] for row in rows}
    for split in ("iid", "skewed"):
        alone, once, often = (error[10, split, rounds] for rounds in (0, 1, 5))
        assert alone > once > often > error[1, "iid", 0]
    assert code == 0 and page.read_text() == f"<!-- study fleet -->\n{out}<!-- end -->\n"
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_has_a_line_for_each_number_of_rounds():
    runs = [Run(boards, rounds, "iid", "hopfield", 1, 0, (4,)) for boards, rounds in ((3, 0), (3, 1), (1, 0))]
    rows = rows_of(runs, {each: {"test_error_percent": 10.0 + n} for n, each in enumerate(runs)})
    assert table(rows).splitlines()[2:] == [
        "| one board alone | 10.0 |",
        "| averaged once | 11.0 |",
        "| one board with all samples | 12.0 |",
    ]
