"""The file that names the boards of a fleet: TOML.

    folder = "results"            # where networks and logs are kept (default: the file's name without .toml)

    [train]                       # options of `eqprop train` for all boards; [deploy] likewise
    data = "digits"
    epochs = 10

    [boards.kitchen]
    port = "/dev/ttyACM0"

    [boards.attic]
    port = "/dev/ttyACM1"
    train = { data = "attic.parquet" }   # options of this board alone

Paths are relative to the file's folder.
"""

import re
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path

from eqprop_sim import simulated_board

from ..datasets import Reading
from ..deploy.bundle import EXTRAS, PARTS, Shared
from ..errors import DataError
from ..training.config import RunConfig

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_READING = {field.name for field in fields(Reading)}
_TRAIN = {field.name for field in fields(RunConfig)} - {"reading"} | _READING
_DEPLOY = {"without": list, "with": list, "replace": bool, "boot": bool, "watchdog": int}
_WATCHDOG_MS = (1000, 600_000)


@dataclass(frozen=True)
class FleetBoard:
    """A board of a fleet."""

    name: str
    """Its name in the file: the name of its files, and its board in the dataset."""

    port: str
    """As `--port` takes it."""

    run: RunConfig
    """What it learns."""

    deploy: dict
    """The arguments of `deployment.deploy` that the file sets."""


@dataclass(frozen=True)
class Fleet:
    """The boards of a file, and the folder of their results."""

    folder: Path
    boards: tuple[FleetBoard, ...]
    compiler: Shared = field(default_factory=Shared, repr=False, compare=False)
    """Compiles the runtime for all of them."""

    @property
    def dataset(self):
        """The path of the .parquet dataset of all runs."""
        return self.folder / "runs.parquet"

    def network(self, name):
        """Return the path of a board's network, or of the average's."""
        return self.folder / f"{name}.npz"


def read_fleet(path, only=()):
    """Return the `Fleet` that the file at `path` describes; only: the names to keep, in place of all.

    Raises DataError naming the path, the key and its value for anything that is not as above.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return _fleet(table, path, only)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not TOML: expected text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path}: is not TOML: {' '.join(str(error).split())}") from error
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _fleet(table, path, only):
    _known(table, {"folder", "train", "deploy", "boards"}, "")
    named = _table(table, "boards", "boards")
    if not named:
        raise DataError('names no boards: add a table such as [boards.kitchen] with port = "/dev/ttyACM0"')
    folder = _typed(table.get("folder", path.stem), str, "folder")
    whole = [_board(name, each, table, path.parent) for name, each in named.items()]
    _different(whole)
    if missing := [name for name in only if name not in named]:
        raise DataError(f"has no board {missing[0]}; there are {', '.join(named)}")
    return Fleet(path.parent / folder, tuple(board for board in whole if not only or board.name in only))


def _board(name, table, common, base):
    where = f"boards.{name}"
    if not _NAME.fullmatch(name):
        raise DataError(f"{where}: a name has 1 to 64 letters, digits, _ and -, a letter or digit first")
    _typed(table, dict, where)
    _known(table, {"port", "train", "deploy"}, f"{where}.")
    if "port" not in table:
        raise DataError(f'{where}: has no port: add one such as port = "/dev/ttyACM0"')
    port = _typed(table["port"], str, f"{where}.port")
    both = {key: {**_table(common, key, key), **_table(table, key, f"{where}.{key}")} for key in ("train", "deploy")}
    try:
        run, deploy = _run(both["train"], base), _deploy(both["deploy"])
    except (DataError, TypeError) as error:
        raise DataError(f"{where}: {error}") from error
    return FleetBoard(name, port, run, deploy)


def _run(table, base):
    _known(table, _TRAIN, "train.")
    typed = {key: value for key, value in table.items() if key in _READING}
    # The number of a column may be written as one
    reading = Reading.from_dict({key: str(value) if type(value) is int else value for key, value in typed.items()})
    own = {key: value for key, value in table.items() if key not in _READING}
    for key in {"data", "test"} & own.keys():
        there = base / _typed(own[key], str, f"train.{key}")
        own[key] = str(there) if there.exists() else own[key]
    return RunConfig(**own, reading=reading)


def _deploy(table):
    _known(table, _DEPLOY, "deploy.")
    for key, value in table.items():
        _typed(value, _DEPLOY[key], f"deploy.{key}")
    for key, known in (("without", PARTS), ("with", EXTRAS)):
        if unknown := [part for part in table.get(key, ()) if part not in known]:
            raise DataError(f"deploy.{key}: {unknown[0]!r}: expected one of {', '.join(known)}")
    low, high = _WATCHDOG_MS
    watchdog = table.get("watchdog", 0)
    if watchdog and not low <= watchdog <= high:
        raise DataError(f"deploy.watchdog: {watchdog}: expected milliseconds, {low} to {high}")
    return {
        "boot": table.get("boot", False) or bool(watchdog),
        "without": tuple(table.get("without", ())),
        "extras": tuple(table.get("with", ())),
        "replace": table.get("replace", False),
        "watchdog_ms": watchdog,
    }


def _different(boards):
    """Raise DataError for boards that share a file, or a port."""
    names, ports = {}, {}
    for board in boards:
        if (other := names.setdefault(board.name.lower(), board.name)) != board.name:
            raise DataError(f"boards.{board.name}: differs from {other} in capitals alone, as their files would")
        if board.name.lower() == "average":
            raise DataError(f"boards.{board.name}: is the name of the boards' average: take another")
        if board.port.startswith(simulated_board.SCHEME):  # each starts a board of its own
            continue
        if (other := ports.setdefault(board.port, board.name)) != board.name:
            raise DataError(f"boards.{board.name}: port {board.port} is also {other}'s")


def _known(table, names, where):
    if unknown := [key for key in table if key not in names]:
        raise DataError(f"{where}{unknown[0]}: is not known here: expected one of {', '.join(sorted(names))}")


def _table(table, key, where):
    return _typed(table.get(key, {}), dict, where)


_KINDS = {dict: "a table", str: "text", list: "a list", bool: "true or false", int: "a whole number"}


def _typed(value, kind, where):
    """Return a value. Raises DataError unless it is of that kind."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise DataError(f"{where}: expected {_KINDS[kind]}, got {value!r}")
    return value
