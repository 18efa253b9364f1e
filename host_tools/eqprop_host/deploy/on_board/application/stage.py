# Make the folders for a new application; first remove the old one if both do not fit.
if ARGUMENTS["old"]:
    remove(ARGUMENTS["boot"])  # first, as it starts what is removed next
    remove(ARGUMENTS["old"])
for name in ARGUMENTS["files"]:
    make_folders(ARGUMENTS["folder"] + "/" + name)
