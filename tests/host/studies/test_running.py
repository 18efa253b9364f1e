"""A study's runs as its JSON keeps them."""

import json
from dataclasses import asdict, dataclass

import pytest

import eqprop
from eqprop_host.errors import DataError
from eqprop_host.studies import running


@dataclass(frozen=True)
class Run:
    layers: tuple
    seed: int


def test_runs_are_known_again(tmp_path):
    """Caught: a list in place of the tuple, which is no run's key."""
    path = tmp_path / "a.json"
    runs = [{**asdict(Run((4, 2), seed)), "test_error_percent": seed / 2} for seed in range(2)]
    path.write_text(json.dumps({"version": eqprop.__version__, "runs": runs}))
    assert running.held(path, Run, "things") == {Run((4, 2), n): {"test_error_percent": n / 2} for n in range(2)}
    assert running.held(tmp_path / "none.json", Run, "things") == {} == running.held(None, Run, "things")


@pytest.mark.parametrize("text", ["", "[]", '{"version": "0.2.0", "runs": [1]}', '{"version": "0", "runs": []}'])
def test_another_file_is_none_to_continue(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"a\.json: (exists, but is not a study of things|is from eqprop 0, so)"):
        running.held(path, Run, "things")


def test_text_is_placed_between_its_lines(tmp_path):
    path = tmp_path / "page.md"
    assert running.placed(path, "new\n", "<a>", "<z>") == "new\n"
    path.write_text("x\n<a>\nold\n<z>\ny\n")
    assert running.placed(path, "new\n", "<a>", "<z>") == "x\n<a>\nnew\n<z>\ny\n"
