"""A host without a line: it gives a service its questions byte by byte, and hears the answers at once."""

from eqprop.network import DEFAULT
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop.protocol.configuring import pack_configure
from eqprop.protocol.frames import Receiver, Sender
from eqprop.protocol.records import Code
from eqprop.service import Service
from support.references.independent_packer import record

CODE = Code(4, 2)


def configure(layers, seed, lr_halving_samples, run_number=0, epoch=0, alphabet=b"", model=DEFAULT):
    about = (m.MODELS.index(model), run_number, seed, lr_halving_samples, epoch, layers, alphabet)
    return pack_configure(host_messages.Configuration(*about))


def samples(first, rows):
    return host_messages.pack_samples(first, [([record(CODE, x, label) for label, x in rows], None)])


class DirectHost:
    """A host that gives a service its questions byte by byte, with no reader that could wait for more."""

    def __init__(self, greet=True, **options):
        self.service = Service(**options)
        self.sender = Sender(4096)
        self.session = 0
        if greet:
            self.greet()

    def greet(self):
        """Begin a session; return the `State` that answers."""
        self.session += 1
        return self.state(m.HELLO, host_messages.pack_hello(self.session))

    def status(self):
        return self.state(m.STATUS, b"")

    def ask(self, kind, payload, sequence=9):
        """Return (type, payload) of the one answer."""
        head = b"" if kind == m.HELLO else self.session.to_bytes(4, "little")
        question = bytes(self.sender.encode(kind, sequence, payload, head))
        parts = [b"".join(map(bytes, self.service.receive(bytes((byte,))))) for byte in question]
        *before, line = parts  # the last byte, a zero, completes the frame
        assert not any(before)
        ((kind, echoed, answer),) = ((k, s, bytes(p)) for k, s, p in Receiver(4096).feed(line))
        assert echoed == sequence and answer.startswith(head)
        return kind, answer[len(head) :]

    def state(self, kind, payload):
        """Return the `State` that answers."""
        kind, answer = self.ask(kind, payload)
        assert kind == m.STATE, answer
        return host_messages.unpack_state(answer)

    def progress(self, first, rows):
        """Return the `Progress` that answers training samples."""
        kind, answer = self.ask(m.SAMPLES, samples(first, rows))
        assert kind == m.PROGRESS, answer
        return host_messages.unpack_progress(answer)
