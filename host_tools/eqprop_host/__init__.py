"""The host's side of eqprop: the link to a board, data sets, logs, pictures, and the `eqprop` command."""

from .runlog import open_log

__all__ = ["open_log"]
