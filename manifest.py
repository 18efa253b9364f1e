# For those who build firmware of MicroPython: `include("PATH/manifest.py")` in a board's own freezes the runtime in it.
from pathlib import Path

# mpy-cross compiles the assembler of the board's own cores alone, and the ports that freeze it are for Arm
runtime = Path("runtime/eqprop")
others = ("rv32.py", "xtensa.py")
names = sorted(str(path.relative_to(runtime)) for path in runtime.rglob("*.py") if path.name not in others)
package("eqprop", names, base_path="runtime")
