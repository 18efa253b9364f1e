"""Pseudo terminals as serial ports: every byte passes unchanged. Systems without them cannot import this module."""

import os
import termios
import tty


def open_port():
    """Return (device, host): the descriptors of a pseudo terminal's ends for a board and for a host.

    A board may switch output processing back on when it starts, as QEMU does on its standard streams, so all
    conversions that this would enable (LF to CR LF) are removed.
    """
    device, host = os.openpty()
    tty.setraw(host)
    settings = termios.tcgetattr(host)
    settings[tty.OFLAG] = 0
    termios.tcsetattr(host, termios.TCSANOW, settings)
    return device, host
