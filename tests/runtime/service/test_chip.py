"""In the loop: a board learns on a crossbar chip that this process plays, over the link."""

import itertools
import socket
import threading

import numpy as np
import pytest

import eqprop
from eqprop.protocol import messages
from eqprop.service import Service, chip, serve
from eqprop_host import datasets
from eqprop_host.boards import chip_board
from eqprop_host.boards.chip_board import ChipBoard
from eqprop_host.boards.ports import open_board
from eqprop_host.errors import BoardError
from eqprop_host.link.steps import learns_numbers
from eqprop_sim.analog.crossbar import AnalogNetwork, Hardware
from eqprop_sim.analog.devices.presets import PRESETS
from eqprop_sim.analog.periphery import Periphery
from support.boards.direct_host import DirectHost, configure
from support.places import ROOT

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


@pytest.mark.slow
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


@pytest.mark.parametrize("port", ["sim:", pytest.param("sim:micropython", marks=pytest.mark.slow)])
def test_a_board_in_the_loop_teaches_a_chip_numbers(port, iris, request):
    """As its learner does here. Catches: a target that is cut or signed otherwise, labels learnt in its place."""
    if port == "sim:micropython":
        request.getfixturevalue("unix_micropython")
    x = iris.train_x[:25]
    targets = np.stack([200 * x[:, 0].astype(np.int16), -256 * x[:, 1].astype(np.int16) - 1], axis=1)
    network = AnalogNetwork.on(HARDWARE)((4, 6, 2), 5, 20)
    network.regress()
    _, total = network.learn_all(x, targets)
    with open_board(port) as board:
        loop = ChipBoard(board, AnalogNetwork.on(HARDWARE))
        loop.configure((4, 6, 2), 5, 20, regression=True)
        assert learns_numbers(loop.state)
        (*_, progress) = loop.train(x, targets)
        assert progress[:1] + progress[3:] == (25, 0, total) and loop.refresh().crc == network.crc()
        loop.configure((4, 6, 2), 5, 20)
        (*_, progress) = loop.train(x, iris.train_y[:25] % 2)
        assert progress.sample == 25 and loop.refresh().crc != network.crc()


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_sample_that_ends_halfway_leaves_a_board_that_can_start_over(iris, monkeypatch):
    """Catches a board that takes the next sample for the end of this one, or waits for ever."""
    with open_board("sim:") as board:
        loop = ChipBoard(board, AnalogNetwork.on(HARDWARE))
        loop.configure(LAYERS, 5, 20)

        def interrupted(phase):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(loop.crossbar, "nudge", interrupted)
            list(loop.train(iris.train_x[:1], iris.train_y[:1]))
        with pytest.raises(BoardError, match="chip: expected RESULT, got message 34"):
            loop.infer(iris.test_x[:1])
        loop.configure(LAYERS, 5, 20)
        (*_, progress) = loop.train(iris.train_x[:50], iris.train_y[:50])
        assert (progress.sample, loop.refresh().crc) == (50, in_process(iris, 50)[0])


def done_size(classes):
    return 1 + chip.OUTCOME_BYTES + 2 * classes


CONFIGURE = chip_board.pack_configure((4, 3), 0)
LEARN = chip_board.pack_learn(0, b"\1\2\3\4")
ZEROS = bytes(2 * 3)  # the voltages of a chip whose outputs are 0


def turn(number, payload=b""):
    return bytes((number,)) + payload


def desk_in(state):
    """Return a `DirectHost` whose board's chip is in that state, after turns 2 and 3."""
    desk = DirectHost()
    if state != "NONE":
        assert desk.ask(messages.CHIP_CONFIGURE, turn(2, CONFIGURE))[1][0] == chip.DONE
    if state == "ASKED":
        assert desk.ask(messages.CHIP_LEARN, turn(2 + 1, LEARN))[1][0] == chip.SETTLE
    assert state_of(desk) == state
    return desk


def state_of(desk):
    loop = desk.service._chip
    return "NONE" if not loop or not loop._learner else "ASKED" if loop._sample else "READY"


def documented():
    """Return {(message, state): what the specification says} from its table of a chip's states."""
    lines = (ROOT / "docs" / "reference" / "protocol.md").read_text().split("| | NONE | READY | ASKED |\n")[1]
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines.splitlines()[1:])
    cells = ([cell.strip() for cell in row.strip("|").split("|")] for row in rows)
    return {
        (name, state): then for name, *row in cells for state, then in zip(("NONE", "READY", "ASKED"), row, strict=True)
    }


