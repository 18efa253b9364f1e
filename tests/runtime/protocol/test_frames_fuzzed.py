"""Random and mutated frames, into the board's parser and into the host's; `make hostile` sends a million to each."""

import ast
import contextlib
import os
import random
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop.bench import unpack_measures
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop.protocol.frames import Receiver, Sender, encoded_size
from eqprop_host.boards.board import Board
from eqprop_host.errors import EqpropError
from eqprop_host.link.link import Link
from programs.faults.fuzz import fuzz, mutated
from support.boards.faulty_line import Line
from support.places import PROGRAMS, ROOT

FRAMES = int(os.environ.get("EQPROP_FUZZ_FRAMES", 5_000))
X = np.arange(12, dtype=np.int8).reshape(3, 4)


def test_a_board_survives_any_frames():
    """Catches an exception that escapes, a buffer that grows, and a parser that stays out of step."""
    counts = fuzz(FRAMES, 1)
    assert set(counts) >= {m.STATE, m.PROGRESS, m.CLASSES, m.DEVICES, m.DONE, m.ERROR, m.MEASURES, m.USER_DATA}
    assert sum(counts.values()) > FRAMES


@pytest.mark.parametrize(("board", "heap"), [("unix_micropython", 192 * 1024), ("cortex_m3", 128 * 1024)])
def test_a_board_does_so_in_a_small_heap(board, heap, request):
    """In the heap of a board, where it may refuse more. Catches allocation without a bound."""
    frames = FRAMES if board == "unix_micropython" else FRAMES // 20
    path = [ROOT / "runtime", ROOT / "tests"]
    argv, environment = request.getfixturevalue(board).command(
        PROGRAMS / "faults/fuzz.py", frames, 1, heap_bytes=heap, path=path
    )
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts = dict(ast.literal_eval(done.stdout))
    expected = fuzz(frames, 1)
    assert sum(counts.values()) == sum(expected.values()) and set(counts) == set(expected)


class Liar(Line):
    """A line whose board's answers are mutated: payloads, well framed, or all of a frame; or strangers' frames."""

    def __init__(self, seed):
        super().__init__()
        self.draw = random.Random(seed)
        self.honest = True
        self.lies = 0
        receive = self.service.receive
        self.service.receive = lambda data: (lie for answer in receive(data) for lie in self.told(bytes(answer)))

    def below(self, n):
        return self.draw.randrange(n)

    def told(self, answer):
        if self.honest or self.draw.random() < 0.5:
            return [answer]
        self.lies += 1
        kind, sequence, payload = next(iter(self.receiver(answer)))
        sender = Sender(2048)
        if self.draw.random() < 0.3:
            return [mutated(self, answer) + b"\0"]
        if self.draw.random() < 0.2:
            kind = self.draw.randrange(60, 80)
        return [bytes(sender.encode(kind, sequence, mutated(self, payload)))]

    @staticmethod
    def receiver(answer):
        return [(k, s, bytes(p)) for k, s, p in Receiver(2048).feed(answer)]


def test_a_host_survives_any_answers():
    """Whatever a board answers, a host gets on or says what is wrong. Catches any other exception, and a hang."""
    lies = 0
    seed = 0
    while lies < FRAMES // 10:
        seed += 1
        line = Liar(seed)
        board = Board(Link(lambda line=line: line, "liar", 0.3, 1.0, clock=line.clock, wait=lambda _: None))
        board.configure((4, 3, 2), 0, 0, epoch=3)
        line.honest = False
        for work in (
            board.refresh,
            lambda board=board: board.infer(X),
            board.conductances,
            lambda board=board: list(board.train(X, [0, 1, 0], until=9)),
            lambda board=board: board.restore([np.full(30, 9000, np.uint16), np.full(10, 9000, np.uint16)], 3),
            lambda board=board: board.bench(X, [0, 1, 0], False),
            lambda board=board: board.write_user_data(bytes(99)),
            board.read_user_data,
        ):
            try:
                work()
            except EqpropError as error:
                assert "\n" not in str(error)
        lies += line.lies


@given(
    st.binary(max_size=80),
    st.sampled_from(
        [host_messages.unpack_state, host_messages.unpack_progress, host_messages.unpack_user_data, unpack_measures]
    ),
)
def test_answers_are_parsed_or_refused(payload, unpack):
    """Catches another exception than ValueError, which the host does not expect."""
    for data in (payload, bytes((m.PROTOCOL,)) + payload):
        with contextlib.suppress(ValueError):
            unpack(data)
        assert host_messages.unpack_error(data)[0] in (m.REFUSED, m.GREET, m.TAKEN)


def test_a_host_keeps_no_more_than_its_buffers():
    """Noise and mutated frames into the host's receiver, a good one behind each."""
    line = Line()
    link = Link(lambda: line, "line", 3.0, clock=line.clock)
    link.greet()
    sender = Sender(1024)
    draw = random.Random(3)
    draw.below = draw.randrange
    answer = bytes(sender.encode(m.STATE, 9, bytes(60)))
    size = len(link._receiver._view)
    assert size == encoded_size(1024)
    for n in range(FRAMES):
        line.to_host += mutated(draw, answer) + b"\0" + bytes(sender.encode(m.PROGRESS, n % 256, b"good"))
        link._listen()
        assert link._heard.pop() == (m.PROGRESS, n % 256, b"good")
        link._heard.clear()
        assert len(link._receiver._view) == size
