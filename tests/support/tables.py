"""The tables that machine code reads: where a model's list of offsets says a field is, and where it is."""

import ast
import re
import runpy
import sys
from types import ModuleType, SimpleNamespace

from support.places import RUNTIME


def offsets(model, module="native"):
    """Return the private constants of a module of an energy model's package: {name: value}."""
    found = {}
    for node in _tree(model, module).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("const("):
            (name,), (value,) = node.targets, node.value.args
            found[name.id] = ast.literal_eval(value)
    return found


def listed(model):
    """Return what a model's kernels keep to: its list of offsets and verbs, and the verbs of its calls."""
    return offsets(model) | offsets("crossbar", "calls")


def assembler_offsets(model, core):
    """Return {name: its offset in words} of a model's assembler, and the names that it uses nowhere.

    core: thumb, rv32 or xtensa.
    """
    kernels = RUNTIME / "eqprop" / model / "kernels"
    source = "".join((kernels / f"{name}.S").read_text() for name in ("table", core))
    own = {name: int(words) for name, words in re.findall(r"^    \.equ (\w+), 4 \* (\d+)$", source, re.MULTILINE)}
    return own, [name for name in own if len(re.findall(rf"\b{name}\b", source)) < 2]


def names_used(model, module):
    """Return the names that a module of a model's package reads."""
    tree = _tree(model, module)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def held(model, owner, monkeypatch):
    """Return a table's words and arrays, {word at which one is: it}, and how many words they fill.

    model: its package. owner: has what `MachineCrossbar._parts` reads of a crossbar. Only importing the module needs
    `uctypes`, which CPython has not, and modules that need MicroPython.
    """
    monkeypatch.setitem(sys.modules, "uctypes", ModuleType("uctypes"))
    monkeypatch.setitem(sys.modules, "eqprop.crossbar.calls", SimpleNamespace(Called=type("Called", (), {})))
    monkeypatch.setitem(sys.modules, "eqprop.crossbar.kernels.asking", SimpleNamespace(asking=None))
    monkeypatch.delitem(sys.modules, f"eqprop.{model}.native", raising=False)  # run_module warns of one that is loaded
    words_and_arrays, at = {}, 0
    for words, arrays in runpy.run_module(f"eqprop.{model}.native")["MachineCrossbar"]._parts(owner):
        for word in words:
            words_and_arrays[at] = word
            at += 1
        for array in arrays:
            words_and_arrays[at] = array
            at += 2
    return words_and_arrays, at


def assert_same(held, expected):
    """Words are equal and arrays the same objects. held, expected: {word at which one is: it}."""
    assert sorted(held) == sorted(expected)
    same = {at: held[at] == field if isinstance(field, int) else held[at] is field for at, field in expected.items()}
    assert [at for at in same if not same[at]] == []


def _tree(model, module):
    return ast.parse((RUNTIME / "eqprop" / model / f"{module}.py").read_text())
