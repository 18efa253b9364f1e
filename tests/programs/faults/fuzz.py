"""Send a board random and mutated frames, each followed by a good one that it must answer; print how it answered.

micropython fuzz.py FRAMES SEED
"""

import sys

import eqprop.service
from eqprop import network as networks
from eqprop import plan
from eqprop.bench import pack_bench
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop.protocol.configuring import pack_configure
from eqprop.protocol.frames import Receiver, Sender
from eqprop.xorshift import Xorshift32

LAYERS = (4, 3, 2)
HEAP_BYTES = 6000
UNKNOWN = 99
WIDEST = 2000  # bytes of a payload that a network in such a heap asks for, at most


class Network(networks.Network):
    """A network as on a board with a small heap, whatever heap there is here."""

    def __init__(self, layers, *others):
        """Refuse what the heap would."""
        if plan(layers).bytes > HEAP_BYTES:
            raise MemoryError("layers: {} needs more than {} bytes".format(layers, HEAP_BYTES))
        super().__init__(layers, *others)


def questions():
    """Return (type, payload) of good questions, each kind and each form of them, of the session that HELLO names."""
    configuration = host_messages.Configuration(1, 1, 2, 3, 6, LAYERS, bytes(range(8)))
    records = [bytes((n, 40 + n)) for n in range(3)]
    session = b"\1\0\0\0"
    asked = [
        (m.CONFIGURE, pack_configure(configuration)),
        (m.SAMPLES, bytes(host_messages.pack_samples(0, [(records, None)]))),
        (m.SAMPLES, bytes(host_messages.pack_samples(3, [(None, [0, 1]), (records, None)]))),
        (m.INFER, b"\0" + bytes(range(12))),
        (m.INFER, b"\1" + bytes(range(6))),
        (m.READ, host_messages.pack_read(0, 0, 30)),
        (m.READ, host_messages.pack_read(1, 3, 4)),
        (m.WRITE, host_messages.pack_write(1, 2, b"\0\x10\0\x20")),
        (m.RESUME, host_messages.pack_resume(7)),
        (m.BENCH, bytes(pack_bench(1, 0, [(1, bytes(4)), (0, bytes(4))]))),
        (m.STATUS, b""),
        (m.SAVE, b""),
        (m.USER_DATA_WRITE, host_messages.pack_user_data_write(0, 8, b"abcd")),
        (m.USER_DATA_WRITE, host_messages.pack_user_data_write(4, 8, b"efgh")),
        (m.USER_DATA_READ, host_messages.pack_user_data_read(2, 99)),
    ]
    return [(m.HELLO, host_messages.pack_hello(1))] + [(kind, session + payload) for kind, payload in asked]


def mutated(random, data):
    """Return a copy of bytes with one to four bytes changed, lost, put in or repeated, or the end cut off."""
    data = bytearray(data)
    for _ in range(1 + random.below(4)):
        at = random.below(len(data) + 1)
        how = random.below(6)
        if how == 0:
            data = data[:at] + bytes((random.below(256),)) + data[at:]
        elif how == 1:
            data = data[:at] + data[at + 1 :]
        elif how == 2:
            data = data[:at]
        elif how == 3:
            data = data[:at] + data[max(0, at - random.below(9)) :]
        elif at < len(data):
            data[at] = random.below(256) if how == 4 else data[at] ^ 1 << random.below(8)
    return bytes(data)


def hostile_line(random, sender, kinds):
    """Return the bytes of a frame that is good, well framed around a mutated payload, mutated as a whole, or noise."""
    choice = random.below(10)
    kind, payload = kinds[random.below(len(kinds))]
    if choice == 0:
        return bytes(random.below(256) for _ in range(random.below(90))) + b"\0"
    if 1 < choice < 7:
        payload = mutated(random, payload)[: sender.limit]
    frame = bytes(sender.encode(kind, random.below(256), payload))
    return frame if choice < 7 else mutated(random, frame) + b"\0"


def fuzz(frames, seed):
    """Return {type: answers}. Raises ValueError for a good frame that is not answered as it should be."""
    random = Xorshift32(seed)
    service = eqprop.service.Service(Network, limit=200, credit=64, cache_bytes=64)
    sender, receiver = Sender(200), Receiver(WIDEST)
    kinds = questions()
    counts = {}
    for n in range(frames):
        line = hostile_line(random, sender, kinds)
        good = n % 256
        line += bytes(sender.encode(UNKNOWN, good, b"good"))
        last = None
        for answer in service.receive(line):
            for kind, sequence, payload in receiver.feed(bytes(answer)):
                counts[kind] = counts.get(kind, 0) + 1
                last = kind, sequence, bytes(payload[5:12])
        # Before a session the answer is "HELLO comes first", but an answer it is
        if last != (m.ERROR, good, b"message"):
            raise ValueError("frame {}: the good one behind it is answered {}".format(n, last))
        if service._limit > WIDEST or len(service._receiver._view) > WIDEST + 80 or len(service._cache or b"") > 64:
            raise ValueError("frame {}: the buffers have grown".format(n))
        service.done = False
    return counts


if __name__ == "__main__":
    print(sorted(fuzz(int(sys.argv[1]), int(sys.argv[2])).items()))
