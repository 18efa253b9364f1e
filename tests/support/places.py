"""Where things are in this repository."""

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RUNTIME = ROOT / "runtime"
TESTS = ROOT / "tests"
PROGRAMS = TESTS / "programs"
"""Programs that tests run on MicroPython, in an interpreter or on an emulated board; `learning` prints what was learnt,
`cost` memory and instructions, `faults` what is refused or survived, `field` and
`parts` what an application does, `held` a board's simulated hardware."""
PYTHONPATH = os.pathsep.join(str(ROOT / folder) for folder in ("runtime", "host_tools", "board_sim"))
"""For a process that uses the three packages."""
