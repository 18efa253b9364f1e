"""Every message in every state, of the board and of the host: `eqprop.service.states` and `eqprop_host.link.states`."""

import itertools
from collections import deque

import numpy as np
import pytest

import eqprop
from eqprop import bench
from eqprop.checkpoint import Checkpoints
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop.protocol.frames import Sender
from eqprop.service import states
from eqprop_host.boards import chip_board
from eqprop_host.errors import BoardError, ProtocolError, RestartError
from eqprop_host.link import states as host_rules
from eqprop_host.link.link import Link
from support.boards.direct_host import DirectHost, configure, samples
from support.boards.faulty_line import Line, connect
from support.boards.memory_flash import MemoryFlash

LAYERS = (4, 3, 2)
ROWS = [(1, b"\x01\x02\x03\xff"), (0, b"\x7f\x80\x00\x05")]
SESSION = 77

QUESTIONS = {
    m.HELLO: host_messages.pack_hello(SESSION),
    m.CONFIGURE: configure(LAYERS, 6, 0),
    m.SAMPLES: samples(0, ROWS),
    m.INFER: b"\0" + ROWS[0][1],
    m.READ: host_messages.pack_read(0, 0, 3),
    m.WRITE: host_messages.pack_write(1, 2, b"\0\x30"),
    m.RESUME: host_messages.pack_resume(4),
    m.BYE: b"",
    m.BENCH: bytes(bench.pack_bench(False, 0, ROWS)),
    m.STATUS: b"",
    m.SAVE: b"",
    m.USER_DATA_WRITE: host_messages.pack_user_data_write(0, 3, b"abc"),
    m.USER_DATA_READ: host_messages.pack_user_data_read(0, 9),
    m.TARGETS: host_messages.pack_samples(0, ()),
    m.CHIP_CONFIGURE: b"\1" + chip_board.pack_configure(LAYERS, 0),
    m.CHIP_LEARN: b"\1" + chip_board.pack_learn(0, bytes(4)),
    m.CHIP_INFER: b"\1" + bytes(4),
    m.RESULT: b"\1",
}
CHIP_KINDS = {m.CHIP_CONFIGURE, m.CHIP_LEARN, m.CHIP_INFER, m.RESULT}
BOARD = {ord(kind): states.BOARD[6 * n : 6 * n + 6] for n, kind in enumerate(states.TYPES)}
ANSWERS = {
    m.HELLO: m.STATE,
    m.CONFIGURE: m.STATE,
    m.SAMPLES: m.PROGRESS,
    m.INFER: m.CLASSES,
    m.READ: m.DEVICES,
    m.WRITE: m.DONE,
    m.RESUME: m.STATE,
    m.BYE: m.DONE,
    m.BENCH: m.MEASURES,
    m.STATUS: m.STATE,
    m.SAVE: m.STATE,
    m.USER_DATA_WRITE: m.DONE,
    m.USER_DATA_READ: m.USER_DATA,
    m.TARGETS: m.PROGRESS,
    m.CHIP_CONFIGURE: m.CHIP,
}


def desk_in(state):
    """Return a `DirectHost` whose board is in that state."""
    desk = DirectHost(greet=state != states.SILENT)
    if state >= states.HELD:
        desk.state(m.CONFIGURE, configure(LAYERS, 5, 0))
    if state == states.HELD:
        desk.greet()
    if state == states.WRITTEN:
        assert desk.ask(m.WRITE, QUESTIONS[m.WRITE]) == (m.DONE, b"")
    if state == states.RUNNING:
        desk.progress(0, ROWS[:1])
    assert desk.service._state == state
    return desk


def expected_state(kind, rule, state):
    """Return the state that the table says follows."""
    if kind == m.HELLO:
        return states.HELD if state in (states.HELD, states.NEW, states.RUNNING) else states.EMPTY
    if kind == m.CONFIGURE:
        return states.NEW if state in (states.EMPTY, states.HELD) else state
    if rule == "L":
        return states.RUNNING
    return states.STATES.index(rule) if rule in states.STATES else state


