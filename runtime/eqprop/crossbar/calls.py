"""How a crossbar in machine code is asked to learn and to settle: by one call, if its arguments are known.

The arguments are in a list, of which only the first two items change from sample to sample:

    [x, label, seen, verb, words, memoryview]

seen: the last buffer that was checked; its items cannot change their type, but their number can. ask(call) returns what
the kernel `run` returns. If `x` is not seen, if it has not as many features any more, or if the label is not a small
integer, it returns -1 and does nothing: then `Called.retry` checks all of it, and runs the kernel or raises.

A crossbar in assembler has an `ask` of its own. It reads the list's objects directly, as a module in C would. words
holds the number of features and the addresses of the table and of `run`; the last item tells it which buffers may begin
after their object's address. Other crossbars get their `ask` from `asking` (`eqprop.crossbar.kernels.asking`).
"""

from array import array

import micropython

from .._compat import addressof, const
from . import Rot

_SETTLE = const(0)
_LEARN = const(1)
_WHERE = const(6)  # returns the address of `run` behind its beginning; on RISC-V and Xtensa a quarter of it


class Called:
    """What a crossbar has that is asked by calls.

    - call: (the list to settle, ask)
    """

    def _begin(self):
        """Prepare the calls."""
        run, features, table, words = self.run, self.features, addressof(self.table), None
        if hasattr(self, "ask"):
            ask, words = self.ask, array("I", (features, table, run(0, 0, _WHERE, 0)))
        else:
            ask = self.asking(run, table, features)
        self.call = [None, 0, b"", _SETTLE, words, memoryview], ask  # b"" never has as many features

    def settle(self, x):
        """As `PlainCrossbar.settle`. Raises Rot, doing nothing, if the table has changed by itself."""
        call, ask = self.call
        call[0] = x
        answer = ask(call)
        if answer < 0:
            answer = self.retry(call)
            if answer < 0:
                raise Rot("table")
        return answer

    def retry(self, call):
        """Return the kernel's answer to arguments that `ask` refused, or raise.

        With few variables: MicroPython takes a frame of more than eleven words from the heap.
        """
        x = call[0]
        self.check(x)
        if type(call[1]) is not int or call[1] >> 30:  # a kernel gets 32 bits of it
            self.check_label(call[1])
        call[2] = x
        return self.run(x, self.table, call[3], call[1])


def learning(crossbar, answered):
    """Return learn(x, label, replay=0). It calls answered(call, answer, replay) for an answer but 0, or a replay."""
    call, ask = crossbar.call
    call = call[:]
    call[3] = _LEARN

    # Values by default are faster to find than names of a module or of a function around
    @micropython.native
    def learn(x, label, replay=0, _call=call, _ask=ask, _answered=answered):
        _call[0] = x
        _call[1] = label
        answer = replay or _ask(_call)
        if answer:
            _answered(_call, answer, replay)

    return learn
