"""Mutations of what works on many boards at once."""

AT_ONCE = "host_tools/eqprop_host/fleet/at_once.py"
OF_AT_ONCE = "tests/host/fleet/test_at_once.py"
AVERAGING = "host_tools/eqprop_host/averaging.py"
OF_AVERAGING = "tests/host/test_averaging.py"
BOARDS_FILE = "host_tools/eqprop_host/fleet/boards_file.py"
OF_BOARDS_FILE = "tests/host/fleet/test_boards_file.py"
VERBS = "host_tools/eqprop_host/fleet/verbs.py"
OF_VERBS = "tests/host/fleet/test_verbs.py"
STUDY = "host_tools/eqprop_host/studies/fleets.py"
OF_STUDY = "tests/host/studies/test_fleets.py"

MUTATIONS = (
    (
        "host_tools/eqprop_host/deploy/repl.py",
        "            with PARSING:\n",
        "            if PARSING:\n",
        "tests/host/test_files.py::test_threads_that_parse_at_once_do_not_spoil_each_others_trees",
    ),
    (
        "host_tools/eqprop_host/field/alone/blackbox.py",
        "if self._listener.missing != missing or piece.offset:",
        "if piece.offset:",
        "tests/host/field/alone/test_history.py::test_a_piece_that_the_line_loses_is_not_taken_for_overwritten",
    ),
    (
        "host_tools/eqprop_host/field/alone/blackbox.py",
        'self._expected, self._part = piece.first, b""',
        'self._part = b""',
        "tests/host/field/alone/test_history.py::"
        "test_what_a_busy_board_overwrites_meanwhile_is_counted_and_the_rest_comes_once",
    ),
    (
        "host_tools/eqprop_host/training/loop.py",
        "range(AT_ONCE * len(self.answers), len(self.data.test_x), AT_ONCE)",
        "range(0, len(self.data.test_x), AT_ONCE)",
        "tests/host/training/test_loop.py::test_a_board_that_resets_within_the_test_does_not_begin_it_anew",
    ),
    (
        "host_tools/eqprop_host/commands/learning/train.py",
        "    if not saved:\n        raise",
        "    if saved is None:\n        raise",
        "tests/host/field/test_teaching.py::test_a_program_that_cannot_save_fails_the_command",
    ),
    (
        "host_tools/eqprop_host/commands/field/record.py",
        "heard, until = time.monotonic(), None  #",
        "heard, until = time.monotonic(), time.monotonic() + self._options.seconds  #",
        "tests/host/field/test_recording.py::test_a_sample_begins_with_the_first_reading",
    ),
    (
        "runtime/eqprop/telemetry/hearing.py",
        "token = bytes(buffer[4:6])",
        "token = bytes(buffer[4:5])",
        "tests/runtime/telemetry/test_telemetry.py::"
        "test_a_new_hosts_first_lesson_is_not_taken_for_the_last_ones_repeated",
    ),
    (
        AT_ONCE,
        "except Exception as error:",
        "except OSError as error:",
        f"{OF_AT_ONCE}::test_boards_work_at_the_same_time_and_a_failure_is_one_boards",
    ),
    (
        AT_ONCE,
        "range(min(most or len(boards), len(boards)))",
        "range(len(boards) if most else len(boards) - 1)",
        f"{OF_AT_ONCE}::test_boards_work_at_the_same_time_and_a_failure_is_one_boards",
    ),
    (
        "host_tools/eqprop_host/terminal/interrupts.py",
        "yield _of_main[-1] if _of_main else Interrupt()",
        "yield Interrupt()",
        f"{OF_AT_ONCE}::test_ctrl_c_reaches_boards_under_way_and_the_others_do_not_begin",
    ),
    (
        AVERAGING,
        "(2 * summed + total) // (2 * total)",
        "summed // total",
        f"{OF_AVERAGING}::test_the_mean_is_the_exact_one_rounded",
    ),
    (
        AVERAGING,
        '"seed": _same("seed"),',
        "",
        f"{OF_AVERAGING}::test_networks_that_differ_are_refused_by_name",
    ),
    (
        AVERAGING,
        "counts = np.array([max(0, model.sample - learnt) for model in models.values()], np.int64)",
        "counts = np.ones(len(models), np.int64)",
        f"{OF_AVERAGING}::test_an_average_weighs_networks_by_their_samples",
    ),
    (
        AVERAGING,
        "    if started and len(started) < len(models):\n",
        "    if False:\n",
        f"{OF_AVERAGING}::test_boards_that_did_not_get_the_last_average_are_refused",
    ),
    (
        BOARDS_FILE,
        'both = {key: {**_table(common, key, key), **_table(table, key, f"{where}.{key}")}',
        'both = {key: {**_table(table, key, f"{where}.{key}"), **_table(common, key, key)}',
        f"{OF_BOARDS_FILE}::test_a_board_has_the_options_of_all_and_its_own",
    ),
    (
        VERBS,
        'about={"board_name": board.name}',
        "about={}",
        f"{OF_VERBS}::test_a_fleet_is_trained_pulled_averaged_and_reported",
    ),
    (
        STUDY,
        "            if self.rounds:\n",
        "            if not self.rounds:\n",
        f"{OF_STUDY}::test_an_average_knows_more_than_one_board",
    ),
    (
        STUDY,
        'rows[np.argsort(labels[rows], kind="stable")]',
        "rows",
        f"{OF_STUDY}::test_each_sample_is_dealt_once",
    ),
    (
        "host_tools/eqprop_host/runlog/many.py",
        'max(longest.get(run, (-1, "")), (rows, source))',
        "(rows, source)",
        "tests/host/runlog/test_many.py::test_the_longer_of_two_logs_of_a_run_is_merged",
    ),
    (
        "host_tools/eqprop_host/cluster.py",
        "            early[n] = results\n",
        "            early[following] = results\n",
        "tests/host/runlog/test_many.py::test_an_item_that_ends_every_worker_is_an_error_of_the_cluster",
    ),
    (
        "host_tools/eqprop_host/runlog/fleet.py",
        'glob(f"{table}/board=*/run_id={quote(run)}/{_PART}")',
        'glob(f"{table}/board=*/run_id={quote(run)[0]}*/{_PART}")',
        "tests/host/runlog/test_many.py::test_a_dataset_gives_each_of_its_runs",
    ),
    (
        "host_tools/eqprop_host/report/overview.py",
        "<td>{html.escape(str(cell))}</td>",
        "<td>{cell}</td>",
        "tests/host/runlog/test_many.py::test_many_runs_get_an_overview",
    ),
    (
        VERBS,
        "    path = _new_log(fleet, board.name)\n",
        "    path = None if board.run.reading.regression else _new_log(fleet, board.name)\n",
        f"{OF_VERBS}::test_boards_that_learn_numbers_are_reported_too",
    ),
)