MESSAGES = {
    "CONFIGURE": (messages.CONFIGURE, configure((4, 3), 5, 0), messages.STATE),
    "CHIP_CONFIGURE": (messages.CHIP_CONFIGURE, turn(9, CONFIGURE), messages.CHIP),
    "CHIP_LEARN": (messages.CHIP_LEARN, turn(9, LEARN), messages.CHIP),
    "CHIP_INFER": (messages.CHIP_INFER, turn(9, bytes(4)), messages.CHIP),
    "RESULT": (messages.RESULT, turn(9, ZEROS), messages.CHIP),
    "any other message": (messages.STATUS, b"", messages.STATE),
}
TABLE = documented()


def test_the_table_of_a_chips_states_is_whole():
    assert set(TABLE) == {
        *itertools.product(MESSAGES, ("NONE", "READY", "ASKED")),
        *(("HELLO of a new session", state) for state in ("NONE", "READY", "ASKED")),
    }


@pytest.mark.parametrize(("message", "state"), TABLE)
def test_a_board_does_with_its_chip_what_the_table_says(message, state):
    """Byte by byte, with no reader at all. Catches a message that waits for another one, or has another effect."""
    desk = desk_in(state)
    then = TABLE[message, state]
    if message == "HELLO of a new session":
        desk.greet()
    else:
        kind, payload, expected = MESSAGES[message]
        answered, words = desk.ask(kind, payload)
        assert answered == (messages.ERROR if then == "refused" else expected), words
    assert state_of(desk) == {"·": state, "refused": state, "ASKED or READY": "ASKED"}.get(then, then)
    if then == "refused" and state != "NONE":  # its turn is free
        kind = messages.RESULT if state == "ASKED" else messages.CHIP_LEARN
        assert desk.ask(kind, turn(9, ZEROS if state == "ASKED" else LEARN))[0] == messages.CHIP


def test_each_question_may_come_again_at_each_verb():
    """Twice in a row, and after another message. Catches a verb or a sample that is done twice, a lost answer."""
    desk = desk_in("READY")
    asked = [(messages.CHIP_LEARN, LEARN), *[(messages.RESULT, result) for result in (ZEROS, ZEROS, ZEROS, b"")]]
    verbs = []
    for number, (kind, payload) in enumerate(asked, 3):
        answers = {desk.ask(kind, turn(number, payload), sequence=n) for n in (1, 2)}
        desk.status()
        answers.add(desk.ask(kind, turn(number, payload)))
        ((answered, said),) = answers
        assert answered == messages.CHIP
        verbs.append(said[0])
    assert verbs == [chip.SETTLE, chip.NUDGE, chip.NUDGE, chip.PROGRAM, chip.DONE]
    assert chip_board.unpack_outcome(said[1:])[:2] == (1, 0) and len(said) == done_size(3)
    assert desk.ask(messages.CHIP_INFER, turn(8, bytes(4)))[1][0] == chip.SETTLE
    assert chip_board.unpack_outcome(desk.ask(messages.RESULT, turn(9, ZEROS))[1][1:])[0] == 1


class AskedTwice:
    """A board, as far as a `ChipBoard` uses one, that hears each question twice."""

    identity = "desk"

    def __init__(self):
        self.desk = DirectHost()
        self.state = self.desk.status()

    def ask(self, kind, payload, expected):
        first, again = self.desk.ask(kind, payload, 1), self.desk.ask(kind, payload, 2)
        assert first == again and first[0] == expected
        return first[1]


def test_a_board_that_hears_everything_twice_learns_once(iris):
    loop = ChipBoard(AskedTwice(), AnalogNetwork.on(HARDWARE))
    loop.configure(LAYERS, 5, 20)
    (*_, progress) = loop.train(iris.train_x[:50], iris.train_y[:50])
    assert (progress.sample, loop.refresh().crc) == (50, in_process(iris, 50)[0])


def test_a_second_host_in_the_midst_of_a_sample_takes_the_board():
    """As after a host that was killed. Catches a sample that goes on with another host's RESULT."""
    desk = desk_in("ASKED")
    first = desk.session
    desk.greet()
    assert b"expected CHIP_LEARN or CHIP_INFER, got RESULT" in desk.ask(messages.RESULT, turn(4, ZEROS))[1]
    second, desk.session = desk.session, first
    assert desk.ask(messages.RESULT, turn(4, ZEROS)) == (messages.ERROR, b"\2another host has taken the board")
    desk.session = second
    assert desk.ask(messages.CHIP_LEARN, turn(3, LEARN))[1][0] == chip.SETTLE  # turns are this session's


