"""MicroPython's own prompt at a port: the raw one, in which a board runs a program and says where its output ends.

What a board is asked to run is in `eqprop_host.deploy.on_board`. The port is opened once and read here, byte by byte,
not by mpremote: opening resets some boards, others print while they are asked (timers, threads, boot.py), and nothing,
no other process, may hold the port when this one is interrupted. A program's answer is a Python literal between two
marks, with a checksum; what else is printed around it does no harm. Programs go by raw paste, whose flow control no
receive buffer can overflow (MicroPython's "The REPL", 1.14 and newer).
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
from ..link.line import Port
from ..link.link import Link
from ..terminal.printing import printable

_PROMPT_S = 20.0  # for a board to answer at its prompt, or to start and run its boot.py
_FILES_S = 30.0  # for a board to write a piece of a file
_REACH_S = 8.0  # for a board that resets when its port is opened to start
_BYE_S = 2.0  # for a service to answer: a slow board with a large network takes a second
_NUDGE_S = 5.0  # a boot.py that has not ended then is interrupted
_ATTEMPTS = 3
_PIECE = 1536  # bytes of a file at a time
_KEPT = 4000  # bytes of what a board says while something else is waited for
_PROMPT = b">>> "
_TO_PROMPT = b"\r\x03\r\x02".ljust(CHUNK, b"\0")  # Ctrl-C; Ctrl-B, out of the raw prompt
_OVERLAP = len(_PROMPT) - 1  # bytes of a prompt that may have come before the others
_SILENCES = 6  # reads without a byte, after which nobody minds Ctrl-C
_INTERRUPT_S = 2.0  # for a program that was interrupted to end
_RAW = b"raw REPL; CTRL-B to exit\r\n>"
_WRITE = """from binascii import a2b_base64
{open}file.write(a2b_base64({data!r}))
{close}"""
_DEAF = "import micropython\nmicropython.kbd_intr(-1)\nprint('\\x02')\n"
_ANSWER = re.compile(rb"\x02(\d+) (\d+) ([^\x02\x03]*)\x03")
_EXCEPTION = re.compile(r"\w*(Error|Exception|Interrupt|Exit)\b")
_NO_SPACE = "ENOSPC", "Errno 28", "OSError: 28", "No space left"


class Remote:
    """A board at MicroPython's prompt, at `path`, which pyserial opens; called `name` in messages.

    - keep_alive: a line that goes ahead of each program: it feeds the watchdog that the board's own program started
    """

    def __init__(self, path, name):
        """Open the port. Raises PortError."""
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
        """Close the port, and say nothing to what runs on the board."""
        self._port.close()

    # ---- to the prompt

    def reach(self):
        """Bring the board to its prompt: whatever runs is interrupted, eqprop's service is told to end.

        Raises ProtocolError with what it says instead.
        """
        until = time.monotonic() + (ports.START_S if self.name.startswith(SCHEME) else _REACH_S)
        while not self.at_prompt():
            said = self._bye()
            if time.monotonic() > until:
                raise ProtocolError(said)

    def at_prompt(self):
        """Return whether the board is at its prompt, or comes there at Ctrl-C. A service minds it as noise.

        What a service is asked may mean anything at a prompt, a reset as well; so this comes first. The board may print
        by itself around the prompt.
        """
        self._port.write(_TO_PROMPT)
        heard, silences, until = b"", 0, time.monotonic() + _INTERRUPT_S
        while _PROMPT not in heard and time.monotonic() < until and (heard or silences < _SILENCES):
            data = self._port.read()
            heard = heard[-_OVERLAP:] + data
            silences += not data
        return _PROMPT in heard

    def _bye(self):
        """End the service if it runs; return what an unknown board says instead."""
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
        """Run a program of `deploy.on_board` with these ARGUMENTS; return what it answers, None for nothing.

        fresh: after a soft reset, in an empty heap. A program whose answer does not arrive whole is run again.
        Raises PortError, ProtocolError when nobody is at the prompt, BoardError with the last line of an exception on
        the board.
        """
        text = f"ARGUMENTS = {arguments!r}\n{_text('files')}{_text(program)}"
        for attempt in range(_ATTEMPTS):
            printed = self._execute(text, timeout_s, fresh and attempt == 0)
            for count, total, literal in _ANSWER.findall(printed):
                if (int(count), int(total)) == (len(literal), sum(literal)):
                    return self._literal(literal.decode())
            if "answer(" not in _text(program):
                return None
        says = printable(printed.decode(errors="replace").strip())[-80:]
        raise BoardError(
            f"port {self.name}: the board prints by itself and spoils its answers (it says {says!r}): stop what prints,"
            " such as a timer or a thread that boot.py starts, and try again"
        )

    def _literal(self, text):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError) as error:
            raise ProtocolError(f"port {self.name}: expected a Python literal, got {printable(text)[:200]}") from error

    def write(self, contents, folder):
        """Write files, {path in it: bytes}, to a folder of the board where their own folders are. Raises as `run`.

        In pieces that fit any heap; a file stays open from its first piece to its last.
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

    def start(self, program):
        """Leave a program running on the board, in a fresh heap, and close the port.

        Ctrl-C does not end it: it is a byte like any other in what the next one at the port may say.
        """
        self._enter(fresh=True)
        self._paste(_DEAF + program)
        self._until(b"\x02", _PROMPT_S)
        self.release()

    def _execute(self, text, timeout_s, fresh=False):
        """Have the board run a program; return what it prints. Raises as `run`."""
        if fresh or not self._heard.endswith(b">"):
            self._enter(fresh)
        try:
            printed, complaint = self._outcome(self.keep_alive + text, timeout_s)
        except ProtocolError as error:
            if self._forgot():
                raise self._reset() from error
            raise
        # Beside the exception there may be what the board prints by itself
        complaint = complaint.decode(errors="replace")
        raised = [line for line in complaint.splitlines() if _EXCEPTION.match(line)]
        if raised or "Traceback" in complaint:
            raise self._failure(complaint, (raised or ["an exception"])[-1])
        return printed

    def _outcome(self, text, timeout_s):
        """Return what a program prints, and what is said of its exception."""
        self._paste(text)
        printed = self._until(b"\x04", timeout_s, running=True)
        complaint = self._until(b"\x04", timeout_s, running=True)
        self._until(b">", _PROMPT_S)
        self._heard = b">"
        return printed, complaint

    def _forgot(self):
        """Return whether the board has forgotten the programs that it ran since its last soft reset."""
        with contextlib.suppress(BoardError, PortError):
            self.reach()
            self._enter(fresh=False)
            return b"forgotten" in self._outcome("'KINDS' in globals() or print('forgotten')", _PROMPT_S)[0]
        return False

    def _paste(self, text):
        """Give the raw prompt a program to run. What the board prints by itself is passed over."""
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
        """Return what the board says before `mark`.

        nudge: interrupt what runs when it takes long. running: a program runs. Raises ProtocolError when the mark does
        not come, BoardError for a board that was reset meanwhile.
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
    """An open port that a `Link` may use, and leaves open."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def close(self):
        """Leave it open."""


def _text(program):
    return (resources.files("eqprop_host.deploy.on_board") / f"{program}.py").read_text()
