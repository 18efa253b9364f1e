"""The host's exceptions.

    EqpropError(Exception)
     +-- PortError(OSError)         the port cannot be opened, or fails
     +-- BoardError(RuntimeError)   the board refused or misbehaved
     |    +-- ProtocolError         the board's bytes are invalid, or it is silent
     |    +-- RestartError          the board may have restarted, and may hold another network than before
     +-- DataError(ValueError)      a data set or an option is invalid
     +-- LogError(OSError)          a file cannot be written, or is not a log
     +-- ClusterError(OSError)      no scheduler answers, or its workers fail

Each also inherits the builtin in brackets. str() of each is its message: one line that names the thing and its value,
ready to print.
"""


class EqpropError(Exception):
    """The parent of all errors below."""


class PortError(EqpropError, OSError):
    """The port cannot be opened, or fails."""


class BoardError(EqpropError, RuntimeError):
    """The board refused or misbehaved."""


class ProtocolError(BoardError):
    """The board's bytes are invalid, or it is silent."""


class RestartError(BoardError):
    """The board may have restarted, and may hold another network than before."""


class DataError(EqpropError, ValueError):
    """A data set or an option is invalid."""


class LogError(EqpropError, OSError):
    """A file cannot be written, or is not a log."""


class ClusterError(EqpropError, OSError):
    """No scheduler answers, or its workers fail."""
