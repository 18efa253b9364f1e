"""Forged frames over TCP: what somebody on the network sends who does not know the secret, and none may be accepted.

    python -m soak.forgeries [FRAMES [SEED]]        a million frames; exit code 1 if one is accepted

The adversary has heard genuine connections, both directions of them, to the last byte, and chooses where in a
connection to cut in. KINDS are what it sends then. Whatever it is, the reader must have the genuine records up to
there, and not a byte more. A thousandth of the frames goes through sockets into a board's `eqprop.net.tcp.Tcp`, which
must take a host that knows the secret after each.
"""

import random
import socket
import sys
import time

from eqprop.net import sealing
from eqprop.net.tcp import Tcp

_CONNECTIONS = 16
_RECORDS = 8
_DEALS = 1000  # frames to one that goes through a socket
_SECRET = b"a secret that nobody guesses"
_GREETING = sealing.GREETING + bytes((sealing.SEALED,))
DIRECTIONS = {"up": sealing.TO_BOARD, "down": sealing.TO_HOST}


class Heard:
    """A connection that the adversary has heard: its nonces, and the records of each direction."""

    def __init__(self, draw, secret=_SECRET):
        """Let the two sides talk."""
        self.nonces = draw.randbytes(2 * sealing.NONCE_SIZE)
        self.records = {}
        for direction in DIRECTIONS:
            sealer = sealing.Sealer(self.key(direction, secret))
            # The first is empty; lengths that frames have, and the longest
            sizes = [0, *(draw.choice((32, 64, 1, 0, draw.randrange(513), 512)) for _ in range(_RECORDS))]
            self.records[direction] = [bytes(sealer.record(draw.randbytes(size))) for size in sizes]

    def key(self, direction, secret=_SECRET):
        """Return the key of a direction."""
        return sealing.key(secret, _GREETING, self.nonces, DIRECTIONS[direction])


def flipped(draw, mine, at, _):
    """Flip a bit of the next record."""
    record = bytearray(mine[at])
    record[draw.randrange(len(record))] ^= 1 << draw.randrange(8)
    return bytes(record)


def replayed(draw, mine, at, _):
    """Send a record a second time."""
    return mine[draw.randrange(at)]


def reordered(draw, mine, at, _):
    """Send the next record after a later one."""
    later = draw.randrange(at + 1, len(mine))
    return mine[later] + mine[at]


def dropped(draw, mine, at, _):
    """Leave out the next record."""
    return b"".join(mine[at + 1 :])


def truncated(draw, mine, at, _):
    """Take bytes from the end of the next record, and say so in its length."""
    data, tag = _parts(mine[at])
    data = data[: draw.randrange(len(data))] if data else data + b"\0"
    return len(data).to_bytes(2, "little") + data + tag


def extended(draw, mine, at, _):
    """Add bytes to the next record, and say so in its length."""
    data, tag = _parts(mine[at])
    data = (data + draw.randbytes(draw.randrange(1, 33)))[:600]
    return len(data).to_bytes(2, "little") + data + tag


def cut(draw, mine, at, _):
    """Lose bytes of the next record; what follows it fills the gap."""
    record = mine[at]
    first = draw.randrange(len(record))
    last = draw.randrange(first + 1, len(record) + 1)
    return record[:first] + record[last:] + b"".join(mine[at + 1 :])


def spliced(draw, mine, at, _):
    """Join the bytes of one record and the tag of another."""
    data = draw.choice([data for data, _ in map(_parts, mine) if data != _parts(mine[at])[0]])
    return len(data).to_bytes(2, "little") + data + _parts(mine[at])[1]


def reflected(draw, mine, at, others):
    """Send the reader's own record back, at its place or at another."""
    return draw.choice((others["back"][at], draw.choice(others["back"])))


def of_another(draw, mine, at, others):
    """Send the record of the same place in another connection."""
    return others["another"][at]


def of_a_wrong_secret(draw, mine, at, others):
    """Send a record of the same place, sealed with another secret."""
    return others["wrong"][at]


def random_bytes(draw, mine, at, _):
    """Send noise, framed as a record or not."""
    size = draw.randrange(65)
    head = size.to_bytes(2, "little") if draw.random() < 0.8 else draw.randbytes(2)
    return head + draw.randbytes(size + sealing.TAG_SIZE)


KINDS = (
    flipped,
    replayed,
    reordered,
    dropped,
    truncated,
    extended,
    cut,
    spliced,
    reflected,
    of_another,
    of_a_wrong_secret,
    random_bytes,
)


