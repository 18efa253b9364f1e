"""Mutated data files: each is read, or refused in one line, within a bound of memory and time.

    python -m soak.file_fuzz COUNT [SEED]

Child processes of limited memory do it; each file follows from seed and number, which are printed where one fails.
"""

import functools
import io
import multiprocessing
import os
import resource
import struct
import sys
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np

from eqprop_host import datasets
from eqprop_host.errors import DataError
from support import file_makers as makers

MEMORY = 500 << 20
"""Most bytes of memory that a child may have, beyond what it has once its libraries are loaded."""

CHUNK = 500  # files of one child
SECONDS = 60.0  # of one file: more is a fault, however busy the machine is

_OPTIONS = (
    {},
    {},
    {"missing": "drop"},
    {"missing": "mean"},
    {"size": "4x4"},
    {"size": "8x8x3"},
    {"label": "1"},
    {"label": "label", "drop": "2"},
)


def originals(folder):
    """Return the data of files to mutate: (name, bytes), of every format."""
    sources = [
        makers.csv_file()(_new(folder)),
        makers.csv_file(frame=makers.with_gaps, sep=";", decimal=",")(_new(folder)),
        makers.csv_file("a.txt", encoding="utf-16", sep="\t")(_new(folder)),
        makers.csv_file("a.csv.gz")(_new(folder)),
        makers.savetxt("a.data")(_new(folder)),
        makers.parquet(lambda: makers.with_rows(when=makers.times))(_new(folder)),
        makers.lists(_new(folder)),
        makers.hugging_face(_new(folder)),
        makers.records(_new(folder)),
        makers.savez_positional(_new(folder)),
        makers.npz(x=lambda: makers.pictures(30, 8)[0], y=lambda: makers.pictures(30, 8)[1])(_new(folder)),
        makers.saved(_new(folder) / "b.npy", np.c_[np.arange(40.0) ** 2, np.arange(40) % 3]),
    ]
    x, _ = makers.pictures(1, 8)
    for suffix in ("png", "jpg", "bmp", "gif", "tif", "webp", "pgm"):
        path = _new(folder) / f"a.{suffix}"
        makers.image(x[0]).save(path)
        sources.append(path)
    for suffix in ("wav", "flac", "ogg"):
        source = makers.sound_folder(suffix, rate=8000)(_new(folder))
        sources.append(next(Path(source).glob(f"setosa/*.{suffix}")))
    for packed in (False, True):
        source = makers.idx(packed=packed, rename=lambda name, packed=packed: name + ".gz" * packed, bare=True)
        sources.append(sorted(Path(source(_new(folder))).iterdir())[-2])
    return [(Path(source).name, Path(source).read_bytes()) for source in sources]


def _new(folder):
    return Path(tempfile.mkdtemp(dir=folder))


def mutated(data, random):
    """Return data with a few of its bytes changed, cut out, repeated, or set to what sizes and counts break at."""
    data = bytearray(data)
    for _ in range(random.integers(1, 6)):
        if not data:
            break
        place = int(random.integers(len(data)))
        if random.random() < 0.4:  # where headers are
            place = min(place, int(random.integers(min(len(data), 64))))
        kind = random.integers(7)
        if kind == 0:
            data[place] ^= 1 << int(random.integers(8))
        elif kind == 1:
            data[place] = int(random.integers(256))
        elif kind == 2:
            del data[place : place + int(random.integers(1, 40))]
        elif kind == 3:
            data[place:place] = data[place : place + int(random.integers(1, 200))]
        elif kind == 4:
            value = random.choice([0, 1, 127, 2**31 - 1, 2**31, 2**32 - 1, 10**9])
            data[place : place + 4] = struct.pack("<>"[random.integers(2)] + "I", value)
        elif kind == 5:
            data[place:place] = random.choice(
                [b"\0", b"\n", b",", b";", b'"', b"\t", b"nan", b"1e999", b"-", b"\xff", b"#", b" ", b"9" * 400]
            )
        else:
            del data[int(random.integers(len(data))) :]
    return bytes(data)


