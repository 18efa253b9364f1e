"""Does the same work on many boards at once, each in a thread of its own: one that fails stops no other."""

import queue
import threading

from ..errors import EqpropError
from ..terminal.interrupts import on_ctrl_c

_LOOK_S = 0.2
_LEAVE_S = 10.0  # for boards to be left in order after a second Ctrl-C


class Failed:
    """What went wrong with a board."""

    def __init__(self, reason):
        """Keep the reason, a line."""
        self.reason = reason


def at_once(boards, work, lines, most=None, finish=lambda board, result: result):
    """Return {name: result of work(board, say, moved)} of the boards, in their order; `Failed` for those that failed.

    work: may call say(text) for each step, and moved(text) for how far it is. lines: `BoardLines`. most: boards at a
    time, None for all. finish(board, result): called in this thread as each ends, `Failed` or not; its result counts.

    After the first Ctrl-C no further board begins, and training ends early; after the second KeyboardInterrupt is
    raised, once the boards under way have been left.
    """
    waiting, ended = queue.SimpleQueue(), queue.SimpleQueue()
    for board in boards:
        waiting.put(board)
    left = threading.Event()

    def show(shown, name):
        def shows(text):
            if left.is_set():
                raise KeyboardInterrupt
            shown(name, text)

        return shows

    def worker():
        while True:
            try:
                board = waiting.get_nowait()
            except queue.Empty:
                return
            if interrupt.requested:
                ended.put((board, Failed("not begun: interrupted")))
                continue
            try:
                result = work(board, show(lines.say, board.name), show(lines.moved, board.name))
            except KeyboardInterrupt:
                result = Failed("interrupted")
            except EqpropError as error:
                result = Failed(str(error))
            except Exception as error:  # no board's trouble may stop the others
                result = Failed(f"{type(error).__name__}: {' '.join(str(error).split())}")
            ended.put((board, result))

    found = {}
    with on_ctrl_c() as interrupt:
        threads = [threading.Thread(target=worker, daemon=True) for _ in range(min(most or len(boards), len(boards)))]
        for thread in threads:
            thread.start()
        try:
            while len(found) < len(boards):
                try:
                    board, result = ended.get(timeout=_LOOK_S)
                except queue.Empty:
                    if any(thread.is_alive() for thread in threads) or not ended.empty():
                        continue
                    board = next(board for board in boards if board.name not in found)
                    result = Failed("its thread ended")
                try:
                    result = finish(board, result)
                except EqpropError as error:
                    result = Failed(str(error))
                if isinstance(result, Failed):
                    lines.say(board.name, f"failed: {result.reason}")
                found[board.name] = result
        except KeyboardInterrupt:
            left.set()
            for thread in threads:
                thread.join(_LEAVE_S)
            raise
    return {board.name: found[board.name] for board in boards}
