"""In the loop: a board learns on a crossbar chip that this process plays, over the link."""

import numpy as np
import pytest

from eqprop.protocol import host_messages, messages
from eqprop.protocol.frames import Receiver, Sender
from eqprop.service import CHUNK, Service, chip
from eqprop_host import datasets
from eqprop_host.boards.chip_board import ChipBoard
from eqprop_host.boards.ports import open_board
from eqprop_host.errors import BoardError
from eqprop_sim.analog.crossbar import AnalogNetwork, Hardware
from eqprop_sim.analog.devices.presets import PRESETS
from eqprop_sim.analog.periphery import Periphery

HARDWARE = Hardware(PRESETS["ecram"], Periphery(diode_offset_v=0.002))
LAYERS = (4, 6, 5, 3)


@pytest.fixture(scope="module")
def iris():
    return datasets.prepare(datasets.load("iris"), seed=0)


def in_process(data, samples):
    network = AnalogNetwork.on(HARDWARE)(LAYERS, 5, 20)
    network.learn_all(data.train_x[:samples], data.train_y[:samples])
    crc = network.crc()  # inferring draws read noise, but moves nothing
    return crc, network.infer_all(data.test_x[:10])


def in_the_loop(port, data, samples):
    with open_board(port) as board:
        loop = ChipBoard(board, AnalogNetwork.on(HARDWARE))
        loop.configure(LAYERS, 5, 20)
        (*_, progress) = loop.train(data.train_x[:samples], data.train_y[:samples])
        assert progress.sample == samples == loop.refresh().sample
        return loop.state.crc, loop.infer(data.test_x[:10])


@pytest.mark.parametrize("port", ["sim:", "sim:?flip=1e-3&drop=3e-4&seed=3", "sim:micropython", "sim:cortex-m3"])
def test_a_board_in_the_loop_does_what_its_learner_does_here(port, iris, request):
    """Catches a verb, a rate or a current that changes on its way, on three boards, or is done twice on a bad line."""
    needed = {"sim:micropython": "unix_micropython", "sim:cortex-m3": "cortex_m3"}.get(port)
    if needed:
        request.getfixturevalue(needed)
    crc, (classes, outputs) = in_process(iris, 50)
    their_crc, (their_classes, their_outputs) = in_the_loop(port, iris, 50)
    assert their_crc == crc
    assert (their_classes == classes).all() and (their_outputs == outputs).all()


def test_a_sample_that_does_not_fit_is_refused_and_the_board_goes_on(iris):
    with open_board("sim:") as board:
        loop = ChipBoard(board, AnalogNetwork.on(HARDWARE))
        loop.configure(LAYERS, 0, 0)
        with pytest.raises(BoardError, match="label: 3 is not a whole number in 0..2"):
            list(loop.train(iris.train_x[:1], np.array([3])))
        with pytest.raises(BoardError, match="x: 3 features for 4 inputs"):
            loop.infer(iris.train_x[:1, :3])
        (progress,) = loop.train(iris.train_x[:1], iris.train_y[:1])
        assert progress.sample == 1


def ask(service, kind, sequence, payload):
    head = b"" if kind == messages.HELLO else service.token or bytes(4)
    (answer,) = service.receive(bytes(Sender(1024).encode(kind, sequence, payload, head)))
    ((kind, number, payload),) = Receiver(1024).feed(bytes(answer))
    return kind, number, bytes(payload[len(head) :])


def test_what_does_not_come_in_turn_is_an_error():
    service = Service()
    learn = b"\1" + chip.pack_learn(0, bytes(4))
    assert b"HELLO comes first" in ask(service, chip.CHIP_LEARN, 1, learn)[2]
    ask(service, messages.HELLO, 2, host_messages.pack_hello(1))
    assert b"CHIP_CONFIGURE comes first" in ask(service, chip.CHIP_LEARN, 3, learn)[2]
    assert b"CHIP_CONFIGURE comes first" in ask(service, chip.RESULT, 4, b"\1")[2]
    configure = b"\2" + chip.pack_configure((4, 3), 0)
    assert b"no line to the crossbar" in ask(service, chip.CHIP_CONFIGURE, 5, configure)[2]
    assert b"turn 2 has failed" in ask(service, chip.CHIP_CONFIGURE, 6, configure)[2]
    assert b"a RESULT that nobody asked for" in ask(service, chip.RESULT, 7, b"\4")[2]
    assert b"message 35 without a turn" in ask(service, chip.RESULT, 8, b"")[2]