def test_the_tables_name_each_message():
    """Catches a message that is asked or answered without a rule."""
    asked = {value for name, value in vars(m).items() if name.isupper() and name in m.__doc__ and 3 <= value < 64}
    assert asked | {m.HELLO, m.CONFIGURE} | CHIP_KINDS == set(BOARD) == set(QUESTIONS)
    for kind, row in BOARD.items():
        assert len(row) == len(states.STATES), kind
        assert set(row) <= {".", "*", "L", "g", *states.STATES, *states.REFUSALS}, kind


@pytest.mark.parametrize(("kind", "state"), [*itertools.product(BOARD, range(6))])
def test_a_board_does_what_the_table_says(kind, state):
    """Each message in each state: its answer, and the state that follows. Catches code that goes its own ways."""
    desk = desk_in(state)
    rule = BOARD[kind][state]
    crc = desk.service.network.crc() if desk.service.network else None
    answered, payload = desk.ask(kind, QUESTIONS[kind])
    if rule == "g":
        assert (answered, payload[0]) == (m.ERROR, m.GREET) and desk.service._state == state
    elif rule in states.REFUSALS:
        words = states.REFUSALS[rule]
        assert (answered, payload) == (m.ERROR, b"\0" + words.encode()) and desk.service._state == state
        assert not desk.service.network or desk.service.network.crc() == crc
    elif kind == m.CONFIGURE and state >= states.NEW:
        words = b"\0CONFIGURE: once a session, HELLO begins the next"
        assert (answered, payload) == (m.ERROR, words) and desk.service._state == state
        assert desk.ask(kind, configure(LAYERS, 5, 0))[0] == m.STATE and desk.service._state == state
    elif kind in CHIP_KINDS and kind != m.CHIP_CONFIGURE:
        assert (answered, payload) == (m.ERROR, b"\0no network: CHIP_CONFIGURE comes first")
    else:
        assert answered == ANSWERS[kind], payload
        assert desk.service._state == expected_state(kind, rule, state)
    assert desk.service.done == (kind == m.BYE and state != states.SILENT)


@pytest.mark.parametrize(("kind", "state"), [*itertools.product(BOARD, range(1, 6))])
def test_a_board_leaves_another_hosts_message_undone(kind, state):
    """Of a session that it no longer has, in each state. Catches a second host that changes what the first one has."""
    if kind == m.HELLO:
        return
    desk = desk_in(state)
    before, crc = desk.status(), desk.service.network.crc() if desk.service.network else None
    ours = desk.session
    desk.session = 1234567
    answered, payload = desk.ask(kind, QUESTIONS[kind])
    assert (answered, payload) == (m.ERROR, b"\2another host has taken the board")
    desk.session = ours
    assert desk.service._state == state and desk.status() == before
    assert not crc or desk.service.network.crc() == crc


def test_a_sample_that_is_refused_after_others_were_learnt_ends_the_writing():
    desk = desk_in(states.NEW)
    bad = host_messages.pack_samples(0, [([b"\1\2\3\4\1"], None), (None, [9])])
    assert desk.ask(m.SAMPLES, bad)[0] == m.ERROR and desk.status().sample == 1
    assert desk.service._state == states.RUNNING


def test_no_room_for_a_network_leaves_none():
    def build(*_):
        raise MemoryError("layers: no room")

    desk = DirectHost()
    desk.state(m.CONFIGURE, configure(LAYERS, 5, 0))
    desk.greet()
    desk.service._build = build
    assert desk.ask(m.CONFIGURE, configure(LAYERS, 5, 0)) == (m.ERROR, b"\0layers: no room")
    assert desk.service._state == states.EMPTY and desk.status().layers == ()


