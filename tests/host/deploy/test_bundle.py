"""What goes into a board's bundle, by its processor."""

import ast
import time
from binascii import crc32
from concurrent.futures import ThreadPoolExecutor

import pytest

from eqprop_host.deploy import bundle
from eqprop_host.deploy.folding import fold, without_unused

ARM = {
    "armv6m": {"thumb6"},
    "armv7m": {"thumb7"},
    "armv7em": {"thumb7"},  # what the firmware of a Cortex-M3 says
    "armv7emsp": {"thumb7", "thumb7e"},  # a Cortex-M33 with floating point may lack the DSP instructions
    "armv7emdp": {"thumb7", "thumb7e"},
}
MODELS = ("crossbar", "hopfield", "hopfield8")
CORES = {f"{model}/kernels/{name}.py" for model in MODELS for name in ("thumb6", "thumb7", "thumb7e", "rv32", "xtensa")}
RETAGGED = {"rv32imc": ("rv32", MODELS[:2]), "xtensawin": ("xtensa", MODELS[1:2])}
"""{architecture: its assembler, and the models that it has}"""
PLAIN = "crossbar/kernels/plain.py"


@pytest.mark.parametrize("architecture", [*ARM, "xtensawin", "rv32imc", None])
def test_a_board_gets_the_kernels_of_its_core(architecture):
    """Catches: DSP instructions on a Cortex-M3, a bundle with three cores' kernels, one with none."""
    assembler, models = RETAGGED.get(architecture, (None, MODELS))
    cores = {assembler} if assembler else ARM.get(architecture, ())
    expected = {f"{model}/kernels/{core}.py" for model in models for core in cores}
    assert CORES & set(bundle.runtime_files(architecture, extras=("int8",))) == expected
    of_hopfield = {name for name in expected if name.startswith("hopfield/")}
    assert CORES & set(bundle.runtime_files(architecture, without=("resistive",))) == of_hopfield


@pytest.mark.parametrize("dsp", [False, True])
def test_a_core_that_was_asked_gets_only_its_kernels(dsp):
    """Catches: a Cortex-M4 without floating point in its firmware slowed down, an M33 without DSP that has no tier."""
    for architecture in list(ARM)[1:]:
        files = set(bundle.runtime_files(architecture, dsp=dsp))
        assert CORES & files == {f"{model}/kernels/thumb7{'e' * dsp}.py" for model in MODELS[:2]}
        assert ("crossbar/kernels/dsp.py" in files) == dsp
    assert CORES & set(bundle.runtime_files("armv6m")) == {f"{model}/kernels/thumb6.py" for model in MODELS[:2]}


@pytest.mark.parametrize("architecture", RETAGGED)
def test_other_kernels_of_a_model_with_assembler_are_there_where_int8_needs_them(architecture):
    """Catches: kernels that take flash and never run, an `int8` whose viper kernels import ones that are not there."""
    names = {f"{model}/kernels/viper.py" for model in MODELS[:2]}
    needed = names - {f"{model}/kernels/viper.py" for model in RETAGGED[architecture][1]}
    assert names & set(bundle.runtime_files(architecture)) == needed
    with_int8 = names & set(bundle.runtime_files(architecture, extras=("int8",)))
    assert with_int8 == {*needed, "hopfield/kernels/viper.py"}
    sources = set(bundle.runtime_files(architecture, compiled=False))
    assert names < sources and CORES & sources == set()


def test_plain_kernels_that_no_module_imports_stay_off_the_board():
    """Catches: one that a crossbar of a user's own needs, left out."""
    texts = {name: path.read_text() for name, path in bundle.runtime_files("armv7m").items()}
    tree = ast.parse(without_unused(texts, PLAIN)[PLAIN])
    kept = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {"scatter", "set_nudge", "highest"} <= kept
    assert {"relax", "update_driven", "update_between", "multiply"}.isdisjoint(kept)


@pytest.mark.parametrize(
    ("architecture", "tiers"),
    [
        ("armv7m", ({"thumb"}, {"thumb"})),
        ("rv32imc", ({"rv32"}, {"rv32"})),
        ("xtensawin", ({"viper"}, {"xtensa"})),
        ("xtensa", ({"viper"}, {"viper"})),
        (None, (set(), set())),
    ],
)
def test_a_board_gets_no_branch_for_kernels_that_it_lacks(architecture, tiers):
    """Nor their names. Catches: heap and flash for tiers of other cores, a branch that the board needs left out."""
    files = bundle.runtime_files(architecture, extras=("differential",))
    texts = fold({name: path.read_text() for name, path in files.items()})
    for path, expected in zip(("crossbar/resistive.py", "hopfield/tiers.py"), tiers, strict=True):
        imported = [node.module for node in ast.walk(ast.parse(texts[path])) if hasattr(node, "module")]
        assert {name.split(".")[1] for name in imported if name and name.startswith("kernels.")} == expected
        assert ("plain" in imported) == (path.split("/")[0] + "/plain.py" in files)
    (named,) = (
        node.value for node in ast.parse(texts["crossbar/tiers.py"]).body if ast.unparse(node).startswith("TIERS")
    )
    assert set(ast.literal_eval(named)) == set().union(*tiers, {"plain"}, {"viper"} if architecture else ())
    assert "chosen" in texts["features/window.py"]