def test_a_session_begins_the_turns_anew_and_the_boards_own_network_is_forgotten():
    """Catches a host that is given the answer to the turn of another one, and a learner beside a network."""
    service = Service()
    service.join(None, lambda _: None)
    ask(service, messages.HELLO, 1, host_messages.pack_hello(1))
    configuration = host_messages.Configuration(1, 0, 0, 0, 0, (4, 3), b"")
    ask(service, messages.CONFIGURE, 2, messages.pack_configure(configuration))
    assert service.network
    kind, _, done = ask(service, chip.CHIP_CONFIGURE, 3, b"\1" + chip.pack_configure((4, 3), 0))
    assert kind == chip.CHIP and len(done) == 1 + chip.OUTCOME_BYTES + 2 * 3 and not service.network
    assert b"6 bytes are no layers" in ask(service, chip.CHIP_CONFIGURE, 6, b"\2\1" + bytes(5))[2]
    ask(service, messages.HELLO, 4, host_messages.pack_hello(2))
    kind, _, done = ask(service, chip.CHIP_CONFIGURE, 5, b"\1" + chip.pack_configure((4, 2), 0))
    assert kind == chip.CHIP and len(done) == 1 + chip.OUTCOME_BYTES + 2 * 2


SESSION = b"\1\0\0\0"


class Host:
    """A scripted host behind `read` and `write`: answers come in order, each with the number of its message."""

    def __init__(self, *messages, head=SESSION):
        self.sent = []
        frames = [bytes(Sender(64).encode(*message, head=head)) for message in messages]
        self.waiting = b"".join(frame + bytes(-len(frame) % CHUNK) for frame in frames)

    def read(self, buffer):
        taken, self.waiting = self.waiting[: len(buffer)], self.waiting[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def write(self, data):
        self.sent.append(bytes(data))


def line(host, sequence):
    joined = chip.Line(host.read, host.write, CHUNK, Receiver(64), Sender(64))
    joined.sequence, joined.token = sequence, SESSION
    return joined


def test_a_message_that_comes_again_is_answered_again():
    """Catches a lost question of the board's that stops both sides, or a verb that is done twice."""
    host = Host((chip.CHIP_LEARN, 8, b"\x05again"), (chip.CHIP_LEARN, 9, b"\x05again"), (chip.RESULT, 10, b"\x06done"))
    joined = line(host, 7)
    assert joined.exchange(b"\x01x", 5) == (6, b"done") and joined.sequence == 10
    assert host.sent == [bytes(Sender(64).encode(chip.CHIP, n, b"\x01x", SESSION)) for n in (7, 8, 9)]


def test_a_stranger_in_the_midst_of_a_sample_is_an_error():
    with pytest.raises(ValueError, match="chip: message 1 instead of a RESULT"):
        line(Host((1, 8, b"\x01")), 7).exchange(b"\x01", 5)


def test_a_host_that_comes_in_the_midst_of_a_sample_is_not_refused():
    """As after one that was killed. Catches an error in place of the answer, and a version taken for a turn."""
    service = Service()
    hello = (messages.HELLO, 8, host_messages.pack_hello(2))
    host = Host(hello, head=b"")
    service.join(host.read, host.write)
    ask(service, messages.HELLO, 1, host_messages.pack_hello(1))
    ask(service, chip.CHIP_CONFIGURE, 3, b"\1" + chip.pack_configure((4, 3), 0))
    assert ask(service, chip.CHIP_LEARN, 7, b"\2" + chip.pack_learn(1, bytes(4)))[:2] == (messages.ERROR, 7)
    assert ask(service, *hello[:1], 9, hello[2])[:2] == (messages.STATE, 9)


def test_a_host_that_hangs_up_is_an_error():
    with pytest.raises(OSError, match="chip: the host hung up"):
        line(Host(), 7).exchange(b"\x01", 5)


def looped(layers):
    """Return a `ChipLoop` that learns on a chip whose outputs are 0, and the list of what it asked of it."""
    asked = []

    class Chip:
        def exchange(self, payload, turn):
            asked.append(payload[0])
            return turn + 1, b"" if payload[0] == chip.PROGRAM else bytes(2 * layers[-1])

    loop = chip.ChipLoop(lambda code, items: [0] * items, Chip())
    loop.answer(chip.CHIP_CONFIGURE, b"\0" + chip.pack_configure(layers, 0))
    return loop, asked


def test_the_last_outcome_can_be_heard_again():
    """Catches a sample that is learnt twice, as the answer to its last RESULT was lost."""
    loop, asked = looped((2, 3))
    done = loop.answer(chip.CHIP_LEARN, b"\x09" + chip.pack_learn(1, bytes(2)))
    assert asked == [chip.SETTLE, chip.NUDGE, chip.NUDGE, chip.PROGRAM]
    assert loop.answer(chip.RESULT, bytes((9 + len(asked),))) == done and len(asked) == 4
    assert chip.unpack_outcome(done[1:])[:2] == (1, 0)


def test_outcomes_that_are_too_short_are_refused():
    with pytest.raises(ValueError, match="DONE: 3 bytes are too few"):
        chip.unpack_outcome(b"abc")


def test_hidden_voltages_stay_on_the_chip():
    loop, _ = looped((2, 4, 3))
    with pytest.raises(ValueError, match="layer: 1 is not the output layer 2"):
        loop._crossbar.voltages(1, 0)