def test_half_a_network_is_none_for_the_next_session():
    """A push that was killed. Catches conductances of two networks, and totals that are neither's."""
    desk = desk_in(states.WRITTEN)
    assert desk.greet().layers == ()
    assert desk.service._state == states.EMPTY and desk.service.network is None


def test_half_a_network_gives_way_to_the_one_before():
    """Which is in the flash. Catches a push that was killed and costs what the board had learnt."""
    flash = MemoryFlash()
    desk = DirectHost(checkpoints=Checkpoints(rest_s=0, open_file=flash.open))
    desk.state(m.CONFIGURE, configure(LAYERS, 5, 0))
    desk.progress(0, ROWS)
    kept = desk.state(m.SAVE, b"")
    desk.greet()
    desk.state(m.CONFIGURE, configure(LAYERS, 9, 0))
    assert desk.ask(m.WRITE, QUESTIONS[m.WRITE]) == (m.DONE, b"")
    state = desk.greet()
    assert (state.crc, state.seed, state.sample, state.saved) == (kept.crc, 5, 2, 2)
    twin = eqprop.Network(LAYERS, 5)
    for label, x in ROWS * 2:
        twin.learn(x, label)
    desk.progress(2, ROWS)
    assert desk.status().crc == twin.crc()


# ---- the host

EVENTS = {
    "the answer": (m.DEVICES, bytes(2)),
    "another type": (m.PROGRESS, bytes(22)),
    "WORKING": (m.WORKING, b""),
    "REFUSED": (m.ERROR, b"\0no"),
    "GREET": (m.ERROR, b"\1HELLO comes first"),
    "TAKEN": (m.ERROR, b"\2another host has taken the board"),
}


class Scripted(Line):
    """A line whose board says what the test has it say."""

    def __init__(self):
        super().__init__()
        self.script = deque()
        receive = self.service.receive
        self.service.receive = lambda data: self.replaced(receive(data))

    def replaced(self, answers):
        for answer in answers:
            if not self.script:
                yield answer
            elif said := self.script.popleft():
                yield said(bytes(answer))


def say(link, kind, payload, sequence=None, token=None):
    head = link._token if token is None else token
    return bytes(Sender(1024).encode(kind, link._sequence if sequence is None else sequence, payload, head))


@pytest.fixture
def scripted():
    line = Scripted()
    link = Link(lambda: line, "line", 3.0, clock=line.clock)
    return line, link


@pytest.mark.parametrize("name", EVENTS)
def test_a_host_that_asks_does_what_the_table_says(scripted, name):
    line, link = scripted
    link.greet()
    kind, payload = EVENTS[name]
    happened, _ = host_rules.event(kind, payload, m.DEVICES)
    act = host_rules.action(host_rules.ASKING, happened)
    asked = []  # the question's sequence number: the host may ask more while it waits
    line.script += [
        lambda _: asked.append(link._sequence) or say(link, kind, payload),
        lambda _: say(link, m.DEVICES, b"\1\2", asked[0]),
    ]
    errors = {
        host_rules.REFUSE: (BoardError, "^port line refuses: no$"),
        host_rules.RESTART: (RestartError, "^port line: the board has restarted$"),
        host_rules.GIVE_WAY: (BoardError, "^port line: another host has taken the board$"),
        host_rules.NONSENSE: (ProtocolError, "^port line answers with type 66 instead of 68$"),
    }
    if act in errors:
        error, words = errors[act]
        with pytest.raises(error, match=words) as raised:
            link.ask(m.READ, bytes(7), m.DEVICES)
        assert type(raised.value) is error
    elif act == host_rules.WAIT:
        assert link.ask(m.READ, bytes(7), m.DEVICES) == b"\1\2"  # the probe after it brings the second answer
    else:
        assert act == host_rules.ANSWER and link.ask(m.READ, bytes(7), m.DEVICES) == payload


