"""The host's side of eqprop: the link to a board, data sets, logs, pictures, and the `eqprop` command."""

__all__ = ["open_log"]


def __getattr__(name):
    """Return `open_log`, loaded only when it is asked for: boards are worked with where logs are not."""
    if name == "open_log":
        from .runlog import open_log

        return open_log
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
