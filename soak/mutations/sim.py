"""Mutations of the simulator."""

FAULTS = "board_sim/eqprop_sim/faults.py"
OF_FAULTS = "tests/sim/test_faults.py"
DEVICES = "board_sim/eqprop_sim/analog/devices/devices.py"
ARRAY = "board_sim/eqprop_sim/analog/devices/array.py"
WIRED = "board_sim/eqprop_sim/analog/circuits/wired.py"
KERNELS = "board_sim/eqprop_sim/analog/kernels.py"
STEPS = "board_sim/eqprop_sim/analog/steps.py"
OF_WIRES = "tests/sim/analog/circuits/test_wires.py"
TIKI_TAKA = "board_sim/eqprop_sim/analog/devices/tiki_taka.py"
OF_TIKI_TAKA = "tests/sim/analog/devices/test_tiki_taka.py"
HOPFIELD = "board_sim/eqprop_sim/analog/hopfield.py"
OF_HOPFIELD = "tests/sim/analog/test_hopfield.py"
AMPLIFIED = "board_sim/eqprop_sim/analog/circuits/amplified.py"
OF_AMPLIFIED = "tests/sim/analog/circuits/test_amplified.py"
OF_INPLACE = "tests/sim/analog/test_inplace.py"
PULSES = "board_sim/eqprop_sim/analog/devices/kernels.py"
OF_PRESETS = "tests/sim/analog/devices/test_presets.py"
OF_CHIPS = "tests/host/commands/test_simulate_analog.py"
OF_DEVICES = "tests/sim/analog/devices/test_devices.py"
PERIPHERY = "board_sim/eqprop_sim/analog/periphery.py"
LEARNING = "board_sim/eqprop_sim/analog/learning.py"
OF_SOLVER = "tests/sim/analog/circuits/test_ideal.py"
ENERGY = "board_sim/eqprop_sim/analog/energy.py"
OF_ENERGY = "tests/sim/analog/test_energy.py"
LIS3DH = "board_sim/eqprop_sim/firmware/field/parts/lis3dh.py"
OF_PARTS = "tests/sim/firmware/test_field_parts.py"
COMPILING = "board_sim/eqprop_sim/emulator/compiling"
OF_COMPILING = "tests/sim/emulator/compiling"
VECTORS = "board_sim/eqprop_sim/emulator/hopfield_vectors.py"
OF_VECTORS = "tests/sim/emulator/test_hopfield_vectors.py"

