"""Mutations of what a network learns beside its rule: what it remembers."""

RESERVOIR = "runtime/eqprop/extras/reservoir.py"
MEMORY = "runtime/eqprop/extras/memory.py"
OF_RESERVOIRS = "tests/runtime/extras/test_reservoir.py"
OF_MEMORY = "tests/runtime/extras/test_memory.py"
REGRESSION = "runtime/eqprop/extras/regression.py"
CONFIDENCE = "runtime/eqprop/extras/confidence.py"
OF_CONFIDENCE = "tests/runtime/extras/test_confidence.py"
OF_REGRESSION = "tests/runtime/extras/test_regression.py"
PUBLIC_DATA = "host_tools/eqprop_host/studies/learning/public_data.py"
TABLES = "host_tools/eqprop_host/studies/learning/tables.py"
VARIATIONS = "host_tools/eqprop_host/studies/learning/variations.py"
OF_STUDIES = "tests/host/studies"
SPLITTING = "host_tools/eqprop_host/datasets/splitting.py"

MUTATIONS = (
    (
        RESERVOIR,
        "if self.size_of(c) > self.size_of(largest):",
        "if self.size_of(c) < self.size_of(largest):",
        f"{OF_RESERVOIRS}::test_every_class_keeps_its_share",
    ),
    (RESERVOIR, "            places[at] = places[ends[k]]\n", "", f"{OF_RESERVOIRS}::test_every_class_keeps_its_share"),
    (
        RESERVOIR,
        "self._random.below(seen[label]) >= size",
        "self._random.below(seen[label]) < 0",
        f"{OF_RESERVOIRS}::test_any_sample_of_a_class_is_kept_with_the_same_chance",
    ),
    (
        RESERVOIR,
        "present += ends[c] > start",
        "present += ends[c] >= start and c == 0",
        f"{OF_RESERVOIRS}::test_a_class_is_drawn_as_often_as_any_other_one",
    ),
    (
        RESERVOIR,
        "        self._state[_RANDOM] = self._random.low\n",
        "",
        f"{OF_RESERVOIRS}::test_a_restored_one_goes_on_as_the_first",
    ),
    (RESERVOIR, "        self._sum += sum(view)\n", "", f"{OF_RESERVOIRS}::test_every_class_keeps_its_share"),
    (
        RESERVOIR,
        "            or places != count * (count - 1) // 2\n",
        "",
        f"{OF_RESERVOIRS}::test_any_bit_that_flips_is_found",
    ),
    (
        "runtime/eqprop/extras/nearest.py",
        "d = x[i] - store[at + i]",
        "d = abs(x[i]) - abs(store[at + i])",
        f"{OF_RESERVOIRS}::test_the_nearest_is_the_nearest",
    ),
    (
        MEMORY,
        "            if leads[near] != _SETTLED:\n                prediction = near\n",
        "",
        f"{OF_MEMORY}::test_steps_learn_and_keep_what_learn_does",
    ),
    (
        MEMORY,
        "lead >= 0 and self.seen(label) >= _NEW",
        "lead >= 0",
        f"{OF_MEMORY}::test_few_samples_are_as_good_as_to_nearest_neighbours",
    ),
    (MEMORY, " + right, _LEAST_LEAD)", ", _LEAST_LEAD)", f"{OF_MEMORY}::test_the_network_takes_over"),
    (
        MEMORY,
        "        for _ in range(replay):\n            n = self.draw()\n",
        "        for _ in range(0):\n            n = self.draw()\n",
        f"{OF_MEMORY}::test_classes_that_come_in_pairs_are_not_forgotten",
    ),
    (
        REGRESSION,
        "error = (int(target[k]) >> TARGET_SHIFT) - int(voltages[k])",
        "error = int(voltages[k]) - (int(target[k]) >> TARGET_SHIFT)",
        f"{OF_REGRESSION}::test_the_nudge_is_the_error_on_either_side",
    ),
    (
        REGRESSION,
        "elif current < -limit:\n            current = -limit",
        "elif current < -limit:\n            current = 0",
        f"{OF_REGRESSION}::test_the_displacement_is_the_error_on_either_side",
    ),
    (
        REGRESSION,
        "        for t in target:\n            self._number(t)\n",
        "",
        f"{OF_REGRESSION}::test_a_target_that_is_none_is_refused_by_value",
    ),
    (
        REGRESSION,
        "int(voltages[k]) << TARGET_SHIFT",
        "int(voltages[k]) << 1",
        f"{OF_REGRESSION}::test_it_learns_a_function_that_is_not_linear",
    ),
    (
        "runtime/eqprop/saving.py",
        "    network.extras += (regression,)\n",
        "",
        f"{OF_REGRESSION}::test_a_checkpoint_keeps_that_numbers_are_learnt",
    ),
    (
        CONFIDENCE,
        "        self.unwatched(x, label, replay)\n        self._note(",
        "        self.unwatched(x, label, replay)\n        self._crossbar.settle(x)\n        self._note(",
        f"{OF_CONFIDENCE}::test_confidence_is_how_often_it_is_right",
    ),
    (
        MEMORY,
        "self._rehearse(self.sample(n), self.label(n))",
        "learner.learn(self.sample(n), self.label(n))",
        f"{OF_CONFIDENCE}::test_what_is_rehearsed_is_not_counted",
    ),
    (
        CONFIDENCE,
        "return self.shares, self._counts",
        "return (self.shares,)",
        f"{OF_CONFIDENCE}::test_a_checkpoint_keeps_the_table",
    ),
    (
        CONFIDENCE,
        "        self._tally += change\n",
        "",
        f"{OF_CONFIDENCE}::test_a_checkpoint_keeps_the_table",
    ),
    (
        PUBLIC_DATA,
        "train, _ = datasets.split(dataset, seed)",
        "_, train = datasets.split(dataset, seed)",
        f"{OF_STUDIES}/learning/test_public_data.py::test_samples_held_out_are_none_of_the_test_samples",
    ),
    (
        TABLES,
        "name: own / other if other",
        "name: other / own if other",
        f"{OF_STUDIES}/learning/test_tables.py::test_a_model_is_compared_by_its_ratios",
    ),
    (
        VARIATIONS,
        "            super()._choose()\n            vary(self)",
        "            vary(self)\n            super()._choose()",
        f"{OF_STUDIES}/learning/test_variations.py::test_each_variation_changes_one_constant_and_learns",
    ),
    (
        "host_tools/eqprop_host/studies/running.py",
        "return tuple(value) if isinstance(value, list) else value",
        "return value",
        f"{OF_STUDIES}/test_running.py::test_runs_are_known_again",
    ),
    (
        "runtime/eqprop/service/targets.py",
        "target[k] = ((data[at] | data[at + 1] << 8)",
        "target[k] = ((data[at + 1] | data[at] << 8)",
        "tests/runtime/service/test_targets.py::test_a_board_learns_the_targets_that_it_gets",
    ),
    (
        "runtime/eqprop/service/targets.py",
        "    handlers[_SAMPLES_AT] = None",
        "    handlers[_SAMPLES_AT] = handlers[_SAMPLES_AT]",
        "tests/runtime/service/test_targets.py::test_labels_and_targets_are_not_mixed",
    ),
    (
        "host_tools/eqprop_host/datasets/numbers.py",
        "np.clip(outputs.astype(np.int64) << TARGET_SHIFT, -TARGET_MAX - 1, TARGET_MAX)",
        "outputs.astype(np.int64) << TARGET_SHIFT",
        "tests/host/datasets/test_numbers.py::test_what_is_predicted_is_what_was_learnt",
    ),
    (
        SPLITTING,
        "TargetScaling.fitted(targets[train], dataset.target_names)",
        "TargetScaling.fitted(targets, dataset.target_names)",
        "tests/host/datasets/test_numbers.py::test_the_scale_is_that_of_the_training_samples",
    ),
    (
        "host_tools/eqprop_host/training/fit.py",
        "self.targets - self.targets.mean(axis=0)",
        "self.predictions - self.targets.mean(axis=0)",
        "tests/host/training/test_fit.py::test_they_are_scikit_learns",
    ),
    (
        "host_tools/eqprop_host/model.py",
        "regression=bool(self.targets), **options",
        "**options",
        "tests/host/test_regression.py::test_a_board_keeps_what_a_network_of_numbers_needs",
    ),
    (
        "host_tools/eqprop_host/runlog/replay.py",
        "    if log.learns_numbers:\n        network.regress()\n",
        "",
        "tests/host/test_regression.py::test_a_log_of_numbers_gives_the_network_after_any_step",
    ),
    (
        "host_tools/eqprop_host/training/twin.py",
        "    if learns_numbers(state):\n        network.regress()\n",
        "",
        "tests/host/test_regression.py::test_a_log_of_numbers_gives_the_network_after_any_step",
    ),
    (
        "runtime/eqprop/service/chip.py",
        "            crossbar.set_nudge = Regression(crossbar, learner).set_nudge  # type: ignore[method-assign]\n",
        "",
        "tests/runtime/service/test_chip.py::test_a_board_in_the_loop_teaches_a_chip_numbers",
    ),
    (
        "host_tools/eqprop_host/boards/description.py",
        '        about["targets"] = targets\n',
        "        pass\n",
        "tests/host/test_regression.py::test_a_board_keeps_what_a_network_of_numbers_needs",
    ),
    (
        "host_tools/eqprop_host/training/confidence.py",
        'for side in ("left", "right")',
        'for side in ("right", "right")',
        "tests/host/training/test_confidence.py::test_auroc_is_scikit_learns",
    ),
    (
        "host_tools/eqprop_host/training/confidence.py",
        "percent(table_of(margin[other], right[other], targets)",
        "percent(table_of(margin[own], right[own], targets)",
        "tests/host/training/test_confidence.py::test_no_answer_judges_itself",
    ),
    (
        "host_tools/eqprop_host/training/confidence.py",
        "_PER_TARGET * margin // (right - wrong)",
        "_PER_TARGET * margin // right",
        "tests/host/training/test_confidence.py::test_the_ranges_are_the_boards",
    ),
    (
        "examples/arm/reacher.py",
        "REPLAY = 3",
        "REPLAY = 0",
        "tests/examples/test_arm.py::test_it_reaches_within_two_percent_and_again_once_it_is_bent",
    ),
    (
        "host_tools/eqprop_host/datasets/scaling.py",
        "return Scaling(width, (float(top),), (float(top - low.min()),)), none",
        "return Scaling(width, (0.0,), (float(top),)), none",
        "tests/host/datasets/test_loading.py::test_a_picture_and_its_negative_give_the_network_mirrored_inputs",
    ),
    (
        "host_tools/eqprop_host/studies/trials.py",
        "features = dataset.features.max() - features",
        "features = features.max() - dataset.features[rows] // 2",
        "tests/host/studies/test_mnist.py::test_a_bright_ground_is_learnt_as_a_dark_one",
    ),
    (
        "examples/pole/balancer.py",
        "self._learn(angle, speed, (moved - speed) / TICK_S, command)",
        "self._learn(angle, speed, -SPRING * angle - DAMPER * speed, command)",
        "tests/examples/test_pole.py::test_it_stands_after_ten_seconds_and_again_with_its_wires_swapped",
    ),
)
