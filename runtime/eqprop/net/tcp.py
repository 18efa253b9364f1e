"""A TCP port for hosts, one at a time; with a secret, every piece of what they send is checked (`sealing`)."""

import os
import socket
import sys
from select import poll

from .._compat import const, ticks_diff, ticks_us
from . import sealing
from .waiting import Port

PORT = const(4242)
_POLLIN = const(1)
_SECOND_US = const(1000000)
_BUSY_S = const(10)
_PROOF = sealing.NONCE_SIZE + 2 + sealing.TAG_SIZE

if sys.implementation.name == "micropython":

    def _receive(line, view):
        """Return the number of bytes received, 0 for none yet, -1 at the end."""
        try:
            count = line.readinto(view)
        except OSError:
            return -1
        return 0 if count is None else count or -1

    def _send(line, data, start, count):
        """Return the number of bytes sent, 0 for none yet, -1 at the end."""
        try:
            return line.write(data, start, count) or 0
        except OSError:
            return -1

else:

    def _receive(line, view):
        """Return the number of bytes received, 0 for none yet, -1 at the end."""
        try:
            return line.recv_into(view) or -1
        except BlockingIOError:
            return 0
        except OSError:
            return -1

    def _send(line, data, start, count):
        """Return the number of bytes sent, 0 for none yet, -1 at the end."""
        try:
            return line.send(memoryview(data)[start : start + count])
        except BlockingIOError:
            return 0
        except OSError:
            return -1


class Tcp(Port):
    """Listens, and carries the bytes of one host until it hangs up, or is silent for ten seconds and another comes.

    - number: of the port
    - tend: called now and then unless None; for Wi-Fi
    """

    credit = 1024

    def __init__(self, number=PORT, secret=None, address="0.0.0.0"):
        """Listen on a port. secret: bytes, 16 to 64; None lets anyone in, on the loopback address only.

        Raises ValueError, and OSError if the port is taken.
        """
        super().__init__()
        if secret is None:
            if address[:4] != "127.":
                raise ValueError("tcp: without a secret only on 127.0.0.1, not on {}".format(address))
        else:
            sealing.check_secret(secret)
        self.number = number
        self.name = "tcp:{}".format(number)
        self.tend = None
        self._secret = secret
        self._guest = self._line = None
        self._sealer = None
        self._opener = None
        self._from = self._to = 0  # of the opener's data: what is still to be read
        self._heard = ticks_us()
        self._silent_s = 0
        self._listener = listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(socket.getaddrinfo(address, number)[0][-1])
            listener.listen(2)
        except OSError:
            listener.close()
            raise
        listener.setblocking(False)
        door = poll()
        door.register(listener, _POLLIN)
        self._door = getattr(door, "ipoll", None) or door.poll

    # ---- coming and going

    def _welcome(self):
        """Accept who has come, and greet them."""
        try:
            guest = self._listener.accept()[0]
            guest.setblocking(False)
            try:
                guest.setsockopt(6, 1, 1)  # TCP_NODELAY, which not all ports have
            except OSError:
                pass
            if self._line and self._silent_s < _BUSY_S:
                guest.send(sealing.GREETING + bytes((sealing.BUSY,)))
                guest.close()
            elif self._secret is None:
                guest.send(sealing.GREETING + bytes((sealing.PLAIN,)))
                self._let_in(guest, None, sealing.Unsealed())
            else:
                self._greeting = sealing.GREETING + bytes((sealing.SEALED,))
                self._nonce = os.urandom(sealing.NONCE_SIZE)
                guest.send(self._greeting + self._nonce)
                self._proof = bytearray(_PROOF)
                self._proven = 0
                self._send_away()
                self._guest = guest
        except OSError:  # they have gone meanwhile
            pass

    def _send_away(self):
        if self._guest:
            self._guest.close()
            self._guest = None

    def _examine(self):
        """Let the guest in who knows the secret, and send away who does not."""
        count = _receive(self._guest, memoryview(self._proof)[self._proven :])
        self._proven += max(count, 0)
        if self._proven == _PROOF:
            guest, self._guest = self._guest, None
            proof = bytes(self._proof)
            nonces = self._nonce + proof[: sealing.NONCE_SIZE]
            opener = sealing.Opener(sealing.key(self._secret, self._greeting, nonces, sealing.TO_BOARD))
            try:
                whole = list(map(len, sealing.feed(opener, proof[sealing.NONCE_SIZE :]))) == [0]
            except sealing.Forged:
                whole = False
            if not whole:
                guest.close()
                return
            sealer = sealing.Sealer(sealing.key(self._secret, self._greeting, nonces, sealing.TO_HOST))
            self._let_in(guest, sealer, opener)
            self.write(b"", 0, 0)
        elif count < 0:
            self._send_away()

    def _let_in(self, line, sealer, opener):
        self._hang_up()
        self._line, self._sealer, self._opener = line, sealer, opener
        self._heard = ticks_us()
        self._silent_s = 0

    def _hang_up(self):
        if self._line:
            self._line.close()
        self._line = None
        self._from = self._to = 0
        self._drop(len(self._out))

    # ---- bytes

    def _has(self):
        if self._from == self._to:
            self._receive()
        if self._from < self._to:
            return True
        # Only now, as a host that has gone is in nobody's way
        for _ in self._door(0):
            self._welcome()
        if self._guest:
            self._examine()
        if ticks_diff(ticks_us(), self._heard) > _SECOND_US:
            self._heard = ticks_us()
            self._silent_s += 1
            if self.tend:
                self.tend()
        return False

    def _receive(self):
        """Take what has come, up to a whole record or a piece; hang up at the end, and at what is forged."""
        while self._line and self._from == self._to:
            count = _receive(self._line, self._opener.space())
            if not count:
                break
            try:
                self._to = max(0, self._opener.took(count)) if count > 0 else -1
            except sealing.Forged:
                self._to = -1
            if self._to < 0:
                self._hang_up()
            self._from = 0
            self._silent_s = 0

    def take(self, buffer):
        """As `Port.take`."""
        count = min(len(buffer), self._to - self._from)
        at = self._from + 2
        for n in range(count):
            buffer[n] = self._opener.data[at + n]
        self._from += count
        return count

    def _push(self, data, start, count):
        if not self._line:
            return count
        sent = _send(self._line, data, start, count)
        if sent < 0:
            self._hang_up()
            return count
        return sent

    def write(self, data, start, count):
        """As `Port.write`; what is written while no host is there is lost."""
        if self._line and self._sealer:
            data = memoryview(data)
            for at in range(start, start + max(count, 1), sealing.RECORD_MOST):
                record = self._sealer.record(data[at : min(at + sealing.RECORD_MOST, start + count)])
                super().write(record, 0, len(record))
        else:
            super().write(data, start, count)

    def close(self):
        """Stop listening, and hang up."""
        self._send_away()
        self._hang_up()
        self._listener.close()
