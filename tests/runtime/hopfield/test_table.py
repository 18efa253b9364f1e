"""The table of the Hopfield network's machine code: one list of offsets, which every module keeps to."""

import pytest

from eqprop.hopfield.plain import PlainCrossbar
from eqprop.hopfield.planning import Plan
from eqprop.network import zeros
from support.tables import assembler_offsets, assert_same, held, listed, names_used, offsets

LIST = listed("hopfield")
OWN = {"_NUDGED": 2, "_UP": 256}  # of viper's kernels among themselves
VERBS = {"_SETTLE", "_LEARN", "_SET_NUDGE", "_NUDGE", "_PROGRAM", "_WHERE"}


def test_kernels_use_the_lists_offsets():
    """Catches: a field that has moved in one module only, a name that the list has not, one that nothing uses."""
    own, known = offsets("hopfield", "kernels/viper"), {**LIST, **OWN}
    assert len(own) > 25
    assert own == {name: known.get(name) for name in own}
    assert set(own) <= names_used("hopfield", "kernels/viper")


@pytest.mark.parametrize("core", ["thumb", "rv32", "xtensa"])
def test_the_assembler_uses_the_lists_offsets(core):
    """Catches: a field that has moved in one of the two, a name that nothing uses."""
    own, unused = assembler_offsets("hopfield", core)
    assert len(own) > 25 and unused == []
    assert own == {name: LIST[f"_{name}"] for name in own}


def fields(plan, crossbar):
    """Yield (part's first word, {name: word or array}) of each part of a crossbar's table, by the list's names."""
    circuit = crossbar.circuit
    count = len(plan.shapes)
    head = {f"_{name.upper()}": getattr(plan, name) for name in ("driven_shift", "back_shift", "product_shift")}
    head |= {"_FEEDBACK_SHIFT": plan.feedback_shift, "_ROUND_SHIFT": plan.round_shift, "_RAIL": plan.rail}
    head |= {"_COUNTS": count | plan.sweeps << 8, "_FEATURES": plan.layers[0]}
    head |= {
        "_POWER_BITS": plan.power_bits,
        "_CLASSES": plan.layers[-1],
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
    """Catches: a word or an array that is put in or moved, with the list left as it is."""
    plan = Plan("9-20-7-5")
    crossbar = PlainCrossbar(plan, zeros, 0)
    table, words = held("hopfield", crossbar, monkeypatch)
    assert len(crossbar.table) == words + 1
    assert table.pop(LIST["_LOSS"])[0] == crossbar.circuit.sums[len(plan.shapes)]
    expected = {at + LIST[name]: field for at, part in fields(plan, crossbar) for name, field in part.items()}
    assert_same(table, expected)
    names = {name for _, part in fields(plan, crossbar) for name in part}
    assert names | {"_LOSS", "_AT_CROSSBARS", "_PER_CROSSBAR"} | VERBS == set(LIST)
