"""A simulated board's processor: `python -m eqprop_sim` serves the compiled network on its standard streams."""

import contextlib

import eqprop.service

from .emulator import Network, warm_up

_CREDIT = 4096  # bytes: what a pseudo terminal holds for a reader


if __name__ == "__main__":
    warm_up()  # before the first host speaks, so that no answer is late
    with contextlib.suppress(OSError):  # the host hung up
        eqprop.service.main(Network, credit=_CREDIT, identity="numba")
