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
        KERNELS,
        "                total = (total + new - old) & 0xFFFF\n        at += columns\n",
        "                total = (total + new - old) & 0x7FFF\n        at += columns\n",
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
        " and source == 0",
        "",
        "tests/runtime/test_parity.py::test_every_core_gives_the_same_bits_on_random_networks",
    ),
    (
        "runtime/eqprop/hopfield/native.py",
        "        if _type(label) is not _int or not 0 <= label < self.classes:\n            self.check_label(label)\n"
        "        prediction",
        "        try:\n            if not 0 <= label | 0 < self.classes:\n                self.check_label(label)\n"
        "        except TypeError:\n            self.check_label(label)\n        prediction",
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
        "found[c].view(kind)",
        "found[c]",
        "tests/host/test_hopfield.py::test_every_format_names_the_model_and_holds_signed_weights",
    ),
)
