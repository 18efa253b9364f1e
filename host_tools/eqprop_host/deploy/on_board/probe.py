# Report the kind of board, what it lacks for the runtime, and the eqprop files on it.
import gc
import sys

gc.collect()
implementation = sys.implementation
lacking = []
for needed in (
    "import array, struct, vfs",
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
if 5 <= found["mpy"] >> 10 & 15 <= 8:  # ARMv7-M and later, in MicroPython's numbering of architectures
    try:
        from uctypes import UINT32, struct

        # As `eqprop.crossbar.kernels.dsp`: a Cortex-M4 or M7 by CPUID, another core by ID_ISAR3
        core = struct(0xE000ED00, {"cpuid": UINT32, "isar3": 0x6C | UINT32})
        found["dsp"] = core.cpuid >> 4 & 0xFFF in (0xC24, 0xC27) or core.isar3 >> 4 & 15 == 3
    except ImportError:
        pass


def frozen():
    """Return whether the firmware has an eqprop of its own."""
    path = sys.path[:]
    sys.path[:] = [".frozen"]
    try:
        import eqprop

        return eqprop is not None
    except ImportError:
        return False
    finally:
        sys.path[:] = path


def first(root):
    """Return the path that `import eqprop` finds, or ""."""
    for entry in sys.path:
        if entry == ".frozen":
            if frozen():
                return "the firmware's own"
            continue
        folder = entry if entry.startswith("/") else root + ("/" + entry if entry else "")
        for kind in ("", ".py", ".mpy"):
            if is_there(folder.rstrip("/") + "/eqprop" + kind):
                return folder.rstrip("/") + "/eqprop" + kind
    return ""


def is_eqprop(lib):
    """Return whether the eqprop installed there is this runtime, and not another package of that name."""
    for name in installed(lib):
        if name.startswith("eqprop/service"):
            return True
    if not is_there(lib + "/eqprop.mpy"):
        return False
    with open(lib + "/eqprop.mpy", "rb") as file:
        return b"/.eqprop" in file.read(3000)


def is_fat(root):
    """Return whether file names ignore upper and lower case."""
    try:
        os.mkdir(root + "/eqprop-new")
        try:
            return is_there(root + "/EQPROP-NEW")
        finally:
            os.rmdir(root + "/eqprop-new")
    except OSError:
        return False


if implementation.name == "micropython" and not lacking:
    root = os.getcwd().rstrip("/")
    filesystem = os.statvfs(root or "/")
    found["block"] = filesystem[0]
    found["size"] = filesystem[0] * filesystem[2]
    if found["size"]:
        # In addition to the flash that the board boots from, there may be an SD card or a read-only filesystem
        libs = [path for path in sys.path if path == root + "/lib"]
        libs = libs or [path for path in sys.path if path.endswith("/lib") and not path.startswith("/rom")]
        libs = libs or [root + "/lib"]
        folders = [path for path in libs if is_there(path)]
        # A folder takes two blocks, too many for a small flash
        if not folders and (found["size"] < 131072 or is_there(root + "/eqprop.mpy")):
            folders = [root]
        lib = (folders or libs)[0]
        repair(lib)
        boot = root + "/main.py"
        filesystem = os.statvfs(lib if is_there(lib) else root or "/")
        found["lib"] = lib
        found["lib_there"] = is_there(lib or "/")
        found["boot"] = boot
        found["starts"] = None
        if is_there(boot):
            with open(boot) as file:
                found["starts"] = file.read(2000)
        found["block"] = filesystem[0]
        found["flash"] = filesystem[0] * filesystem[3]
        found["fat"] = is_fat(root)
        found["sha256"] = sha256 is not None
        found["installed"] = {name: digest(lib + "/" + name) for name in installed(lib)}
        found["occupied"] = sum(-(-os.stat(lib + "/" + name)[6] // filesystem[0]) for name in installed(lib))
        found["first"] = first(root)
        found["ours"] = is_eqprop(lib)
answer(found)
