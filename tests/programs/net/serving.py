"""A board that serves its hosts, or tells them of a program, over TCP on the loopback address: SECRET [telling].

It takes any port that is free, and prints its number.
"""

import os
import sys

import eqprop
import eqprop.net
from eqprop.net.tcp import Tcp
from eqprop.net.waiting import sleep_ms

secret = sys.argv[1].encode() if sys.argv[1] else None
port = None
while port is None:
    number = 20000 + int.from_bytes(os.urandom(2), "little") % 12000
    try:
        port = Tcp(number, secret, "127.0.0.1")
    except OSError:
        pass
print(number)
if hasattr(sys.stdout, "flush"):
    sys.stdout.flush()
if sys.argv[2:]:
    network = eqprop.Network("4-3-2", 5)
    watch = eqprop.Telemetry(network, port=port)
    x = bytearray(4)
    while True:
        for n in range(4):
            x[n] = (x[n] + 17 * n) % 128
        label = network.infer(x)
        watch.answer(label, x)
        watch.poll()
        sleep_ms(2)
else:
    eqprop.net.serve(port, identity="tcp")
