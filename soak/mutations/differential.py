"""Mutations of the differential network: its kernels, its dynamics and its plan."""

KERNELS = "runtime/eqprop/differential/kernels/plain.py"
DYNAMICS = "runtime/eqprop/differential/dynamics.py"
PLANNING = "runtime/eqprop/differential/planning.py"
LAWS = "tests/runtime/differential/test_dynamics.py"
PLAN = "tests/runtime/differential/test_planning.py"

MUTATIONS = (
    (
        KERNELS,
        "            s += ((g_above[at] - g_above[at + 1]) * v_above[k]) >> product\n",
        "            s += ((g_above[at + 1] - g_above[at]) * v_above[k]) >> product\n",
        f"{LAWS}::test_settling_never_raises_the_dissipated_power",
    ),
    (
        KERNELS,
        "        s >>= back\n        if rows == 0:",
        "        if rows == 0:",
        f"{LAWS}::test_currents_at_rest_obey_kirchhoff",
    ),
    (
        KERNELS,
        "s += -currents[j >> 1] if j & 1 else currents[j >> 1]",
        "s += currents[j >> 1]",
        f"{LAWS}::test_the_response_is_the_limit_of_two_real_states",
    ),
    (
        KERNELS,
        "            s += below >> down\n",
        "            s += below >> lift\n",
        f"{LAWS}::test_the_response_is_the_limit_of_two_real_states",
    ),
    (
        KERNELS,
        "        if v[j] <= low[j] or v[j] >= high[j]:\n            d[j] = 0\n",
        "        if v[j] > high[j]:\n            d[j] = 0\n",
        f"{LAWS}::test_the_response_is_the_limit_of_two_real_states",
    ),
    (
        KERNELS,
        "            x = v * d_above[k] + d * v_above[k]\n",
        "            x = v * d_above[k] - d * v_above[k]\n",
        f"{LAWS}::test_every_pair_between_two_layers_changes_by_the_formula",
    ),
    (
        KERNELS,
        "            c = own - ((d_above[k] * v_above[k]) >> gain)\n",
        "            c = own\n",
        f"{LAWS}::test_update_is_the_gradient_of_the_loss",
    ),
    (
        KERNELS,
        "    while power > 0 and rate_shift < 24:\n",
        "    while power > 1 and rate_shift < 24:\n",
        f"{LAWS}::test_the_inputs_power_slows_the_driven_rate",
    ),
    (
        KERNELS,
        "            total_above[k] += change\n",
        "            total_above[k] += new - old\n",
        f"{LAWS}::test_conductances_and_totals_stay_true_while_training",
    ),
    (
        KERNELS,
        "            if s > 8191:\n                s = 8191\n",
        "            if s > 16383:\n                s = 16383\n",
        f"{LAWS}::test_nothing_exceeds_31_bits",
    ),
    (
        KERNELS,
        "s = v[2 * k] - v[2 * k + 1]",
        "s = v[k] - v[k + len(outputs)]",
        f"{LAWS}::test_an_output_is_the_difference_of_two_nodes",
    ),
    (
        DYNAMICS,
        "return highest(circuit.outputs, len(circuit.outputs))",
        "return highest(circuit.free[last], circuit.shape[last][0])",
        f"{LAWS}::test_the_first_of_the_highest_classes_is_the_answer",
    ),
    (
        PLANNING,
        "self.fine = fine = product_shift(terms, G_MAX * D_MAX)",
        "self.fine = fine = product_shift(terms // 2 + 1, G_MAX * D_MAX)",
        f"{PLAN}::test_sums_stay_within_31_bits",
    ),
)
