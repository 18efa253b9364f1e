# Print what board this is, what of it the runtime would miss, and what of eqprop is on it.
import gc
import sys

gc.collect()
implementation = sys.implementation
lacking = []
for needed in (
    "import array, struct",
    "from binascii import crc32",
    "from gc import mem_free",
    "from micropython import kbd_intr",
    "from sys import stdin; stdin.buffer",
    "from time import ticks_us, ticks_diff",
    "from os import ilistdir, rename, statvfs",
    "from select import poll",
):
    try:
        exec(needed, {})
    except (ImportError, AttributeError):
        lacking.append(needed)
found = {
    "implementation": implementation.name,
    "version": ".".join(str(n) for n in implementation.version[:3]),
    "machine": getattr(implementation, "_machine", sys.platform),
    "mpy": getattr(implementation, "_mpy", 0),
    "heap": gc.mem_free() if hasattr(gc, "mem_free") else 0,
    "lacking": lacking,
}
if implementation.name == "micropython" and not lacking:
    libs = [path for path in sys.path if path.endswith("/lib") and not path.startswith("/rom")]
    lib = libs[0] if libs else "/lib"
    repair(lib)
    filesystem = os.statvfs(lib if is_there(lib) else "/")
    boot = os.getcwd().rstrip("/") + "/main.py"
    found["lib"] = lib
    found["boot"] = boot
    found["starts"] = None
    if is_there(boot):
        with open(boot) as file:
            found["starts"] = file.read(200)
    found["block"] = filesystem[0]
    found["flash"] = filesystem[0] * filesystem[3]
    found["sha256"] = sha256 is not None
    found["installed"] = {name: digest(lib + "/eqprop/" + name) for name in walk(lib + "/eqprop")}
print(found)
