"""A board that lies, on a real loopback port: each lie is one line that names what is wrong, and nothing goes on."""

import contextlib
import socket
import struct
import threading

import numpy as np
import pytest

import eqprop
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop.protocol.frames import Receiver, Sender
from eqprop.service import CHUNK, Service
from eqprop_host.boards import ports
from eqprop_host.boards.board import Board
from eqprop_host.errors import BoardError, EqpropError

LAYERS = (4, 3, 2)
X = np.arange(48, dtype=np.int8).reshape(12, 4)
Y = np.array([0, 1, 0] * 4)
G = [np.full(30, 9000, np.uint16), np.full(10, 9000, np.uint16)]


class LyingBoard:
    """A board at a loopback port that answers each question of type `about` by lie(kind, payload), others honestly."""

    def __init__(self, about, lie):
        self.about, self.lie = about, lie
        self.service = Service(limit=1024, credit=512)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            with line, contextlib.suppress(OSError):
                asked = Receiver(1024)
                while data := line.recv(CHUNK):
                    kinds = [kind for kind, _, _ in asked.feed(data)]
                    for kind, answer in zip(kinds, map(bytes, self.service.receive(data)), strict=True):
                        line.sendall(self.told(answer) if kind == self.about else answer)

    def told(self, answer):
        ((kind, sequence, payload),) = ((k, s, bytes(p)) for k, s, p in Receiver(1024).feed(answer))
        head = b"" if self.about == m.HELLO else payload[: m.SESSION_HEADER]
        kind, payload = self.lie(kind, payload[len(head) :])
        return bytes(Sender(2048).encode(kind, sequence, payload, head))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


def state(**changes):
    """Return a lie about STATE."""
    return lambda kind, payload: (kind, m.pack_state(tuple(host_messages.unpack_state(payload)._replace(**changes))))


def progress(**changes):
    def lie(kind, payload):
        told = host_messages.unpack_progress(payload)._replace(**changes)
        totals = told.counted, told.correct, told.loss, 0
        return kind, struct.pack(m.PROGRESS_LAYOUT, told.sample, told.cached, *totals)

    return lie


def says(kind, payload):
    return lambda _kind, _payload: (kind, payload)


def edited(edit):
    return lambda kind, payload: (kind, edit(payload))


def seesaw():
    """Return a lie of PROGRESS that rises by one and falls back by one, for ever."""
    told = iter(range(10**9))
    return lambda kind, payload: (kind, struct.pack(m.PROGRESS_LAYOUT, next(told) % 2, *5 * (0,)))


def greet(board):
    board.recover()


def configure(board, **options):
    board.configure(LAYERS, 0, 0, run_number=5, epoch=12, **options)


def train(board):
    configure(board)
    list(board.train(X, Y, until=36))


def infer(board):
    configure(board)
    board.infer(X)


def read(board):
    configure(board, model="resistive")  # some numbers of 16 bits are none of its conductances
    board.conductances()


def restore(board):
    configure(board, model="resistive")
    board.restore(G, 3)


def notes(board):
    configure(board)
    board.write_user_data(b"a scale and two names")
    assert board.read_user_data() == b"a scale and two names"


def bench(board):
    configure(board)
    board.bench(X[:2], Y[:2], False)


def save(board):
    configure(board)
    board.save()


