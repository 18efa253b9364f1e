"""An application: a folder of a user's own, whose main.py a board runs.

A board gets main.py, the modules of the folder that it imports, directly or through others, and the folder's data
files. The other modules (the simulated world, a study, tests) stay on the PC.
"""

import ast
import fnmatch
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import DataError
from ..files import PARSING

START = "main.py"
_RUNS = {START: "a board starts", "scene.py": "is the simulated world around the board"}
_STAYS = ("*.md", "*.svg", "*.png", "*.pyc", "*.parquet", "*.arrow", "*.jsonl", "*.npz")
"""Pages, pictures and the PC's own files are no data of a board."""
_LOADS = {
    "Telemetry": "eqprop.telemetry",
    "calibrate": "eqprop.extras.confidence",
    "regress": "eqprop.extras.regression",
    "remember": "eqprop.extras.memory",
}
"""What a program loads by the name of a function, not by an import."""


@dataclass(frozen=True)
class Application:
    """What of an application's folder goes to a board."""

    name: str
    modules: dict
    """{path in the folder: bytes} of main.py and the modules that it imports."""
    data: dict
    """{path in the folder: bytes} of the data files."""
    stays: tuple
    """Paths of the modules that nothing imports."""
    imports: frozenset
    """Full names of what its modules import from elsewhere, except in `try`, where a program copes without."""
    watchdog: bool
    """Whether it uses a watchdog: `eqprop.watchdog`, or `machine.WDT`."""

    @property
    def names(self):
        """The names by which its modules are imported, without main."""
        return sorted({name.split("/")[0].removesuffix(".py") for name in self.modules} - {"main"})


def read(folder, *starts):
    """Return the `Application` in a folder.

    starts: the modules that run, if not main.py alone. Raises DataError if it lacks one, or a module does not parse.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: is not a folder: name the one that holds your main.py")
    for name in starts or (START,):
        if not (folder / name).is_file():
            raise DataError(f"{folder}: has no {name}, which {_RUNS.get(name, 'is asked for')}")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _hidden(path.relative_to(folder))]
    try:
        contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files if not _stays(path)}
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be read: {error.strerror}") from error
    sources = {name: data for name, data in contents.items() if name.endswith(".py")}
    modules, imports, names = _reached(folder, sources, starts or (START,))
    if "eqprop" in {name.split("/")[0].removesuffix(".py") for name in modules}:
        raise DataError(f"{folder}: its module eqprop would hide the runtime's: rename it")
    return Application(
        folder.resolve().name,
        modules={name: sources[name] for name in modules},
        data={name: data for name, data in contents.items() if name not in sources},
        stays=tuple(name for name in sources if name not in modules),
        imports=frozenset(imports | {_LOADS[name] for name in names & _LOADS.keys()}),
        watchdog=bool(names & {"watchdog", "WDT"}),
    )


def _hidden(path):
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _stays(path):
    return any(fnmatch.fnmatch(path.name.lower(), pattern) for pattern in _STAYS)


def _reached(folder, sources, starts):
    """Follow the imports from the modules `starts` on.

    Return the paths of the modules, the full names that they import from elsewhere, and all names after a dot in them.
    """
    reached, todo, outside, names = [], [*starts], set(), set()
    while todo:
        name = todo.pop(0)
        if name in reached:
            continue
        reached.append(name)
        try:
            with PARSING:
                tree = ast.parse(sources[name])
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            raise DataError(f"{folder / name}:{line}: is not Python: {getattr(error, 'msg', error)}") from error
        names.update(node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))
        for imported, tried in _imports(tree, PurePosixPath(name).parent):
            names.update(imported.split(".")[1:])
            found = _modules(sources, imported)
            todo += found
            if not found and not tried:
                outside.add(imported)
    return sorted(reached), outside, names


def _imports(node, package, tried=False):
    """Yield (full name, whether within `try`) of all that a syntax tree imports."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, tried) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            above = [package, *package.parents][child.level - 1] if child.level else PurePosixPath()
            parts = [*above.parts, *(child.module or "").split(".")]
            yield from ((".".join(filter(None, [*parts, alias.name])), tried) for alias in child.names)
        else:
            yield from _imports(child, package, tried or isinstance(child, ast.Try))


def _modules(sources, name):
    """Return the paths of the folder's modules that importing a full name loads; its end may be a name in a module."""
    parts = name.split(".")
    paths = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    return [file for path in paths for file in (f"{path}.py", f"{path}/__init__.py") if file in sources]
