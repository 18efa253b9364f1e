# Put the new runtime in the old one's place.
lib = ARGUMENTS["lib"]
new = lib + "/eqprop-new/eqprop"
for kind in KINDS:
    if is_there(lib + "/eqprop" + kind):
        os.rename(lib + "/eqprop" + kind, lib + "/eqprop-old" + kind)
for kind in KINDS:
    if is_there(new + kind):
        os.rename(new + kind, lib + "/eqprop" + kind)
repair(lib)
if hasattr(os, "sync"):
    os.sync()
