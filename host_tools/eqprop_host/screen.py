r"""Text on a screen that may lack characters: no output ends in an error, whatever the terminal's encoding.

A Windows console or a pipe under PYTHONIOENCODING=ascii has no "±" or "µ", and a data set may name its classes in any
script. What a stream cannot encode is written in plain letters where that is usual, and as an escape such as \u732b
elsewhere.
"""

import codecs
import sys

_PLAIN = {"µ": "u", "±": "+-", "×": "x", "−": "-", "–": "-", "…": "...", "·": ".", "→": "->", "Δ": "d", "°": " deg"}
_PLAIN |= dict(zip("▁▂▃▄▅▆▇█", "._-=+*#@", strict=True))  # curves
_PLAIN |= {"▀": "#", "━": "-", "╸": "-", "╺": " "}  # maps and bars
_HANDLER = "eqprop-plain"


def _plain(error):
    """Return what stands for characters that cannot be encoded, as an error handler of `codecs`."""
    text = error.object[error.start : error.end]
    shown = (_PLAIN.get(character) or character.encode("ascii", "backslashreplace").decode() for character in text)
    return "".join(shown), error.end


codecs.register_error(_HANDLER, _plain)


def safe_streams():
    """Have standard output and standard error write what they can of any text."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what a test or a notebook puts in its place may have no encoding
            stream.reconfigure(errors=_HANDLER)
