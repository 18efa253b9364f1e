"""The tree stays one that a reader finds a way through: few modules to a folder, none of them long."""

from collections import Counter

import pytest

from support.places import ROOT

PACKAGES = [ROOT / "runtime/eqprop", ROOT / "host_tools/eqprop_host", ROOT / "board_sim/eqprop_sim"]
MODULES = [path for package in PACKAGES for path in sorted(package.rglob("*.py"))]
BY_HAND = {
    f"runtime/eqprop/{room}/kernels/{tier}.py"
    for room in ("crossbar", "differential", "hopfield", "hopfield8")
    for tier in ("thumb", "viper")
}
"""Machine code written by hand, by the assembler and by the viper emitter: a kernel is read as a whole."""


def test_a_folder_holds_no_more_than_twelve_modules():
    """`__init__.py` is not counted: it stands for the folder."""
    held = Counter(str(path.parent.relative_to(ROOT)) for path in MODULES if path.name != "__init__.py")
    assert {folder: count for folder, count in held.items() if count > 12} == {}


@pytest.mark.parametrize("path", [path.relative_to(ROOT).as_posix() for path in MODULES])
def test_no_module_has_more_than_450_lines(path):
    if path not in BY_HAND:
        assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 450
