"""Records of samples: an independent packer, every unpacker, and alphabets of any size."""

import subprocess
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop.protocol.records import Code, unpack
from eqprop_host import datasets
from eqprop_host.boards.records import alphabet_of, covers, pack
from eqprop_sim.emulator import compiled_network
from support.places import ROOT
from support.references.independent_packer import record


@st.composite
def packed(draw):
    """Return (a code, features (samples, n) as uint8, labels)."""
    alphabet = bytes(sorted(draw(st.sets(st.integers(0, 255), min_size=1, max_size=256))))
    code = Code(draw(st.integers(1, 40)), draw(st.integers(1, 300)), alphabet)
    count = draw(st.integers(1, 4))
    x = draw(st.lists(st.lists(st.sampled_from(alphabet), min_size=code.features, max_size=code.features),
                      min_size=count, max_size=count))  # fmt: skip
    y = draw(st.lists(st.integers(0, code.outputs - 1), min_size=count, max_size=count))
    return code, np.array(x, np.uint8), y


@given(packed())
def test_what_is_packed_is_unpacked_to_the_last_bit(sample):
    """By the board's and the simulator's unpacker, from the host's packer and an independent one.

    Catches: a group or the last one of a wrong width, a label's bits forgotten, values taken for unsigned.
    """
    code, x, y = sample
    records = pack(code, x.view(np.int8), y)
    assert records.shape == (len(x), code.size)
    assert [row.tobytes() for row in records] == [record(code, row.tobytes(), y[n]) for n, row in enumerate(x)]
    data = b"??" + records.tobytes()
    for n, (row, label) in enumerate(zip(x.view(np.int8), y, strict=True)):
        for unpacker in (unpack, compiled_network.unpack):
            out = array("b", bytes(code.features))
            assert unpacker(bytearray(data), 2 + n * code.size, code.table, out) == label
            assert list(out) == row.tolist()


def test_digits_take_34_bytes():
    """17 values and 10 classes: log2(17**64 * 10) is 265 bits. Catches looser packing."""
    data = datasets.prepare(datasets.load("digits"), 0)
    alphabet = alphabet_of(data.train_x, data.test_x)
    assert len(alphabet) == 17 and Code(64, 10, alphabet).size == 34
    assert covers(alphabet, data.train_x) and not covers(alphabet[1:], data.train_x)


def test_all_levels_take_a_byte_a_feature():
    x = np.arange(-128, 128, dtype=np.int8).reshape(1, -1)
    assert pack(Code(256, 1), x, [0]).tobytes() == x.tobytes()


def test_a_number_that_no_sample_has_is_refused():
    """Catches a division whose rest is thrown away: groups of 7 digits to the base 17 leave room for more."""
    code = Code(7, 2, bytes(range(17)))
    out = array("b", bytes(7))
    for unpacker in (unpack, compiled_network.unpack):
        assert unpacker(bytearray((2 * 17**7).to_bytes(5, "little")), 0, code.table, out) == -1


def test_alphabets_that_are_none_are_refused():
    with pytest.raises(ValueError, match="alphabet: expected at most 256 values, got 257"):
        Code(3, 2, bytes(257))


PROGRAM = """
from array import array
from eqprop.protocol import records
for features, outputs, alphabet in {cases}:
    code = records.Code(features, outputs, alphabet)
    data = bytearray((7 * n * n + 3 * n) % 256 for n in range(4 * code.size))
    for at in range(0, len(data), code.size):
        out = array("b", bytes(features))
        print(records.unpack(memoryview(data), at, code.table, out), list(out))
"""
CASES = [
    (64, 10, bytes(range(17))),
    (5, 3, bytes(range(256))),
    (13, 300, b"\x80\x00\x7f"),
    (3, 1, b"\xff"),
    (8, 8191, bytes(181)),
]


def test_every_interpreter_unpacks_the_same(micropython, cortex_board, tmp_path, capsys):
    """Catches a sign or a word size that viper's emitter sees otherwise, and small ints of 31 bits that overflow."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM.format(cases=CASES))
    exec(compile(script.read_text(), str(script), "exec"), {})
    expected = capsys.readouterr().out.split("\n")
    for interpreter in (micropython, cortex_board):
        argv, environment = interpreter.command(script, path=[ROOT / "runtime"])
        done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.stdout.split("\n") == expected, done.stderr
