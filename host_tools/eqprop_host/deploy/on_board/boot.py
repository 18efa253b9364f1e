# Make main.py hold `text`, so that the board starts the service by itself; remove main.py if `text` is empty.
boot = ARGUMENTS["boot"]
if ARGUMENTS["text"]:
    with open(boot + ".new", "w") as file:
        file.write(ARGUMENTS["text"])
    os.rename(boot + ".new", boot)  # atomic: a power cut leaves the old file or the new one
else:
    remove(boot)
if hasattr(os, "sync"):
    os.sync()
