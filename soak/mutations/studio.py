"""Mutations of the studio."""

CONVERSATION = "host_tools/eqprop_host/studio/in_page/conversation.py"
OF_CONVERSATION = "tests/host/studio/in_page/test_conversation.py"
LESSON = "host_tools/eqprop_host/studio/in_page/lesson.py"
OF_LESSON = "tests/host/studio/in_page/test_lesson.py"
TABLES = "host_tools/eqprop_host/studio/in_page/tables.py"
OF_TABLES = "tests/host/studio/in_page/test_tables.py"
EAR = "host_tools/eqprop_host/studio/in_page/ear.py"
OF_EAR = "tests/host/studio/in_page/test_ear.py"
LANES = "board_sim/eqprop_sim/emulator/lanes.py"
OF_LANES = "tests/sim/emulator/test_lanes.py"
PROGRAM = "host_tools/eqprop_host/studio/in_page/program.py"
OF_PROGRAM = "tests/host/studio/in_page/test_program.py"
SOURCES = "host_tools/eqprop_host/studio/page/sources.js"
OF_SOURCES = "tests/host/studio/test_sources.py"
OF_PAGE = "tests/host/studio/test_page.py"
FOLDER = "host_tools/eqprop_host/studio/folder.py"
OF_FOLDER = "tests/host/studio/test_folder.py"
SERVER = "host_tools/eqprop_host/studio/server.py"
OF_SERVER = "tests/host/studio/test_server.py"

MUTATIONS = (
    (
        CONVERSATION,
        "<< code.table[0] | label",
        "<< code.table[0] + 1 | label",
        f"{OF_CONVERSATION}::test_a_record_is_the_one_that_the_host_tools_send",
    ),
    (
        CONVERSATION,
        "if not self._asked or sequence not in self._sequences:",
        "if not self._asked:",
        f"{OF_CONVERSATION}::test_a_late_answer_is_not_taken_for_another_questions",
    ),
    (
        CONVERSATION,
        "return (state.run_number, state.layers) == (wanted.run_number, wanted.layers)",
        "return state.layers == wanted.layers",
        f"{OF_CONVERSATION}::test_another_lesson_replaces_the_network",
    ),
    (
        CONVERSATION,
        "if self._tries >= _TRIES:",
        "if self._tries > 9:",
        f"{OF_CONVERSATION}::test_a_silent_board_is_told_and_greeted_when_it_is_back",
    ),
    (
        LESSON,
        "self.shown.pop()\n        self.shown[k] = place",
        "self.shown[k] = place",
        f"{OF_LESSON}::test_what_was_learnt_stays_learnable_when_it_is_deleted_or_relabelled",
    ),
    (
        LESSON,
        "self.learn(self._orders[self.count % len(self._orders)])",
        "self.learn(self._orders[self.count % len(self.shown)])",
        f"{OF_LESSON}::test_a_data_set_with_orders_keeps_to_them",
    ),
    (
        TABLES,
        "    for sample, label in found:\n        lesson.add(sample, label)",
        "    lesson.add(*found[0])",
        f"{OF_TABLES}::test_what_is_written_is_read",
    ),
    (
        EAR,
        "samples[i] | samples[i + 1] << 8",
        "samples[i + 1] | samples[i] << 8",
        f"{OF_EAR}::test_a_word_is_heard_once_with_its_features",
    ),
    (
        LANES,
        "least = _PRODUCT - 32768 * x",
        "least = _PRODUCT",
        f"{OF_LANES}::test_inputs_bring_the_same_sums",
    ),
    (
        LANES,
        "if new & beyond == within and new_others & beyond_others == within_others:",
        "if new & beyond == within:",
        f"{OF_LANES}::test_a_driven_crossbar_changes_alike",
    ),
    (
        LANES,
        "if nodes > _MOST_NODES:",
        "if nodes > 999:",
        f"{OF_LANES}::test_larger_crossbars_are_left_to_the_reference",
    ),
    (
        PROGRAM,
        "axes = len(values) if len(values) <= _MOST_AXES else 1",
        "axes = len(values)",
        f"{OF_PROGRAM}::test_a_long_reading_is_a_stretch_of_one_axis",
    ),
    (
        "host_tools/eqprop_host/link/telling.py",
        'return {"typecode": chr(data[0]), "items": data[1:]}',
        'return {"typecode": "h", "items": data[1:]}',
        f"{OF_PROGRAM}::test_readings_become_the_features_of_the_last_window",
    ),
    (
        SOURCES,
        "Math.round((127 * (level - mean)) / most)",
        "Math.round((127 * (mean - level)) / most)",
        f"{OF_SOURCES}::test_three_classes_of_pictures_are_taught_by_a_camera",
    ),
    (
        SOURCES,
        "this.felt(Int16Array.from(this.samples));\n      this.samples = [];",
        "this.felt(Int16Array.from(this.samples));\n      this.samples = [0];",
        f"{OF_SOURCES}::test_three_movements_are_taught_by_a_motion_sensor",
    ),
    (
        "host_tools/eqprop_host/studio/page/teacher.js",
        'const { bytes } = await this.board.ask({ do: "word" });',
        "const bytes = new Uint8Array(128);",
        f"{OF_SOURCES}::test_three_words_are_taught_by_a_microphone",
    ),
    (
        "host_tools/eqprop_host/studio/page/prompt.js",
        'if ((boot || boots) && start !== found.starts) await this.run("boot"',
        'if (boots && start !== found.starts) await this.run("boot"',
        "tests/host/studio/test_serial.py::test_a_blank_board_is_deployed_taught_unplugged_and_pulled",
    ),
    (
        "host_tools/eqprop_host/studio/page/prompt.js",
        "if (elsewhere) throw",
        "if (!found.starts) throw",
        "tests/host/studio/test_serial.py::test_a_blank_board_is_deployed_taught_unplugged_and_pulled",
    ),
    (
        FOLDER,
        "        if count > most:",
        "        if count > 256:",
        f"{OF_FOLDER}::test_a_data_set_that_the_page_cannot_hold_is_refused",
    ),
    (
        "host_tools/eqprop_host/studio/page/main.js",
        "latest.view = latest.drawn = null;",
        "latest.view = null;",
        f"{OF_PAGE}::test_the_page_shows_what_the_board_learns",
    ),
    (
        "host_tools/eqprop_host/studio/in_page/take_away.py",
        'kind = "<i2" if network.g_min < 0 else "<u2"',
        'kind = "<u2"',
        f"{OF_PAGE}::test_the_host_tools_take_what_the_page_gives",
    ),
    (
        "host_tools/eqprop_host/studio/in_page/phases.py",
        "    for c in range(network.crossbar_count):\n        copy.restore",
        "    for c in range(1):\n        copy.restore",
        f"{OF_PAGE}::test_one_sample_is_shown_phase_by_phase_and_learnt_by_the_board",
    ),
    (
        "host_tools/eqprop_host/studio/page/serial.js",
        "if (this.reader === reader) this.lost();",
        "",
        "tests/host/studio/test_serial.py::test_a_blank_board_is_deployed_taught_unplugged_and_pulled",
    ),
    (
        FOLDER,
        "        if actual != expected:",
        "        if not actual:",
        f"{OF_FOLDER}::test_another_build_of_micropython_is_refused",
    ),
    (
        SERVER,
        "if body is None or not self._is_ours():",
        "if body is None:",
        f"{OF_SERVER}::test_it_answers_no_name_but_this_computers",
    ),
)
