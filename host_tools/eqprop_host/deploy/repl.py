"""MicroPython's raw prompt at a port: the board runs a program there and marks the end of its output.

The programs are in `eqprop_host.deploy.on_board`. This module opens the port once and reads it byte by byte, instead of
using mpremote, because opening resets some boards, other code on the board may print meanwhile (timers, threads,
boot.py), and no child process may hold the port when this one is interrupted. A program's answer is a Python literal
between two marks, with a checksum; other output around it does no harm. Programs are sent by raw paste, whose flow
control cannot overflow a receive buffer (MicroPython's "The REPL", 1.14 and newer).
"""

import ast
import binascii
import contextlib
import re
import time
from importlib import resources

from eqprop.service import CHUNK
from eqprop_sim.simulated_board import SCHEME

from ..boards import ports
from ..boards.board import Board
from ..errors import BoardError, PortError, ProtocolError
from ..files import PARSING
from ..link.line import Port
from ..link.link import Link
from ..terminal.printing import printable

_PROMPT_S = 20.0  # for a board to answer at its prompt, or to start and run its boot.py
_FILES_S = 30.0  # for a board to write a piece of a file
_REACH_S = 8.0  # for a board that resets when its port is opened to start
_BYE_S = 2.0  # for a service to answer; a slow board with a large network takes a second
_NUDGE_S = 5.0  # after this time, a running boot.py is interrupted
_ATTEMPTS = 3
_PIECE = 1536  # bytes of a file at a time
_KEPT = 4000  # bytes kept of unexpected output while waiting
_PROMPT = b">>> "
_TO_PROMPT = b"\r\x03\r\x02".ljust(CHUNK, b"\0")  # Ctrl-C; Ctrl-B, out of the raw prompt
_OVERLAP = len(_PROMPT) - 1  # bytes of a prompt that an earlier read may have ended with
_SILENCES = 6  # silent reads after which no program reacts to Ctrl-C
_INTERRUPT_S = 2.0  # for a program that was interrupted to end
_RAW = b"raw REPL; CTRL-B to exit\r\n>"
_WRITE = """from binascii import a2b_base64
{open}file.write(a2b_base64({data!r}))
{close}"""
_DEAF = "import micropython\nmicropython.kbd_intr(-1)\nprint('\\x02')\n"
_MARKED = "print('\\x02')\n"
_ANSWER = re.compile(rb"\x02(\d+) (\d+) ([^\x02\x03]*)\x03")
_EXCEPTION = re.compile(r"\w*(Error|Exception|Interrupt|Exit)\b")
_NO_SPACE = "ENOSPC", "Errno 28", "OSError: 28", "No space left"


