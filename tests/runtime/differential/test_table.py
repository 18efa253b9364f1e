"""The table of the differential network's machine code: one list of offsets, which every module keeps to."""

from types import SimpleNamespace

import pytest

from eqprop.differential.plain import PlainCrossbar
from eqprop.differential.planning import Plan
from eqprop.network import zeros
from support.tables import assert_same, held, names_used, offsets

FLAG = 1

LIST = offsets("differential")


@pytest.mark.parametrize("module", ["thumb", "viper"])
def test_kernels_use_the_lists_offsets(module):
    """Catches: a field that has moved in one module only, a name that the list has not, one that nothing uses."""
    own = offsets("differential", f"kernels/{module}")
    assert len(own) > 40
    assert own == {name: LIST.get(name) for name in own}
    assert set(own) <= names_used("differential", f"kernels/{module}")


def fields(plan, crossbar):
    """Yield (part's first word, {name: word or array}) of each part of a crossbar's table, by the list's names."""
    circuit = crossbar.circuit
    last = len(plan.shapes) - 1
    head = {"_IN_FEATURES": plan.layers[0], "_IN_NODES": plan.nodes[0], "_IN_SHIFT": plan.shifts[0]}
    head |= {"_IN_WIDTH": 4 * (plan.layers[0] + 1), "_IN_CONDUCTANCES": circuit.g[0]}
    head |= {f"_IN_{name.upper()}": getattr(circuit, name) for name in ("inputs", "active", "driven", "own")}
    yield 0, head
    outputs = {"_OUT_CLASSES": plan.layers[-1], "_OUT_SHIFT": plan.scales[last] - 2, "_OUT_BETA": plan.beta}
    outputs |= {"_OUT_RIGHT": plan.targets[0], "_OUT_WRONG": plan.targets[1], "_OUT_V_FREE": circuit.free[last]}
    outputs |= {"_OUT_COUNTS": last + 1 | plan.sweeps << 8 | FLAG << 16, "_OUT_UNUSED": 0}
    outputs |= {"_OUT_CURRENTS": circuit.currents, "_OUT_OUTPUTS": circuit.outputs}
    yield LIST["_AT_OUTPUTS"], outputs
    shape = ("_NODES", "_ROWS", "_COLUMNS", "_PRODUCT_SHIFT", "_BACK_SHIFT", "_FINE_SHIFT", "_DOWN", "_LIFT")
    arrays = ("g", "reciprocal", "shift", "low", "high", "total", "free", "displaced")
    for c in range(last + 1):
        part = dict(zip(shape, circuit.shape[c], strict=True))
        part |= {f"_{name.upper()}": getattr(circuit, name)[c] for name in arrays}
        part |= {"_GAIN": plan.gains[c], "_DROP": plan.drops[c], "_SCALE": plan.scales[c]}
        part |= {"_G_ABOVE": circuit.g[min(c + 1, last)], "_RATE_SHIFT": circuit.rate_shifts[c]}
        part |= {"_G_MIN": plan.g_min, "_G_MAX": plan.g_max}
        yield LIST["_AT_CROSSBARS"] + LIST["_PER_CROSSBAR"] * c, part


def test_the_table_holds_each_field_at_the_lists_offset(monkeypatch):
    """Catches: a word or an array that is put in or moved, with the list left as it is."""
    plan = Plan("9-20-7-5")
    crossbar = PlainCrossbar(plan, zeros, 0)
    owner = SimpleNamespace(**vars(crossbar), flag=FLAG)
    table, words = held("differential", owner, monkeypatch)
    assert len(crossbar.table) == words + 1
    assert table.pop(LIST["_AT_OUTPUTS"] + LIST["_OUT_UNUSED"] + 1) == 0
    expected = {at + LIST[name]: field for at, part in fields(plan, crossbar) for name, field in part.items()}
    assert_same(table, expected)
    names = {name for _, part in fields(plan, crossbar) for name in part}
    assert names | {"_AT_OUTPUTS", "_AT_CROSSBARS", "_PER_CROSSBAR"} == set(LIST)
