# Have the board start by itself, or no longer: main.py becomes `text`, or is removed where that is empty.
boot = ARGUMENTS["boot"]
if ARGUMENTS["text"]:
    with open(boot + ".new", "w") as file:
        file.write(ARGUMENTS["text"])
    os.rename(boot + ".new", boot)  # at once: a power cut leaves the old one or the new one
else:
    remove(boot)
if hasattr(os, "sync"):
    os.sync()
