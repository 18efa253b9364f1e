"""A serial port at whose other end something gives the same answer to everything."""

import contextlib
import os
import threading
import tty


@contextlib.contextmanager
def pseudo_terminal(says=b""):
    """Yield the path of a serial port where whatever is asked is answered with `says`."""
    here, there = os.openpty()
    tty.setraw(there)

    def answer():
        with contextlib.suppress(OSError):  # closed
            while os.read(here, 4096):
                os.write(here, says)

    answering = threading.Thread(target=answer)
    answering.start()
    try:
        yield os.ttyname(there)
    finally:
        os.close(there)
        answering.join()
        os.close(here)
