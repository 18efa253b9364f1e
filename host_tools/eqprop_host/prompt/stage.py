# Make the folder that is to be the new runtime, with those files in it that stay as they are.
lib = ARGUMENTS["lib"]
new = lib + "/eqprop-new/eqprop/"
try:
    for name in ARGUMENTS["files"]:
        make_folders(new + name)
    for name in ARGUMENTS["kept"]:
        with open(lib + "/eqprop/" + name, "rb") as old, open(new + name, "wb") as copy:
            piece = old.read(512)
            while piece:
                copy.write(piece)
                piece = old.read(512)
except OSError:
    repair(lib)
    raise
