"""The short form of `make fuzz-logs`: strangers' logs, and bits that flip in each format."""

import os
import random
import subprocess
import sys

import pytest

from eqprop_host.errors import EqpropError
from eqprop_host.runlog import open_log
from eqprop_host.runlog.export import export
from eqprop_host.runlog.formats.json_lines import plain
from eqprop_host.runlog.verify import verify
from soak import log_fuzz

pytestmark = pytest.mark.slow

FLIPS = int(os.environ.get("EQPROP_FLIPS", 60))


def test_hostile_logs_bring_about_no_other_error():
    """In a process of its own, which says how much memory it took."""
    done = subprocess.run([sys.executable, log_fuzz.__file__, "200", "7"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("suffix", [".arrow", ".jsonl", ".csv", ".npz", ".parquet"])
def test_every_flip_that_changes_a_row_is_found(tmp_path, suffix):
    """Catches a format without a checksum over what it holds."""
    log_fuzz.written(tmp_path)
    path = tmp_path / f"whole{suffix}"
    export(tmp_path / "a.jsonl", path)
    expected = [plain(row) for row in open_log(path).read_all()]
    files = sorted(path.rglob("*.parquet")) if suffix == ".parquet" else [path]
    draw = random.Random(5)
    for _ in range(FLIPS):
        file = draw.choice(files)
        sound = file.read_bytes()
        data = bytearray(sound)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        file.write_bytes(data)
        try:
            log = open_log(path)
            found = verify(log) or log.dropped or [plain(row) for row in log.read_all()] == expected
        except EqpropError as error:
            found = str(error)
        assert found, file
        file.write_bytes(sound)
