"""Mutants: what each test of `soak.mutations` says it catches, done to a copy of this repository; it must fail there.

    python -m soak.mutants [WORD ...]      all of them, or those whose file or test has one of the words in its name;
                                           exit code 1 if one survives

Each core works on a copy of its own. The tests run once on a copy as it is, where all must pass, and then each on its
mutant. A mutation whose text is not in its file exactly once is out of date, which is an error: mend the table.
"""

import itertools
import multiprocessing
import os
import queue
import shutil
import sys
import tempfile
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from soak.mutations import MUTATIONS

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "site")
SECONDS = 600  # tests that take longer hang
_ENDED = 100  # and pytest's exit code is that of a process that came so far
_FAILED = _ENDED + 1

# Forked from a process that has loaded these, a test begins in a second instead of several
_LOADED = ["matplotlib.figure", "numba", "numpy", "pandas", "PIL.Image", "pyarrow", "pytest", "rich", "scipy", "serial"]
_CONTEXT = multiprocessing.get_context("forkserver")

Mutation = namedtuple("Mutation", ("file", "old", "new", "test"))


def mutations(words=()):
    """Return the mutations whose file or test has one of the words in its name, or all."""
    every = [Mutation(*each) for each in MUTATIONS]
    return [each for each in every if not words or any(word in each.file or word in each.test for word in words)]


def stale(each):
    """Return what is out of date in a mutation, "" for nothing."""
    path = ROOT / each.file
    count = path.read_text(encoding="utf-8").count(each.old) if path.is_file() else 0
    if count != 1:
        return f"{each.file}: expected {each.old!r} once, found it {count} times"
    return "" if (ROOT / each.test.partition("::")[0]).is_file() else f"{each.test}: there is no such file"


class Copies:
    """Copies of the repository below a folder, one for each core; each is lent to one thread at a time."""

    def __init__(self, folder, count):
        """Make the copies."""
        self._free = queue.SimpleQueue()
        for n in range(count):
            copy = Path(folder) / str(n)
            shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
            self._free.put(copy)

    def test(self, tests, each=None):
        """Run tests in a copy, with a mutation done to it; return as `run`."""
        copy = self._free.get()
        try:
            if not each:
                return run(copy, tests)
            path = copy / each.file
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(each.old, each.new), encoding="utf-8")
            try:
                return run(copy, tests)
            finally:
                path.write_text(text, encoding="utf-8")
        finally:
            self._free.put(copy)


def run(folder, tests):
    """Run tests in a folder; return (100 + pytest's exit code, what it printed)."""
    _CONTEXT.set_forkserver_preload(_LOADED)
    process = _CONTEXT.Process(target=_test, args=(str(folder), tests))
    process.start()
    process.join(SECONDS)
    if process.exitcode is None:
        process.kill()
        return -1, f"takes more than {SECONDS} s"
    return process.exitcode, (folder / "printed").read_text(encoding="utf-8")


def _test(folder, tests):
    """Run tests in a folder, in this process, and end it with 100 + pytest's exit code."""
    import pytest

    os.chdir(folder)
    os.environ["CI"] = "true"  # what is missing is an error, and hypothesis tries the same each time
    sys.dont_write_bytecode = True  # it is found by second and size, which a mutant may share
    printed = os.open("printed", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    sys.exit(_ENDED + int(pytest.main(["-q", "-x", *tests])))


def survives(copies, each):
    """Return why a mutation is not caught, "" where it is."""
    code, said = copies.test([each.test], each)
    if code == _FAILED:
        return ""
    why = "passes" if code == _ENDED else f"ends with {code}: {(said.strip().splitlines() or [''])[-1]}"
    return f"{each.file}: {each.old!r} -> {each.new!r}: {each.test} {why}"


def main(words):
    """Try the mutations, print how each went, and return the exit code."""
    chosen = mutations(words)
    wrong = [line for line in map(stale, chosen) if line]
    if wrong:
        print(*wrong, sep="\n")
        return 1
    jobs = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="eqprop-mutants-") as folder, ThreadPoolExecutor(jobs) as pool:
        copies = Copies(folder, jobs)
        tests = sorted({each.test for each in chosen})
        files = [list(of_file) for _, of_file in itertools.groupby(tests, lambda test: test.partition("::")[0])]
        for of_file, (code, said) in zip(files, pool.map(copies.test, files), strict=True):
            print(f"{of_file[0].partition('::')[0]}: {'passes' if code == _ENDED else said} as it is", flush=True)
            wrong += [f"{of_file}: pytest ends with {code} where nothing is mutated"] if code != _ENDED else []
        for each, line in zip(chosen, pool.map(lambda each: survives(copies, each), chosen), strict=True):
            print(line or f"{each.file}: caught by {each.test}", flush=True)
            wrong += [line] if line else []
    print(f"{len(chosen)} mutations, {len(wrong)} not caught", *wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