class Remote:
    """A board at MicroPython's prompt, at `path`, which pyserial opens; called `name` in messages.

    - keep_alive: code that precedes each program, to feed the watchdog that the board's own program started
    """

    def __init__(self, path, name):
        """Open the port. Raises PortError, also for one that has no prompt."""
        ports.check_console(path)
        self.path = path
        self.name = name
        self.keep_alive = ""
        self._port = Port(lambda: ports.open_stream(path, name), name)
        self._port.open()
        self._heard = b""

    def close(self):
        """Leave the raw prompt and close the port."""
        with contextlib.suppress(PortError, ProtocolError):
            if self._port.is_open:
                self._port.write(b"\r\x02")
        self.release()

    def release(self):
        """Close the port without sending anything to the board."""
        self._port.close()

    # ---- to the prompt

    def reach(self):
        """Bring the board to its prompt: interrupt a running program, and tell eqprop's service to end.

        Raises ProtocolError with the board's output if no prompt comes.
        """
        until = time.monotonic() + (ports.START_S if self.name.startswith(SCHEME) else _REACH_S)
        while not self.at_prompt():
            said = self._bye()
            if time.monotonic() > until:
                raise ProtocolError(said)

    def at_prompt(self):
        """Return whether the board is at its prompt, or comes there at Ctrl-C. The service ignores these bytes.

        This check comes first, because a message to the service could mean anything at a prompt, even a reset. Other
        code on the board may print around the prompt.
        """
        self._port.write(_TO_PROMPT)
        heard, silences, until = b"", 0, time.monotonic() + _INTERRUPT_S
        while _PROMPT not in heard and time.monotonic() < until and (heard or silences < _SILENCES):
            data = self._port.read()
            heard = heard[-_OVERLAP:] + data
            silences += not data
        return _PROMPT in heard

    def _bye(self):
        """End the service if it runs; return the output of a board without a service."""
        with contextlib.closing(Link(lambda: _Kept(self._port.stream), self.name, _BYE_S)) as link:
            try:
                Board(link).bye()
            except ProtocolError as error:
                return str(error).partition("it says ")[2]
        return ""

    def _enter(self, fresh):
        """Enter the raw prompt; fresh: after a soft reset, in an empty heap."""
        self._port.write(b"\r\x03\x03\r\x01")
        self._until(_RAW, _PROMPT_S)
        if fresh:
            self._port.write(b"\x04")
            self._until(b"soft reboot", _PROMPT_S)
            self._until(_RAW, _PROMPT_S, nudge=True)

    # ---- programs

    def run(self, program, fresh=False, timeout_s=_PROMPT_S, **arguments):
        """Run a program of `deploy.on_board` with these ARGUMENTS; return its answer, or None without one.

        fresh: after a soft reset, in an empty heap. A program whose answer arrives damaged is run a second time. Raises
        PortError; ProtocolError if there is no prompt; BoardError with the last line of an exception on the board.
        """
        text = f"ARGUMENTS = {arguments!r}\n{program_text('files')}{program_text(program)}"
        for attempt in range(_ATTEMPTS):
            printed = self._execute(text, timeout_s, fresh and attempt == 0)
            for count, total, literal in _ANSWER.findall(printed):
                if (int(count), int(total)) == (len(literal), sum(literal)):
                    return self._literal(literal.decode())
            if "answer(" not in program_text(program):
                return None
        says = printable(printed.decode(errors="replace").strip())[-80:]
        raise BoardError(
            f"port {self.name}: other output of the board spoils its answers (it says {says!r}): stop the code that "
            "prints, such as a timer or a thread that boot.py starts, and try again"
        )

    def _literal(self, text):
        try:
            with PARSING:
                return ast.literal_eval(text)
        except (ValueError, SyntaxError) as error:
            raise ProtocolError(f"port {self.name}: expected a Python literal, got {printable(text)[:200]}") from error

    def write(self, contents, folder):
        """Write files, {path in the folder: bytes}, to a folder of the board; their folders exist. Raises as `run`.

        Files go in pieces that fit any heap; a file stays open from its first piece to its last.
        """
        for name, data in contents.items():
            size = max(len(data), 1)
            for start in range(0, size, _PIECE):
                values = {
                    "open": "" if start else f"file = open({f'{folder}/{name}'!r}, 'wb')\n",
                    "data": binascii.b2a_base64(data[start : start + _PIECE], newline=False),
                    "close": "file.close()\n" if start + _PIECE >= size else "",
                }
                self._execute(_WRITE.format(**values), _FILES_S)

    def start(self, program, deaf=True):
        """Leave a program running on the board, in a fresh heap, and close the port.

        deaf: Ctrl-C does not end it, because the next program at the port may send that byte as data.
        """
        self._enter(fresh=True)
        self._paste((_DEAF if deaf else _MARKED) + program)
        self._until(b"\x02", _PROMPT_S)
        self.release()

    def restart(self, started):
        """Let the board start its boot.py and main.py in a fresh heap; close the port once it prints `started`.

        Only then does Ctrl-C reach what runs there. Raises ProtocolError if that is not printed.
        """
        self._port.write(b"\r\x03\x03\r\x02")
        self._until(_PROMPT, _PROMPT_S)
        self._port.write(b"\x04")
        self._until(started.encode(), _PROMPT_S)
        self.release()

    def watch(self, program, pattern, timeout_s):
        """Leave a program running on the board, in a fresh heap; return the match of `pattern` in what it prints.

        program: None to go on with the one before. Raises ProtocolError if nothing matches within `timeout_s`, and as
        `run` if the program ends.
        """
        if program is not None:
            self._enter(fresh=True)
            self._paste(_MARKED + program)
            self._until(b"\x02", _PROMPT_S)
        until = time.monotonic() + timeout_s
        while not (found := pattern.search(self._heard)):
            if b"\x04" in self._heard:
                self._until(b"\x04", _PROMPT_S)
                complaint = self._until(b"\x04", _PROMPT_S).decode(errors="replace")
                raised = [line for line in complaint.splitlines() if _EXCEPTION.match(line)]
                raise self._failure(complaint, (raised or ["it ends"])[-1])
            if time.monotonic() > until:
                raise self._silence(timeout_s)
            self._more()
        return found

    def _execute(self, text, timeout_s, fresh=False):
        """Run a program on the board; return its output. Raises as `run`."""
        if fresh or not self._heard.endswith(b">"):
            self._enter(fresh)
        try:
            printed, complaint = self._outcome(self.keep_alive + text, timeout_s)
        except ProtocolError as error:
            if self._forgot():
                raise self._reset() from error
            raise
        # The output may hold other prints in addition to the exception
        complaint = complaint.decode(errors="replace")
        raised = [line for line in complaint.splitlines() if _EXCEPTION.match(line)]
        if raised or "Traceback" in complaint:
            raise self._failure(complaint, (raised or ["an exception"])[-1])
        return printed

    def _outcome(self, text, timeout_s):
        """Return a program's output and its error output."""
        self._paste(text)
        printed = self._until(b"\x04", timeout_s, running=True)
        complaint = self._until(b"\x04", timeout_s, running=True)
        self._until(b">", _PROMPT_S)
        self._heard = b">"
        return printed, complaint

    def _forgot(self):
        """Return whether the board has forgotten the programs run since the last soft reset, so it was reset."""
        with contextlib.suppress(BoardError, PortError):
            self.reach()
            self._enter(fresh=False)
            return b"forgotten" in self._outcome("'KINDS' in globals() or print('forgotten')", _PROMPT_S)[0]
        return False

    def _paste(self, text):
        """Send a program to the raw prompt. Other output of the board is skipped."""
        self._heard = b""
        self._port.write(b"\x05A\x01")
        self._until(b"R\x01", _PROMPT_S)
        window = room = int.from_bytes(self._exactly(2), "little")
        data = text.encode()
        while data:
            while not room:
                sign = self._exactly(1)
                if sign == b"\x04":  # the board takes no more of the program, and says why
                    self._port.write(b"\x04")
                    return
                room += window if sign == b"\x01" else 0
            self._port.write(data[:room])
            room, data = room - len(data[:room]), data[room:]
        self._port.write(b"\x04")
        self._until(b"\x04", _PROMPT_S)

    def _failure(self, complaint, last):
        """Return the error for an exception on the board, whose last line is `last`."""
        if any(word in complaint for word in _NO_SPACE):
            return BoardError(f"port {self.name}: the board's flash is full")
        if last.startswith(("SyntaxError", "IndentationError")) and complaint.count("File ") == 1:
            return BoardError(
                f"port {self.name}: a program arrived damaged on the board ({printable(last)}): see that no other "
                "program uses the port, and try again"
            )
        if last.startswith("MemoryError"):
            reason = printable(last.partition(": ")[2] or last)
            return BoardError(f"port {self.name}: the board's heap{self._heap()} is too small for eqprop: {reason}")
        return BoardError(f"port {self.name}: {printable(last)}")

    def _heap(self):
        """Return " of N bytes", the heap after a soft reset; "" where the board does not say."""
        with contextlib.suppress(BoardError, PortError, ProtocolError):
            self.reach()
            self._enter(fresh=True)
            said = self._outcome("import gc\nprint(gc.mem_alloc() + gc.mem_free())", _PROMPT_S)[0].strip()
            return f" of {int(said)} bytes" if said.isdigit() else ""
        return ""

    # ---- bytes

    def _more(self):
        data = self._port.read()
        self._heard += data
        return data

    def _exactly(self, count):
        """Return the next `count` bytes."""
        until = time.monotonic() + _PROMPT_S
        while len(self._heard) < count:
            self._more()
            if time.monotonic() > until:
                raise self._silence(_PROMPT_S)
        data, self._heard = self._heard[:count], self._heard[count:]
        return data

    def _until(self, mark, timeout_s, nudge=False, running=False):
        """Return the board's output before `mark`.

        nudge: interrupt a program that takes long. running: a program runs. Raises ProtocolError if the mark does not
        come, BoardError if the board was reset meanwhile.
        """
        start = nudged = time.monotonic()
        while mark not in self._heard:
            if running and b"\nMicroPython v" in self._heard and b"\n>>> " in self._heard:
                raise self._reset()
            self._more()
            now = time.monotonic()  # asked also where bytes come: a board may print for ever
            if now - start > timeout_s:
                raise self._silence(timeout_s)
            if nudge and now - nudged > _NUDGE_S:
                self._port.write(b"\r\x03")
                nudged = now
        before, _, self._heard = self._heard.partition(mark)
        return before

    def _silence(self, timeout_s):
        says = printable(self._heard[-_KEPT:].decode(errors="replace").strip())[-80:]
        says = f"it says {says!r}" if says else "it says nothing"
        return ProtocolError(f"port {self.name}: no prompt of MicroPython within {timeout_s:g} s, {says}")

    def _reset(self):
        return BoardError(
            f"port {self.name}: the board was reset meanwhile: by a watchdog that its own program started, by its "
            "power, or by a person: if it has a main.py, rename that, reset the board and try again"
        )


class _Kept:
    """An open port for a `Link`, which leaves it open."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def close(self):
        """Leave the port open."""


def program_text(program):
    """Return the text of a program of `deploy.on_board`."""
    return (resources.files("eqprop_host.deploy.on_board") / f"{program}.py").read_text()
