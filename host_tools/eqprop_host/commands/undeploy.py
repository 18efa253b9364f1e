"""Take eqprop and its checkpoints off a board again."""

from .. import deploying
from ..ports import powered
from . import deploy
from . import options as common


def add_options(parser):
    """Add the options of `eqprop undeploy`."""
    deploy.add_port(parser)


def run(options):
    """Remove all of it and name what was removed."""
    port = deploy.checked_port(options.port)
    with powered(port, common.tell) as path:
        removed = deploying.undeploy(path, port)
    print(f"removed {', '.join(removed)}" if removed else "there was nothing to remove")