MUTATIONS = (
    # the emulator's machine code
    (
        f"{COMPILING}/arithmetic.py",
        'ast.RShift: "ashr"',
        'ast.RShift: "lshr"',
        f"{OF_COMPILING}/test_arithmetic.py::test_all_operations_give_what_python_does",
    ),
    (
        f"{COMPILING}/kernel_cache.py",
        "for source in (*sources, *COMPILER, *CONSTANTS)",
        "for source in sources",
        f"{OF_COMPILING}/test_kernel_cache.py::test_another_compiler_makes_another_folder",
    ),
    (
        f"{COMPILING}/kernel_cache.py",
        "_files(eqprop.crossbar, eqprop.extras, eqprop.fixed)",
        "_files(eqprop.crossbar, eqprop.extras)",
        f"{OF_COMPILING}/test_kernel_cache.py::test_no_number_changes_unseen",
    ),
    # the Hopfield network for vector registers
    (
        VECTORS,
        "for k in range(len(w) // nodes):",
        "for k in range(len(delta_above)):",
        f"{OF_VECTORS}::test_every_kernel_gives_the_bits_of_the_runtime_on_arrays_that_check_it",
    ),
    (
        VECTORS,
        "range(count - count % 4 + 1, count + 1)",
        "range(count - count % 4 + 2, count + 1)",
        f"{OF_VECTORS}::test_every_kernel_gives_the_bits_of_the_runtime_on_arrays_that_check_it",
    ),
    (
        "board_sim/eqprop_sim/emulator/compiled_hopfield.py",
        "            w[:] = columns.T\n        self.refresh()\n",
        "            w[:] = columns.T\n",
        f"{OF_VECTORS}::test_a_call_with_many_samples_leaves_what_one_by_one_leave",
    ),
    # the line and the flash
    (
        FAULTS,
        "if (chance := chance - faults.drop) < 0:",
        "if chance < faults.drop / 2:",
        f"{OF_FAULTS}::test_faults_come_as_often_as_asked",
    ),
    (
        FAULTS,
        'random.Random(f"{faults.seed} {name}")',
        'random.Random(f"{faults.seed}")',
        f"{OF_FAULTS}::test_damage_follows_from_the_seed_and_the_place_alone",
    ),
    (FAULTS, "begin = max(now, self._free)", "begin = now", f"{OF_FAULTS}::test_a_baud_rate_takes_its_time"),
    (
        FAULTS,
        "self._next + (0 if whole else _WITHIN_S) <= now",
        "self._next + _WITHIN_S <= now and not whole",
        f"{OF_FAULTS}::test_lines_are_printed_as_often_as_asked_and_now_and_then_within_an_answer",
    ),
    (
        "board_sim/eqprop_sim/firmware/flash.py",
        "blocks = (self.size + len(data) - 1) // _BLOCK - (self.size - 1) // _BLOCK",
        "blocks = -(-len(data) // _BLOCK)",
        f"{OF_FAULTS}::test_a_flash_takes_its_time_for_each_block",
    ),
    # the order of samples
    (
        "board_sim/eqprop_sim/sample_order.py",
        "spawn_key=(_STREAM, epoch)",
        "spawn_key=(_STREAM,)",
        "tests/sim/test_sample_order.py",
    ),
    # devices
    (
        PULSES,
        "                owed[k] -= counts[at]\n",
        "                owed[k] = 0\n",
        f"{OF_DEVICES}::test_changes_by_less_than_a_step_are_not_lost",
    ),
    (
        TIKI_TAKA,
        "gained = self._sign[rows] * (seen - self._reference[rows])",
        "gained = self._sign[rows] * seen",
        f"{OF_TIKI_TAKA}::test_devices_hold_their_place_under_changes_without_sense",
    ),
    (
        TIKI_TAKA,
        "owed *= self._sign * _RATE",
        "owed *= _RATE",
        f"{OF_TIKI_TAKA}::test_changes_of_one_sign_arrive",
    ),
    (
        HOPFIELD,
        "change[:-1] += difference[c - 1].T @ mean[c]",
        "pass",
        f"{OF_HOPFIELD}::test_ideal_devices_change_by_the_energys_rule",
    ),
    (
        AMPLIFIED,
        "ohm = 1 / (siemens * network.feedback)",
        "ohm = 1 / siemens",
        f"{OF_AMPLIFIED}::test_ngspice_settles_where_the_solver_does",
    ),
    (
        PULSES,
        "np.uint32(np.uint32(k) * np.uint32(0x9E3779B1)) ^ key",
        "np.uint32(np.uint32(k) * np.uint32(0x9E3779B1))",
        f"{OF_DEVICES}::test_rounding_at_random_is_fair_and_independent",
    ),
    (
        STEPS,
        "(arrays.inverse[0][j] * arrays.drive_v) + arrays.rest[0][j]",
        "(arrays.inverse[0][j] * arrays.drive_v)",
        f"{OF_INPLACE}::test_one_compiled_call_does_what_the_solver_and_the_rule_do",
    ),
    (
        PULSES,
        "m = gain[i] * mean[b, i] + offset_v[i] if i < rows",
        "m = gain[i] * mean[b, i] if i < rows",
        f"{OF_INPLACE}::test_one_compiled_call_does_what_the_solver_and_the_rule_do",
    ),
    (
        PULSES,
        "xi = std * _normal(random)",
        "xi = std * abs(n) * _normal(random)",
        f"{OF_DEVICES}::test_noise_of_pulses_adds_up_as_a_random_walk",
    ),
    (
        PULSES,
        "            if len(idle_s):\n                idle_s[k] = 0.0\n",
        "",
        f"{OF_DEVICES}::test_drift_follows_its_power_law_and_a_pulse_ends_it",
    ),
    (
        ARRAY,
        "* self.device.pulse_v**2 *",
        "* self.device.pulse_v *",
        f"{OF_DEVICES}::test_a_pulse_costs_energy_by_the_conductance",
    ),
    (
        PULSES,
        "near[at, GAMMA_UP if up else GAMMA_DOWN]",
        "near[at, GAMMA_DOWN]",
        f"{OF_DEVICES}::test_turning_a_knob_up_shows",
    ),
    (
        PULSES,
        "                stuck[k] = True\n",
        "                pass\n",
        f"{OF_DEVICES}::test_worn_devices_no_longer_move",
    ),
    (
        DEVICES,
        "        if not gamma:\n            return wanted / step\n",
        "        return wanted / step\n",
        f"{OF_DEVICES}::test_blind_writes_hit_on_nominal_devices",
    ),
    (
        PERIPHERY,
        "half = max(2 ** (self.bits - 1) - 1, 1)",
        "half = 2 ** (self.bits - 1)",
        f"{OF_DEVICES}::test_a_converter_has_so_many_codes",
    ),
    (
        PERIPHERY,
        "np.where(inhibitory, circuit.low[c], circuit.low[c] + offset)",
        "circuit.low[c] + offset",
        f"{OF_DEVICES}::test_a_diode_offset_moves_the_diode_and_not_the_rail",
    ),
    (
        "board_sim/eqprop_sim/analog/devices/pulses.py",
        "for cycle in cycles], axis=0)",
        "for cycle in cycles[:1]], axis=0)",
        "tests/sim/analog/devices/test_curve_files.py::test_cycles_are_averaged",
    ),
    (
        PULSES,
        "left = owed - (seen if seen else n)",
        "left = owed - n",
        f"{OF_DEVICES}::test_what_is_read_back_is_what_is_no_longer_owed",
    ),
    (
        PULSES,
        "seen = nominal + (seen - nominal) * own / (own + written)",
        "seen = seen * 1.0",
        f"{OF_DEVICES}::test_without_reading_noise_hides_what_a_pulse_did",
    ),
    (
        PULSES,
        "left = min(max(left, -place), 1 / rules.step - place)",
        "left = min(max(left, -1e9), 1e9)",
        f"{OF_DEVICES}::test_a_device_that_cannot_follow_is_let_be",
    ),
    (
        PULSES,
        "change if rules.mult_noise else",
        "change if True else",
        f"{OF_PRESETS}::test_rram_rests_at_the_published_symmetry_point",
    ),
    (
        ARRAY,
        "spread * (1 - max(device.up_down, 0.0))",
        "spread * (1 - device.up_down)",
        f"{OF_PRESETS}::test_asymmetry_makes_one_side_smaller",
    ),
    (
        "board_sim/eqprop_sim/analog/devices/presets.py",
        "up = dw_min * (1 - gamma_up * w_min / w_max)",
        "up = dw_min",
        f"{OF_PRESETS}::test_the_response_is_aihwkits",
    ),
    (
        "board_sim/eqprop_sim/analog/devices/pulses.py",
        "return max(variance + 2 * min(together, 0.0), 0.0)",
        "return variance",
        "tests/sim/analog/devices/test_curve_files.py::test_cycles_say_how_noisy_a_pulse_is",
    ),
    (
        "host_tools/eqprop_host/training/chips.py",
        ", recipe=recipe_for(device))",
        ")",
        f"{OF_CHIPS}::test_a_user_gets_the_figures_of_the_study",
    ),
    (
        "host_tools/eqprop_host/training/chips.py",
        "    board.crossbar.age(seconds)\n",
        "",
        f"{OF_CHIPS}::test_conductances_drift_after_training",
    ),
    # lines
    (
        WIRED,
        "circuit.back[c] * wrong[:, :-2]",
        "wrong[:, :-2]",
        f"{OF_WIRES}::test_the_iteration_ends_where_kirchhoffs_law_holds_at_every_crossing",
    ),
    (
        KERNELS,
        "before = (before + ohm * source[j]) * along[0, i, j]",
        "before = (before - ohm * source[j]) * along[0, i, j]",
        f"{OF_WIRES}::test_the_iteration_ends_where_kirchhoffs_law_holds_at_every_crossing",
    ),
    (
        "board_sim/eqprop_sim/analog/circuits/wires.py",
        "return g if c else g.transpose(1, 0, 2).reshape(-1, g.shape[2])",
        "return g if c else g.reshape(-1, g.shape[2])",
        f"{OF_WIRES}::test_the_rows_of_a_feature_lie_side_by_side",
    ),
    (
        "board_sim/eqprop_sim/analog/circuits/exponential.py",
        "circuit.low[layer] += drop",
        "circuit.low[layer] -= drop",
        f"{OF_INPLACE}::test_a_network_learns_with_silicon_diodes",
    ),
    (
        "board_sim/eqprop_sim/analog/inplace.py",
        "self._below += self.devices[0].gained",
        "self._below += 0 * self.devices[0].gained",
        f"{OF_INPLACE}::test_the_circuit_keeps_in_step_with_its_devices",
    ),
    # the circuit
    (
        "board_sim/eqprop_sim/analog/circuits/ideal.py",
        "new += v[layer + 1] @ circuit.backward[layer]",
        "new -= v[layer + 1] @ circuit.backward[layer]",
        f"{OF_SOLVER}::test_settles_where_one_linear_system_does",
    ),
    (
        LEARNING,
        "return high, low, 2 * self.beta",
        "return high, low, self.beta",
        f"{OF_SOLVER}::test_a_step_goes_down_the_loss",
    ),
    (
        STEPS,
        "currents[b, 2 * k + 1] = -beta * errors[k]",
        "currents[b, 2 * k + 1] = beta * errors[k]",
        f"{OF_SOLVER}::test_a_step_goes_down_the_loss",
    ),
    (
        STEPS,
        "            elif rule.loss == _SQUARED_HINGE:\n",
        "            elif rule.loss == -1:\n",
        f"{OF_SOLVER}::test_a_step_goes_down_the_loss",
    ),
    (
        STEPS,
        "alike = len(signs) == 0 and last % 2 == 1",
        "alike = len(signs) == 0",
        f"{OF_SOLVER}::test_a_step_in_one_call_does_what_phases_settled_one_by_one_do",
    ),
    (
        STEPS,
        "x[min(2, batch - 1), i], x[min(3, batch - 1), i]",
        "x[min(2, batch - 1), i], x[min(2, batch - 1), i]",
        f"{OF_INPLACE}::test_one_compiled_call_does_what_the_solver_and_the_rule_do",
    ),
    (
        STEPS,
        "one[j] = difference * sign",
        "one[j] = difference",
        f"{OF_SOLVER}::test_a_step_in_one_call_does_what_phases_settled_one_by_one_do",
    ),
    (
        ENERGY,
        "inference_conductances_j=float(watts[FREE]) * settle_s",
        "inference_conductances_j=float(watts[FREE])",
        f"{OF_ENERGY}::test_energy_scales_as_physics_says",
    ),
    (ENERGY, "- 2 * np.einsum", "- np.einsum", f"{OF_ENERGY}::test_power_is_the_sum_over_all_devices"),
    # the field
    (
        LIS3DH,
        "return value >> (8 if at & 1 else 0) & 0xFF",
        "return value >> (0 if at & 1 else 8) & 0xFF",
        f"{OF_PARTS}::test_an_accelerometer_by_its_registers",
    ),
    (
        LIS3DH,
        "max(-2048, min(2047, value)) << 4",
        "(value + 2048 & 4095) - 2048 << 4",
        f"{OF_PARTS}::test_an_accelerometer_at_full_scale",
    ),
    (
        "board_sim/eqprop_sim/firmware/field/parts/noise.py",
        "return (total - 1534) * deviation // 512",
        "return (total - 1534) * deviation // 1024",
        f"{OF_PARTS}::test_noise_is_what_it_says",
    ),
    (
        "board_sim/eqprop_sim/firmware/field/clock.py",
        "while place and self._events[place - 1][0] > us:",
        "while place and self._events[place - 1][0] < us:",
        f"{OF_PARTS}::test_what_is_to_happen_happens_in_order_and_in_time",
    ),
    # toolchains
    (
        "board_sim/eqprop_sim/toolchain/interpreters.py",
        'files = [shutil.which("micropython"), cache() / f"unix-{micropython_source.VERSION}" / "micropython"]',
        'files = [cache() / f"unix-{micropython_source.VERSION}" / "micropython", shutil.which("micropython")]',
        "tests/sim/toolchain/test_interpreters.py::test_the_path_comes_first",
    ),
    (
        "board_sim/eqprop_sim/toolchain/interpreters.py",
        "return _find(each, []) or how(tell)",
        "return how(tell)",
        "tests/sim/toolchain/test_interpreters.py::test_two_at_once_build_once",
    ),
    (
        "board_sim/eqprop_sim/firmware/field/machine.py",
        "trigger & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING)",
        "trigger",
        "tests/sim/firmware/test_field.py::test_parts_that_run_beside_the_program_do_the_same_on_every_board",
    ),
)
