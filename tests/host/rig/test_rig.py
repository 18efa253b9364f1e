"""`eqprop rig`: every file from one description, and the circuit on paper is the one that the board learns on."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import warnings

import numpy as np
import pytest

from eqprop.rig.planning import RigPlan
from eqprop_host.errors import DataError
from eqprop_host.rig import breadboard, figures, kicad, lists, netlist
from eqprop_host.rig.catalogue import PARTS
from eqprop_host.rig.description import Description
from eqprop_sim.rig.assembly import assemble
from eqprop_sim.rig.bench import Spread
from support.typed_command import run

RIGS = [("2-4-2", "ads1115", "74hct154"), ("4-4-3", "mcp3208", "74hct154"), ("2-4-2", "mcp3208", "74hct138")]


@pytest.fixture(params=RIGS, ids=["-".join(rig) for rig in RIGS])
def description(request):
    return Description(*request.param)


def parsed(text):
    """Return an S-expression as nested lists of words; a string keeps its quotes."""
    stack: list = [[]]
    for word in re.findall(r'"(?:\\.|[^"\\])*"|[()]|[^\s()"]+', text):
        if word == "(":
            stack.append([])
        elif word == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    (whole,) = stack[0]
    return whole


def found(expression, name):
    return [each for each in expression if isinstance(each, list) and each[0] == name]


def connections(description):
    """Return {(reference, pin number): net} of a description."""
    return {
        (ref, number): net
        for net, pins in description.nets().items()
        for ref, number, _ in kicad.numbered(description, pins)
    }


def test_every_net_joins_and_every_pin_is_there(description):
    """Catches a net of one pin, a pin that the part does not have, a reference twice."""
    refs = [component.ref for component in description.components]
    assert len(set(refs)) == len(refs)
    for component in description.components:
        assert set(component.nets) <= set(PARTS[component.part].pins), component.ref
    assert {net: pins for net, pins in description.nets().items() if len(pins) < 2} == {}


def test_the_paper_is_what_the_layout_says(description):
    """From each device's chip along its nets to its row and node, and from each chip select to its decoder's output."""
    layout = description.layout
    at = {(component.ref, pin): net for component in description.components for pin, net in component.nets.items()}
    series = {c.nets["2"]: c.nets["1"] for c in description.components if c.part == "1k21"}
    for n in range(layout.devices):
        chip, wiper = layout.device(n)
        c, row, j = layout.device_ends(n)
        ref = layout.pots[chip].split()[0]
        assert series[at[ref, f"P{wiper}B"]] == layout.row_name(c, row)
        assert at[ref, f"P{wiper}W"] == layout.node_name(layout.first_node(c + 1) + j)
        decoder, _, output = layout.select_pin(layout.select("pots", chip)).split()
        assert at[ref, "CS"] == at[decoder, output]
    for n in range(layout.nodes):
        ref, _, pin, net = layout.node_pin(n).split()
        assert at[ref, pin] == net.strip("()") == layout.node_name(n)
    for n in range(layout.sources):
        ref, _, pin, net = layout.source_pin(n).split()
        assert at[ref, pin.replace("VOUT", "V")] == net.strip("()")


def test_kicads_netlist_has_every_connection(description):
    """Parsed as KiCad does. Catches a bracket, a quote, a pin's number that is another's."""
    whole = parsed(kicad.netlist(description, 'a "title"'))
    assert whole[:2] == ["export", ["version", '"E"']]
    (nets,) = found(whole, "nets")
    read = {}
    for net in found(nets, "net"):
        name = found(net, "name")[0][1].strip('"')
        for node in found(net, "node"):
            read[found(node, "ref")[0][1].strip('"'), int(found(node, "pin")[0][1].strip('"'))] = name
    assert read == connections(description)
    (components,) = found(whole, "components")
    assert len(found(components, "comp")) == len(description.components)


def test_kicads_board_has_every_pad_inside_its_outline(description):
    whole = parsed(kicad.board(description, "title"))
    assert whole[:2] == ["kicad_pcb", ["version", "20240108"]]
    (outline,) = found(whole, "gr_rect")
    width, height = map(float, found(outline, "end")[0][1:])
    names = {int(net[1]): net[2].strip('"') for net in found(whole, "net")}
    read, places = {}, []
    for footprint in found(whole, "footprint"):
        x, y = map(float, found(footprint, "at")[0][1:])
        ref = next(each[2] for each in found(footprint, "property") if each[1] == '"Reference"').strip('"')
        for pad in found(footprint, "pad"):
            dx, dy = map(float, found(pad, "at")[0][1:])
            places.append((round(x + dx, 2), round(y + dy, 2)))
            if net := found(pad, "net"):
                assert names[int(net[0][1])] == net[0][2].strip('"')
                read[ref, int(pad[1].strip('"'))] = names[int(net[0][1])]
    assert read == connections(description)
    assert all(2 < x < width - 2 and 2 < y < height - 2 for x, y in places)
    apart = np.array(places)
    distances = np.hypot(*(apart[:, None] - apart).T) + 10 * np.eye(len(apart))
    assert distances.min() >= 1.9


@pytest.mark.slow
def test_other_programs_read_the_same_from_kicads_files(description, tmp_path):
    """Read by kinparse and kiutils, which nobody here wrote. Catches what our own parser forgives."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of their own dependencies
        kinparse = pytest.importorskip("kinparse")
        boards = pytest.importorskip("kiutils.board")
        read = kinparse.parse_netlist(kicad.netlist(description, "title"))
    found = {(pin.ref, int(pin.num)): net.name for net in read.nets for pin in net.pins}
    assert found == connections(description)
    assert sorted(part.ref for part in read.parts) == sorted(each.ref for each in description.components)
    path = tmp_path / "rig.kicad_pcb"
    path.write_text(kicad.board(description, "title"))
    board = boards.Board.from_file(str(path))
    assert len(board.footprints) == len(description.components)
    assert {net.name for net in board.nets} - {""} == set(description.nets())


