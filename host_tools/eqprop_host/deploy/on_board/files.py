# The files of a board. Existing files are never written to: new files are built next to the ones in use and then
# replace them. The runtime is a folder, `eqprop`, or a file, `eqprop.mpy`.
import os

try:
    from binascii import crc32, hexlify
except ImportError:  # `probe` reports it
    crc32 = None

try:
    from hashlib import sha256
except ImportError:
    sha256 = None

KINDS = ("", ".mpy")


def answer(value):
    """Print an answer for the host between marks, with a checksum, because other code on the board may print too."""
    text = repr(value)
    data = text.encode()
    print("\x02%d %d %s\x03" % (len(data), sum(data), text))


def is_there(path):
    try:
        return os.stat(path) is not None
    except OSError:
        return False


def walk(folder, inside=""):
    """Yield the paths of all files in `folder`, relative to it; nothing if there is no such folder."""
    if is_there(folder):
        for entry in os.ilistdir(folder):
            name = inside + entry[0]
            if entry[1] & 0x4000:
                for each in walk(folder + "/" + entry[0], name + "/"):
                    yield each
            else:
                yield name


def digest(path):
    """Return the SHA-256 of a file, or its CRC-32 if the board lacks SHA-256, in hexadecimal."""
    whole = sha256() if sha256 else None
    crc = 0
    with open(path, "rb") as file:
        piece = file.read(512)
        while piece:
            if whole:
                whole.update(piece)
            else:
                crc = crc32(piece, crc)
            piece = file.read(512)
    return hexlify(whole.digest()).decode() if whole else "%08x" % crc


def remove(path):
    """Remove a file, or a folder with its contents, if it exists."""
    if not is_there(path):
        return
    if os.stat(path)[0] & 0x4000:
        for entry in list(os.ilistdir(path)):
            remove(path + "/" + entry[0])
        os.rmdir(path)
    else:
        os.remove(path)


def make_folders(path):
    """Make the folders for the file `path`."""
    at = path.find("/", 1)
    while at > 0:
        if not is_there(path[:at]):
            os.mkdir(path[:at])
        at = path.find("/", at + 1)


def installed(lib):
    """Yield the paths of the runtime's files in `lib`."""
    for each in walk(lib + "/eqprop", "eqprop/"):
        yield each
    if is_there(lib + "/eqprop.mpy"):
        yield "eqprop.mpy"


def repair(lib):
    """Clean up after an interrupted `eqprop deploy`, keeping the old runtime or the new one, never half of one."""
    whole = list(installed(lib))
    for kind in KINDS:
        if is_there(lib + "/eqprop-old" + kind) and not whole:
            os.rename(lib + "/eqprop-old" + kind, lib + "/eqprop" + kind)
        remove(lib + "/eqprop-old" + kind)
    remove(lib + "/eqprop-new")
