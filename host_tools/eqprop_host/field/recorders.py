"""Puts a recorder program on a board that has the runtime: it tells a sensor's readings."""

import contextlib
from importlib import resources

from ..deploy.repl import Remote
from ..errors import BoardError

SENSORS = {
    "adc": {"pin": 26, "rate_hz": 100},
    "lis3dh": {"scl": 5, "sda": 4, "rate_hz": 50},
    "mpu6050": {"scl": 5, "sda": 4, "rate_hz": 50},
    "tcs3472": {"scl": 5, "sda": 4, "rate_hz": 20},
}
"""The sensors that are known, and their settings: pins, and readings a second."""


def start(path, name, sensor, **settings):
    """Start the recorder of a sensor on the board at `path`, called `name` in messages; it runs until a reset.

    settings: those of SENSORS that differ. Raises PortError, ProtocolError for no prompt, BoardError for a board
    without the runtime's telemetry.
    """
    about = {"sensor": sensor, **SENSORS[sensor], **settings}
    parts = (f"SETTINGS = {about!r}\n", _text(sensor), _text("recorder"))
    with contextlib.closing(Remote(path, name)) as remote:
        remote.reach()
        try:
            remote.run("telemetry_check")
        except BoardError as error:
            raise BoardError(f"{error}: `eqprop deploy --port {name}` puts eqprop on the board") from error
        remote.start("".join(parts), deaf=False)


def _text(program):
    return (resources.files("eqprop_host.field.on_board") / f"{program}.py").read_text()
