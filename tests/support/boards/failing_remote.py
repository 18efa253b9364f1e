"""A board's prompt that something happens to at a chosen moment."""

from eqprop_host.deploy.repl import Remote


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
