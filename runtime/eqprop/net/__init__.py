"""Ports other than the one of a program's prints: TCP, a UART's pins and Bluetooth, for the service and for telemetry.

    import eqprop.net
    eqprop.net.serve("tcp")                                          # in place of eqprop.service.main()
    watch = eqprop.Telemetry(network, port=eqprop.net.port("tcp"))

`eqprop deploy --serve tcp` puts this part of the runtime on a board and has it served from there after power-up.
A port never waits for the other end. It allocates its buffers when it is made, and a sealed record takes 700 bytes of
heap for a moment.
"""

from .waiting import Port as Port


def port(text):
    """Return the port that a text names: tcp[:NUMBER], uart:ID,BAUD[,tx=PIN,rx=PIN], or ble[:NAME].

    TCP needs the board's settings (`eqprop.net.settings`). Raises ValueError for any other text and for settings that
    lack something, OSError for a port that is taken.
    """
    kind, _, rest = text.partition(":")
    if kind == "tcp":
        from .wifi import tcp  # imported here, so that a board loads only what it uses

        return tcp(rest)
    if kind == "uart":
        from .uart import uart

        return uart(rest)
    if kind == "ble":
        from .ble import ble

        return ble(rest)
    raise ValueError("port {}: expected tcp, tcp:4242, uart:0,115200 or ble:NAME".format(text))


def serve(where, build=None, checkpoints=None, watchdog_ms=0, **options):
    """Serve the hosts that come to a port, one after the other, for ever.

    where: a `Port`, or its text as of `port`. build: None for `Network`. Other arguments as for `eqprop.service.main`.
    Raises as `port`.
    """
    # Imported here, because a program that only tells needs no service
    from .. import service
    from .._compat import free_heap
    from ..checkpoint import Checkpoints
    from ..network import Network

    line = port(where) if isinstance(where, str) else where
    options.setdefault("credit", line.credit)
    served = service.Service(build or Network, checkpoints=checkpoints or Checkpoints(), **options)
    if watchdog_ms:
        from ..watchdog import start

        line.feed = served.feed = start(watchdog_ms)
    print("eqprop: serves {}, {} bytes of heap free".format(line.name, free_heap()))
    while True:
        service.serve(line.readinto, line.send, served)
        served.done = False  # a host has said BYE
