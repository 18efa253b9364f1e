# Report the application in `slot`, and what stands in the way of a new one; remove the other slots.
import sys

root = ARGUMENTS["root"]
slot = ARGUMENTS["slot"]
for each in ARGUMENTS["slots"]:
    if each != slot:
        remove(root + "/" + each)
path = sys.path[:]
sys.path[:] = [entry for entry in path if entry not in ("", root)]
shadowed = []
for name in ARGUMENTS["names"]:
    try:
        __import__(name)
        shadowed.append(name)  # the firmware's, or in lib
    except ImportError:
        pass
sys.path[:] = path
lacking = []
for name in ARGUMENTS["imports"]:
    try:
        __import__(name)
    except ImportError as error:
        if "'eqprop" not in str(error):  # which comes before it starts
            lacking.append((name, str(error)))
folder = root + "/" + slot
filesystem = os.statvfs(root or "/")
installed = {name: digest(folder + "/" + name) for name in walk(folder)} if slot else {}
occupied = sum(-(-os.stat(folder + "/" + name)[6] // filesystem[0]) for name in installed)
answer((shadowed, lacking, installed, occupied * filesystem[0], filesystem[0] * filesystem[3]))