LOW = eqprop.plan(LAYERS, "resistive").g_min
LIES = [
    (m.HELLO, state(limit=10), greet, "a payload limit of 10 bytes is too small"),
    (m.HELLO, state(limit=0), greet, "a payload limit of 0 bytes is too small"),
    (m.HELLO, state(layers=(5,)), greet, "layers: 2..16 sizes"),
    (m.HELLO, state(layers=(0, 3)), greet, "layers: 2..16 sizes"),
    (m.HELLO, state(layers=(9000, 3)), greet, "layers: 2..16 sizes"),
    (m.HELLO, state(sample=5), greet, "5 samples and 0 slots without a network"),
    (m.HELLO, state(slots=5), greet, "0 samples and 5 slots without a network"),
    (m.HELLO, state(layers=LAYERS, model=1, sample=2**31), greet, "2147483648 samples, 1073741823 are possible"),
    (m.HELLO, state(layers=LAYERS, model=1, saved=7), greet, "saved sample 7, its next one is 0"),
    (
        m.HELLO,
        state(layers=LAYERS, model=5),
        greet,
        "energy model 5, expected 1 (resistive) or 2 (hopfield) or 3 (differential) or 4 (hopfield8)",
    ),
    (m.HELLO, state(protocol=9), greet, "speaks protocol 9, this eqprop 4"),
    (m.HELLO, edited(lambda payload: payload[:20]), greet, "STATE: 20 bytes are too few"),
    (m.HELLO, edited(lambda payload: payload[:46] + b"\x10"), greet, "STATE: 47 bytes are too few"),
    (m.HELLO, edited(lambda payload: payload[:47] + b"\xff\xfe"), greet, "can't decode"),
    (m.HELLO, says(m.ERROR, b"\0no\nand\x1b[2J no"), greet, "refuses: no?and?[2J no"),
    (m.HELLO, says(m.ERROR, b"\xff\xfe"), greet, "refuses: b'"),
    (m.HELLO, says(m.ERROR, b""), greet, "refuses: "),
    (m.CONFIGURE, state(run_number=6), configure, "says it built another network: run 6"),
    (m.CONFIGURE, state(seed=1), configure, "says it built another network: run 5, seed 1"),
    (m.CONFIGURE, state(lr_halving_samples=1), configure, "says it built another network"),
    (m.CONFIGURE, state(layers=(4, 4, 2)), configure, "holds a network of layers (4, 4, 2)"),
    (m.CONFIGURE, state(layers=(), slots=0), configure, "says it built another network"),
    (m.CONFIGURE, state(sample=7), configure, "another network: run 5, seed 0, layers (4, 3, 2), sample 7"),
    (m.CONFIGURE, state(session=3), configure, "answers in session 3"),
    (m.CONFIGURE, says(m.DONE, b""), configure, "answers with type 69 instead of 65"),
    (m.CONFIGURE, says(m.ERROR, b"\1"), configure, "restarted, 50 times without a sample beyond 0"),
    (m.CONFIGURE, says(m.ERROR, b"\2"), configure, "another host has taken the board"),
    (m.RESUME, state(sample=4), restore, "next sample is 4, not 3"),
    (m.RESUME, state(crc=7), restore, "holds conductances of CRC 00000007, those written have "),
    (m.WRITE, says(m.DONE, b"\0"), restore, "DONE: 1 bytes"),
    (m.WRITE, says(m.DEVICES, b""), restore, "answers with type 68 instead of 69"),
    (m.SAMPLES, progress(sample=99), train, "next sample is 99"),
    (m.SAMPLES, progress(sample=2**32 - 1), train, "4294967295 samples"),
    (m.SAMPLES, progress(sample=0, counted=0, correct=0), train, "learns nothing beyond 0"),
    (m.SAMPLES, seesaw(), train, "learns nothing beyond 1"),
    (m.SAMPLES, progress(counted=2, correct=3, sample=2), train, "3 of 2 predictions are correct"),
    (m.SAMPLES, progress(counted=200), train, "counted 200 of 1 samples"),
    (m.SAMPLES, progress(cached=13), train, "keeps 13 samples in 12 slots"),
    (m.SAMPLES, progress(cached=12), train, "keeps 12 samples, "),
    (m.SAMPLES, progress(cached=0), train, "keeps 0 samples, "),
    (m.SAMPLES, edited(lambda payload: payload[:-1]), train, "PROGRESS: 21 bytes"),
    (m.SAMPLES, edited(lambda payload: payload + b"\0"), train, "PROGRESS: 23 bytes"),
    (m.SAMPLES, says(m.STATE, b""), train, "answers with type 65 instead of 66"),
    (m.SAMPLES, says(99, b""), train, "answers with type 99 instead of 66"),
    (m.INFER, edited(lambda payload: b"\2\0" + payload[2:]), infer, "says class 2, its highest output is"),
    (m.INFER, edited(lambda payload: b"\xff\xff" + payload[2:]), infer, "says class -1, its highest output is"),
    (m.INFER, edited(lambda payload: bytes((1 - payload[0], 0)) + payload[2:]), infer, "its highest output is"),
    (m.INFER, edited(lambda payload: payload[:-2]), infer, "bytes for 12 samples"),
    (m.INFER, edited(lambda payload: payload + payload), infer, "bytes for 12 samples"),
    (
        m.READ,
        edited(lambda payload: b"\1\0" + payload[2:]),
        read,
        f"conductance 1 of crossbar 0 is not in {LOW}..",
    ),
    (m.READ, edited(lambda payload: b"\0\x80" + payload[2:]), read, f"32768 of crossbar 0 is not in {LOW}.."),
    (m.READ, edited(lambda payload: payload[:-1]), read, "bytes for 30 devices of crossbar 0"),
    (m.READ, edited(lambda payload: payload + b"\0\x10"), read, "bytes for 30 devices of crossbar 0"),
    (m.USER_DATA_READ, says(m.USER_DATA, b"\xff\xff"), notes, "user data have 65535 bytes"),
    (m.USER_DATA_READ, says(m.USER_DATA, b"\x09\0"), notes, "the user data end at 0 of 9 bytes"),
    (m.USER_DATA_READ, says(m.USER_DATA, b"\x01\0ab"), notes, "user data have 1 bytes, and sends 2 from 0"),
    (m.BENCH, edited(lambda payload: b"\7\0\0\0" + payload[4:]), bench, "next sample is 7, not 0"),
    (m.BENCH, edited(lambda payload: payload[:10] + bytes(4) + payload[14:]), bench, "a tick of 0 ns"),
    (m.BENCH, edited(lambda payload: payload[:-4]), bench, "5 figures of a benchmark"),
    (m.BENCH, edited(lambda payload: payload[:14]), bench, "MEASURES: 14 bytes, expected tier"),
    (m.SAVE, state(saved=9), save, "saved sample 9, its next one is 0"),
    (m.SAVE, state(layers=(4, 3, 3)), save, "holds a network of layers (4, 3, 3)"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("about", "lie", "work", "words"), LIES, ids=[words for *_, words in LIES])
def test_a_lie_is_one_line(about, lie, work, words):
    """Whatever the board says of itself. Catches a result that is made of it, a hang, and any other exception."""
    liar = LyingBoard(about, lie)
    try:
        with (
            pytest.raises(EqpropError) as caught,
            contextlib.closing(ports.link(liar.url, "liar", 1.0, 1.0)) as link,
        ):
            work(Board(link))
    finally:
        liar.close()
    text = str(caught.value)
    assert words in text and text.startswith("port liar") and "\n" not in text and text.isprintable()
    assert isinstance(caught.value, BoardError)


def test_there_are_more_than_48_lies():
    assert len(LIES) >= 48