@pytest.mark.parametrize(
    ("architecture", "dsp", "count"),
    [("armv6m", None, 1), ("armv7m", False, 1), ("armv7em", True, 1), ("armv7emsp", None, 2)],
)
def test_a_board_chooses_between_kernels_only_where_it_has_two(architecture, dsp, count):
    """Catches: flash and heap for a choice on a board that has none, one left out where there are two."""
    files = bundle.runtime_files(architecture, extras=("int8",), dsp=dsp)
    texts = fold({name: path.read_text() for name, path in files.items()})
    for model in MODELS:
        text = texts[f"{model}/kernels/thumb.py"]
        assert text.count("import run") == count and ("except ImportError" in text) == (count > 1)


def test_all_plain_kernels_stay_where_the_module_itself_is_imported():
    """Catches: a plain tier without its kernels."""
    texts = {name: path.read_text() for name, path in bundle.runtime_files(None).items()}
    assert without_unused(texts, PLAIN)[PLAIN] == texts[PLAIN]


def test_a_board_gets_no_names_for_the_type_checker():
    """Nor others fewer. Catches: 300 bytes of heap for functions that subclasses provide, a function that is lost."""
    text = "class A:\n    run = enter = staticmethod(None)\n    total = staticmethod(total)\n"
    assert fold({"a.py": text})["a.py"] == "class A:\n    total = staticmethod(total)"


def test_a_board_gets_no_branch_for_cpython():
    """In no module. Catches: heap and flash for functions that no board calls, a board's own that are lost."""
    files = bundle.runtime_files("armv7m", extras=tuple(bundle.EXTRAS))
    texts = fold({name: path.read_text() for name, path in files.items()})
    assert not any("sys.implementation.name ==" in text for text in texts.values())
    assert "perf_counter_ns" not in texts["_compat.py"] and "def free_heap" in texts["_compat.py"]


def test_a_short_name_is_new_to_every_module():
    """Catches: two attributes that become one, a private name that a module no longer finds in another."""
    texts = fold({"a.py": "def _long(_0, other):\n    return _0._1\n", "b.py": "from .a import _long\nx = _long\n"})
    (function,) = ast.parse(texts["a.py"]).body
    assert function.name not in ("_0", "_1", "_long") and [each.arg for each in function.args.args] == ["_0", "other"]
    assert texts["b.py"] == f"from .a import {function.name}\nx = {function.name}"


@pytest.mark.parametrize(
    ("architecture", "without", "extras", "there"),
    [
        ("armv7em", (), (), False),
        ("armv7em", (), ("differential",), True),
        ("rv32imc", (), (), False),
        ("rv32imc", (), ("int8",), True),
        ("xtensawin", (), (), True),
        ("xtensawin", ("resistive",), (), False),
        (None, (), (), False),
    ],
)
def test_only_boards_that_import_asking_get_it(architecture, without, extras, there):
    """Catches: flash for a module that nothing imports, a tier viper without it."""
    assert ("crossbar/kernels/asking.py" in bundle.runtime_files(architecture, without, extras)) == there


def test_what_asks_kernels_is_left_out_with_them():
    """Catches: flash for a module that nothing imports any more."""
    compiled = bundle.Compiled("xtensawin")
    entry = crc32(b"/crossbar/kernels/asking.mpy").to_bytes(4, "little")  # of the archive's index
    assert entry in compiled.joined() and entry not in compiled.joined(("resistive",))


def test_the_boards_of_a_fleet_share_what_is_compiled(monkeypatch):
    """Eight threads for two architectures. Catches one that compiles again, or does not wait for the one that does."""
    made = []

    class Slow:
        def __init__(self, *about):
            made.append(about)
            time.sleep(0.05)

    monkeypatch.setattr(bundle, "Compiled", Slow)
    shared = bundle.Shared()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(shared, ("armv6m", "armv7m") * 4))
    assert sorted(made) == [("armv6m", (), None), ("armv7m", (), None)] and len(set(map(id, found))) == 2
    assert shared("armv6m", ("net",)) is not found[0] and made[-1] == ("armv6m", ("net",), None)
    assert shared("armv7m", (), True) is not shared("armv7m")
