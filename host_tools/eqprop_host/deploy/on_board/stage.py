# Make the folder in which the new runtime is put together; first take the old one away where both do not fit.
lib = ARGUMENTS["lib"]
if ARGUMENTS["replace"]:
    for kind in KINDS:
        remove(lib + "/eqprop" + kind)
for name in ARGUMENTS["files"]:
    make_folders(lib + "/eqprop-new/" + name)
