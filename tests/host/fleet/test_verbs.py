"""`eqprop fleet` as typed, with simulated boards."""

import contextlib
import json

import pytest

from eqprop_host import Model, open_log
from eqprop_host.boards import ports
from eqprop_host.boards.board import Board
from eqprop_host.runlog import open_runs
from eqprop_sim.simulated_board import SimulatedBoard
from support.typed_command import run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def boards():
    """Two boards that stay on."""
    held = [SimulatedBoard("sim:") for _ in range(2)]
    for each in held:  # until it has started, which a command gives a simulated board alone the time for
        with contextlib.closing(ports.link(each.path, each.path, ports.START_S)) as link:
            Board(link)
    yield held
    for each in held:
        each.close()


@pytest.fixture
def fleet(tmp_path, boards):
    tables = [f"[boards.board{n}]\nport = '{board.path}'\n" for n, board in enumerate(boards)]
    path = tmp_path / "fleet.toml"
    path.write_text("[train]\nlimit = 200\n" + "".join(tables) + "[boards.dead]\nport = '/dev/no-such-board'\n")
    return path


def test_a_fleet_is_trained_pulled_averaged_and_reported(fleet, tmp_path, capsys):
    """Catches a board's files under another's name, a dead board that hides the others, and runs left out."""
    code, out, err = run(capsys, "fleet", fleet, "train", f"--json={tmp_path}/a.json")
    kept = json.loads((tmp_path / "a.json").read_text())
    assert code == 1 and kept["failed"] == ["dead"] and out.count("conductance CRC 20141d34") == 2
    assert "eqprop: dead failed: port '/dev/no-such-board' cannot be opened" in err
    assert (
        err.endswith("eqprop: 2 of 3 boards done; failed: dead\n") and "board1: epoch 1/10: test error 31.67 %" in err
    )
    own = tmp_path / "fleet"
    assert open_log(own / "board0-1.arrow").configuration["board_name"] == "board0"
    (own / "board0.npz").unlink()
    two = ("--only", "board0,board1")
    code, out, _ = run(capsys, "fleet", fleet, "pull", *two)
    assert code == 0 and out.startswith("board0: 64-32-10 after 200 samples, conductance CRC 20141d34\n")
    code, out, err = run(capsys, "fleet", fleet, "average")
    assert code == 1 and err.endswith("failed: dead\n") and f"{own}/dead.npz: there is no network of it" in err
    assert f"{Model.load(own / 'average.npz').crc:08x}" == "20141d34"
    run(capsys, "fleet", fleet, "train", *two)
    assert len(list(open_runs(own / "runs.parquet"))) == 4
    code, out, err = run(capsys, "fleet", fleet, "report", *two)
    assert code == 0 and (own / "report.html").stat().st_size > 10_000
    assert out.endswith("board1: 2 runs, the last of 200 samples, test error 31.67 %, end: closed\n")
    code, out, _ = run(capsys, "fleet", fleet, "report")
    assert code == 1 and "dead" not in out


def test_boards_that_learn_numbers_are_reported_too(boards, tmp_path, capsys):
    """Caught: their runs had no log, so no report had them."""
    rows = [f"{n % 7},{n % 5},{n % 7 - n % 5}\n" for n in range(120)]
    (tmp_path / "numbers.csv").write_text("".join(["a,b,y\n", *rows]))
    path = tmp_path / "arms.toml"
    about = f'[train]\ndata = "numbers.csv"\ntarget = "y"\nepochs = 2\n[boards.arm]\nport = "{boards[0].path}"\n'
    path.write_text(about)
    assert run(capsys, "fleet", path, "train")[0] == 0
    code, out, _ = run(capsys, "fleet", path, "report")
    assert code == 0 and "arm: 1 run of 192 samples, test RMSE " in out


def test_the_average_comes_back_to_the_boards(fleet, tmp_path, capsys):
    """Catches an average that only the file has. Networks of another seed are refused, with nothing written."""
    two = ("--only", "board0,board1")
    run(capsys, "fleet", fleet, "train", *two)
    own = tmp_path / "fleet"
    code, out, err = run(capsys, "train", "--limit=50", "--seed=1", f"--save={own}/board1.npz")
    code, _, err = run(capsys, "fleet", fleet, "average", *two)
    assert code == 1 and "board1: its seed differs from board0's" in err and not (own / "average.npz").exists()
    run(capsys, "train", "--limit=50", f"--save={own}/board1.npz")
    code, out, _ = run(capsys, "fleet", fleet, "average", "--push", *two)
    crc = f"{Model.load(own / 'average.npz').crc:08x}"
    assert code == 0 and out.count(f"64-32-10 after 200 samples, conductance CRC {crc}") == 3 and crc != "20141d34"
    code, out, _ = run(capsys, "fleet", fleet, "status", *two)
    assert code == 0 and out.count(crc) == 2
    run(capsys, "fleet", fleet, "pull", *two)
    code, _, err = run(capsys, "fleet", fleet, "average", *two)
    assert code == 1 and "no network has learnt a sample since the last average" in err
