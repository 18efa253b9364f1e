"""Print how many instructions a service takes to receive, unpack, count and answer a sample: all but learning it.

micropython streaming.py SAMPLES_PER_FRAME ALPHABET RECORD      the last two in hexadecimal
"""

import sys
import time

from eqprop.protocol import messages
from eqprop.protocol.configuring import pack_configure
from eqprop.protocol.frames import Sender
from eqprop.protocol.host_messages import pack_hello, pack_samples
from eqprop.service import CHUNK, Service

FRAMES = 5
SESSION = 5

many = int(sys.argv[1])
alphabet = bytes.fromhex(sys.argv[2])
record = bytes.fromhex(sys.argv[3])
service, sender = Service(), Sender(1024)


def ask(kind, payload, token=b""):
    """Send a message as `eqprop.service.serve` reads it; return the instructions until the answer, and its type."""
    frame = bytes(sender.encode(kind, 1, payload, token))
    chunks = [frame[at : at + CHUNK] for at in range(0, len(frame), CHUNK)]
    answered = None
    start = time.ticks_cpu()
    collect = service.collect
    for chunk in chunks:
        if not collect(chunk, len(chunk)):
            for answer in service.receive(chunk):
                answered = answer[2]
    return time.ticks_diff(time.ticks_cpu(), start), answered


token = pack_hello(SESSION)[1:]
ask(messages.HELLO, pack_hello(SESSION))
about = (messages.MODELS.index("hopfield"), 7, 0, 0, 1437, (64, 32, 10), alphabet)
ask(messages.CONFIGURE, pack_configure(about), token)
learner = service.network.learner


def count(_x, _label):
    """Count a sample in place of learning it."""
    learner.count(0, 0)


service.network.learn = count
for _ in range(2):
    start = time.ticks_cpu()
    count(None, 0)
    counting = time.ticks_diff(time.ticks_cpu(), start)

spent = 0
for _ in range(FRAMES):
    instructions, answered = ask(
        messages.SAMPLES, pack_samples(service.network.sample, [([record] * many, None)]), token
    )
    assert answered == messages.PROGRESS
    spent += instructions
print(service.network.sample, spent // (FRAMES * many) - counting)