@pytest.mark.skipif(not shutil.which("kicad-cli"), reason="needs kicad-cli, of KiCad 8 or newer")
def test_kicad_opens_the_board_and_finds_every_connection(description, tmp_path):
    """In KiCad itself. Catches a word, a layer or a pad that it does not take, silk on silk, a pin on another net."""
    path = tmp_path / "rig.kicad_pcb"
    path.write_text(kicad.board(description, "title"))

    def ask(*words):
        command = ["kicad-cli", "pcb", *words, str(path)]
        environment = {**os.environ, "KICAD_CONFIG_HOME": str(tmp_path)}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    ask("drc", "--severity-all", "--format", "json", "--output", str(tmp_path / "rules.json"))
    rules = json.loads((tmp_path / "rules.json").read_text())
    # A fresh configuration knows no library
    assert {each["type"] for each in rules["violations"]} <= {"lib_footprint_issues"}
    ask("export", "ipcd356", "--output", str(tmp_path / "rig.d356"))
    read = {}
    for line in (tmp_path / "rig.d356").read_text().splitlines():
        if line.startswith("317") and (net := line[3:17].strip()) != "N/C":  # a through-hole pad
            read[line[20:26].strip(), int(line[27:31])] = net
    assert read == connections(description)
    ask("export", "svg", "--mode-single", "--layers", "F.Cu,F.SilkS,Edge.Cuts", "--output", str(tmp_path / "rig.svg"))


def test_the_bill_counts_every_component_and_names_two_sources(description):
    rows = list(csv.DictReader(io.StringIO(lists.bom(description))))
    assert sum(int(row["quantity"]) for row in rows) == len(description.components)
    assert sorted(ref for row in rows for ref in row["references"].split()) == sorted(
        component.ref for component in description.components
    )
    assert all(row["source"] != row["second source"] and row["order"] and row["its order"] for row in rows)
    assert sum(float(row["eur"]) for row in rows) == pytest.approx(figures.cost(description), abs=0.1)


