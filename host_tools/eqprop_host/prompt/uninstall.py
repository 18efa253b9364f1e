# Take the runtime away, its checkpoints, and what starts it; print what was there.
lib = ARGUMENTS["lib"]
home = ARGUMENTS["boot"].rsplit("/", 1)[0] + "/"
paths = [lib + "/eqprop"] + [home + name for name in ARGUMENTS["checkpoints"]]
if ARGUMENTS["ours"]:
    paths.insert(0, ARGUMENTS["boot"])
paths = [path for path in paths if is_there(path)]
for path in paths:
    remove(path)
if is_there(lib) and not list(os.ilistdir(lib)):
    os.rmdir(lib)
if hasattr(os, "sync"):
    os.sync()
print(paths)
