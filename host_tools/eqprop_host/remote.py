"""MicroPython's own prompt at a port, by mpremote's command line.

What a board is asked to run is in `eqprop_host.prompt`; its answer is the Python literal that it prints.
"""

import ast
import binascii
import re
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path

from .errors import BoardError, PortError, ProtocolError
from .printing import printable

_PROMPT_S = 20.0  # for a board to be at its prompt and run something short
_FILES_S = 120.0  # and to take files
_PIECE = 1536  # bytes of a file at a time
_WRITE = """from binascii import a2b_base64
with open({path!r}, {mode!r}) as file:
    file.write(a2b_base64({data!r}))
"""
_NO_SPACE = "ENOSPC", "Errno 28", "OSError: 28", "No space left"


class Remote:
    """A board at MicroPython's prompt, at `path`, which pyserial opens; called `name` in messages."""

    def __init__(self, path, name):
        """Talk to nobody yet."""
        self.path = path
        self.name = name

    def run(self, program, fresh=False, **arguments):
        """Run a program of `eqprop_host.prompt` with these ARGUMENTS; return what it printed, None for nothing.

        fresh: after a soft reset, in an empty heap. Raises PortError, ProtocolError when nobody is at the prompt,
        BoardError with the last line of an exception on the board.
        """
        text = f"ARGUMENTS = {arguments!r}\n{_text('files')}{_text(program)}"
        printed = self._execute([text], _PROMPT_S, () if fresh else ("resume",))
        lines = printed.strip().splitlines()
        try:
            return ast.literal_eval(lines[-1]) if lines else None
        except (ValueError, SyntaxError) as error:
            raise ProtocolError(f"port {self.name}: makes no sense: {printable(lines[-1])[:200]}") from error

    def write(self, contents, folder):
        """Write files, {path in it: bytes}, to a folder of the board where their own folders are. Raises as `run`.

        In pieces that fit any heap: mpremote's own `cp` takes a round trip for each 256 bytes and several for a file.
        """
        texts = []
        for name, data in contents.items():
            for start in range(0, max(len(data), 1), _PIECE):
                base64 = binascii.b2a_base64(data[start : start + _PIECE], newline=False)
                texts.append(_WRITE.format(path=f"{folder}/{name}", mode="ab" if start else "wb", data=base64))
        self._execute(texts, _FILES_S, ("resume",))

    def start(self, program):
        """Leave a program running on the board, in a fresh heap."""
        self._execute([program], _PROMPT_S, ("soft-reset",), ("--no-follow",))

    def _execute(self, texts, timeout_s, before, options=()):
        """Have mpremote run these programs; return what they print. Raises as `run`.

        before: mpremote's commands that come first. options: those of its command `run`.
        """
        argv = [sys.executable, "-m", "mpremote", "connect", self.path, *before]
        with tempfile.TemporaryDirectory(prefix="eqprop-prompt-") as folder:
            for n, text in enumerate(texts):
                program = Path(folder) / f"{n}.py"
                program.write_text(text)
                argv += ["run", *options, str(program), "+"]
            try:
                done = subprocess.run(
                    argv, capture_output=True, text=True, errors="replace", timeout=timeout_s, stdin=subprocess.DEVNULL
                )
            except subprocess.TimeoutExpired as error:
                reason = f"port {self.name} is silent: no prompt of MicroPython within {timeout_s:g} s"
                raise ProtocolError(reason) from error
        if done.returncode:
            raise self._failure(done.stdout, done.stderr)
        return done.stdout

    def _failure(self, printed, complaint):
        """Return the error for what mpremote, or an exception on the board, says."""
        said = [line for line in f"{printed}\n{complaint}".splitlines() if line.strip()]
        last = printable(said[-1].strip()) if said else "mpremote says nothing"
        if any(word in printed + complaint for word in _NO_SPACE):
            return BoardError(f"port {self.name}: the board's flash is full")
        if "could not enter raw repl" in complaint:
            return ProtocolError(f"port {self.name}: no prompt of MicroPython")
        if "No module named mpremote" in complaint:
            return BoardError("needs mpremote: pip install mpremote")
        if "mpremote: failed to access" in complaint:
            return PortError(f"port {self.name} cannot be opened: another program may have it")
        # An exception of mpremote's own: the port went while it was in use
        if re.search(r"^(serial\.|OSError|ConnectionError|BrokenPipeError|termios\.)", last) and printed == "":
            return PortError(f"port {self.name} fails: {last.partition(': ')[2]}")
        return BoardError(f"port {self.name}: {last.removeprefix('mpremote: ')}")


def _text(program):
    return (resources.files("eqprop_host.prompt") / f"{program}.py").read_text()
