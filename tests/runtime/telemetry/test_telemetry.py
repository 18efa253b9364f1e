"""What a program tells: whole, in order, at a small cost; and what a host may have it do, once."""

import runpy
import subprocess
from array import array
from binascii import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop.protocol import telemetry as kinds
from eqprop.telemetry import describing
from eqprop.telemetry.blackbox import BlackBox
from eqprop_host.field import records
from eqprop_host.field.splitting import Splitter
from eqprop_host.link import telling
from support.places import PROGRAMS, RUNTIME

LAYERS = "6-5-3"
X = array("b", [9, -8, 7, -6, 5, 127])
BAUD = 115_200


class Line:
    """A port: what a host sent, and what the board wrote."""

    def __init__(self, sent=b"", takes=True):
        self.sent = bytearray(sent)
        self.takes = takes
        self.got = bytearray()

    def ready(self):
        return bool(self.sent) + 4 * self.takes

    def read(self):
        return self.sent.pop(0)

    def write(self, ring, start, count):
        self.got += ring[start : start + count]

    def records(self):
        """Return what arrived, unpacked."""
        return [records.unpack(kind, payload) for kind, _, payload in Splitter().feed(self.got)]


def told(bits=16, **options):
    """Return a network, its telemetry and its line, with a host that listens."""
    network = eqprop.Network(LAYERS, bits=bits)
    line = Line(telling.request(kinds.LISTEN, bytes(4)))
    watch = eqprop.Telemetry(network, port=line, **{"budget": 0, **options})
    watch.poll()
    return network, watch, line


def ask(watch, line, kind, payload):
    """Have a host ask; return what `poll` returned while it was heard."""
    line.sent += telling.request(kind, payload)
    answers = [watch.poll() for _ in range(40)]
    return next((answer for answer in answers if answer is not None), None)


def printed(interpreter, program, *arguments):
    argv, environment = interpreter.command(PROGRAMS / program, *arguments, path=[str(RUNTIME)])
    done = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_record_is_what_the_network_did():
    """Catches a lead, a label or a loss of another moment, and features that are cut off."""
    network, watch, line = told()
    label = network.infer(X)
    right, wrong = network.plan.targets
    watch.answer(label, X)
    lead, highest = sorted(network.outputs)[-1] - sorted(network.outputs)[-2], label
    network.learn(X, 2)
    watch.learnt(2)
    watch.saved(False)
    watch.fault("sensor: absent")
    watch.reading(array("h", [-300, 4]))
    watch.features(X)
    for _ in range(8):
        watch.poll()
    answer, learnt, saved, fault, reading, features = line.records()
    assert (answer.sample, answer.label, answer.lead, answer.highest) == (0, label, lead, highest)
    assert answer.features.tolist() == list(X) and answer.confidence_percent is None
    assert (learnt.sample, learnt.label, learnt.highest, learnt.loss) == (1, 2, label, network.loss)
    assert learnt.features is None and learnt.lead == lead
    assert (saved.kept, saved.written, fault.text) == (False, 0, "sensor: absent")
    assert (reading.values.tolist(), features.values.tolist()) == ([-300, 4], list(X))


def test_confidence_is_told_once_it_is_calibrated():
    """Catches a share of another range of margins."""
    network = eqprop.Network(LAYERS)
    network.calibrate()
    for n in range(60):
        network.learn(bytes((127 * (n % 3 == 0), 127 * (n % 3 == 1), 50, 3, n, 9)), n % 3)
    line = Line(telling.request(kinds.LISTEN, bytes(4)))
    watch = eqprop.Telemetry(network, port=line, budget=0)
    sure = []
    for n in range(12):
        watch.answer(network.infer(bytes((n * 11, 127 - n * 11, 50, 3, 9, 9))))
        sure.append(network.confidence_percent)
        watch.poll()
        watch.poll()
    assert [record.confidence_percent for record in line.records()] == sure and len(set(sure)) > 1