def test_the_wiring_lists_every_pin_and_every_device(description):
    rows = list(csv.DictReader(io.StringIO(lists.wiring(description))))
    assert {(row["reference"], int(row["pin"])): row["net"] for row in rows} == connections(description)
    assert len(list(csv.DictReader(io.StringIO(lists.devices(description))))) == description.layout.devices


@pytest.mark.skipif(not shutil.which("ngspice"), reason="needs ngspice")
@pytest.mark.parametrize(("layers", "seed"), [("2-4-2", 1), ("4-4-3", 2)])
def test_the_board_reads_what_ngspice_finds_on_the_netlist(layers, seed):
    """Within a code of the ADS1115 in both nudged phases. Catches a netlist of another circuit."""
    description = Description(layers)
    bench, crossbar = assemble(layers, seed, Spread(converter_v=0, noise=0, clamp_v=0), plan=RigPlan(layers))
    crossbar.settle(bytes(range(40, 40 + 17 * crossbar.features, 17)))
    crossbar.set_nudge(1)
    for phase in (1, 2):
        crossbar.nudge(phase)
        expected = netlist.operating_point(description, netlist.state(description, bench))
        assert np.abs(np.array(crossbar._v[phase]) - 1e5 * np.array(expected)).max() <= 6.25
    assert max(expected) > 0.05


def test_the_picture_shows_every_chip(description):
    picture = breadboard.picture(description, "a <rig>")
    assert "a &lt;rig&gt;" in picture and picture.count("<svg") == picture.count("</svg>") == 1
    chips = [c for c in description.components if PARTS[c.part].package != "axial"]
    assert all(f">{chip.ref}</text>" in picture for chip in chips)
    assert "X0P via R1<" in picture


def test_the_sums_are_those_of_their_terms(description):
    lines = figures.text(description)
    shown = [float(line.split()[0]) for line in lines if line.strip().partition(" ")[2].startswith("ms  ")]
    total = float(re.search(r"a training sample: ([\d.]+) ms", "\n".join(lines))[1])
    assert sum(shown) == pytest.approx(total, abs=0.1)


def test_the_command_writes_all_files(capsys, tmp_path):
    code, out, err = run(capsys, "rig", "2-4-2", "--parts", "mcp3208", "--out", tmp_path, f"--json={tmp_path}/a.json")
    assert code == 0, err
    assert out.startswith(
        "2-4-2: 36 devices on 18 MCP4251, 6 nodes on 1 MCP3208, 10 sources on 3 MCP4728, 2 74HCT154\n"
    )
    files = {"BOM.csv", "wiring.csv", "devices.csv", "rig.net", "rig.kicad_pcb", "rig.cir", "rig.svg", "a.json"}
    assert {path.name for path in tmp_path.iterdir()} == files
    results = json.loads((tmp_path / "a.json").read_text())
    assert results["devices"] == 36 and 20 < results["training_samples_per_second"] < 100


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["20-20-4"], "layers: 20-20-4 needs 8 ADS1115, an I2C bus has addresses for 4"),
        (
            ["9-16-2", "--parts", "mcp3208,74hct138"],
            "layers: 9-16-2 needs 181 chip selects, 4 74HCT138 have 32: take fewer nodes or 74hct154\n",
        ),
        (["9-8-3"], "layers: 9-8-3 needs 95 chip selects, 4 74HCT154 have 64: take fewer nodes\n"),
        (
            ["2-4-2", "--parts", "ads8688"],
            "argument --parts: 'ads8688': expected one of mcp4251, ads1115, mcp3208",
        ),
        (["2"], "argument SIZES: "),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(words, message, capsys, tmp_path):
    code, _, err = run(capsys, "rig", *words, "--out", tmp_path / "out")
    assert code and message in err and err.strip().count("\n") == 0, err
    assert not (tmp_path / "out").exists()


def test_a_part_without_a_drawing_is_named():
    with pytest.raises(DataError, match="^--parts ads8688: no drawing of it; there are ads1115, mcp3208$"):
        Description("2-4-2", "ads8688")
