# Let the new runtime take the old one's place, and the board start by itself where that is wanted.
lib = ARGUMENTS["lib"]
if is_there(lib + "/eqprop-new"):
    if is_there(lib + "/eqprop"):
        os.rename(lib + "/eqprop", lib + "/eqprop-old")
    os.rename(lib + "/eqprop-new/eqprop", lib + "/eqprop")
repair(lib)
boot = ARGUMENTS["boot"]
if ARGUMENTS["starts"]:
    with open(boot + ".new", "w") as file:
        file.write(ARGUMENTS["starts"])
    remove(boot)
    os.rename(boot + ".new", boot)
if hasattr(os, "sync"):
    os.sync()
