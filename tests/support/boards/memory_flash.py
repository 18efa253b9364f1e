"""A flash in memory, for CPython and boards: whole files, or cut off by the power at a given byte."""


class PowerCut(BaseException):
    """The power failed in the middle of a write."""


class MemoryFlash:
    """Files by name. left: bytes that are still written before the power fails, None for no end.

    failing: raised instead of opening a file to write, None for nothing.
    """

    def __init__(self, left=None, full=None, failing=None):
        self.files = {}
        self.left = left
        self.full = full
        self.failing = failing

    def open(self, name, mode):
        if mode == "rb":
            if name not in self.files:
                raise OSError(2)
            return _Reader(self.files[name])
        if self.failing:
            raise self.failing
        self.files[name] = bytearray()  # truncated at once, as a filesystem may
        return _Writer(self, self.files[name])


class _File:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class _Reader(_File):
    def __init__(self, data):
        self.data = bytes(data)

    def seek(self, place):
        self.data = self.data[place:]  # of a file that was just opened

    def read(self, count=None):
        count = len(self.data) if count is None else count
        piece, self.data = self.data[:count], self.data[count:]
        return piece


class _Writer(_File):
    def __init__(self, flash, data):
        self.flash = flash
        self.data = data

    def write(self, data):
        flash = self.flash
        data = bytes(data)
        if flash.full is not None and len(self.data) + len(data) > flash.full:
            raise OSError(28)
        if flash.left is not None and len(data) > flash.left:
            self.data.extend(data[: flash.left])
            raise PowerCut
        if flash.left is not None:
            flash.left -= len(data)
        self.data.extend(data)
        return len(data)
