"""`ask` of crossbars in machine code that have none in assembler (`eqprop.crossbar.calls`)."""

import micropython


def asking(run, table, features):
    """Return `ask` for a kernel, its table or the table's address, and a number of features."""

    @micropython.native
    def ask(call, run=run, table=table, features=features, len=len, type=type, int=int):
        x, label, seen, verb, _, _ = call
        if x is seen and len(x) == features and (not verb or (type(label) is int and not label >> 30)):
            return run(x, table, verb, label)
        return -1

    return ask
