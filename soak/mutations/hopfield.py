"""Mutations of the Hopfield network."""

KERNELS = "runtime/eqprop/hopfield/kernels/plain.py"
DYNAMICS = "runtime/eqprop/hopfield/dynamics.py"
LAWS = "tests/runtime/hopfield/test_dynamics.py"

MUTATIONS = (
    (
        KERNELS,
        "current[j] += s >> feedback",
        "current[j] -= s >> feedback",
        f"{LAWS}::test_settling_never_raises_the_energy",
    ),
    (
        DYNAMICS,
        "            sign = 1\n",
        "            pass\n",
        f"{LAWS}::test_a_nudge_relaxes_the_energy_whose_minimum_the_free_state_is",
    ),
    (
        KERNELS,
        "delta_above[k] * m + mean_above[k] * d + half",
        "delta_above[k] * m - mean_above[k] * d + half",
        f"{LAWS}::test_update_is_its_formula",
    ),
    (
        "runtime/eqprop/hopfield/planning.py",
        "max(layers[1:]) + 1, _WEIGHT_MAX",
        "max(layers[1:]) // 9, _WEIGHT_MAX",
        f"{LAWS}::test_nothing_exceeds_31_bits_in_large_networks",
    ),
    (
        "runtime/eqprop/hopfield/planning.py",
        '("free", "plus", "minus") + scratch',
        '("free", "plus", "minus", "delta", "mean")',
        "tests/runtime/test_planning.py::test_planned_bytes_are_what_is_taken_on_a_board[hopfield]",
    ),
    (
        "runtime/eqprop/hopfield/planning.py",
        "count > 3 and",
        "count > 2 and",
        "tests/runtime/hopfield/test_planning.py::test_weights_between_many_narrow_layers_start_twice_as_large",
    ),
    (
        KERNELS,
        "            total &= 0xFFFF\n        at += columns\n",
        "            total &= 0x7FFF\n        at += columns\n",
        f"{LAWS}::test_weights_and_checksums_stay_true_while_training",
    ),
    (
        DYNAMICS,
        "rate_shifts[0] + excess(circuit.inputs, circuit.active, circuit.power_bits)",
        "rate_shifts[0]",
        f"{LAWS}::test_update_is_its_formula",
    ),
    (
        "runtime/eqprop/hopfield/kernels/viper.py",
        "seen = 0x8000 if rate_shift > 7 else -1",
        "seen = 0x8000",
        "tests/runtime/test_parity.py::test_micropython_gives_the_same_bits",
    ),
    (
        "runtime/eqprop/hopfield/kernels/viper.py",
        " and source == 0",
        "",
        "tests/runtime/test_parity.py::test_every_core_gives_the_same_bits",
    ),
    (
        "runtime/eqprop/hopfield/kernels/viper.py",
        "            q -= odd\n",
        "            pass\n",
        "tests/runtime/test_parity.py::test_every_core_gives_the_same_bits",
    ),
    (
        "runtime/eqprop/crossbar/calls.py",
        "_call=call, _ask=ask, _answered=answered):\n",
        "_call=None):\n        _call, _ask, _answered, _ = call, ask, answered, crossbar\n",
        "tests/runtime/crossbar/kernels/test_thumb.py::test_a_full_heap_slows_no_sample_down",
    ),
    (
        "runtime/eqprop/hopfield/native.py",
        "_BASE = const(18)",
        "_BASE = const(20)",
        "tests/runtime/hopfield/test_table.py::test_kernels_use_the_lists_offsets",
    ),
    (
        "host_tools/eqprop_host/runlog/reader.py",
        "found[c].astype(kind)",
        "found[c]",
        "tests/host/test_hopfield.py::test_every_format_names_the_model_and_holds_signed_weights",
    ),
)
