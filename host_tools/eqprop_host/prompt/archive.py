# Ahead of the runtime's __init__, in one file with all of its modules (`eqprop_host.bundling`).
import os

import vfs


class _Modules:
    """The modules that follow in this file, read-only; `index` has a line for each: its path, where it starts in hex.

    A start of 0 is that of a part which was left out.
    """

    index = "INDEX"
    file = __file__ if __file__[0] == "/" else os.getcwd().rstrip("/") + "/" + __file__

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        kind = 0x8000
        if self.index.find("\n" + path + " ") < 0:
            kind = 0x4000
            if self.index.find("\n" + path + "/") < 0:
                raise OSError(2)
        return (kind, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    def open(self, path, mode):
        at = self.index.find("\n" + path + " ") + len(path) + 2
        start = int(self.index[at : at + 8], 16)
        if not start:
            name = "eqprop" + path[:-4].replace("/", ".")
            raise ImportError(name + " is not on this board: `eqprop deploy` left it out")
        file = open(self.file, mode)  # noqa: SIM115 (whoever reads the module closes it)
        file.seek(start)
        return file


__path__ = "/.eqprop"
try:
    vfs.umount(__path__)  # imported again
except OSError:
    pass
vfs.mount(_Modules(), __path__)
del _Modules, os, vfs
