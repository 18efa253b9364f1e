"""Mutations of the rig: its drivers, its crossbar and its simulated parts."""

RIG = "runtime/eqprop/rig"
SIM = "board_sim/eqprop_sim/rig"
OF_DRIVERS = "tests/runtime/rig/test_drivers.py"
OF_BENCH = "tests/sim/rig/test_bench.py"
OF_CROSSBAR = "tests/runtime/rig/test_crossbar.py"
DRAWN = "host_tools/eqprop_host/rig"
OF_DRAWINGS = "tests/host/rig/test_rig.py"
OF_CALIBRATION = "tests/runtime/rig/test_calibration.py"

MUTATIONS = (
    (
        f"{RIG}/mcp4251.py",
        "self._send(wiper << 4 | code >> 8, code & 0xFF)",
        "self._send(wiper << 4, code & 0xFF)",
        f"{OF_DRIVERS}::test_mcp4251_writes_a_wiper",
    ),
    (
        f"{RIG}/mcp4728.py",
        "        self._send(self._references)\n",
        "",
        f"{OF_DRIVERS}::test_mcp4728_takes_the_supply_for_reference_and_writes_fast",
    ),
    (
        f"{RIG}/bus.py",
        "            enable.value(1)\n",
        "            pass\n",
        f"{OF_DRIVERS}::test_one_decoder_selects_one_chip_for_one_frame",
    ),
    (
        f"{SIM}/circuit.py",
        "if push < 0:  # the clamp still lifts the node",
        "if push > 0:",
        f"{OF_BENCH}::test_the_circuit_settles_where_the_analog_solver_does",
    ),
    (
        f"{SIM}/bench.py",
        "                    self._into[node] += self.g[i] * change\n",
        "                    self._into[node] += change\n",
        f"{OF_BENCH}::test_the_circuit_settles_where_the_analog_solver_does",
    ),
    (
        f"{RIG}/crossbar.py",
        "across = delta[here + k] - d\n",
        "across = delta[here + k] + d\n",
        f"{OF_CROSSBAR}::test_the_change_is_minus_the_gradient_of_the_measured_loss",
    ),
    (
        f"{RIG}/crossbar.py",
        "code if phase == PLUS else -code",
        "code",
        f"{OF_CROSSBAR}::test_the_change_is_minus_the_gradient_of_the_measured_loss",
    ),
    (
        f"{RIG}/crossbar.py",
        "        self.parts.begin()\n",
        "",
        f"{OF_CROSSBAR}::test_power_cut_between_any_two_frames_is_mended_by_a_refresh",
    ),
    (
        f"{RIG}/crossbar.py",
        "steps = (scaled + self._below(_UNIT)) // _UNIT",
        "steps = (scaled + _UNIT // 4) // _UNIT",
        f"{OF_CROSSBAR}::test_without_a_shadow_a_wiper_steps_as_much_on_average",
    ),
    (
        f"{RIG}/crossbar.py",
        "                if code != codes[n]:\n",
        "                if code > 0:\n",
        f"{OF_CROSSBAR}::test_only_wipers_whose_code_changes_are_written",
    ),
    (
        f"{RIG}/parts.py",
        "if code <= converter.lowest or code >= converter.highest:",
        "if code < converter.lowest or code > converter.highest:",
        f"{OF_CROSSBAR}::test_what_is_broken_is_named_by_chip_and_pin",
    ),
    (
        f"{RIG}/calibration.py",
        "p = (q * a - sum(flows)) / (1 - a)",
        "p = q * a / (1 - a)",
        f"{OF_CALIBRATION}::test_it_measures_what_the_parts_have",
    ),
    (
        f"{RIG}/calibration.py",
        "crossbar.offsets[n] = offset = int((v - gain) * unit)",
        "crossbar.offsets[n] = offset = 0",
        f"{OF_CALIBRATION}::test_it_measures_what_the_parts_have",
    ),
    (
        f"{DRAWN}/description.py",
        'nets[f"Y{output}"] = f"CS{select}"',
        'nets[f"Y{output}"] = f"CS{select ^ 1}"',
        f"{OF_DRAWINGS}::test_the_paper_is_what_the_layout_says",
    ),
    (
        f"{DRAWN}/netlist.py",
        "ohm = (POT_OHM if pot_ohm is None else pot_ohm[n]) * code / 256",
        "ohm = POT_OHM * code / 256",
        f"{OF_DRAWINGS}::test_the_board_reads_what_ngspice_finds_on_the_netlist",
    ),
    (
        f"{DRAWN}/kicad.py",
        "else (across, _PITCH * (count - 1 - n)) for n in range(count)]",
        "else (across, _PITCH * (n - half)) for n in range(count - 1)]",
        f"{OF_DRAWINGS}::test_kicads_board_has_every_pad_inside_its_outline",
    ),
    (
        "examples/rig/wired.py",
        "    calibration.save(crossbar)\n",
        "",
        "tests/examples/test_rig.py::test_it_learns_and_resumes",
    ),
    (
        f"{RIG}/calibration.py",
        "        for n, code in enumerate(codes):\n            self.parts.write(n, code)\n",
        "",
        f"{OF_CALIBRATION}::test_it_leaves_the_wipers_as_they_were",
    ),
    (
        f"{RIG}/crossbar.py",
        "        change = self._change\n",
        "        change = self._add if self.shadow else self._step\n",
        f"{OF_CROSSBAR}::test_learning_allocates_nothing_and_gives_the_same_bits",
    ),
)
