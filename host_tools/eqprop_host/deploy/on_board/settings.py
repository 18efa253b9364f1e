# Put `settings` into the board's settings, all or nothing, and keep the others.
import json

path = ARGUMENTS["path"]
settings = {}
if is_there(path):
    with open(path) as file:
        try:
            settings = dict(json.loads(file.read()))
        except ValueError:  # damaged
            pass
settings.update(ARGUMENTS["settings"])
with open(path + ".new", "w") as file:
    file.write(json.dumps(settings))
os.rename(path + ".new", path)
if hasattr(os, "sync"):
    os.sync()