def test_nothing_is_sent_before_a_host_asks_nor_long_after(monkeypatch):
    """Catches noise on a terminal, and a board that goes on sending to a host that left."""
    now = [0]
    for module in ("", ".hearing", ".devices"):
        monkeypatch.setattr(f"eqprop.telemetry{module}.ticks_us", lambda: now[0] & 0x3FFFFFFF)
    network = eqprop.Network(LAYERS)
    line = Line()
    watch = eqprop.Telemetry(network, port=line)
    for _ in range(20):
        watch.answer(network.infer(X))
        watch.poll()
    assert not line.got
    line.sent += telling.request(kinds.LISTEN, bytes(4))
    for _ in range(60):
        now[0] += 100_000
        watch.poll()
    taken = len(line.got)
    assert taken and len(Splitter().feed(line.got)) > 20
    watch.answer(network.infer(X))
    watch.poll()
    assert len(line.got) == taken


def test_a_line_that_takes_nothing_gets_nothing():
    """Catches a write that would wait."""
    network, watch, line = told()
    line.takes = False
    for _ in range(50):
        watch.answer(network.infer(X))
        watch.poll()
    assert not line.got and watch.dropped > 10


@given(st.lists(st.tuples(st.integers(0, 96), st.integers(0, 3)), max_size=120), st.integers(300, 700))
def test_the_ring_keeps_the_newest_whole_and_in_order(steps, room):
    """Records of any size, taken off at any time. Catches a frame cut by the wrap, or dropped without being counted."""
    watch = eqprop.Telemetry(room=room, port=(line := Line(telling.request(kinds.LISTEN, bytes(4)))))
    watch.poll()
    count = 0
    for size, polls in steps:
        watch.features(bytes([count % 128] * size))
        count += 1
        for _ in range(polls if polls < 3 else 0):
            watch.poll()
    for _ in range(200):
        watch.poll()
    splitter = Splitter()
    sequences = [sequence for _, sequence, _ in splitter.feed(line.got)]
    assert splitter.torn == 0 and len(sequences) + watch.dropped == count
    assert sequences == sorted(sequences)
    if count:
        assert sequences[-1] == count - 1


def test_a_hundred_records_a_second_fit_beside_prints():
    """At 115200 baud, with a line of 40 characters every tenth of a second. Catches: a larger frame."""
    network, watch, line = told(room=8192)
    line.got.clear()
    for n in range(100):
        watch.answer(network.infer(X), X)
        watch.poll()
        if n % 10 == 0:
            line.got += b"a line of a program, of forty characters\r\n"
    assert len(line.got) <= BAUD / 10
    found = Splitter().feed(line.got)
    assert sum(isinstance(each, str) for each in found) == 10 and len(found) == 110


def test_a_host_teaches_each_answer_once():
    """A repeated request is answered and changes nothing. Catches a sample that is learnt twice."""
    network, watch, line = told()
    other = eqprop.Network(LAYERS)
    watch.answer(network.infer(X), X)
    number = watch._state[14]
    request = bytes((7, 1, number, 2, 0))
    assert ask(watch, line, kinds.LABEL, request) == 2
    assert ask(watch, line, kinds.LABEL, request) is None
    other.learn(X, 2)
    assert network.sample == 1 and network.crc() == other.crc()
    taught = [record for record in line.records() if isinstance(record, records.Taught)]
    assert [(record.token, record.done) for record in taught] == [(263, True)] * 2


def test_a_new_hosts_first_lesson_is_not_taken_for_the_last_ones_repeated():
    """Its number has one byte in common with the last one's. Caught: 1 in 256 first lessons was lost."""
    network, watch, line = told()
    for token in (7, 7 + 256, 7 + 512):
        assert ask(watch, line, kinds.SAMPLE, token.to_bytes(2, "little") + bytes((2, 0)) + bytes(X)) == 2
    assert network.sample == 3


