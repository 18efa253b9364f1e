"""Logs of strangers: sound to every checksum, hostile in what they say.

    python -m soak.log_fuzz [LOGS [SEED]]      100,000 logs from seed 0; exit code 1 if one brings about another error

Each log is a real one whose rows were changed, left out, repeated or put in another order, and sealed again as the
program seals them; or one whose bytes were flipped. All that a command does with a log is done with it. Nothing may
come of it but what `eqprop_host.errors` lists, and no more than 500 MB may be taken. `make fuzz-logs` runs them all.
"""

import binascii
import contextlib
import io
import json
import random
import resource
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np
import pyarrow as pa

from eqprop_host.commands.logs.monitor import _Screen
from eqprop_host.errors import EqpropError
from eqprop_host.report import write_page
from eqprop_host.runlog import Log, open_log
from eqprop_host.runlog.export import export
from eqprop_host.runlog.follow import Follower
from eqprop_host.runlog.formats.arrow_stream import Encoder as ArrowEncoder
from eqprop_host.runlog.formats.arrow_stream import _sealed
from eqprop_host.runlog.formats.json_lines import plain
from eqprop_host.runlog.formats.whole import write_csv, write_npz
from eqprop_host.runlog.many import merge
from eqprop_host.runlog.replay import model_at
from eqprop_host.runlog.schema import BY_NAME, OF_TABLE, TABLES, arrow_schema, batch
from eqprop_host.runlog.summary import summary
from eqprop_host.runlog.verify import verify

SCHEMA = arrow_schema()
MEMORY_MOST = 500_000_000
TEXTS = ("", "\x1b[2J\x07", "r*", "x/../../y", "cu{r}ly", "[red]", "nan", "ÿ\u202e", "0" * 300, "run", "end", "board")
NUMBERS = (-1, 0, 1, 2**15, 2**31, 2**32, 2**53, 2**63, -(2**63), 10**30, 0.5, 1e308, float("nan"), float("inf"), True)
LAYERS = ("60000-60000-10", "4-5-3", "1-1", "0-0-0", "x", "4-5-4", "9999999-3", "4-" * 500 + "3", [4, 5, 3], 7)


def written(folder):
    """Return the rows of a real log, as JSON holds them."""
    from eqprop_host import cli

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        words = ["simulate", "--data=iris", "--layers=4-5-3", "--epochs=2", "--log-every=60", f"--log={folder}/a.jsonl"]
        assert cli.main(words) == 0
    return [plain(row) for row in open_log(folder / "a.jsonl").read_all()]


def value(draw, old):
    """Return what a stranger may write in place of a value."""
    kind = draw.randrange(6)
    if kind == 0:
        return draw.choice(TEXTS)
    if kind == 1:
        return draw.choice(NUMBERS)
    if kind == 2 and isinstance(old, list):
        return draw.choice(([], old[:-1], old + old, [2**16 - 1] * len(old), [old], old[:1] * 5000))
    if kind == 3 and isinstance(old, int | float):
        return old + draw.choice((-1, 1, 7, 1000, 2**20))
    if kind == 4 and isinstance(old, str) and old.startswith("{"):
        return hostile_object(draw, old)
    return draw.choice((None, {}, [], [[]], "[" * 3000, "{}", {"a": {"b": []}}))


def hostile_object(draw, text):
    """Return the JSON object in a column with one of its values changed."""
    held = json.loads(text)
    name = draw.choice([*held, "layers", "board"])
    held[name] = draw.choice(LAYERS) if name == "layers" else value(draw, held.get(name))
    return json.dumps(held)


def changed(rows, draw):
    """Return rows as a stranger may have written them."""
    rows = [dict(row) for row in rows]
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(rows)) if draw.randrange(3) else 0
        kind = draw.randrange(12)
        if kind == 0:
            rows.insert(1 + draw.randrange(len(rows)), dict(rows[at]))
        elif kind == 1 and at:
            del rows[at]
        elif kind == 2 and at:
            rows[at:] = draw.sample(rows[at:], len(rows) - at)
        else:
            name = draw.choice(list(rows[at]))
            if name == "configuration" or (name == "detail" and kind < 9):
                rows[at][name] = hostile_object(draw, rows[at][name])
            else:
                rows[at][name] = value(draw, rows[at][name])
    return rows


def as_json_lines(rows):
    """Seal rows as a .jsonl."""
    lines = []
    for row in rows:
        body = json.dumps(row)[:-1].encode()
        lines.append(body + b', "crc32": "%08x"}\n' % binascii.crc32(body))
    return b"".join(lines)


