"""The port of a board at MicroPython's prompt, for the commands that install or remove eqprop."""

from eqprop_sim import simulated_board

from ...deploy import deployment
from ...errors import BoardError


def add_port(parser):
    """Add `--port`, for commands that need a board with MicroPython's prompt."""
    text = "a serial port, any pyserial URL, or a blank simulated board (default: the only board on USB)"
    parser.add_argument("--port", metavar="URL", help=text)


def checked_port(port):
    """Return the port of the board to work on. Raises PortError for none or several, BoardError for a simulated one."""
    if port is None:
        return deployment.only_board()
    if port.startswith(simulated_board.SCHEME) and not simulated_board.is_blank(port):
        raise BoardError(f"port {port}: has eqprop already; a blank board is sim:cortex-m3?blank=512k")
    return port