@pytest.mark.parametrize("name", EVENTS)
def test_a_host_that_greets_does_what_the_table_says(scripted, name):
    """Each is followed by the STATE. Catches a host that believes what an earlier one was answered, or gives up."""
    line, link = scripted
    kind, payload = EVENTS[name]
    happened, _ = host_rules.event(kind, payload, m.STATE)
    act = host_rules.action(host_rules.GREETING, happened)
    line.script += [lambda answer: say(link, kind, payload, token=b"") + answer]
    if name == "REFUSED":
        assert act == host_rules.REFUSE
        line.script[0] = lambda _: say(link, kind, payload, token=b"")
        with pytest.raises(BoardError, match="^port line refuses: no$"):
            link.greet()
    else:
        assert act in (host_rules.IGNORE, host_rules.WAIT)
        assert link.greet().session == link.session


@pytest.mark.parametrize("name", EVENTS)
def test_a_host_that_asks_nothing_ignores_all(scripted, name):
    """Also what another host is answered while this one waits. Catches an answer to somebody else's question."""
    line, link = scripted
    link.greet()
    kind, payload = EVENTS[name]
    assert host_rules.action(host_rules.IDLE, host_rules.event(kind, payload, None)[0]) == host_rules.IGNORE
    line.to_host += say(link, kind, payload, sequence=(link._sequence - 3) % 256)
    other = b"\0\0\0\1"
    line.script += [lambda _: say(link, kind, payload, token=other) + say(link, m.DEVICES, b"\1\2")]
    if name in ("GREET", "TAKEN"):  # these say that nothing will be answered any more
        with pytest.raises(BoardError):
            link.ask(m.READ, bytes(7), m.DEVICES)
    else:
        assert link.ask(m.READ, bytes(7), m.DEVICES) == b"\1\2"


def test_the_hosts_table_is_whole():
    for table in host_rules.HOST.values():
        assert set(table) <= {host_rules.EXPECTED, m.WORKING, *["REFUSED", "GREET", "TAKEN"]}
    assert set(host_rules.HOST) == set(host_rules.OTHERWISE)


# ---- two hosts, one board

X = np.random.default_rng(1).integers(-127, 128, (60, 5)).astype(np.int8)
Y = np.random.default_rng(2).integers(0, 3, 60)
DEEPER = (5, 4, 3)


@pytest.mark.parametrize("moment", [1, 2, 5, 12, 20])
@pytest.mark.parametrize("does", ["greets", "asks", "trains"])
def test_a_second_host_changes_no_result_silently(moment, does):
    """It greets when so many frames have been sent. Catches slots that name its samples, and its network for ours."""
    line = Line()
    first = connect(line)
    first.configure(DEEPER, 3, 25, epoch=60)
    write, frames = line.write, 0

    def written(data):
        nonlocal frames
        frames += 1
        if frames == moment:
            line.write = write
            second = connect(line)
            if does == "asks":
                second.infer(X)
            if does == "trains":
                second.configure(DEEPER, 4, 0, epoch=60)
                list(second.train(X[::-1].copy(), Y, until=30))
        write(data)

    line.write = written
    with pytest.raises(BoardError, match="^port line: another host has taken the board$"):
        for _ in range(5):
            list(first.train(X, Y, until=180))
            first.infer(X)


def test_the_host_that_took_the_board_ends_right():
    line = Line()
    first = connect(line)
    first.configure(DEEPER, 3, 25, epoch=60)
    steps = first.train(X, Y, until=120)
    next(steps)
    second = connect(line)
    second.configure(DEEPER, 3, 25, epoch=60)
    training = second.train(X, Y, until=120)
    next(training)
    with pytest.raises(BoardError, match="another host"):
        list(steps)
    list(training)
    twin = eqprop.Network(DEEPER, 3, 25)
    for n in range(120):
        twin.learn(X[n % 60].tobytes(), int(Y[n % 60]))
    assert second.refresh().crc == twin.crc()
