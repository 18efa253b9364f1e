"""The page's half of the conversation with a board, on a line that loses and damages bytes."""

import random

import numpy as np
import pytest

from eqprop.network import DEFAULT, Network
from eqprop.protocol import messages
from eqprop.protocol.host_messages import Configuration
from eqprop.protocol.records import Code
from eqprop.service import Service
from eqprop_host.boards.records import pack
from eqprop_host.studio.in_page.conversation import Conversation, record
from eqprop_host.studio.in_page.lesson import Lesson
from eqprop_host.studio.in_page.page_board import PageBoard

LAYERS = (5, 4, 3)


class Line:
    """A board, a conversation, and a clock that the test moves.

    damage: damage(bytes) returns what arrives of them.
    """

    def __init__(self, folder, damage=lambda data: data):
        self.now = 0
        self.damage = damage
        self.draw = random.Random(1)
        self.conversation = Conversation(
            lambda: self.now, lambda now, then: now - then, lambda: self.draw.randrange(2**30)
        )
        self.board = PageBoard(str(folder), None)
        self.lesson = Lesson(LAYERS[0], LAYERS[-1])
        self.begin()

    def begin(self):
        model = messages.MODELS.index(DEFAULT)
        self.configuration = Configuration(model, self.draw.randrange(2**30), 7, 0, 0, LAYERS, b"")
        self.conversation.begin(self.configuration)

    def teach(self, count):
        for _ in range(count):
            x = bytes(self.draw.randrange(256) for _ in range(LAYERS[0]))
            self.lesson.learn(self.lesson.add(x, self.draw.randrange(LAYERS[-1])))

    def run(self, turns=4000, each=lambda turn: None):
        """Let both talk until nothing is left to say."""
        for turn in range(turns):
            if not self.conversation.busy(self.lesson.count):
                return
            each(turn)
            self.conversation.turn(self.lesson)
            sent = bytes(self.conversation.outgoing)
            self.conversation.outgoing[:] = b""
            for answer in self.board.answers(self.damage(sent)):
                self.conversation.receive(self.damage(answer))
            self.now += 50
        raise AssertionError(self.conversation.trouble or "it never ends")

    def expected_crc(self):
        """Return the CRC of a network that learns the lesson without a line."""
        network = Network(LAYERS, 7)
        for place in self.lesson.history:
            network.learn(self.lesson.x(place), self.lesson.label(place))
        return network.crc()


def test_a_record_is_the_one_that_the_host_tools_send():
    """Catches a label's bits in the wrong place, and a last group of another size."""
    source = np.random.default_rng(3)
    for features in (1, 2, 3, 7, 64):
        for outputs in (1, 2, 10, 256):
            code = Code(features, outputs)
            x = source.integers(-128, 128, (20, features)).astype(np.int8)
            y = source.integers(0, outputs, 20)
            theirs = [each.tobytes() for each in pack(code, x, y)]
            assert [record(code, row.tobytes(), int(label)) for row, label in zip(x, y, strict=True)] == theirs


def test_the_board_learns_what_it_is_taught(tmp_path):
    line = Line(tmp_path)
    line.teach(300)
    line.run()
    assert line.conversation.sample == line.board.network.sample == 300
    assert line.board.network.crc() == line.expected_crc()


@pytest.mark.parametrize("seed", range(5))
def test_each_sample_is_learnt_once_whatever_the_line_does(tmp_path, seed):
    """Catches an answer to another question that is taken, a question that is not asked again, a torn frame."""
    source = random.Random(seed)

    def damage(data):
        kept = bytearray(byte for byte in data if source.random() > 3e-4)
        for i in range(len(kept)):
            if source.random() < 3e-4:
                kept[i] ^= 1 << source.randrange(8)
        return bytes(kept)

    line = Line(tmp_path, damage)
    line.teach(400)
    line.run()
    assert line.board.network.sample == 400
    assert line.board.network.crc() == line.expected_crc()


