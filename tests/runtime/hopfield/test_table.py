"""The table of the Hopfield network's machine code: one list of offsets, which every module keeps to."""

import ast
import runpy
import sys
from types import ModuleType, SimpleNamespace

import pytest

from eqprop.hopfield.plain import PlainCrossbar
from eqprop.hopfield.planning import Plan
from eqprop.network import zeros
from support.places import RUNTIME

HOPFIELD = RUNTIME / "eqprop" / "hopfield"
FLAG = 1


def offsets(path):
    """Return the private constants of a module: {name: value}."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("const("):
            (name,), (value,) = node.targets, node.value.args
            found[name.id] = ast.literal_eval(value)
    return found


LIST = offsets(HOPFIELD / "native.py")
VERBS = {"_SETTLE", "_LEARN", "_SET_NUDGE", "_NUDGE", "_PROGRAM"}


@pytest.mark.parametrize("module", ["thumb", "viper"])
def test_kernels_use_the_lists_offsets(module):
    """Catches: a field that has moved in one module only, a name that the list has not, one that nothing uses."""
    path = HOPFIELD / "kernels" / f"{module}.py"
    own = offsets(path)
    assert len(own) > 25
    assert own == {name: LIST.get(name) for name in own}
    tree = ast.parse(path.read_text())
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert set(own) <= used


def fields(plan, crossbar):
    """Yield (part's first word, {name: word or array}) of each part of a crossbar's table, by the list's names."""
    circuit = crossbar.circuit
    count = len(plan.shapes)
    head = {f"_{name.upper()}": getattr(plan, name) for name in ("driven_shift", "back_shift", "product_shift")}
    head |= {"_FEEDBACK_SHIFT": plan.feedback_shift, "_ROUND_SHIFT": plan.round_shift, "_RAIL": plan.rail}
    head |= {"_COUNTS": count | plan.sweeps << 8 | FLAG << 16, "_FEATURES": plan.layers[0]}
    head |= {
        "_POWER_BITS": plan.power_bits,
        "_UNUSED": 0,
        "_RIGHT": plan.targets[0],
        "_WRONG": plan.targets[1],
        "_STATES": crossbar.states,
        "_PULL": crossbar.pull,
    }
    head |= {f"_{name.upper()}": getattr(circuit, name) for name in ("active", "base", "errors", "sums")}
    yield 0, head
    for c in range(count):
        part = {"_NODES": plan.layers[c + 1], "_ROWS": plan.layers[c] + 1, "_RATE_SHIFT": circuit.rate_shifts[c]}
        part |= {"_ABOVE": (*plan.layers[c + 2 :], 0)[0], "_W": circuit.w[c], "_CURRENT": circuit.current[c]}
        part |= dict(zip(("_FREE", "_PLUS", "_MINUS"), (phase[c] for phase in circuit.phases), strict=True))
        yield LIST["_AT_CROSSBARS"] + LIST["_PER_CROSSBAR"] * c, part


def test_the_table_holds_each_field_at_the_lists_offset(monkeypatch):
    """Every word and array of a network's table. Catches: a field that is put in or moved, with the list left as it is.

    Only importing the module needs `uctypes`, which CPython has not.
    """
    monkeypatch.setitem(sys.modules, "uctypes", ModuleType("uctypes"))
    machine_crossbar = runpy.run_module("eqprop.hopfield.native")["MachineCrossbar"]
    plan = Plan("9-20-7-5")
    crossbar = PlainCrossbar(plan, zeros, 0)
    held, filled = {}, []
    owner = SimpleNamespace(**vars(crossbar), flag=FLAG)
    for at, words, arrays in machine_crossbar._parts(owner):
        for n, word in enumerate(words):
            held[at + n] = word
        for n, array in enumerate(arrays):
            held[at + len(words) + 2 * n] = array
        filled += range(at, at + len(words) + 2 * len(arrays))
    assert filled == list(range(len(filled)))
    assert len(crossbar.table) == len(filled) + 1
    assert held.pop(LIST["_LOSS"])[0] == crossbar.circuit.sums[len(plan.shapes)]
    expected = {at + LIST[name]: field for at, part in fields(plan, crossbar) for name, field in part.items()}
    assert sorted(held) == sorted(expected)
    same = {at: held[at] == field if isinstance(field, int) else held[at] is field for at, field in expected.items()}
    assert [at for at in same if not same[at]] == []
    names = {name for _, part in fields(plan, crossbar) for name in part}
    assert names | {"_LOSS", "_AT_CROSSBARS", "_PER_CROSSBAR"} | VERBS == set(LIST)
