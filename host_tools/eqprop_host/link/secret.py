"""The secret that a board and its hosts share: kept in a file of the user's alone, or in an environment variable."""

import os
import secrets
import stat
from pathlib import Path

from eqprop.net import sealing

from ..errors import PortError

VARIABLE = "EQPROP_SECRET"


def find(path=None):
    """Return the secret (bytes) in a file or, without one, in the environment; None for neither.

    Raises PortError for a file that cannot be read or that others can read, and for a secret of a wrong length.
    """
    if path is None:
        text, where = os.environ.get(VARIABLE, ""), VARIABLE
        if not text:
            return None
    else:
        text, where = _read(path), path
    secret = text.strip().encode()
    try:
        sealing.check_secret(secret)
    except ValueError as error:
        raise PortError(f"{where}: {error}") from error
    return secret


def _read(path):
    try:
        rights = os.stat(path).st_mode
        text = Path(path).read_text()
    except UnicodeDecodeError as error:
        raise PortError(f"{path}: expected a secret, one line of text") from error
    except OSError as error:
        raise PortError(f"{path}: the secret cannot be read: {error.strerror}") from error
    if os.name == "posix" and rights & (stat.S_IRWXG | stat.S_IRWXO):
        raise PortError(f"{path}: other users can read this secret: `chmod 600 {path}`")
    return text


def make(path):
    """Write a new secret to a file that does not exist; only its owner can read it. Raises PortError."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(16) + "\n")
    except OSError as error:
        raise PortError(f"{path}: the secret cannot be written: {error.strerror}") from error
