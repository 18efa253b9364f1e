"""Follow a thing through the code: which modules hold it in their hands, one after the other."""

import sys
from array import array
from collections import Counter

import numpy as np

_PACKAGES = ("eqprop.", "eqprop_host.", "eqprop_sim.")
_DEPTH = 4  # of containers in containers
_MOST = 64  # items of a container that are looked at


class Way(list):
    """The calls, (module, function) each, in which the thing was among the arguments, in their order."""

    def entries(self, besides=()):
        """Return how many times each module was entered: a run of calls of one module is one entry.

        besides: modules that are passed over, as the libraries are.
        """
        modules = [module for module, _ in self if module not in besides]
        return Counter(now for before, now in zip([None, *modules], modules, strict=False) if now != before)


class Follower:
    """Within this context, notes each call into the project's packages that gets what `holds` recognises.

    holds: a function of bytes or of a NumPy array that says whether the thing is in them. end: the call, (module,
    function), at which the way ends; None for the end of the context.

    Containers are looked into, and the attributes of objects, but not `self`. A generator that goes on is the same
    call. Lambdas and comprehensions are part of the function around them.
    """

    def __init__(self, holds, end=None):
        self._holds, self._end = holds, end
        self._running = {}
        self.way = Way()

    def __enter__(self):
        sys.setprofile(self._happens)
        return self.way

    def __exit__(self, *_):
        sys.setprofile(None)

    def _happens(self, frame, event, _):
        code, module = frame.f_code, frame.f_globals.get("__name__", "")
        if event != "call" or not module.startswith(_PACKAGES) or code.co_name.startswith("<"):
            return
        if self._running.get(id(frame)) is frame:
            return
        if (module, code.co_name) == self._end:
            sys.setprofile(None)
            return
        self._running[id(frame)] = frame  # held, so that no other frame gets its place
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        given = [frame.f_locals[name] for name in names if name != "self" and name in frame.f_locals]
        if any(self._found(value, _DEPTH) for value in given):
            self.way.append((module, code.co_name))

    def _found(self, value, depth, inside=False):
        if isinstance(value, bytes | bytearray | memoryview | array):
            return self._holds(bytes(value))
        if isinstance(value, np.ndarray):
            return self._holds(value)
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list | tuple):
            return depth > 0 and any(self._found(item, depth - 1, inside) for item in value[:_MOST])
        if type(value).__module__.startswith(_PACKAGES) and not inside:
            return any(self._found(item, depth, True) for item in getattr(value, "__dict__", {}).values())
        return False
