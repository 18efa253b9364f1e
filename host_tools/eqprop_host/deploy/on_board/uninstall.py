# Remove the runtime, what it keeps in the flash, and its main.py; report what was removed.
lib = ARGUMENTS["lib"]
home = ARGUMENTS["boot"].rsplit("/", 1)[0] + "/"
paths = [ARGUMENTS["boot"]] if ARGUMENTS["boots"] else []
paths += [lib + "/eqprop" + kind for kind in KINDS] if ARGUMENTS["installed"] else []
paths += [home + name for name in ARGUMENTS["slots"] + ARGUMENTS["kept"]]
paths += sorted(home + entry[0] for entry in os.ilistdir(home) if entry[0].startswith(ARGUMENTS["log"]))
paths = [path for path in paths if is_there(path)]
for path in paths:
    remove(path)
if lib.endswith("/lib") and is_there(lib) and not list(os.ilistdir(lib)):
    os.rmdir(lib)
if hasattr(os, "sync"):
    os.sync()
answer(paths)
