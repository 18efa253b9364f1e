"""Mutations of the host's tools."""

SCALING = "host_tools/eqprop_host/datasets/scaling.py"
SPLITTING = "host_tools/eqprop_host/datasets/splitting.py"
BLANKING = "host_tools/eqprop_host/datasets/blanking.py"
CHOICES = "host_tools/eqprop_host/training/config.py"
OF_CHOICES = "tests/host/training/test_choices.py"
OF_BLANKS = "tests/host/datasets/test_blanking.py"
RECORDER = "host_tools/eqprop_host/training/recorder.py"
AVERAGE = "host_tools/eqprop_host/training/average.py"
OF_AVERAGES = "tests/host/training/test_average.py"
OF_RUNS = "tests/host/training/test_run.py"
OF_DATA = "tests/host/datasets/test_loading.py"
IDX = "host_tools/eqprop_host/datasets/formats/idx_files.py"
OF_FORMATS = "tests/host/datasets/formats/test_formats.py"
FILES = "host_tools/eqprop_host/files.py"
MODEL = "host_tools/eqprop_host/model.py"
LINK = "host_tools/eqprop_host/link/link.py"
PACE = "host_tools/eqprop_host/link/pace.py"
OF_LINK = "tests/host/link/test_link.py"
ARROW = "host_tools/eqprop_host/runlog/formats/arrow_stream.py"
WRITER = "host_tools/eqprop_host/runlog/writer.py"
OF_LOGS = "tests/host/runlog/test_runlog.py"
SLOTS = "host_tools/eqprop_host/deploy/slots.py"
OF_APPLICATIONS = "tests/host/deploy/test_application.py"

