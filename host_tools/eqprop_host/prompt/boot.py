# Have the board start by itself, or no longer: main.py becomes `text`, or is removed where that is empty.
boot = ARGUMENTS["boot"]
if ARGUMENTS["text"]:
    with open(boot + ".new", "w") as file:
        file.write(ARGUMENTS["text"])
remove(boot)
if ARGUMENTS["text"]:
    os.rename(boot + ".new", boot)
if hasattr(os, "sync"):
    os.sync()