def test_a_label_for_an_answer_that_is_gone_is_refused():
    """In one line. Catches a label that is learnt with other features."""
    network, watch, line = told()
    watch.answer(network.infer(X), X)
    number = watch._state[14]
    watch.answer(network.infer(X), X)
    assert ask(watch, line, kinds.LABEL, bytes((8, 0, number, 2, 0))) is None
    assert network.sample == 0
    assert any("another came since" in record.text for record in line.records() if isinstance(record, records.Fault))


def test_a_label_that_is_cut_short_teaches_nothing():
    """Catches: a class read from the frame's checksum, whose first byte is 0 here."""
    network, watch, line = told()
    watch.answer(network.infer(X), X)
    number = watch._state[14]
    cut = (token.to_bytes(2, "little") + bytes((number, 2)) for token in range(1, 65536))
    payload = next(payload for payload in cut if crc32(bytes((kinds.LABEL, 0, 4, 0)) + payload) & 255 == 0)
    assert ask(watch, line, kinds.LABEL, payload) is None
    assert network.sample == 0 and [type(record) for record in line.records()] == [records.Answer]


@pytest.mark.parametrize("at_once", [3, 60])
def test_a_program_that_tells_more_than_is_sent_answers_what_a_host_asks(at_once, tmp_path):
    """Each within 32 frames. Catches: a board without a name, a black box that is never pulled."""
    box = BlackBox(str(tmp_path), records=20)
    _, watch, line = told(box=box, room=512)
    other = bytes((7, 1, 2, 0)) + bytes(X)
    requests = ((kinds.INQUIRE, b""), (kinds.SAMPLE, other), (kinds.LOG_READ, bytes(4)))
    line.sent += b"".join(telling.request(kind, payload) for kind, payload in requests)
    for _ in range(200):
        for n in range(at_once):
            watch.reading(array("h", [n]))
        watch.poll()
    splitter = Splitter()
    found = [records.unpack(kind, payload) for kind, _, payload in splitter.feed(line.got)]
    kinds_asked = (records.Taught, records.About, records.Health, records.LogPiece)
    asked = [n for n, record in enumerate(found) if isinstance(record, kinds_asked)]
    assert splitter.torn == 0 and max(np.diff([0, *asked])) <= 33
    assert [type(found[n]) for n in asked] == [*kinds_asked, records.LogPiece]  # the last is the end
    assert watch.dropped + len(found) + watch._state[3] == 200 * at_once + len(asked) + 2  # ANSWER and LEARNT


def test_a_host_sends_samples_and_saves(tmp_path, monkeypatch):
    """Catches features that arrive otherwise, and a save that is not carried out."""
    monkeypatch.chdir(tmp_path)
    network, watch, line = told()
    other = eqprop.Network(LAYERS)
    for n in range(5):
        x = bytes((3, n, 255 - n, 0, 5, 1))
        assert ask(watch, line, kinds.SAMPLE, bytes((n, 0, n % 3, 0)) + x) == n % 3
        other.learn(x, n % 3)
    assert network.crc() == other.crc()
    ask(watch, line, kinds.SAVE, bytes((9, 0)))
    assert eqprop.load(LAYERS).crc() == network.crc()
    assert ask(watch, line, kinds.SAMPLE, bytes((10, 0, 3, 0)) + bytes(6)) is None  # there is no class 3
    assert ask(watch, line, kinds.SAMPLE, bytes((11, 0, 0, 0)) + bytes(5)) is None
    faults = [record.text for record in line.records() if isinstance(record, records.Fault)]
    assert "label" in faults[0] and faults[1] == "teach: 5 features, expected 6"


@given(st.binary(max_size=60), st.integers(0, 255), st.integers(1, 255))
def test_a_damaged_request_is_none(noise, at, flip):
    """Catches: a CRC that is not looked at, noise that is taken for a request."""
    network, watch, line = told()
    request = bytearray(telling.request(kinds.SAMPLE, bytes((1, 0, 2, 0)) + bytes(X)))
    request[1 + at % (len(request) - 2)] ^= flip
    line.sent += noise.replace(b"\0", b"") + request
    for _ in range(20):
        watch.poll()
    assert network.sample == 0


