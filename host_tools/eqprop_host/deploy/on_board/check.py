# Report which files of the new runtime have a wrong hash.
folder = ARGUMENTS["folder"]
there = set(walk(folder))
wrong = [
    name
    for name, expected in ARGUMENTS["files"].items()
    if name not in there or digest(folder + "/" + name) != expected
]
answer(wrong)
