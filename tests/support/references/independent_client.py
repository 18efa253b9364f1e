"""A client that trains a network on the board, written from the page of the protocol alone."""

import random
import struct
import time
import zlib

HELLO, CONFIGURE, SAMPLES, STATUS, STATE, PROGRESS, ERROR, WORKING = 1, 2, 3, 10, 65, 66, 70, 73


def encode(data):
    """Return the data in COBS, without a zero."""
    out = b""
    for piece in data.split(b"\0"):
        while len(piece) >= 254:
            out, piece = out + b"\xff" + piece[:254], piece[254:]
        out += bytes([len(piece) + 1]) + piece
    return out


def decode(data):
    """Return what COBS data stand for; a torn frame gives data of a wrong CRC."""
    out = b""
    while data:
        size, out, data = data[0], out + data[1 : data[0]], data[data[0] :]
        out += b"\0" if data and size < 255 else b""
    return out


def record(features, label, alphabet, outputs):
    """Pack a sample into the bits of a record."""
    count, k = max(2, len(alphabet)), 1
    while count ** (k + 1) <= 2**30:
        k += 1
    value, bits = label, (outputs - 1).bit_length()
    for start in range(0, len(features), k):
        group = [alphabet.index(feature) for feature in features[start : start + k]]
        value |= sum(digit * count**place for place, digit in enumerate(group)) << bits
        bits += (count ** len(group) - 1).bit_length()
    return value.to_bytes((bits + 7) // 8, "little")


class Client:
    """A host that trains a network on the board behind a serial port."""

    def __init__(self, port):
        """Take the open port; nothing is sent yet."""
        self.port, self.buffer, self.padding, self.working = port, b"", b"", False
        self.sequence, self.session, self.asked = random.randrange(256), b"", {}

    def send(self, kind, payload):
        """Send a question under a new sequence number, and remember which answer it is to have."""
        self.sequence = (self.sequence + 1) % 256
        self.asked[self.sequence] = PROGRESS if kind == SAMPLES else STATE
        data = struct.pack("<BBH", kind, self.sequence, len(payload)) + payload
        frame = b"\0" + encode(data + struct.pack("<I", zlib.crc32(data))) + b"\0"
        self.port.write(frame + bytes(-len(frame) % 32) + self.padding)

    def receive(self):
        """Return type, sequence and payload of the next whole frame, or nothing where none has come yet."""
        self.buffer = (self.buffer + self.port.read(self.port.in_waiting or 1))[-(2**17) :]
        while b"\0" in self.buffer:
            data, self.buffer = self.buffer.split(b"\0", 1)
            data = decode(data)
            sound = len(data) >= 8 and data[-4:] == struct.pack("<I", zlib.crc32(data[:-4]))
            if sound and int.from_bytes(data[2:4], "little") == len(data) - 8:
                return data[0], data[1], data[4:-4]
        return 0, None, b""

    def ask(self, kind, body, patience):
        """Ask a question; return type and payload of the answer, or nothing where one of the two was lost."""
        head = b"" if kind == HELLO else self.session
        self.send(kind, head + body)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            came, sequence, payload = self.receive()
            if sequence not in self.asked or not payload.startswith(head):
                continue
            payload = payload[len(head) :]
            if came == WORKING:
                self.working, end = True, time.monotonic() + patience
            elif came == ERROR and payload[:1] != b"\1":
                raise RuntimeError("the board says " + ascii(payload[1:].decode("utf-8", "replace")))
            elif came not in (ERROR, self.asked[sequence]):
                raise RuntimeError(f"the board gives an answer of type {came}")
            elif kind != HELLO or (came == STATE and payload.startswith(body)):
                self.asked, self.working = {}, False
                return came, payload
        self.padding = bytes(31)
        return 0, b""

    def train(self, model, layers, seed, lr_halving_samples, epoch, alphabet, samples):
        """Train the samples in order, each exactly once, and return the CRC-32 of the conductances.

        model: the energy model's number.
        """
        run, found, first, batch, limit, greeted = random.randrange(1, 2**32), 0, 0, 127, 192, False
        network = struct.pack("<B4IB", model, run, seed, lr_halving_samples, epoch, len(layers))
        network += struct.pack(f"<{len(layers)}H", *layers) + struct.pack(f"{len(alphabet)}b", *alphabet)
        patience = 9 + 0.002 * sum(2 * (a + 1) * b for a, b in zip(layers, layers[1:], strict=False))
        alphabet = alphabet or [*range(128), *range(-128, 0)]
        records = [record(features, label, alphabet, layers[-1]) for features, label in samples]
        while True:
            kind, body = STATUS, b""
            if not greeted:
                self.session = struct.pack("<I", random.randrange(2**30))
                kind, body = HELLO, b"\4" + self.session
            elif not self.working and found != run:
                kind, body = CONFIGURE, network
            elif not self.working and first < len(records):
                part = records[first : first + min(batch, 127, (limit - 9) // len(records[0]))]
                kind, body = SAMPLES, struct.pack("<IB", first, len(part)) + b"".join(part)
            came, payload = self.ask(kind, body, 9 if kind == SAMPLES else patience)
            batch = max(1, batch // 2 if came == 0 else min(batch, 127) + 1)
            greeted = (greeted or came == STATE) and came != ERROR
            if came == PROGRESS:
                first = struct.unpack_from("<I", payload)[0]
            elif came == STATE:
                limit, found, first, crc = struct.unpack_from("<5xH6xIII", payload)
                if limit < 9 + max(map(len, records), default=0) or (kind == CONFIGURE and found != run):
                    raise RuntimeError("the board has no room for this")
                if (found, first) == (run, len(records)):
                    return crc
