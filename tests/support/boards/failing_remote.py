"""A board's prompt that something happens to at a chosen moment, and a board whose power fails in a program."""

from eqprop_host.deploy.repl import Remote, program_text

_CUT = """
class Failing:
    left = {operations}
    def __getattr__(self, name):
        operation = getattr(system, name)
        if name not in {names}:
            return operation
        if self.left == 0:
            raise OSError("the power fails")
        self.left -= 1
        return operation
system = os
os = Failing()
"""


def fails_at(call, fail):
    """Return a `Remote._execute` that calls fail() at its n-th call."""
    execute = Remote._execute
    left = [call]

    def failing(board, *how, **options):
        if left[0] == 0:
            fail()
        left[0] -= 1
        return execute(board, *how, **options)

    return failing


def cut_texts(programs, operations, names=("mkdir", "remove", "rename", "rmdir")):
    """Return a `repl.program_text`: in some programs of the deployment the power fails after so many operations.

    names: the operations of `os` that count.
    """
    cut = _CUT.format(operations=operations, names=names)
    return lambda name: (cut if name in programs else "") + program_text(name)
