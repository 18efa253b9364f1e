"""Remove eqprop from a board, with its checkpoints and its black box."""

from ...boards.ports import powered
from ...deploy import deployment
from .. import options as common
from .prompt_port import add_port, checked_port


def add_options(parser):
    """Add the options of `eqprop undeploy`."""
    add_port(parser)


def run(options):
    """Remove everything and print the removed paths."""
    port = checked_port(options.port)
    with powered(port, common.tell) as path:
        removed = deployment.undeploy(path, port)
    print(f"removed {', '.join(removed)}" if removed else "there was nothing to remove")
