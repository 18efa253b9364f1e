"""What a board needs to know to be served over TCP: its Wi-Fi and its secret, in a file in its filesystem.

    import eqprop.net.settings
    eqprop.net.settings.write(ssid="attic", password="...", secret="...")

`eqprop deploy --wifi` writes it from the PC. Whoever can read the board's files can read it.
"""

import json
import os

FILE = "eqprop-net.json"
_KEYS = ("ssid", "password", "secret")


def write(folder="", **settings):
    """Write texts `ssid`, `password` and `secret`, all or nothing, and drop those from before.

    Raises ValueError for another name.
    """
    for name in settings:
        if name not in _KEYS:
            raise ValueError("{}: expected one of {}".format(name, ", ".join(_KEYS)))
    with open(folder + FILE + ".new", "w") as file:
        file.write(json.dumps(settings))
    os.rename(folder + FILE + ".new", folder + FILE)  # atomic


def read():
    """Return the settings, {name: text}; none without a file. Raises ValueError for a file of something else."""
    try:
        with open(FILE) as file:
            settings = json.loads(file.read())
    except OSError:
        return {}
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise ValueError("{}: is damaged: run `eqprop deploy --wifi` again".format(FILE))
    return settings
