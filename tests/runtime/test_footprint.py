"""What the runtime takes of a board's memory: its code as the board loads it, and a network while it learns."""

import subprocess

from eqprop_host.deploy import bundle
from support.places import PROGRAMS

PROGRAM = PROGRAMS / "cost/footprint.py"


def test_code_and_network_fit_a_small_board(cortex_m3, tmp_path):
    """Compiled for the core, as it is deployed. Catches: code that grows unseen, a copy of the arrays in building them.

    The code of a network and its learning takes 25 KB at most; 64-32-10 is built and trained in 24 KB more.
    """
    for name, source in bundle.runtime_files("armv7m").items():
        bundle.compile_module(f"eqprop/{name}", source, (tmp_path / "eqprop" / name).with_suffix(".mpy"), "armv7m")
    argv, environment = cortex_m3.command(PROGRAM, "64-32-10", 24 * 1024, heap_bytes=160 * 1024, path=[tmp_path])
    done = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    code, learns = done.stdout.splitlines()
    tier, code = code.split()
    assert tier == "thumb"
    assert int(code) <= 25 * 1024
    assert learns == "True"
