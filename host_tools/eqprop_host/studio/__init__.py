"""The studio: a page that teaches a board, as static files and on a server of this computer's own.

- folder   all files of the page
- server   serves them on loopback
- page     the page's own HTML, CSS and JavaScript
- in_page  the page's Python, run there by MicroPython's WebAssembly build
"""

from .folder import files as files
from .folder import write as write
from .server import Server as Server