def _parts(record):
    """Return (data, tag) of a record."""
    return record[2 : -sealing.TAG_SIZE], record[-sealing.TAG_SIZE :]


def accepted(opener, stream):
    """Return the bytes that a reader takes of a stream before it refuses the rest."""
    taken = []
    try:
        for data in sealing.feed(opener, stream):
            taken.append(bytes(data))
    except sealing.Forged:
        pass
    return taken


def genuine(mine, at, stream):
    """Return the bytes of the whole genuine records that a stream begins with: a cut may leave one as it was."""
    found = []
    while at < len(mine) and stream.startswith(mine[at]):
        found.append(_parts(mine[at])[0])
        stream = stream[len(mine[at]) :]
        at += 1
    return found


def opener_at(heard, direction, at):
    """Return a reader that has taken the first `at` records of a direction."""
    opener = sealing.Opener(heard.key(direction))
    opener._sealer._number = at
    return opener


def attack(draw, heard):
    """Make one attack; return (its kind, the heard connection, direction, place, what is sent)."""
    kind = draw.choice(KINDS)
    here = draw.choice(heard)
    direction = draw.choice(list(DIRECTIONS))
    at = draw.randrange(1, _RECORDS)
    another = draw.choice([each for each in heard if each is not here])
    back = "down" if direction == "up" else "up"
    others = {
        "back": here.records[back],
        "another": another.records[direction],
        "wrong": here.wrong.records[direction],
    }
    return kind, here, direction, at, kind(draw, here.records[direction], at, others)


def listen(draw):
    """Return the connections that the adversary has heard."""
    heard = [Heard(draw) for _ in range(_CONNECTIONS)]
    for each in heard:
        each.wrong = Heard(draw, b"a secret that somebody guessed")
    return heard


class Board:
    """A board's TCP port on the loopback address, and hosts that come to it."""

    def __init__(self):
        """Listen on any free port."""
        self.port = Tcp(0, _SECRET, "127.0.0.1")
        self.address = self.port._listener.getsockname()
        self.at = 0

    def met(self, first, later=b"", secret=None):
        """Send `first` after the greeting, then `later`; return what the board's program can read of it.

        secret: the one that a genuine host has, which sends its proof, `first` sealed and `later`; None for others.
        """
        with socket.create_connection(self.address) as line:
            while self.port.ready() and self.port._guest is None:
                pass
            nonce = b""
            while len(nonce) < len(_GREETING) + sealing.NONCE_SIZE:
                nonce += line.recv(64)
            if secret:
                mine = bytes(range(sealing.NONCE_SIZE))
                key = sealing.key(secret, _GREETING, nonce[len(_GREETING) :] + mine, sealing.TO_BOARD)
                sealer = sealing.Sealer(key)
                first = mine + sealer.record(b"") + sealer.record(first)
            line.sendall(first + later)
            line.shutdown(socket.SHUT_WR)
            read = b""
            while True:
                while self.port.ready() & 1:
                    read += bytes((self.port.read(),))
                if not self.port._guest and not self.port._line:
                    return read


def main(arguments):
    """Attack so often; return the exit code."""
    frames, seed = (int(text) for text in (*arguments, *("1000000", "0")[len(arguments) :]))
    draw = random.Random(seed)
    heard = listen(draw)
    board = Board()
    counts = dict.fromkeys((kind.__name__ for kind in KINDS), 0)
    wrong = through_sockets = 0
    began = time.monotonic()
    for n in range(frames):
        kind, here, direction, at, stream = attack(draw, heard)
        counts[kind.__name__] += 1
        if n % _DEALS:
            taken = accepted(opener_at(here, direction, at), stream)
            bad = taken != genuine(here.records[direction], at, stream)
        else:
            through_sockets += 1
            # As who knows no secret, with a whole heard connection, or behind a genuine proof; then one who knows it
            whole = here.nonces[sealing.NONCE_SIZE :] + b"".join(here.records["up"][:at])
            met = [board.met(whole, stream), board.met(b"genuine", stream, _SECRET), board.met(b"", b"", _SECRET)]
            bad = met != [b"", b"genuine", b""]
        if bad:
            wrong += 1
            print(f"frame {n} of seed {seed}: {kind.__name__} was accepted", flush=True)
    board.port.close()
    print(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))
    took = f"{time.monotonic() - began:.0f} s, {through_sockets} through sockets"
    print(f"{frames} forged frames, {took}: {wrong or 'none'} accepted")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
