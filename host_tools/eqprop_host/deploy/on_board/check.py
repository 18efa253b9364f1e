# Tell which files of the new runtime are not what they should be.
folder = ARGUMENTS["folder"]
there = set(walk(folder))
wrong = [
    name
    for name, expected in ARGUMENTS["files"].items()
    if name not in there or digest(folder + "/" + name) != expected
]
answer(wrong)
