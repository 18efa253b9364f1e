"""The 32 bits in which kernels are compiled hold all that Python computes of numbers of 31 bits."""

import importlib.util
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_sim.emulator.compiling import machine_code
from eqprop_sim.emulator.compiling.arithmetic import narrowed

KERNELS = """
LIMIT = 1000


def combined(items, shift, results):
    total = 0
    for i in range(1, len(items)):
        a = items[i - 1]
        b = items[i]
        results[0] = (a >> shift) + (b & 255)
        results[1] = (a | b) - (a ^ b) >> 1
        results[2] = (a >> 16) * -(b >> 16) - LIMIT
        results[3] -= (b & 3) << shift
        if a < -b:
            total += 1
        elif not a > LIMIT:
            total -= 7 if b < 0 else LIMIT
    return total, results[items[0] & 3], a // 7
"""
NUMBERS = st.integers(-(2**30), 2**30 - 1)


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """The module as Python runs it, and compiled."""
    path = tmp_path_factory.mktemp("source") / "kernels.py"
    path.write_text(KERNELS)
    spec = importlib.util.spec_from_file_location("kernels_in_test", path)
    plain = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plain)
    with machine_code.cached(path):
        yield plain, machine_code.compiled(plain)
    del sys.modules["kernels_in_test_compiled"]


@given(st.lists(NUMBERS, min_size=2, max_size=9), st.integers(0, 24))
def test_all_operations_give_what_python_does(kernels, items, shift):
    """Catches: a shift that fills in zeros, a number cut to its array's width before it is shifted."""
    results = [[0] * 4, np.zeros(4, np.int32)]
    plain, compiled = kernels
    wanted = plain.combined(items, shift, results[0])
    assert compiled.combined(np.array(items, np.int32), shift, results[1]) == wanted
    assert list(results[1]) == results[0]


def test_an_index_from_the_end_is_refused(tmp_path):
    """Catches: an unsigned index far behind the array."""
    path = tmp_path / "kernels.py"
    path.write_text("def last(items):\n    return items[-1]\n")
    with pytest.raises(ValueError, match=r"^line 2: a kernel counts from an array's end$"):
        narrowed(path)