MUTATIONS = (
    # data sets
    (
        CHOICES,
        "total >= LARGE and not numbers",
        "total >= LARGE",
        f"{OF_CHOICES}::test_other_runs_do_neither",
    ),
    (
        CHOICES,
        "2 if large and len(layers) == 3 else 1",
        "2 if large else 1",
        f"{OF_CHOICES}::test_a_large_run_blanks_features_and_halves_its_rates_when_that_ends",
    ),
    (
        CHOICES,
        "len(layers) >= 2 + DEEP and not numbers",
        "len(layers) >= 1 + DEEP and not numbers",
        f"{OF_CHOICES}::test_the_rates_of_a_deep_network_halve_late",
    ),
    (
        "host_tools/eqprop_host/datasets/splitting.py",
        "span=tuple(headroom * span for span in scaling.span)",
        "span=scaling.span",
        f"{OF_CHOICES}::test_the_inputs_of_a_large_run_take_half_their_range",
    ),
    (
        "host_tools/eqprop_host/training/preparing.py",
        "possible = {-(-run.sample // samples), *range(late, 5 * late // 4 + 2)}",
        "possible = range(late, 5 * late // 4 + 2)",
        f"{OF_CHOICES}::test_a_run_with_other_choices_is_known_again",
    ),
    (
        "host_tools/eqprop_host/training/preparing.py",
        "for headroom in (1, 2) if wide else (1,):",
        "for headroom in (1,):",
        f"{OF_CHOICES}::test_the_data_of_a_large_run_are_known_again",
    ),
    (
        "host_tools/eqprop_host/boards/session.py",
        "        if place > self._placed:\n",
        "        if place:\n",
        "tests/host/boards/test_restarts.py::test_a_board_that_never_takes_its_network_is_given_up",
    ),
    (
        "host_tools/eqprop_host/boards/session.py",
        "                return restore()\n",
        "                state = restore()\n                self._keep_user_data()\n                return state\n",
        "tests/host/boards/test_restarts.py::test_conductances_get_through_a_line_that_fails_before_all_are_written",
    ),
    (
        "host_tools/eqprop_host/training/run.py",
        "averaged = average.share if average.given else 0.0",
        "averaged = average.share",
        f"{OF_CHOICES}::test_an_interrupted_run_has_no_average",
    ),
    (
        "host_tools/eqprop_host/training/run.py",
        "Schedule(config.epochs, config.seed, config.limit, choices.blank)",
        "Schedule(config.epochs, config.seed, config.limit, config.blank or 0.0)",
        f"{OF_CHOICES}::test_the_data_of_a_large_run_are_known_again",
    ),
    (
        BLANKING,
        "(n % passes if n < blanking else passes)",
        "(n % passes)",
        f"{OF_BLANKS}::test_the_blanks_never_change",
    ),
    (
        BLANKING,
        "word ^ word >> np.uint64(27)",
        "word ^ word >> np.uint64(26)",
        f"{OF_BLANKS}::test_the_blanks_never_change",
    ),
    (
        "host_tools/eqprop_host/training/config.py",
        "AVERAGE if samples >= AVERAGED_SAMPLES else 0.0",
        "AVERAGE",
        f"{OF_AVERAGES}::test_the_default_depends_on_the_samples_and_the_crossbar",
    ),
    (
        AVERAGE,
        "if config.average is None:\n        return 0.0\n    raise",
        "raise",
        f"{OF_AVERAGES}::test_a_chip_in_this_process_has_no_average",
    ),
    (
        AVERAGE,
        "self.stops = [] if twin else self.moments",
        "self.stops = self.moments",
        f"{OF_AVERAGES}::test_a_board_is_not_read_for_its_average",
    ),
    (
        "host_tools/eqprop_host/boards/session.py",
        "self._lost(self._take(self.link.greet(self.link.session)))",
        "self._lost(self._take(self.link.greet()))",
        "tests/host/boards/test_restarts.py::test_conductances_get_through_a_line_that_fails_before_all_are_written",
    ),
    (
        "host_tools/eqprop_host/boards/session.py",
        "return not self._holds_the_run() or state.sample > 0",
        "return False",
        "tests/host/boards/test_restarts.py::test_conductances_get_through_a_line_that_fails_before_all_are_written",
    ),
    (
        AVERAGE,
        "self.differs = board.refresh().crc not in self._crcs",
        "self.differs = False",
        f"{OF_AVERAGES}::test_a_board_that_is_not_the_emulator_keeps_what_it_learnt",
    ),
    (
        AVERAGE,
        "self._crcs = last, twin.put_back(averages, self.moments[-1]).crc",
        "self._crcs = last, twin.put_back(averages, self.moments[-1]).sample",
        f"{OF_AVERAGES}::test_a_killed_run_ends_with_the_usual_average",
    ),
    (
        RECORDER,
        " == twin.network.sample != self._averaged ",
        " == twin.network.sample ",
        f"{OF_AVERAGES}::test_a_killed_run_ends_with_the_usual_average",
    ),
    (
        AVERAGE,
        "if self._twin and not found.counted else found",
        "if False else found",
        f"{OF_AVERAGES}::test_a_killed_run_ends_with_the_usual_average",
    ),
    (
        RECORDER,
        " or board.state.sample == self._averaged:",
        ":",
        "tests/host/training/test_recorder.py::test_a_board_that_lost_its_average_has_not_diverged",
    ),
    (
        "host_tools/eqprop_host/runlog/reader.py",
        'if not about.get("blank"):',
        "if True:",
        f"{OF_RUNS}::test_blanks_and_averages_are_the_same_everywhere",
    ),
    (
        "host_tools/eqprop_host/runlog/replay.py",
        "if sample == log.averaged:",
        "if False:",
        f"{OF_RUNS}::test_blanks_and_averages_are_the_same_everywhere",
    ),
    (
        "host_tools/eqprop_host/runlog/verify.py",
        "if not averages or not np.array_equal(averages[c], steps.ravel()):",
        "if not averages:",
        f"{OF_RUNS}::test_an_average_that_is_not_the_runs_is_found",
    ),
    (
        SCALING,
        "(low / 2 + high / 2).tolist()",
        "((low + high) / 2).tolist()",
        f"{OF_DATA}::test_the_largest_numbers_do_not_overflow",
    ),
    (
        SCALING,
        "np.clip(np.rint(inputs, out=inputs), -FULL_SCALE, FULL_SCALE, out=inputs)\n"
        "            spool.append(inputs.astype(np.int8))",
        "spool.append(np.rint(inputs).astype(np.int64).astype(np.int8))",
        f"{OF_DATA}::test_beyond_the_training_range_saturates",
    ),
    (
        SCALING,
        "np.where(span > 0, span, 1)",
        "span",
        f"{OF_DATA}::test_inputs_are_in_range_and_rise_with_their_features",
    ),
    (SCALING, "zeros >= 0.25 and", "zeros > 0.25 and", f"{OF_DATA}::test_which_features_are_image_like"),
    (
        SPLITTING,
        "len(labels) < TRUTH_TABLE * np.count_nonzero(counts)",
        "len(labels) <= TRUTH_TABLE * np.count_nonzero(counts)",
        f"{OF_DATA}::test_five_samples_per_class_are_split",
    ),
    (
        SPLITTING,
        "able = np.flatnonzero(counts - shares > 1)",
        "able = np.flatnonzero(counts - shares >= 1)",
        f"{OF_DATA}::test_split_is_a_stratified_partition",
    ),
    (
        SPLITTING,
        "np.argsort(-remainders[able]",
        "np.argsort(remainders[able]",
        f"{OF_DATA}::test_largest_remainders_are_served_first",
    ),
    (
        SPLITTING,
        "np.arange(first), np.arange(first, len(labels))",
        "np.arange(dataset.test_samples, len(labels)), np.arange(dataset.test_samples)",
        f"{OF_DATA}::test_published_test_samples_stay_test_samples",
    ),
    (
        SPLITTING,
        "scaling, saturated = fit_and_tell(features, train)",
        "scaling, saturated = fit_and_tell(features)",
        f"{OF_DATA}::test_iris_is_centred_by_its_training_samples",
    ),
    (
        IDX,
        "np.prod(shape, dtype=object)",
        "np.prod(shape, dtype=np.int64)",
        f"{OF_FORMATS}::test_bad_idx_is_named_with_field_and_value",
    ),
    (
        IDX,
        "except (OSError, EOFError, zlib.error) as error:",
        "except (OSError, zlib.error) as error:",
        f"{OF_FORMATS}::test_no_cut_of_an_idx_file_goes_unseen",
    ),
    # files
    (
        FILES,
        "            os.chmod(beside, stat.S_IMODE(target.stat().st_mode))\n",
        "            pass\n",
        "tests/host/test_files.py::test_a_whole_file_is_written_with_the_permissions_and_links_it_had",
    ),
    (
        FILES,
        "            with contextlib.suppress(OSError):\n                beside.unlink()\n            raise\n",
        "            raise\n",
        "tests/host/test_files.py::test_a_failing_write_leaves_the_old_file_and_nothing_else",
    ),
    (
        MODEL,
        'header["crc"] != f"{model.crc:08x}"',
        "False",
        "tests/host/test_model.py::test_conductances_other_than_those_saved_are_refused",
    ),
    (
        MODEL,
        "allow_pickle=False",
        "allow_pickle=True",
        "tests/host/test_model.py::test_arrays_that_are_not_a_networks_are_named",
    ),
    (
        MODEL,
        '    except Exception as error:\n        raise DataError(f"is truncated or damaged',
        '    except zipfile.BadZipFile as error:\n        raise DataError(f"is truncated or damaged',
        "tests/host/test_model.py::test_a_flipped_bit_is_refused_or_harmless",
    ),
    (
        "host_tools/eqprop_host/replacing.py",
        '{"version", "versions"} <= results.keys()',
        "True",
        "tests/host/test_replacing.py",
    ),
    # the link
    (LINK, "state.session == session", "state", f"{OF_LINK}::test_what_an_earlier_host_was_answered_is_no_greeting"),
    (
        LINK,
        "(_WINDOW if self._pace.rested else 1)",
        "_WINDOW",
        f"{OF_LINK}::test_a_board_that_slept_has_answers_mixed_up_for_nobody",
    ),
    (
        LINK,
        " <= self.credit\n",
        " <= 4 * self.credit\n",
        f"{OF_LINK}::test_no_more_is_on_its_way_than_the_board_has_credit_for",
    ),
    (
        PACE,
        "        self.padding = bytes(CHUNK - 1)\n",
        "        pass\n",
        f"{OF_LINK}::test_one_lost_byte_costs_one_pause",
    ),
    (
        PACE,
        "self.good = min(self._limit, 2 * self.good if self._smooth else self.good + _STEP)",
        "pass",
        f"{OF_LINK}::test_digits_fill_nine_tenths_of_the_line",
    ),
    (
        "host_tools/eqprop_host/boards/sample_cache.py",
        "count = min(count, int(again[0]))",
        "pass",
        "tests/host/boards/test_sample_cache.py::test_it_is_what_a_board_keeps_sample_by_sample",
    ),
    (
        "host_tools/eqprop_host/boards/sample_cache.py",
        "        self._slot_of[self._held[count:]] = _NOWHERE\n",
        "",
        "tests/host/boards/test_sample_cache.py::test_it_is_what_a_board_keeps_sample_by_sample",
    ),
    (
        "host_tools/eqprop_host/boards/records.py",
        "powers = count ** np.arange(group)",
        "powers = (count + 1) ** np.arange(group)",
        "tests/runtime/protocol/test_records.py::test_what_is_packed_is_unpacked_to_the_last_bit",
    ),
    # logs
    (
        ARROW,
        "binascii.crc32(data[:mark], binascii.crc32(head))",
        "binascii.crc32(data[:mark])",
        f"{OF_LOGS}::test_what_was_written_is_read",
    ),
    (
        ARROW,
        'if written == b"%08x" % found and possible(header) else None',
        "if possible(header) else None",
        f"{OF_LOGS}::test_a_flipped_bit_costs_its_record_and_no_other",
    ),
    (
        WRITER,
        "                os.ftruncate(self._file, torn[0].start)\n",
        "",
        f"{OF_LOGS}::test_a_log_cut_at_any_byte_is_readable_up_to_its_last_full_record",
    ),
    (
        WRITER,
        "            claim(self._file, path)\n",
        "            pass\n",
        f"{OF_LOGS}::test_two_writers_are_one_too_many",
    ),
    (
        WRITER,
        "            self._sequence = log.rows\n",
        "            self._sequence = 0\n",
        f"{OF_LOGS}::test_killed_writers_leave_all_they_flushed_and_resume_without_gap_or_duplicate",
    ),
    (
        "host_tools/eqprop_host/runlog/follow.py",
        "                        self._end = span.end\n",
        "",
        "tests/host/terminal/test_progress.py::test_a_log_is_followed_record_by_record",
    ),
    # studies
    (
        "host_tools/eqprop_host/cluster.py",
        ", **_QUIET}",
        "}",
        "tests/host/studies/test_sweeps.py::test_local_workers_print_nothing",
    ),
    (
        "host_tools/eqprop_host/cluster.py",
        "            del future\n",
        "",
        "tests/host/studies/test_sweeps.py::test_an_interrupt_counts_while_a_future_is_forgotten",
    ),
    (
        "host_tools/eqprop_host/studies/sweeps.py",
        "tuple((str(file), (about := file.stat()).st_size, about.st_mtime_ns) for file in files)",
        "source",
        "tests/host/studies/test_sweeps.py::test_a_worker_reads_a_data_set_once_until_it_changes",
    ),
    (
        "host_tools/eqprop_host/studies/baselines.py",
        "(np.asarray(samples, np.int64) for samples",
        "(np.asarray(samples, np.int8) for samples",
        "tests/host/studies/test_baselines.py::test_neighbours_are_those_of_scikit_learn",
    ),
    # pictures
    (
        "host_tools/eqprop_host/report/picture.py",
        "signed[:, 0:-2:2] - signed[:, 1:-2:2]",
        "signed[:, 0::2] - signed[:, 1::2]",
        "tests/host/report/test_picture.py::test_signed_weights_are_plus_less_minus_without_the_bias",
    ),
    # boards that restart
    (
        "host_tools/eqprop_host/boards/restarts.py",
        "_MOST = 50  #",
        "_MOST = 500  #",
        "tests/host/boards/test_restarts.py::test_a_board_that_never_gets_further_is_given_up",
    ),
    (
        "host_tools/eqprop_host/boards/restarts.py",
        'f"{error}, {self._failures} times since sample {self._reached}"',
        "str(error)",
        "tests/host/boards/test_restarts.py::test_a_board_that_never_gets_further_is_given_up",
    ),
    # boards that run a program of their own
    (
        "host_tools/eqprop_host/field/splitting.py",
        "            and crc32(view[: length - 4])",
        "            or crc32(view[: length - 4])",
        "tests/host/field/test_splitting.py::test_a_damaged_record_takes_no_other_with_it",
    ),
    (
        "host_tools/eqprop_host/field/clock.py",
        "        elif offset < windows[-1][1]:",
        "        elif offset > windows[-1][1]:",
        "tests/host/field/test_clock.py::test_a_clock_that_runs_slow_is_corrected",
    ),
    (
        "host_tools/eqprop_host/field/alone/blackbox.py",
        "        if self._listener.missing != missing:",
        "        if False:",
        "tests/host/field/alone/test_history.py::test_a_piece_that_the_line_loses_is_not_taken_for_overwritten",
    ),
    (
        "host_tools/eqprop_host/field/alone/history.py",
        "                    steps = steps[: record.sample - self._written]\n",
        "",
        "tests/host/field/alone/test_history.py::test_power_cuts_and_pulls_at_any_moment_leave_a_history_that_holds",
    ),
    (
        "host_tools/eqprop_host/field/alone/history.py",
        "record.sample == self._at + 1 and record.x is not None",
        "record.sample > self._at and record.x is not None",
        "tests/host/field/alone/test_history.py::test_where_samples_are_missing_the_history_ends",
    ),
    (
        "host_tools/eqprop_host/runlog/replay.py",
        "    return sample not in log.marks or network.crc() == log.marks[sample]\n",
        "    return True\n",
        "tests/host/field/alone/test_history.py::test_a_bit_that_flipped_on_the_board_is_found",
    ),
    (
        "host_tools/eqprop_host/field/recording.py",
        "        row = self._rows.pop()\n",
        "        row = self._rows[-1]\n",
        "tests/host/field/test_recording.py::test_windows_are_recorded_undone_and_continued_as_a_data_set",
    ),
    # applications
    (
        SLOTS,
        "SLOTS[current == SLOTS[0]]",
        "SLOTS[current == SLOTS[1]]",
        f"{OF_APPLICATIONS}::test_a_power_cut_leaves_the_old_application_or_the_new_one",
    ),
    (
        "host_tools/eqprop_host/deploy/application.py",
        "tried or isinstance(child, ast.Try)",
        "tried",
        f"{OF_APPLICATIONS}::test_what_it_imports_comes_with_it",
    ),
    (
        SLOTS,
        "    if needed > flash:\n",
        "    if needed > 2 * flash:\n",
        f"{OF_APPLICATIONS}::test_what_the_board_cannot_take_is_refused_before_anything_is_written",
    ),
    (
        "host_tools/eqprop_host/deploy/simulation.py",
        '[sys.executable, "-u", str(script), *words]',
        "[sys.executable, str(script), *words]",
        "tests/host/deploy/test_simulation.py::test_each_line_is_shown_as_it_is_printed",
    ),
    (
        "host_tools/eqprop_host/field/on_board/i2s.py",
        "            samples[n] = total // step",
        "            samples[n] = total",
        "tests/host/field/test_recorders.py::test_a_sensors_registers_become_readings",
    ),
    (
        "host_tools/eqprop_host/terminal/live_line.py",
        ' + " " * (len(self._shown) - len(text)))',
        ")",
        "tests/host/terminal/test_live_line.py::test_text_is_written_over_and_never_wraps",
    ),
    (
        "host_tools/eqprop_host/field/teaching.py",
        "self.replay(dataset, class_names, tell, draws.permutation(train))",
        "self.replay(dataset, class_names, tell, draws.permutation(len(dataset.labels)))",
        "tests/host/field/test_teaching.py::test_a_program_is_trained_and_tested_on_samples_that_it_had_not_learnt",
    ),
    (
        "host_tools/eqprop_host/deploy/on_board/uninstall.py",
        'if entry[0].startswith(ARGUMENTS["log"])',
        "if not entry",
        f"{OF_APPLICATIONS}::test_it_runs_by_itself_and_is_updated_and_removed",
    ),
    (
        "host_tools/eqprop_host/field/on_board/recorder.py",
        "    feed()\n",
        "",
        "tests/host/field/test_recorders.py::test_a_board_with_only_eqprop_records_a_sensor",
    ),
    (
        "host_tools/eqprop_host/transfer.py",
        '**{"model": model_of(state), **learnt},',
        "**learnt,",
        "tests/host/boards/test_description.py::test_a_network_is_pulled_with_its_energy_model",
    ),
    (
        "host_tools/eqprop_host/field/alone/history.py",
        "        if self._told and record.kind in (STATE, kinds.LEARNT) and older:\n",
        "        if False:\n",
        "tests/host/field/alone/test_history.py::test_records_that_waited_while_the_board_told_its_conductances_are_older",
    ),
    (
        "host_tools/eqprop_host/field/alone/blackbox.py",
        "if there and box != last:",
        "if False:",
        "tests/host/field/alone/test_history.py::test_a_box_begun_since_comes_home",
    ),
    (
        "examples/words/main.py",
        '"".join(__file__.rpartition("/")[:2])',
        '""',
        "tests/examples/test_words.py::test_a_list_of_words_in_its_folder_counts",
    ),
)
