"""What all tests share: MicroPython on this computer and on emulated boards, and how hypothesis searches."""

import contextlib
import re
import shutil
import signal
import subprocess
from functools import cache, partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

from eqprop_host.deploy import bundle
from eqprop_sim.emulated_board import qemu
from eqprop_sim.toolchain import interpreters
from support.surroundings import IN_CI, obtained

EMULATED = {"blank", "cortex_board", "cortex_m3", "emulated_board", "pico", *qemu.CPUS}
_EMULATED_PORT = f"sim:({'|'.join([*qemu.CPUS, 'rp2040'])})"
INTERPRETED = {"every_micropython", "micropython", "unix_micropython"}
_compiled = cache(bundle.Compiled)

# A shell ignores Ctrl-C for what it starts in the background; the commands that tests start and interrupt must not
for number in {"SIGINT", "SIGHUP"} & set(dir(signal)):
    if signal.getsignal(getattr(signal, number)) is signal.SIG_IGN:
        signal.signal(getattr(signal, number), signal.SIG_DFL)

set_hypothesis_home_dir(".cache/hypothesis")
# No deadline: the first example of a compiled kernel takes seconds, the next microseconds
settings.register_profile("here", deadline=None, max_examples=50)
settings.register_profile(
    "ci", deadline=None, max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if IN_CI else "here")


def pytest_collection_modifyitems(items):
    """Mark what asks for an emulated board or an interpreter, by a fixture or a parameter, as its name or a port."""
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        asked = {*item.fixturenames, *(value for value in parameters if isinstance(value, str))}
        if asked & EMULATED or any(re.match(_EMULATED_PORT, value) for value in asked):
            item.add_marker("emulated")
        if asked & INTERPRETED or any(value.startswith("sim:micropython") for value in asked):
            item.add_marker("micropython")


@pytest.fixture(scope="session")
def micropython():
    """A real MicroPython interpreter, obtained if need be; without one a test fails in CI and is skipped elsewhere."""
    return obtained(interpreters.obtain)


@pytest.fixture(scope="session")
def unix_micropython():
    """MicroPython's unix port, which has emitters and limits its heap, as `sim:micropython` needs; as `micropython`."""
    return obtained(interpreters.obtain, "unix")


@pytest.fixture(scope="session", params=[None, "webassembly"], ids=["first", "webassembly"])
def every_micropython(request):
    """The `micropython` above and the WebAssembly build, which outside CI is only asked for where there is node."""
    if request.param == "webassembly" and not IN_CI and not shutil.which("node"):
        pytest.skip("the WebAssembly build of MicroPython needs node: install the package nodejs (apt) or node (brew)")
    return obtained(interpreters.obtain, request.param)


@pytest.fixture(scope="session", params=qemu.CPUS)
def emulated_board(request):
    """Each emulated board, built if need be; without it a test fails in CI and is skipped elsewhere."""
    return obtained(qemu.obtain, request.param)


@pytest.fixture(scope="session", params=[cpu for cpu in qemu.CPUS if cpu.startswith("cortex")])
def cortex_board(request):
    """Those of them with a Cortex-M core."""
    return obtained(qemu.obtain, request.param)


@pytest.fixture(scope="session")
def cortex_m3():
    """The emulated Cortex-M3, where one core stands for all."""
    return obtained(qemu.obtain, "cortex-m3")


@pytest.fixture
def run(tmp_path):
    """A function that runs a program's text on an interpreter or a board and returns the finished process."""

    def run(interpreter, text, *args, stdin=b"", **options):
        script = tmp_path / "program, 'mine'.py"
        script.write_text(text)
        argv, environment = interpreter.command(script, *args, **options)
        return subprocess.run(argv, env=environment, input=stdin, capture_output=True, timeout=300)

    return run


@pytest.fixture
def blank():
    """A function that starts a `BlankBoard` with the project's own firmware; all are switched off in the end."""
    from support.boards.blank_board import BlankBoard  # needs a system with pseudo terminals

    with contextlib.ExitStack() as switched_on:

        def blank(cpu="cortex-m0", heap_bytes=192 * 1024, flash_kb=512, **flash):
            board = obtained(qemu.obtain, cpu)
            command = partial(board.blank, heap_bytes, qemu.Flash(flash_kb, **flash))
            return switched_on.enter_context(contextlib.closing(BlankBoard(command)))

        yield blank


@pytest.fixture
def compiled_once(monkeypatch):
    """Let all tests of a process compile the runtime for a processor only once."""
    monkeypatch.setattr(bundle, "Compiled", _compiled)
