"""A client of eqprop's boards written from docs/protocol.md alone: it imports nothing of eqprop, and shares no code."""

import random
import struct
import time
import zlib

CHUNK = 32


def stuff(data):
    """Return COBS(data) between two zeros."""
    out = bytearray(1)
    for piece in data.split(b"\0"):
        while len(piece) >= 254:
            out += b"\xff" + piece[:254]
            piece = piece[254:]
        out += bytes([len(piece) + 1]) + piece
    return bytes(out + b"\0")


def unstuff(data):
    """Return what was stuffed, without its zeros; b"" for what is no COBS."""
    out, at = bytearray(), 0
    while at < len(data):
        code = data[at]
        out += data[at + 1 : at + code]
        at += code
        if code < 255 and at < len(data):
            out.append(0)
    return bytes(out) if at == len(data) else b""


def record(levels, outputs, x, label):
    """Return one sample, packed: x holds its features, each one of `levels`."""
    count = max(2, len(levels))
    group = max(k for k in range(1, 31) if count**k <= 2**30)
    value, bits = label, (outputs - 1).bit_length()
    for at in range(0, len(x), group):
        digits = [levels.index(feature) for feature in x[at : at + group]]
        value |= sum(digit * count**n for n, digit in enumerate(digits)) << bits
        bits += (count ** len(digits) - 1).bit_length()
    return value.to_bytes((bits + 7) // 8, "little")


class Client:
    """A board at a port as pyserial opens it, with a read timeout."""

    def __init__(self, port):
        self.port, self.number, self.heard = port, 0, b""
        self.greet()

    def send(self, kind, payload):
        self.number = (self.number + 1) % 256
        raw = struct.pack("<BBH", kind, self.number, len(payload)) + payload
        frame = stuff(raw + struct.pack("<I", zlib.crc32(raw)))
        self.port.write(frame + bytes(-len(frame) % CHUNK + CHUNK - 1))

    def frames(self, seconds):
        """Yield (type, sequence, payload) of each good frame that comes until then."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.heard += self.port.read(max(1, self.port.in_waiting))
            *whole, self.heard = self.heard.split(b"\0")
            for raw in map(unstuff, whole):
                if len(raw) >= 8 and zlib.crc32(raw[:-4]) == struct.unpack("<I", raw[-4:])[0]:
                    yield raw[0], raw[1], raw[4:-4]

    def greet(self):
        while True:
            session = struct.pack("<I", random.randrange(2**30))
            self.send(1, b"\3" + session)
            for kind, number, payload in self.frames(0.5):
                if kind == 70 and number == self.number:
                    raise RuntimeError(payload[1:].decode())
                if kind == 65 and payload[1:5] == session:
                    self.session = session
                    return self.state(payload)

    def ask(self, kind, payload, expected):
        """Return the payload of the answer; ask again what got lost."""
        while True:
            self.send(kind, self.session + payload)
            for answered, number, answer in self.frames(0.5):
                if number != self.number or answer[:4] != self.session or answered == 73:
                    continue
                if answered != expected:
                    raise RuntimeError(answer[5:].decode())
                return answer[4:]

    @staticmethod
    def state(payload):
        fields = struct.unpack("<BIHHIIIIIIIIHHB", payload[:46])
        return dict(zip(["_", "session", "limit", "credit", "heap", "run", "sample", "crc"], fields, strict=False))

    def train(self, layers, seed, halve_every, epoch, levels, samples):
        """Train a new network on samples, (features, label) each; return the CRC-32 of its conductances."""
        sizes = struct.pack(f"<B{len(layers)}H", len(layers), *layers)
        packed = [record(levels, layers[-1], x, label) for x, label in samples]
        configure = struct.pack("<IIII", 1, seed, halve_every, epoch) + sizes + bytes(n % 256 for n in levels)
        state = self.state(self.ask(2, configure, 65))
        room = min(state["limit"], state["credit"] // 2) - 24
        most = max(1, min(127, room // len(packed[0])))
        done = 0
        while done < len(packed):
            run = packed[done : done + most]
            answer = self.ask(3, struct.pack("<IB", done, len(run)) + b"".join(run), 66)
            done = struct.unpack("<I", answer[:4])[0]
        return self.state(self.ask(10, b"", 65))["crc"]
