"""How a crossbar in machine code is asked to learn and to settle: by one call, if its arguments are known.

The arguments are in a list, of which only the first two items change from sample to sample:

    [x, label, seen, verb, words]

seen: the last buffer that was checked; its items cannot change their type, but their number can. ask(call) returns what
the kernel `run` returns. If `x` is not seen, if it has not as many features any more, or if the label is not a small
integer, it returns -1 and does nothing: then `retry` of the crossbar checks all of it, and runs the kernel or raises.

A crossbar in assembler has an `ask` of its own, which reads the objects in the list themselves, as a module in C would,
and words: the number of features, the table's address, and that of `run`. Others have `asking`, which makes one.
"""

from array import array

import micropython

from .._compat import addressof, const

_SETTLE = const(0)
_LEARN = const(1)
_WHERE = const(6)  # answered with the address of `run`, without what calls it


def begin(crossbar):
    """Give a crossbar in machine code its `call`: (list to settle, ask)."""
    run, features, table, words = crossbar.run, crossbar.features, addressof(crossbar.table), None
    if hasattr(crossbar, "ask"):
        ask, words = crossbar.ask, array("I", (features, table, run(0, 0, _WHERE, 0)))
    else:
        ask = crossbar.asking(run, table, features)
    crossbar.call = [None, 0, None, _SETTLE, words], ask


def learning(crossbar, answered):
    """Return learn(x, label, replay=0); answered(call, answer, replay) gets any answer but 0, and any replay."""
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
