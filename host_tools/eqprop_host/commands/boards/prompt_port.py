"""The port of a board at MicroPython's prompt, for the commands that install or remove eqprop."""

from ...boards import ports
from ...deploy import deployment
from ...errors import BoardError


def add_port(parser):
    """Add `--port`, for commands that need a board with MicroPython's prompt."""
    text = "a serial port, any pyserial URL, or a blank simulated board (default: the only board on USB)"
    parser.add_argument("--port", metavar="URL", help=text)


def checked_port(port):
    """Return the port of the board to work on.

    Raises PortError for none or several, or an unknown simulated board; BoardError for a simulated one with eqprop.
    """
    if port is None:
        return deployment.only_board()
    if ports.is_served(port):
        raise BoardError(f"port {port}: has eqprop already; a blank board is sim:cortex-m3?blank=512k")
    return port