@pytest.mark.parametrize("kind", range(kinds.LISTEN, kinds.LOG_READ + 1))
def test_no_request_interrupts_a_program(kind):
    """Catches a byte 3, at which MicroPython raises KeyboardInterrupt."""
    assert b"\x03" not in b"".join(telling.request(kind, bytes((n, 3, 0))) for n in range(256))


def test_about_and_health_describe_the_program():
    network, watch, line = told(identity="mine")
    ask(watch, line, kinds.INQUIRE, b"")
    about, health = line.records()
    assert (about.model, about.layers, about.seed) == (network.model, (6, 5, 3), 0)
    assert about.identity.endswith("mine") and not about.calibrated
    assert (health.sample, health.dropped) == (0, 0)


def test_a_board_without_memory_to_describe_itself_is_asked_no_more(monkeypatch):
    """Catches a request that is kept, so that each later poll of the program raises anew."""
    network, watch, line = told()

    def identify(version, name):
        raise MemoryError

    monkeypatch.setattr(describing, "identify", identify)
    with pytest.raises(MemoryError):
        ask(watch, line, kinds.INQUIRE, b"")
    for _ in range(20):
        watch.poll()
    (health,) = line.records()
    assert (health.sample, health.dropped) == (0, 0)


@pytest.mark.parametrize("bits", [16, 8])
def test_all_conductances_come_within_a_budget(bits):
    """Catches devices that are left out, more bytes a second than were allowed, bytes beyond weights of 8 bits."""
    network, watch, line = told(bits, budget=200)
    devices = watch._hearing._devices
    assert devices.budget == 200
    for second in range(1, 4):
        line.got.clear()
        for _ in range(20):
            watch._hearing._send(second)
        assert 50 * bits / 8 < len(line.got) <= 200
    devices.budget = devices.left = 10**6
    while len(Splitter().feed(line.got)) < 20:
        watch._hearing._send(9)
    found = {}
    for record in line.records():
        for n, step in enumerate(record.steps(network.plan)):
            found[record.crossbar, record.first + n] = int(step)
    expected = {(c, n): g for c in range(2) for n, g in enumerate(network.conductances(c))}
    assert found == expected


def test_a_room_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="room: 100 bytes are too few, expected 256"):
        eqprop.Telemetry(room=100, port=Line())
    with pytest.raises(ValueError, match="x: 7 features are more than the network has"):
        told()[1].answer(0, bytes(7))


def test_machine_code_makes_the_same_frames(unix_micropython, cortex_board, capsys):
    """As the plain form, of records of all sizes. Catches: a carry, a sign, a block of 254 bytes."""
    runpy.run_path(str(PROGRAMS / "ringing.py"))
    reference = capsys.readouterr().out
    assert len(set(reference.split())) == 6
    assert printed(unix_micropython, "ringing.py") == reference
    if cortex_board.cpu in ("cortex-m0", "cortex-m3"):
        assert printed(cortex_board, "ringing.py") == reference


def test_a_record_costs_3000_instructions_and_no_heap(cortex_m3):
    """On a Cortex-M3, with the heap locked. Catches: a look-up, a copy, a slice that takes heap."""
    cost = {name: int(count) for name, count in map(str.split, printed(cortex_m3, "telling.py").splitlines())}
    for name in ("answer", "learnt", "calibrated"):
        assert cost[name] <= 3000
    assert cost["answer-with-features"] <= 6000


def test_a_program_is_never_late_while_nobody_listens(cortex_m3):
    """An hour at ten rounds a second, shortened: 1 ms is 100,000 instructions. Catches: a drop that takes long."""
    most, dropped = map(int, printed(cortex_m3, "unheard.py", "3000").split())
    assert most <= 30_000 and dropped > 5000