@pytest.mark.parametrize(
    ("state", "kind", "payload", "words"),
    [
        ("NONE", messages.CHIP_CONFIGURE, b"\1" + bytes(5), "expected 5 bytes and layer sizes u16, got 6 bytes"),
        ("NONE", messages.CHIP_CONFIGURE, b"\2" + CONFIGURE[1:], "model: expected 1 (resistive), got 2"),
        (
            "NONE",
            messages.CHIP_CONFIGURE,
            chip_board.pack_configure((4, 600), 0),
            "CHIP takes 2402 bytes, this board's limit is",
        ),
        ("READY", messages.CHIP_LEARN, b"\1", "CHIP_LEARN: expected 2 bytes and features, got 1 bytes"),
        ("READY", messages.CHIP_LEARN, LEARN[:-1], "x: 3 features for 4 inputs"),
        ("READY", messages.CHIP_INFER, bytes(5), "x: 5 features for 4 inputs"),
        ("ASKED", messages.RESULT, ZEROS[:-1], "RESULT: expected 6 bytes for 3 outputs, got 5"),
    ],
)
def test_a_message_that_fails_has_used_its_turn(state, kind, payload, words):
    """And counts nothing. Catches a sample that stays under way after its error."""
    desk = desk_in(state)
    answered, said = desk.ask(kind, turn(9, payload))
    assert answered == messages.ERROR and words in said.decode()
    assert desk.ask(kind, turn(9, payload)) == (messages.ERROR, b"\0chip: turn 9 has failed")
    assert state_of(desk) == ("NONE" if state == "NONE" else "READY")
    if state != "NONE":
        assert desk.service._chip._learner.tally[2] == 0


def test_a_label_that_does_not_exist_fails_after_the_free_phase():
    desk = desk_in("READY")
    assert desk.ask(messages.CHIP_LEARN, turn(3, chip_board.pack_learn(3, bytes(4))))[1][0] == chip.SETTLE
    assert b"label: 3 is not a whole number in 0..2" in desk.ask(messages.RESULT, turn(4, ZEROS))[1]
    assert state_of(desk) == "READY" and desk.service._chip._learner.tally[2] == 0


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (bytes(5), "CHIP_LEARN: expected 6 bytes and features, got 5 bytes"),
        (LEARN, "x: 0 features for 4 inputs"),  # a label's
    ],
)
def test_a_chip_of_numbers_refuses_what_is_not_a_target_and_features(payload, words):
    """Catches: a label taken for a number, or features for one."""
    desk = DirectHost()
    desk.ask(messages.CHIP_CONFIGURE, turn(2, chip_board.pack_configure((4, 3), 0, numbers=True)))
    answered, said = desk.ask(messages.CHIP_LEARN, turn(9, payload))
    assert (answered, desk.service._chip._learner.tally[2]) == (messages.ERROR, 0) and words in said.decode()


def test_a_message_without_a_turn_is_refused():
    assert b"chip: message 35 without a turn" in desk_in("ASKED").ask(messages.RESULT, b"")[1]


def test_a_board_has_one_learner():
    """Catches a chip's learner that stays on the heap with a network, or a network with a chip's learner."""
    desk = DirectHost()
    desk.state(messages.CONFIGURE, configure((4, 3), 5, 0))
    kind, done = desk.ask(messages.CHIP_CONFIGURE, turn(1, CONFIGURE))
    assert kind == messages.CHIP and len(done) == done_size(3) and not desk.service.network
    desk.state(messages.CONFIGURE, configure((4, 3), 5, 0))
    assert b"CHIP_CONFIGURE comes first" in desk.ask(messages.CHIP_LEARN, turn(2, LEARN))[1]


def test_serve_joins_a_service_to_a_socket(iris):
    """Its reads are short. Catches old bytes of a buffer taken for new ones, and a read in the midst of a sample."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def served():
            line, _ = listener.accept()
            with line, line.makefile("rb", buffering=0) as stream:
                serve(lambda buffer: stream.readinto(memoryview(buffer)[:5]), line.sendall, Service())

        thread = threading.Thread(target=served)
        thread.start()
        try:
            crc, (classes, outputs) = in_process(iris, 20)
            port = f"socket://127.0.0.1:{listener.getsockname()[1]}"
            their_crc, (their_classes, their_outputs) = in_the_loop(port, iris, 20)
        finally:
            thread.join()
    assert their_crc == crc and (their_classes == classes).all() and (their_outputs == outputs).all()


def test_outcomes_that_are_too_short_are_refused():
    with pytest.raises(ValueError, match="DONE: expected 10 bytes or more, got 3"):
        chip_board.unpack_outcome(b"abc")


def test_hidden_voltages_stay_on_the_chip():
    crossbar = chip.RemoteCrossbar(eqprop.plan((2, 4, 3), "resistive"), lambda code, items: [0] * items)
    with pytest.raises(ValueError, match="layer: expected the output layer 2, got 1"):
        crossbar.voltages(1, 0)
