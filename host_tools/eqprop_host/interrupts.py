"""Ctrl-C as a request: the first one asks the work to end cleanly, the second ends it at once."""

import contextlib
import signal
import threading


class Interrupt:
    """Whether the user has asked to stop; `Interrupt.requested` turns True once."""

    def __init__(self):
        """Nobody has asked yet."""
        self.requested = False


@contextlib.contextmanager
def on_ctrl_c():
    """Yield an `Interrupt` that the first Ctrl-C sets; the second raises KeyboardInterrupt as usual.

    Outside the main thread, which alone hears of Ctrl-C, nothing ever sets it.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(_signal, _frame):
        interrupt.requested = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, handle)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
