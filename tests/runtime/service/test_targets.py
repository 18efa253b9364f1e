"""Numbers learnt over the link: the same bits as on the board itself, and never mixed with labels."""

import struct
from array import array

import pytest

import eqprop
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop.protocol.configuring import pack_configure
from eqprop.protocol.records import Code
from eqprop.service.targets import with_targets
from support.boards.direct_host import DirectHost

LAYERS = (3, 6, 2)
ROWS = [(bytes((9 * n % 256, 70, 255 - n)), (900 * n - 20000, -32768 + 77 * n)) for n in range(40)]


def configuration(model, epoch=20, numbers=m.NUMBERS):
    return pack_configure(host_messages.Configuration(model | numbers, 7, 5, 30, epoch, LAYERS, b""))


def record(x, target):
    """A record by hand: 24 bits of features by the alphabet of all bytes, as numbers of base 256, then the targets."""
    return bytes(x) + struct.pack("<2h", *target)


def learnt(model, count):
    network = eqprop.Network(LAYERS, 5, 30, m.MODELS[model])
    network.regress()
    loss = 0
    for x, target in ROWS[:count]:
        network.learn(x, array("h", target))
        loss += network.loss
    return network, loss


@pytest.mark.parametrize("model", [1, 2])
def test_a_board_learns_the_targets_that_it_gets(model):
    """In frames and from the cache, each number once.

    Catches: a target of another byte order, one kept for the next sample, a cache of half records.
    """
    desk = DirectHost()
    state = host_messages.unpack_state(desk.ask(m.CONFIGURE, configuration(model))[1])
    assert state.model == model | m.NUMBERS and state.layers == LAYERS
    records = [record(*row) for row in ROWS]
    for first, stretch in ((0, (records[:12], None)), (8, (records[8:20], None)), (20, (None, [*range(20)]))):
        answered, payload = desk.ask(m.TARGETS, host_messages.pack_samples(first, [stretch]))
        assert answered == m.PROGRESS
    network, _ = learnt(model, 20)
    before = network.crc()
    for x, target in ROWS[:20]:
        network.learn(x, array("h", target))
    progress = host_messages.unpack_progress(payload)
    assert (progress.sample, progress.cached, progress.correct) == (40, 20, 0)
    state = host_messages.unpack_state(desk.ask(m.STATUS, b"")[1])
    assert state.crc == network.crc() != before
    answered, payload = desk.ask(m.INFER, b"\0" + ROWS[3][0])
    outputs = struct.unpack("<H2h", payload)[1:]
    assert [max(-32768, 8 * v) for v in outputs] == list(network.predict(ROWS[3][0]))


def test_totals_are_those_of_the_squared_error():
    desk = DirectHost()
    desk.ask(m.CONFIGURE, configuration(2, epoch=0))
    payload = desk.ask(m.TARGETS, host_messages.pack_samples(0, [([record(*row) for row in ROWS], None)]))[1]
    assert host_messages.unpack_progress(payload).loss == learnt(2, 40)[1]


@pytest.mark.parametrize(("numbers", "kind"), [(m.NUMBERS, m.SAMPLES), (m.NUMBERS, m.BENCH), (0, m.TARGETS)])
def test_labels_and_targets_are_not_mixed(numbers, kind):
    """In one line, and nothing is learnt. Catches: a label learnt as a number, and the reverse."""
    desk = DirectHost()
    desk.ask(m.CONFIGURE, configuration(2, numbers=numbers))
    before = host_messages.unpack_state(desk.ask(m.STATUS, b"")[1])
    size = with_targets(Code(3, 2)).size if kind == m.TARGETS else Code(3, 2).size
    payload = host_messages.pack_samples(0, [([bytes(size)], None)])
    answered, words = desk.ask(kind, b"\0\0\0\0\0" if kind == m.BENCH else bytes(payload))
    assert answered == m.ERROR and words[0] == m.REFUSED and b"the board's network learns" in words
    after = host_messages.unpack_state(desk.ask(m.STATUS, b"")[1])
    assert (after.crc, after.sample) == (before.crc, 0)


def test_a_network_of_classes_follows_one_of_numbers():
    """Catches: samples refused, or targets expected, by what was there before."""
    desk = DirectHost()
    desk.ask(m.CONFIGURE, configuration(2))
    desk.greet()
    desk.ask(m.CONFIGURE, configuration(2, numbers=0))
    code = Code(3, 2)
    answered, payload = desk.ask(m.SAMPLES, host_messages.pack_samples(0, [([bytes(code.size)] * 5, None)]))
    assert answered == m.PROGRESS and host_messages.unpack_progress(payload).sample == 5


def test_a_record_ends_with_its_targets():
    """By hand. Catches a label's bits where there is no label."""
    code = with_targets(Code(3, 2))
    assert (code.size, code.outputs, code.table[0]) == (3 + 4, 2, 0)
    assert with_targets(Code(2, 300, bytes((1, 2)))).size == 1 + 600
