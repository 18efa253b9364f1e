"""What it costs a board to receive samples."""

import numpy as np
import pytest

from eqprop.protocol.records import Code
from eqprop_host.boards.records import pack
from support.places import PROGRAMS, RUNTIME

GREYS = bytes(range(0, 128, 8)) + b"\x7f"


@pytest.mark.parametrize(("many", "most"), [(20, 21e3), (5, 36e3)])
def test_a_streamed_sample_takes_few_instructions(many, most, cortex_m3, run):
    """64 features of 17 greys, in frames of 20 samples and of as many as a UART's buffer holds, all kept in the cache.

    Catches: a byte that passes through bytecode, a store that moves what lies behind it, an attribute in the loop.
    """
    code = Code(64, 10, GREYS)
    x = np.random.default_rng(0).choice(np.frombuffer(GREYS, np.int8), (1, 64))
    record = bytes(pack(code, x, np.array([3]))).hex()
    program = (PROGRAMS / "cost/streaming.py").read_text()
    done = run(cortex_m3, program, many, GREYS.hex(), record, path=[RUNTIME], heap_bytes=512 * 1024)
    samples, instructions = map(int, done.stdout.split())
    assert samples == 5 * many + 2  # two to see what counting costs
    assert 5e3 < instructions <= most
