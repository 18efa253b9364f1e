# Make the folder for the new runtime; first remove the old runtime if both do not fit.
lib = ARGUMENTS["lib"]
if ARGUMENTS["replace"]:
    for kind in KINDS:
        remove(lib + "/eqprop" + kind)
for name in ARGUMENTS["files"]:
    make_folders(lib + "/eqprop-new/" + name)