def test_a_late_answer_is_not_taken_for_another_questions(tmp_path):
    """Each question is asked twice before its answer comes; the second answer comes after the next question."""
    line = Line(tmp_path)
    line.run()
    asked = [bytes((n, 0, 0, 0, 0)) for n in range(0, 120, 20)]
    answers = []
    for x in asked:
        line.conversation.ask(messages.INFER, b"\0" + x, messages.CLASSES, answers.append)
    late = []
    while line.conversation.busy(0):
        line.conversation.turn(line.lesson)
        late += [(line.now + 700, answer) for answer in line.board.answers(bytes(line.conversation.outgoing))]
        line.conversation.outgoing[:] = b""
        while late and late[0][0] <= line.now:
            line.conversation.receive(late.pop(0)[1])
        line.now += 100
        assert line.now < 10**5
    network = Network(LAYERS, 7)
    outputs = []
    for x in asked:
        network.infer(x)
        outputs.append(bytes(network.outputs))
    assert [answer[2:] for answer in answers] == outputs


def test_a_board_that_restarts_goes_on_at_its_checkpoint(tmp_path):
    """Catches a page that goes on where it was, and one that builds the network anew although the board has it."""
    line = Line(tmp_path)
    line.conversation.batch = 10
    line.teach(2500)
    cuts = {60, 180, 250}
    seen = []

    def cut(turn):
        if turn in cuts:
            line.board.switch_on()
            seen.append(line.board.network.sample if line.board.network else 0)

    line.run(each=cut)
    assert seen[0] == 0 and max(seen) >= 1000
    assert line.conversation.restarts == len(cuts)
    assert line.board.network.crc() == line.expected_crc()


def test_another_lesson_replaces_the_network(tmp_path):
    line = Line(tmp_path)
    line.teach(20)
    line.run()
    line.lesson = Lesson(LAYERS[0], LAYERS[-1])
    line.begin()
    line.teach(5)
    line.run()
    assert line.board.network.sample == 5
    assert line.board.network.crc() == line.expected_crc()


def test_questions_are_answered_between_samples_even_over_a_restart(tmp_path):
    line = Line(tmp_path)
    line.teach(100)
    answers = []
    line.conversation.ask(messages.INFER, b"\0" + bytes(5), messages.CLASSES, answers.append)
    line.run(each=lambda turn: line.board.switch_on() if turn == 2 else None)
    assert len(answers) == 1 and len(answers[0]) == 2 + 2 * 3
    assert line.board.network.crc() == line.expected_crc()


def test_a_refusal_and_a_lost_session_are_told(tmp_path):
    line = Line(tmp_path)
    line.teach(1)
    line.run()
    line.conversation.ask(messages.INFER, b"\0" + bytes(4), messages.CLASSES, None)
    line.conversation.turn(line.lesson)
    for answer in line.board.answers(bytes(line.conversation.outgoing)):
        line.conversation.receive(answer)
    assert line.conversation.trouble.startswith("the board refuses: INFER: expected whole samples of 5 features")

    line.begin()
    line.run()
    for _ in line.board.answers(_hello_of_another_host()):
        pass
    line.teach(1)
    line.conversation.outgoing[:] = b""
    line.conversation.turn(line.lesson)
    for answer in line.board.answers(bytes(line.conversation.outgoing)):
        line.conversation.receive(answer)
    assert line.conversation.trouble == "another program has taken the board: close it, then connect again"


def test_a_silent_board_is_told_and_greeted_when_it_is_back(tmp_path):
    line = Line(tmp_path)
    line.teach(10)
    alive = [False]
    line.damage = lambda data: data if alive[0] else b""

    def wake(turn):
        if turn == 250:
            assert line.conversation.trouble.startswith("the board is silent")
            alive[0] = True

    line.run(each=wake)
    assert line.conversation.trouble == ""
    assert line.board.network.crc() == line.expected_crc()


def test_it_speaks_of_another_protocol_in_one_line(tmp_path, monkeypatch):
    line = Line(tmp_path)
    line.teach(1)
    monkeypatch.setattr(messages, "PROTOCOL", 9)  # what the board then says; the page's half has bound its own
    line.conversation.turn(line.lesson)
    line.board._service = Service()
    for answer in line.board.answers(bytes(line.conversation.outgoing)):
        line.conversation.receive(answer)
    assert line.conversation.trouble == "the board refuses: protocol 4: this board speaks 9"


def _hello_of_another_host():
    from eqprop.protocol.frames import Sender
    from eqprop.protocol.host_messages import pack_hello

    return bytes(Sender(64).encode(messages.HELLO, 1, pack_hello(12345)))
