"""Pseudo terminals as serial ports: every byte passes as it is. Systems without them cannot import this module."""

import os
import termios
import tty


def open_port():
    """Return (device, host): the descriptors of a pseudo terminal's end for a board and of its end for a host.

    A board may switch output processing on again when it starts, as QEMU does on its standard streams; so none of the
    conversions that this would bring (LF to CR LF) is left.
    """
    device, host = os.openpty()
    tty.setraw(host)
    settings = termios.tcgetattr(host)
    settings[tty.OFLAG] = 0
    termios.tcsetattr(host, termios.TCSANOW, settings)
    return device, host
