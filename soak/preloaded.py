"""What hosts of hostile runs are forked from: all that `eqprop train` and `eqprop push` load, once."""

from eqprop_host import cli, open_log  # noqa: F401
from eqprop_host.boards import ports  # noqa: F401
from eqprop_host.commands.boards import push  # noqa: F401
from eqprop_host.commands.learning import train  # noqa: F401
from eqprop_host.training import recorder  # noqa: F401
from eqprop_sim.emulator.compiled_network import warm_up

warm_up()
