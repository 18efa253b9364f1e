"""Work on many things in other processes: this machine's, or those of a Dask cluster.

Dask is loaded only by what asks for a cluster.
"""

import contextlib
import logging
import tempfile

from .errors import ClusterError
from .terminal.interrupts import kept_from_children, on_ctrl_c

_CONNECT_S = 10
_TOGETHER = 32  # items at most that a worker gets at a time: a worker that dies costs their time
_PARTS = 100  # in which fewer items are done
# Local workers print nothing: errors of an item come back to `done`, and workers that end complain of lost connections
_QUIET = {"distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "critical"}


@contextlib.contextmanager
def connected(scheduler=None, workers=None):
    """Yield a Dask client: for the scheduler at an address, or for worker processes here (default: one per core).

    Local processes and their files end with the context. Raises ClusterError if no scheduler answers.
    """
    import dask.config
    import distributed

    # A client that is interrupted while it asks its own thread has that thread print a traceback
    logging.getLogger("tornado.application").setLevel(logging.CRITICAL)
    if scheduler is None:
        with tempfile.TemporaryDirectory(prefix="eqprop-sweep-", ignore_cleanup_errors=True) as folder:
            options = {"threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}
            with dask.config.set({"temporary-directory": folder, **_QUIET}):
                with on_ctrl_c() as interrupt, kept_from_children():  # Dask cleans up only after a complete start
                    client = distributed.Client(n_workers=workers, **options)
                with client:
                    if interrupt.requested:
                        raise KeyboardInterrupt
                    yield client
        return
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_S)
    except (OSError, TimeoutError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ClusterError(f"--scheduler {scheduler}: no scheduler answers: {reason}") from error
    with client:
        yield client


def done(client, function, items):
    """Yield (item, function(item) or None, exception or None) on a client's workers, in the order in which they end.

    If a worker dies, another does its items again; an item that kills several workers has an exception.
    """
    from distributed import as_completed

    # Not cached by its arguments, because to repeat it after a failure must do it again
    waiting = {client.submit(function, item, pure=False): n for n, item in enumerate(items)}
    for future in as_completed(waiting):
        item = items[waiting.pop(future)]
        # Dask prints a traceback if it is interrupted while it asks its own thread, and loses the interrupt while it
        # forgets a future
        with on_ctrl_c() as interrupt:
            error = future.exception()
            result = future.result() if error is None else None
            del future
        yield item, result, error
        if interrupt.requested:
            raise KeyboardInterrupt


def spread(function, items, scheduler=None):
    """Yield function(item) of each item, in their order: here, or on the workers of the scheduler at an address.

    The workers have this version of eqprop and see the same files. If one dies, another does its items again. Raises
    what `function` raises, and ClusterError if no scheduler answers, or an item kills several workers.
    """
    if scheduler is None:
        yield from map(function, items)
        return
    items = list(items)
    size = min(_TOGETHER, 1 + len(items) // _PARTS)
    parts = [(n, items[n : n + size]) for n in range(0, len(items), size)]
    early, following = {}, 0
    with connected(scheduler) as client:
        for (n, part), results, error in done(client, _Part(function), parts):
            if error is not None:
                if type(error).__module__.startswith("distributed"):
                    raise ClusterError(f"{part[0]}: {' '.join(str(error).split())}") from error
                raise error
            early[n] = results
            while following in early:
                yield from early.pop(following)
                following += size


class _Part:
    """A function of each item in a part of them: (number of the first, items)."""

    def __init__(self, function):
        self._function = function

    def __call__(self, part):
        return [self._function(item) for item in part[1]]