def _repacked(name, data, random):
    """Return a changed archive whose checksums are right, so that what is inside is looked at, or None."""
    if not name.endswith(".npz"):
        return None
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(file, "w") as after:
        for member in before.namelist():
            after.writestr(member, mutated(before.read(member), random))
    return file.getvalue()


def placed(folder, name, data):
    """Write a file where it is read as what it is; return the source."""
    path = Path(folder)
    if path.joinpath(name).suffix in (".png", ".jpg", ".bmp", ".gif", ".tif", ".webp", ".pgm", ".wav", ".flac", ".ogg"):
        for kind in ("a", "b"):
            (path / kind).mkdir(exist_ok=True)
            for old in (path / kind).iterdir():
                old.unlink()
            (path / kind / name).write_bytes(data if kind == "a" else data[:-1] + b"\1")
        return str(path)
    (path / name).write_bytes(data)
    if "ubyte" in name:
        return f"mnist:{path}"
    return str(path / name)


def one(files, seed, number, folder):
    """Mutate and read file `number` of a seed. Raises whatever is no DataError, or an AssertionError."""
    random = np.random.default_rng((seed, number))
    name, data = files[int(random.integers(len(files)))]
    changed = (_repacked(name, data, random) if random.random() < 0.5 else None) or mutated(data, random)
    place = Path(folder, "idx" if "ubyte" in name else Path(name).suffix[1:])
    place.mkdir(exist_ok=True)
    if "ubyte" in name:
        for other, content in _rest_of_idx(name.endswith(".gz")):
            (place / other).write_bytes(content)
    source = placed(place, name, changed)
    options = _OPTIONS[int(random.integers(len(_OPTIONS)))]
    began = time.monotonic()
    try:
        reading = datasets.Reading(**options)
        if random.random() < 0.3:
            datasets.load_features(source, int(random.integers(1, 70)), reading)
        else:
            datasets.prepare(datasets.load(source, reading), 0)
    except DataError as error:
        assert "\n" not in str(error) and len(str(error)) < 2000, f"several lines: {error!r}"
    assert time.monotonic() - began < SECONDS, f"{source}: took too long"


@functools.cache
def _rest_of_idx(packed):
    with tempfile.TemporaryDirectory() as folder:
        source = makers.idx(packed=packed, rename=lambda name: name + ".gz" * packed, bare=True)(Path(folder))
        return [(path.name, path.read_bytes()) for path in Path(source).iterdir()]


def child(task):
    """Read some mutated files with little memory; return what failed as (number, words)."""
    seed, first, count = task
    warnings.simplefilter("error")
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        files = originals(folder)
        for name, data in files:  # loads the libraries
            source = placed(_new(folder), name, data)
            if "ubyte" not in name:
                try:
                    datasets.load(source)
                except DataError:
                    continue
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, most))
        for number in range(first, first + count):
            try:
                one(files, seed, number, folder)
            except Exception as error:  # which is what is looked for
                failed.append((number, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"))
    return failed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run(count, seed, processes):
    """Return (what failed, the largest child in MB) of so many files."""
    tasks = [(seed, first, min(CHUNK, count - first)) for first in range(0, count, CHUNK)]
    failed, largest = [], 0
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, maxtasksperchild=4) as pool:
        for done, (found, megabytes) in enumerate(pool.imap_unordered(child, tasks), 1):
            print(f"{min(done * CHUNK, count)} of {count} files", file=sys.stderr, flush=True)
            failed += found
            largest = max(largest, megabytes)
            for number, words in found:
                print(f"seed {seed}, file {number}: {words}", flush=True)
    return failed, largest


if __name__ == "__main__":
    COUNT, SEED = int(sys.argv[1]), int((*sys.argv[2:], 0)[0])
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    FAILED, LARGEST = run(COUNT, SEED, 2)
    print(f"{COUNT} mutated files: {len(FAILED)} failed, largest process {LARGEST} MB")
    sys.exit(bool(FAILED))
