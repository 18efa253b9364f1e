"""Puts a recorder program on a board that has the runtime: it tells a sensor's readings."""

import contextlib
from importlib import resources

from ..deploy.deployment import watchdog_ms
from ..deploy.repl import Remote
from ..errors import BoardError, DataError

SENSORS = {
    "adc": {"pin": 26, "rate_hz": 100},
    "i2s": {"sck": 10, "ws": 11, "sd": 12, "rate_hz": 4000},
    "lis3dh": {"scl": 5, "sda": 4, "rate_hz": 50},
    "mpu6050": {"scl": 5, "sda": 4, "rate_hz": 50},
    "tcs3472": {"scl": 5, "sda": 4, "rate_hz": 20},
}
"""The sensors that are known, and their settings: pins, and readings a second."""

_FASTEST_HZ = {"i2s": 16000}
_FASTEST_OTHERS_HZ = 400
FASTEST_HZ = max(_FASTEST_HZ.values())
"""The most readings a second of any sensor."""


def settings(sensor, **typed):
    """Return the settings of a sensor, with those that were typed. Raises DataError for one that it does not have."""
    known = SENSORS[sensor]
    for name, value in typed.items():
        if name not in known:
            pins = ", ".join(each for each in known if each != "rate_hz")
            raise DataError(f"--pins {name}={value}: {sensor} has {pins}")
    most = _FASTEST_HZ.get(sensor, _FASTEST_OTHERS_HZ)
    if typed.get("rate_hz", 0) > most:
        raise DataError(f"--rate {typed['rate_hz']}: {sensor} has at most {most} readings a second")
    return {**known, **typed}


def start(path, name, sensor, settings):
    """Start the recorder of a sensor on the board at `path`, called `name` in messages; it runs until a reset.

    settings: from the function of that name. Raises PortError, ProtocolError for no prompt, BoardError for a board
    without the runtime's telemetry.
    """
    with contextlib.closing(Remote(path, name)) as remote:
        remote.reach()
        try:
            begins = remote.run("telemetry_check")
        except BoardError as error:
            raise BoardError(f"{error}: `eqprop deploy --port {name}` puts eqprop on the board") from error
        about = {"sensor": sensor, "watchdog_ms": watchdog_ms(begins), **settings}
        parts = (f"SETTINGS = {about!r}\n", _text(sensor), _text("recorder"))
        remote.start("".join(parts), deaf=False)


def _text(program):
    return (resources.files("eqprop_host.field.on_board") / f"{program}.py").read_text()
