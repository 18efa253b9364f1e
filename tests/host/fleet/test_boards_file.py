"""The file that names a fleet's boards."""

import pytest

from eqprop_host.errors import DataError
from eqprop_host.fleet.boards_file import read_fleet

WHOLE = """
folder = "results"
[deploy]
with = ["blackbox"]
watchdog = 8000
[train]
epochs = 3
hidden = "16"
[boards.kitchen]
port = "/dev/ttyACM0"
[boards.attic]
port = "/dev/ttyACM1"
train = { data = "attic.csv", label = "kind", epochs = 5 }
deploy = { watchdog = 0 }
"""


def read(tmp_path, text, only=()):
    path = tmp_path / "fleet.toml"
    path.write_text(text)
    return read_fleet(path, only)


def test_a_board_has_the_options_of_all_and_its_own(tmp_path):
    """Catches options of one board that reach another, and data that are looked for where the command was typed."""
    (tmp_path / "attic.csv").touch()
    fleet = read(tmp_path, WHOLE)
    kitchen, attic = fleet.boards
    assert fleet.folder == tmp_path / "results" and fleet.network("attic") == tmp_path / "results/attic.npz"
    assert (kitchen.run.data, kitchen.run.epochs, kitchen.run.hidden) == ("digits", 3, (16,))
    assert (attic.run.data, attic.run.epochs, attic.run.reading.label) == (str(tmp_path / "attic.csv"), 5, "kind")
    assert kitchen.deploy["watchdog_ms"] == 8000 and kitchen.deploy["boot"] and not attic.deploy["boot"]
    assert kitchen.deploy["extras"] == attic.deploy["extras"] == ("blackbox",)
    assert [board.name for board in read(tmp_path, WHOLE, ("attic",)).boards] == ["attic"]


KITCHEN = '[boards.kitchen]\nport = "/dev/ttyACM0"\n'


@pytest.mark.parametrize(
    ("text", "only", "line"),
    [
        ("", (), "names no boards: add a table such as [boards.kitchen]"),
        ("[boards", (), "is not TOML: "),
        ("[boards.a]\n", (), 'boards.a: has no port: add one such as port = "/dev/ttyACM0"'),
        ("[boards.a]\nport = 7\n", (), "boards.a.port: expected text, got 7"),
        ("boards = 3\n", (), "boards: expected a table, got 3"),
        (f"colour = 1\n{KITCHEN}", (), "colour: is not known here: expected one of boards, deploy, folder, train"),
        (f"{KITCHEN}train = {{epoch = 3}}\n", (), "boards.kitchen: train.epoch: is not known here: expected one of "),
        (f"[train]\nepochs = 0\n{KITCHEN}", (), "boards.kitchen: epochs: expected a whole number in 1..100000, got 0"),
        (f"[train]\nmissing = 4\n{KITCHEN}", (), "boards.kitchen: missing: "),
        (f"[deploy]\nwith = ['x']\n{KITCHEN}", (), "boards.kitchen: deploy.with: 'x': expected one of "),
        (f"[deploy]\nboot = 1\n{KITCHEN}", (), "boards.kitchen: deploy.boot: expected true or false, got 1"),
        (f"[deploy]\nwatchdog = 8\n{KITCHEN}", (), "boards.kitchen: deploy.watchdog: 8: expected milliseconds"),
        ("[boards.'../a']\nport = 'x'\n", (), "boards.../a: a name has 1 to 64 letters, digits, _ and -"),
        (f"{KITCHEN}[boards.Kitchen]\nport = 'x'\n", (), "boards.Kitchen: differs from kitchen in capitals alone"),
        (f"{KITCHEN}[boards.attic]\nport = '/dev/ttyACM0'\n", (), "boards.attic: port /dev/ttyACM0 is also kitchen's"),
        ("[boards.average]\nport = 'x'\n", (), "boards.average: is the name of the boards' average"),
        (KITCHEN, ("cellar",), "has no board cellar; there are kitchen"),
    ],
)
def test_anything_else_is_named_in_a_line(tmp_path, text, only, line):
    with pytest.raises(DataError) as raised:
        read(tmp_path, text, only)
    assert str(raised.value).startswith(f"{tmp_path}/fleet.toml: {line}") and "\n" not in str(raised.value)
    with pytest.raises(DataError, match=r"none.toml: cannot be read: No such file"):
        read_fleet(tmp_path / "none.toml")


def test_simulated_boards_may_have_one_url(tmp_path):
    assert len(read(tmp_path, "[boards.a]\nport = 'sim:'\n[boards.b]\nport = 'sim:'\n").boards) == 2
