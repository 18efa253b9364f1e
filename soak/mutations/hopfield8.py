"""Mutations of the Hopfield network with weights of 8 bits."""

KERNELS = "runtime/eqprop/hopfield8/kernels/plain.py"
LAWS = "tests/runtime/hopfield8/test_dynamics.py"
PARITY = "tests/runtime/test_parity.py"
FORMATS = "tests/host/test_hopfield8.py"

MUTATIONS = (
    (
        KERNELS,
        "return high << 8 >> (24 - rate_shift)",
        "return 1 << (rate_shift - 1)",
        f"{LAWS}::test_rounding_is_right_on_average",
    ),
    (
        KERNELS,
        "for c in range(len(sums) - 5)",
        "for c in range(len(sums) - 6)",
        f"{LAWS}::test_rounding_is_right_on_average",
    ),
    (
        KERNELS,
        "mean_above[k] * d) >> 5",
        "mean_above[k] * d) >> 4",
        f"{LAWS}::test_update_is_its_formula",
    ),
    (
        KERNELS,
        "(high - 32768) * spread + 16384",
        "(high - 32768) * spread",
        f"{LAWS}::test_a_network_has_weights_of_8_bits",
    ),
    (
        "runtime/eqprop/hopfield8/planning.py",
        "self.product_shift = 5 ",
        "self.product_shift = 6 ",
        f"{LAWS}::test_states_are_those_of_the_reference",
    ),
    (
        "runtime/eqprop/hopfield8/kernels/viper.py",
        "r = (r >> 5) + offset >> rate_shift",
        "r = (r >> 4) + offset >> rate_shift",
        f"{PARITY}::test_every_core_gives_the_same_bits_on_random_networks",
    ),
    (
        "runtime/eqprop/hopfield/kernels/thumb.S",
        "    .equ USUAL, 5 ",
        "    .equ USUAL, 6 ",
        "tests/runtime/crossbar/kernels/test_thumb_source.py::test_the_machine_code_is_the_sources",
    ),
    (
        "runtime/eqprop/hopfield8/planning.py",
        'items + 2 if name == "sums"',
        'items + 1 if name == "sums"',
        f"{PARITY}::test_nothing_is_written_outside_the_arrays",
    ),
    (
        "runtime/eqprop/checkpoint.py",
        "size << (network.g_max > 127)",
        "2 * size",
        f"{FORMATS}::test_a_checkpoint_resumes_as_if_nothing_had_happened",
    ),
    (
        "host_tools/eqprop_host/link/steps.py",
        "return np.dtype(np.int8)",
        "return np.dtype(np.int16)",
        f"{FORMATS}::test_every_format_names_the_model_and_holds_its_weights",
    ),
)
