"""Chips around an emulated Pico: they answer what real firmware sends on its SPI and I2C.

The emulator asks for each transfer on a socket: `firmware/rp2040/chips.mjs` has the words.
"""

import contextlib
import socket
import subprocess
import threading

PROMPT = b">>> "


class Clock:
    """The board's clock, as the last transfer told it."""

    us = 0

    def now(self):
        """Return microseconds."""
        return self.us

    def told(self, us):
        """Take the board's time."""
        self.us = us


class Rig:
    """The chips of a `rig.bench.Bench`, on both buses."""

    def __init__(self, bench, pins):
        """pins: numbers of the GPIO that lead to (the decoders' address, their enables)."""
        self._bench = bench
        self._pins = pins
        self._said = []

    def frame(self, levels, out):
        """Return what the selected chip answers to an SPI frame. levels: of all GPIO, bits of an integer."""
        for numbers, to in zip(self._pins, (self._bench.address, self._bench.enables), strict=True):
            for number, pin in zip(numbers, to, strict=True):
                pin.level = levels >> number & 1
        back = bytearray(len(out))
        self._bench.write_readinto(out, back)
        return back

    def begins(self, address, reads):
        """Return whether a chip answers at an I2C address."""
        if not self._bench.answers(address):
            return False
        if reads:
            back = bytearray(2)  # what each chip's reading takes
            try:
                self._bench.readfrom_into(address, back)
            except OSError:
                return False
            self._said = list(back)
        return True

    def read(self, address):
        """Return the next byte of a read."""
        return self._said.pop(0)

    def written(self, address, data):
        """Hand a write to the chip."""
        with contextlib.suppress(OSError):
            self._bench.writeto(address, data)


class Parts:
    """Parts on I2C, {address: part}, each as a simulated `machine` has it: with `written` and `read_into`."""

    def __init__(self, parts):
        self._parts = parts
        self._byte = bytearray(1)

    def begins(self, address, reads):
        """Return whether a part answers at an address."""
        return address in self._parts

    def read(self, address):
        """Return the next byte of a read."""
        self._parts[address].read_into(self._byte)
        return self._byte[0]

    def written(self, address, data):
        """Hand a write to the part."""
        self._parts[address].written(data)


@contextlib.contextmanager
def running(board, image, chips, clock):
    """Yield the process of `board`, an `rp2040.Pico`, that has just started with these chips on its buses.

    image: its filesystem. chips: a `Rig` or `Parts`. clock: its `told(microseconds)` is called before each transfer.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        argv, environment = board.command(image, chips=theirs.fileno())
        pipe, kept = subprocess.PIPE, [theirs.fileno()]
        process = subprocess.Popen(argv, env=environment, pass_fds=kept, bufsize=0, stdin=pipe, stdout=pipe)
        theirs.close()
        answering = threading.Thread(target=_answer, args=(ours, chips, clock))
        answering.start()
        try:
            yield process
        finally:
            process.kill()
            process.communicate()
            answering.join()


def run(board, image, program, chips, clock):
    """Import the module `program` at the board's prompt; return what it printed. The rest as for `running`."""
    with running(board, image, chips, clock) as process:
        _until_prompt(process)
        process.stdin.write(b"import " + program.encode() + b"\r\n")
        said = _until_prompt(process)
    return said.partition("\r\n")[2].replace("\r\n", "\n")


def _until_prompt(process):
    said = b""
    while not said.endswith(PROMPT):
        byte = process.stdout.read(1)
        if not byte:
            raise RuntimeError(f"the board ended: {said.decode(errors='replace')}")
        said += byte
    return said.removesuffix(PROMPT).decode()


def _answer(connection, chips, clock):
    """Answer lines until the emulator ends."""
    gone = contextlib.suppress(ConnectionError)
    with gone, connection.makefile("rw", encoding="ascii", newline="\n") as lines:
        for line in lines:
            verb, us, *words = line.split()
            clock.told(int(us))
            lines.write(_reply(chips, verb, words) + "\n")
            lines.flush()


def _reply(chips, verb, words):
    if verb == "S":
        return chips.frame(int(words[0]), bytes.fromhex(words[1])).hex()
    address = int(words[0])
    if verb == "B":
        return f"{chips.read(address):02x}"
    if verb == "W":
        chips.written(address, bytes.fromhex(words[1]))
        return "ok"
    return "ok" if chips.begins(address, verb == "R") else ""