def as_arrow(rows, draw):
    """Seal rows as an .arrow, as far as Arrow can hold them; headers say what the rows do not."""
    encoder = ArrowEncoder(1e-9)
    data = [encoder.begin()]
    for row in rows:
        try:
            record = encoder.rows([typed_loosely(row)])
        except Exception:  # Arrow has no place for it
            continue
        if not draw.randrange(4):  # another header, of the same length, sealed again
            for old, new in ((b'"sample": ', b'"sbmple": '), (b'"rows": 1', b'"rows": 9'), (b'"source"', b'"sourze"')):
                if not draw.randrange(3):
                    record = record.replace(old, new)
            record = _sealed(record)
        data.append(record)
    return b"".join(data)


def typed_loosely(row):
    """Return a row for Arrow: lists as arrays, times as times."""
    from datetime import datetime

    held = {}
    for name, each in row.items():
        kind = str(BY_NAME[name].type)
        if kind.startswith("timestamp"):
            each = datetime.fromisoformat(each)
        elif kind.startswith("list"):
            each = np.array(each, kind.partition("item: ")[2].rstrip(">") or None)
        held[name] = each
    return held


def as_whole(rows, suffix):
    """Seal rows as a .csv or an .npz, as far as the format can hold them."""
    held = []
    for row in rows:
        with contextlib.suppress(ValueError, TypeError, OverflowError, LookupError, AttributeError, pa.ArrowException):
            held.append(typed_loosely(row))
            batch(held[-1:], SCHEMA)
    file = io.BytesIO()
    if suffix == ".csv":
        write_csv(file, held)
    else:
        tables = {}
        for table in TABLES:
            of_table = [row for row in held if row.get("record") == table]
            with contextlib.suppress(ValueError, TypeError, OverflowError, AttributeError, pa.ArrowException):
                tables[table] = pa.Table.from_batches([batch(of_table, SCHEMA).select(OF_TABLE[table])])
        write_npz(file, tables)
    return file.getvalue()


def use(path, folder, draw):
    """Do with a log what the commands do."""
    log = open_log(path)
    json.dumps(summary(log), allow_nan=False)
    verify(log)
    wanted = draw.randrange(5)
    if wanted == 0:
        model_at(log, log.sample)
    elif wanted == 1:
        suffix = draw.choice((".jsonl", ".arrow", ".csv", ".npz"))
        export(path, folder / f"out{suffix}", repair=True)
        same(log, open_log(folder / f"out{suffix}"))
    elif wanted == 2:
        merge([path], folder / "out.parquet")
        verify(open_log(folder / "out.parquet", log.run_id))
    elif wanted == 3:
        write_page(folder / "out.html", [log])
    else:
        screen = _Screen(log)
        for row in Follower(path).poll():
            screen.take(row)


def same(log, copy: Log):
    """Assert that a copy holds what the log does."""
    assert (log.run_id, log.rows, log.sample) == (copy.run_id, copy.rows, copy.sample)


def main(count, seed):
    """Try so many logs; print what went wrong, and return the exit code."""
    failures = 0
    with tempfile.TemporaryDirectory(prefix="eqprop-fuzz-") as name:
        folder = Path(name)
        rows = written(folder)
        whole = {suffix: folder / f"w{suffix}" for suffix in (".arrow", ".jsonl", ".csv", ".npz")}
        for path in whole.values():
            export(folder / "a.jsonl", path)
        sound = {suffix: path.read_bytes() for suffix, path in whole.items()}
        for n in range(count):
            draw = random.Random(seed * 1_000_003 + n)
            work = folder / "work"
            work.mkdir()
            try:
                path = work / f"log{draw.choice(list(sound))}"
                path.write_bytes(made(path.suffix, rows, sound, draw))
                use(path, work, draw)
            except EqpropError as error:
                assert "\n" not in str(error), error
            except Exception:
                failures += 1
                print(f"log {n} of seed {seed}, {path.suffix}:\n{traceback.format_exc()}", flush=True)
            finally:
                empty(work)
            outside = {each.name for each in folder.iterdir()} - {"a.jsonl", *(p.name for p in whole.values())}
            assert not outside, f"log {n} of seed {seed} wrote {outside}"
    peak = most_memory()
    print(f"{count} logs, {failures} other errors, {peak // 1_000_000} MB at most")
    return int(failures > 0 or peak > MEMORY_MOST)


def most_memory():
    """Return the most bytes of memory that this process ever had."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says counts the process that started this one
        return 1024 * next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def made(suffix, rows, sound, draw):
    """Return the bytes of a hostile log in the format of `suffix`."""
    if not draw.randrange(8):
        data = bytearray(sound[suffix])
        for _ in range(draw.randrange(1, 4)):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        return bytes(data)
    hostile = changed(rows, draw)
    if suffix == ".arrow":
        return as_arrow(hostile, draw)
    if suffix == ".jsonl":
        return as_json_lines(hostile)
    return as_whole(hostile, suffix)


def empty(folder):
    """Take a folder away."""
    import shutil

    shutil.rmtree(folder)


if __name__ == "__main__":
    arguments = list(map(int, sys.argv[1:]))
    sys.exit(main(*arguments, *(100_000, 0)[len(arguments) :]))
