"""`python -m soak.peers` without the peers: what it says then, and that it counts C that it has."""

import pytest

from soak import peers
from support.compiled_c import compiler


def test_what_is_missing_is_named_with_how_to_get_it(tmp_path, monkeypatch):
    """Catches: a traceback, or a table without a peer."""
    monkeypatch.setattr(peers, "emlearn", lambda: None)
    with pytest.raises(SystemExit) as end:
        peers.main(str(tmp_path))
    assert "emlearn (pip install --no-deps emlearn)" in end.value.code
    assert f"FANN's source in {tmp_path} (apt-get source libfann)" in end.value.code


@pytest.mark.emulated
@pytest.mark.parametrize("column", ["cortex-m3", "cortex-m4 with FPU", "rv32"])
def test_c_learns_and_is_counted(column):
    """Backpropagation: fewer instructions to infer than to learn.

    Catches: code linked for another address, a call or a conversion that is counted, a unit that is not switched on.
    """
    if not compiler(column.split()[0]):
        pytest.skip("needs a C compiler: install gcc-arm-none-eabi or gcc-riscv64-unknown-elf (apt)")
    learn, infer = peers.measured(column, [peers.GLUE / "backprop.c"], samples=10)
    assert 6_000 < infer < learn < 25_000
