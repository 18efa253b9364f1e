"""Signals that ask the command to end: Ctrl-C, SIGTERM from `kill`, SIGHUP from a closing terminal.

All have the same effect. A signal ignored at start, as SIGHUP under `nohup`, stays ignored.
"""

import contextlib
import signal
import threading

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_OF_TERMINAL = tuple(each for each in _SIGNALS if each != signal.SIGTERM)


class Interrupt:
    """Whether the user has asked to stop; `Interrupt.requested` turns True once."""

    def __init__(self):
        """Start without a request."""
        self.requested = False


@contextlib.contextmanager
def _handled_by(handler_of):
    """Install a handler for the signals: handler_of(before) makes it, given the handlers that it replaces."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread receives signals
        yield
        return
    before = {each: signal.getsignal(each) for each in _SIGNALS}
    before = {each: known for each, known in before.items() if known not in (signal.SIG_IGN, None)}
    handler = handler_of(before)
    try:
        for each in before:
            signal.signal(each, handler)
        yield
    finally:
        _restore(before)


def _restore(before):
    for each, known in before.items():
        signal.signal(each, known)


def as_ctrl_c():
    """Return a context in which each of the signals raises KeyboardInterrupt."""
    return _handled_by(lambda before: signal.default_int_handler)


_of_main: list = []
"""The `Interrupt`s that the main thread watches, the innermost last."""


@contextlib.contextmanager
def on_ctrl_c():
    """Yield an `Interrupt` that the first signal sets; a second signal has its usual effect.

    Other threads get that of the main thread, if it watches one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield _of_main[-1] if _of_main else Interrupt()
        return
    interrupt = Interrupt()

    def handler_of(before):
        def handle(_signal, _frame):
            interrupt.requested = True
            _restore(before)

        return handle

    with _handled_by(handler_of):
        _of_main.append(interrupt)
        try:
            yield interrupt
        finally:
            _of_main.remove(interrupt)


@contextlib.contextmanager
def kept_from_children():
    """Hold back the terminal's signals, from this process and from threads and processes started meanwhile.

    This process receives them when the context ends.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _OF_TERMINAL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
