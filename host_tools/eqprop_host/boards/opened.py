"""A board by what a caller has of it: a port, an open board, or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from .interface import AnyBoard
from .ports import open_board


@contextlib.contextmanager
def opened(board: AnyBoard | str | None, tell: Callable[[str], None] = lambda line: None) -> Iterator[AnyBoard]:
    """Yield an open board: of a port as `open_board` takes it, or as given; for None the emulator in this process.

    A board that the caller opened stays open. tell, errors: as of `open_board`.
    """
    if isinstance(board, str):
        with open_board(board, tell) as found:
            yield found
    elif board is None:
        from eqprop_sim.in_process import EmulatedBoard  # which needs numba, as a board on a port does not

        yield EmulatedBoard()
    else:
        yield board
