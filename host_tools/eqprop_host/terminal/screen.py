r"""Prints text on screens that lack some characters, without errors, whatever the terminal's encoding.

A Windows console or a pipe under PYTHONIOENCODING=ascii has no "±" or "µ", and a data set may name its classes in any
script. Characters that a stream cannot encode are written in plain letters if that is usual, otherwise as an
escape such as \u732b.
"""

import codecs
import sys

_PLAIN = {"µ": "u", "±": "+-", "×": "x", "−": "-", "–": "-", "…": "...", "·": ".", "→": "->", "Δ": "d", "°": " deg"}
_PLAIN |= dict(zip("▁▂▃▄▅▆▇█", "._-=+*#@", strict=True))  # curves
_PLAIN |= {"▀": "#", "━": "-", "╸": "-", "╺": " "}  # maps and bars
_HANDLER = "eqprop-plain"


def _plain(error):
    """Replace characters that cannot be encoded; an error handler for `codecs`."""
    text = error.object[error.start : error.end]
    shown = (_PLAIN.get(character) or character.encode("ascii", "backslashreplace").decode() for character in text)
    return "".join(shown), error.end


codecs.register_error(_HANDLER, _plain)


def safe_streams():
    """Make standard output and standard error write any text, replacing characters that they lack."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a replacement in a test or a notebook may have no encoding
            stream.reconfigure(errors=_HANDLER)
