"""The table of machine code's crossbars: one list of offsets, which the table and every module of kernels keep to."""

from types import SimpleNamespace

import pytest

import eqprop
from support.tables import assembler_offsets, assert_same, held, listed, names_used, offsets

NAMESAKES = ("_BASE", "_G", "_RECIPROCAL", "_SHIFT", "_LOW", "_HIGH", "_DELTA", "_DELTA_LIMIT", "_MEAN", "_TOTAL")
SHAPE = ("_NODES", "_ROWS", "_COLUMNS", "_PRODUCT_SHIFT", "_BACK_SHIFT")

LIST = listed("crossbar")


def test_kernels_use_the_lists_offsets():
    """Catches: a field that has moved in one module only, a name that the list has not, one that nothing uses."""
    own = offsets("crossbar", "kernels/viper")
    verbs = {"_LEARN", "_SET_NUDGE", "_NUDGE", "_REFRESH"}
    assert len(own) > 40
    assert own == {name: LIST.get(name) for name in own}
    assert set(own) <= names_used("crossbar", "kernels/viper") and verbs < set(own)


@pytest.mark.parametrize("core", ["thumb", "rv32"])
def test_the_assembler_uses_the_lists_offsets(core):
    """Catches: a field that has moved in one of the two, a name that nothing uses."""
    own, unused = assembler_offsets("crossbar", core)
    assert len(own) > 30
    starts = {name: LIST["_AT_OUTPUTS"] if name.startswith("OUT_") else 0 for name in own}
    assert own == {name: starts[name] + LIST[f"_{name}"] for name in own}
    assert unused == []


def fields(circuit, crossbar):
    """Yield (part's first word, {name: word or array}) of each part of a crossbar's table, by the list's names."""
    last = len(circuit.g) - 1
    yield (
        0,
        {
            "_IN_FEATURES": crossbar.features,
            "_IN_NODES": circuit.shape[0][0],
            "_IN_SHIFT": circuit.shifts[0],
            "_IN_WIDTH": 4 * (crossbar.features + 1),
            "_IN_INPUTS": circuit.inputs,
            "_IN_ACTIVE": circuit.active,
            "_IN_CONDUCTANCES": circuit.g[0],
            "_IN_DRIVEN": circuit.driven,
            "_IN_TALLY": crossbar.tally,
        },
    )
    yield (
        LIST["_AT_OUTPUTS"],
        {
            "_OUT_NODES": crossbar.classes,
            "_OUT_SHIFT": circuit.scales[last] - 2,
            "_OUT_BETA": circuit.beta,
            "_OUT_RIGHT": circuit.targets[0] & 0xFFFF,
            "_OUT_WRONG": circuit.targets[1] & 0xFFFF,
            "_OUT_COUNTS": last + 1 | circuit.sweeps << 8,
            "_OUT_V_FREE": circuit.phases[0][last],
            "_OUT_CURRENTS": circuit.currents,
            "_OUT_REST": circuit.rest,
            "_OUT_BASE": circuit.base[last],
        },
    )
    for c in range(last + 1):
        part = {name: getattr(circuit, name[1:].lower())[c] for name in NAMESAKES}
        part |= dict(zip(SHAPE, circuit.shape[c], strict=True))
        part |= dict(zip(("_V_FREE", "_V_PLUS", "_V_MINUS"), (phase[c] for phase in circuit.phases), strict=True))
        part |= {
            "_WIRED": len(circuit.delta[c]),
            "_GAIN": circuit.gains[c],
            "_SCALE": circuit.scales[c],
            "_RATE_SHIFT": circuit.rate_shifts[c],
            "_G_MIN": circuit.limits[0],
            "_G_MAX": circuit.limits[1],
            "_G_ABOVE": circuit.g[min(c + 1, last)],
        }
        yield LIST["_AT_CROSSBARS"] + LIST["_PER_CROSSBAR"] * c, part


def test_the_table_holds_each_field_at_the_lists_offset(monkeypatch):
    """Catches: a word or an array that is put in or moved, with the list left as it is."""
    crossbar = eqprop.Network("9-20-7-5", model="resistive").crossbar
    circuit = crossbar.circuit
    crossbar.tally = [0] * 4
    owner = SimpleNamespace(circuit=circuit, tally=crossbar.tally, features=crossbar.features, classes=crossbar.classes)
    table, _ = held("crossbar", owner, monkeypatch)
    expected = {at + LIST[name]: field for at, part in fields(circuit, crossbar) for name, field in part.items()}
    assert_same(table, expected)
    names = {name for _, part in fields(circuit, crossbar) for name in part}
    verbs = {"_SETTLE", "_LEARN", "_SET_NUDGE", "_NUDGE", "_PROGRAM", "_REFRESH", "_WHERE"}
    assert names | verbs | {"_AT_OUTPUTS", "_AT_CROSSBARS", "_PER_CROSSBAR"} == set(LIST)
