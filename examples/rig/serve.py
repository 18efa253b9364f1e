"""Serves the rig to a host, which trains it and logs what it learns: `eqprop train --data xor --layers 2-4-2`.

As main.py on the board, it starts after power-up. The service owns the serial port, so this prints nothing more.
"""

from wired import find

import eqprop
import eqprop.service

try:
    crossbar = find()
except (OSError, ValueError) as error:  # a chip, the flash, or a file in it
    crossbar = None
    print(error)
if crossbar:
    eqprop.service.main(lambda *given: eqprop.Network(*given, crossbar=crossbar))
