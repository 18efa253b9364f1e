"""What hosts of hostile runs are forked from: all that `eqprop train` and `eqprop push` load, once."""

from eqprop_host import cli, open_log, ports, recorder  # noqa: F401
from eqprop_host.commands import push, train  # noqa: F401
from eqprop_sim.emulator import warm_up

warm_up()
