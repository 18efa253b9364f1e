"""What can go wrong on the host.

    EqpropError(Exception)
     +-- PortError(OSError)         the port cannot be opened, or fails
     +-- BoardError(RuntimeError)   the board refused or misbehaved
     |    +-- ProtocolError         its bytes make no sense, or it is silent
     |    +-- RestartError          it may have restarted, and hold another network than a moment ago
     +-- DataError(ValueError)      a data set or an option that cannot be learnt from
     +-- LogError(OSError)          a file cannot be written, or is not a log
     +-- ClusterError(OSError)      no scheduler answers, or its workers fail

Each also inherits the builtin in brackets. str() of each is the message it was made with: one line that names the
thing and its value, fit to be printed as it is.
"""


class EqpropError(Exception):
    """Any of the errors below."""


class PortError(EqpropError, OSError):
    """The port cannot be opened, or fails."""


class BoardError(EqpropError, RuntimeError):
    """The board refused or misbehaved."""


class ProtocolError(BoardError):
    """The board's bytes make no sense, or it is silent."""


class RestartError(BoardError):
    """The board may have restarted, and hold another network than a moment ago."""


class DataError(EqpropError, ValueError):
    """A data set or an option that cannot be learnt from."""


class LogError(EqpropError, OSError):
    """A file cannot be written, or is not a log."""


class ClusterError(EqpropError, OSError):
    """No scheduler answers, or its workers fail."""
