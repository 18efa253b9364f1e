"""The `eqprop` command, also as `python -m eqprop_host`."""

import signal
import sys


def main():
    """Run the command; return its exit code."""
    # While its modules load, there is nothing to clean up or report
    known = signal.getsignal(signal.SIGINT)
    if known is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from . import cli

    signal.signal(signal.SIGINT, known)
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
