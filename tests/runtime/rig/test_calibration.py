"""Calibration on simulated rigs: it measures what the parts have, and names what is wrong by chip and pin."""

import numpy as np
import pytest

from eqprop.rig import calibration
from eqprop.rig.calibration import Calibration
from eqprop_sim.rig.assembly import assemble
from eqprop_sim.rig.bench import Spread


@pytest.mark.parametrize(
    ("layers", "seed", "converter", "diode"),
    [
        ("2-4-2", 0, "ads1115", "ideal"),
        ("2-4-2", 2, "ads1115", "bat54"),
        ("4-4-3", 1, "mcp3208", "ideal"),
        ("4-4-3", 1, "ads8688", "bat54"),
    ],
)
def test_it_measures_what_the_parts_have(layers, seed, converter, diode):
    """R_AB within 1 %, the end within 10 Ohm, offsets and clamps within 1.5 mV.

    Catches: a current that is forgotten in a node's sum, an offset in which a clamp's voltage is counted.
    """
    bench, crossbar = assemble(layers, seed, Spread(diode=diode), converter)
    made = Calibration(crossbar)
    assert made.run() == []
    error = np.array(crossbar.pot_ohm) / np.array(bench.pot_ohm) - 1
    assert np.abs(error).max() < 0.01
    assert abs(crossbar.end_ohm - np.mean(bench.end_ohm)) < 10
    assert np.abs(np.array(crossbar.offsets) - 1e5 * np.array(bench.reading_v)).max() < 150 + 100  # sources: 1 mV
    hidden = crossbar.layout.nodes - crossbar.classes
    if diode == "bat54":
        return  # it clamps softly
    assert np.abs(np.array(made.clamps[:hidden]) - 1e5 * np.array(bench.circuit.low[:hidden])).max() < 250


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (lambda bench: bench.dead.add("U5"), "U5 MCP4251 P0W: no answer, check its CS, SCK, SDI, SDO and supply"),
        (
            lambda bench: bench.swapped.update({3: 8, 8: 3}),
            "U4 MCP4251 and U9 MCP4251: answer to each other's chip selects: swap them, U24 74HCT154 Y3 and "
            "U24 74HCT154 Y8",
        ),
        (
            lambda bench: bench.pots[6].stuck.add(1),
            "U7 MCP4251 P1B-P1W (X0N to H1_2): wrote 236, read ",
        ),
        (
            lambda bench: bench.end_ohm.__setitem__(7, 1e9),
            "U4 MCP4251 P1B-P1W (X0N to H1_1): does not conduct at code 1: check its wiring, and for another device at "
            "its chip select",
        ),
        (
            lambda bench: bench.pot_ohm.__setitem__(30, 100000),
            "U16 MCP4251 P0B-P0W (H1_3 to Y0): R_AB is ",
        ),
        (
            lambda bench: bench.reading_v.__setitem__(4, 0.05),
            "U19 ADS1115 AIN2 (Y0): reads 650 and 1250 mV with all sources at 600 and 1200 mV: check its wiring, Vmid "
            "and 5 V",
        ),
        (
            lambda bench: bench.circuit.low.__setitem__(2, -0.6),
            "U19 ADS1115 AIN1 (H1_2): its clamp holds it at ",
        ),
    ],
    ids=["dead", "swapped", "stuck", "open", "another part", "offset", "clamp"],
)
def test_what_is_wrong_is_named(fault, problem):
    """Catches: a chip that hides another's fault, a fault that is not seen, a traceback."""
    bench, crossbar = assemble("2-4-2", 1, Spread(chip=0.1))
    fault(bench)
    for n in range(crossbar.layout.devices):
        bench._moved(n)
    found = Calibration(crossbar).run()
    assert found and found[0].startswith(problem), found
    if "R_AB" not in problem:
        assert len({each.split(" ")[0] for each in found}) <= 2


@pytest.mark.parametrize("shadow", [True, False])
def test_it_leaves_the_wipers_as_they_were(shadow):
    """Catches a calibration that forgets what only the wipers knew."""
    bench, crossbar = assemble("2-4-2", 4, Spread(), shadow=shadow)
    before = np.array([pot.codes for pot in bench.pots])
    assert Calibration(crossbar).run() == []
    now = np.array([pot.codes for pot in bench.pots])
    if shadow:  # the same conductances by other codes
        assert [crossbar.code(n, g) for n, g in enumerate([*crossbar._g[0], *crossbar._g[1]])] == now.ravel().tolist()
    else:
        assert (now == before).all()


def test_it_is_kept_in_the_flash(tmp_path):
    """Catches: bytes that are lost, a file of another rig that is taken, a damaged one."""
    bench, crossbar = assemble("2-4-2", 4, Spread())
    Calibration(crossbar).run()
    assert not calibration.load(crossbar, str(tmp_path))
    calibration.save(crossbar, str(tmp_path))
    _, other = assemble("2-4-2", 4, Spread())
    assert calibration.load(other, str(tmp_path))
    assert (other.end_ohm, list(other.offsets), list(other.pot_ohm)) == (
        crossbar.end_ohm,
        list(crossbar.offsets),
        list(crossbar.pot_ohm),
    )
    _, another = assemble("2-3-2", 4)
    with pytest.raises(ValueError, match="^eqprop-rig.calibration: is of a rig with 6 nodes and 36 devices: calibrate"):
        calibration.load(another, str(tmp_path))
    file = tmp_path / calibration.NAME
    whole = file.read_bytes()
    for at in range(0, len(whole), 7):
        file.write_bytes(whole[:at] + bytes((whole[at] ^ 4,)) + whole[at + 1 :])
        with pytest.raises(ValueError, match="^eqprop-rig.calibration: is (damaged|of a rig)"):
            calibration.load(other, str(tmp_path))
    file.write_bytes(whole[:9])
    with pytest.raises(ValueError, match="^eqprop-rig.calibration: is damaged: calibrate again$"):
        calibration.load(other, str(tmp_path))
