"""The board's service, frame by frame, without a port."""

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop import bench
from eqprop.protocol import host_messages
from eqprop.protocol import messages as m
from eqprop.protocol.records import Code
from support.boards.direct_host import DirectHost, configure, samples
from support.references.independent_packer import record

LAYERS = (4, 3, 2)
ROWS = [(1, b"\x01\x02\x03\xff"), (0, b"\x7f\x80\x00\x05"), (1, b"\x00\x00\x00\x00")]


@pytest.fixture
def desk():
    desk = DirectHost()
    desk.state(m.CONFIGURE, configure(LAYERS, 5, 0))
    return desk


def test_hello_says_who_the_board_is_before_it_has_a_network():
    state = DirectHost(limit=500, credit=77, identity="bench").status()
    assert (state.protocol, state.limit, state.credit, state.layers, state.sample) == (m.PROTOCOL, 500, 77, (), 0)
    assert state.identity.startswith(f"eqprop {eqprop.__version__} cpython 3.") and state.identity.endswith("bench")


def test_configure_builds_the_network_that_its_numbers_stand_for():
    state = DirectHost().state(m.CONFIGURE, configure(LAYERS, 2**32 - 1, 7))
    twin = eqprop.Network(LAYERS, 2**32 - 1, 7)
    assert (state.layers, state.seed, state.lr_halving_samples, state.crc) == (LAYERS, 2**32 - 1, 7, twin.crc())


def test_samples_are_learnt_as_the_network_itself_learns_them(desk):
    """Catches a label or feature taken from a wrong offset, and totals that miscount."""
    twin = eqprop.Network(LAYERS, 5)
    right = loss = 0
    for label, x in ROWS:
        twin.learn(x, label)
        right += twin.prediction == label
        loss += twin.loss
    assert desk.progress(0, ROWS) == (3, 0, 3, right, loss)
    assert desk.status().crc == twin.crc()


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 5)), max_size=12))
def test_each_number_is_learnt_once_and_in_order(batches):
    """Whatever is repeated, missing or out of order. Catches learning a sample twice, or one before its turn."""
    stream = [(n % 2, bytes((n * k) % 256 for k in (3, 5, 7, 11))) for n in range(20)]
    desk = DirectHost()
    desk.state(m.CONFIGURE, configure(LAYERS, 5, 3))
    following = 0
    for first, count in batches:
        if first <= following < first + count:
            following = first + count
        assert desk.progress(first, stream[first : first + count]).sample == following
    twin = eqprop.Network(LAYERS, 5, 3)
    for label, x in stream[:following]:
        twin.learn(x, label)
    assert desk.status().crc == twin.crc()


def test_a_frame_that_arrives_again_undoes_nothing(desk):
    """Whatever begins or restores a network. Catches a CONFIGURE, a RESUME or a HELLO that acts a second time."""
    desk.progress(0, ROWS)
    before = desk.status()
    assert desk.state(m.CONFIGURE, configure(LAYERS, 5, 0)) == before
    assert desk.state(m.RESUME, host_messages.pack_resume(1)) == before
    assert desk.state(m.HELLO, host_messages.pack_hello(desk.session)) == before
    assert desk.ask(m.CONFIGURE, configure(LAYERS, 6, 0)) == (
        m.ERROR,
        b"\0CONFIGURE: once a session, HELLO begins the next",
    )
    assert desk.status() == before


def test_the_cache_holds_each_record_once_and_for_a_session():
    """Catches a sample from the cache that is kept again, and slots that outlive the host who knows what is in them."""
    desk = DirectHost()
    desk.state(m.CONFIGURE, configure(LAYERS, 5, 0, epoch=4))
    assert desk.progress(0, ROWS[:2]).cached == 2
    kind, answer = desk.ask(m.SAMPLES, host_messages.pack_samples(2, [(None, [1, 0, 0, 1])]))
    assert host_messages.unpack_progress(answer)[:2] == (6, 2)
    twin = eqprop.Network(LAYERS, 5)
    for n in (0, 1, 1, 0, 0, 1):
        twin.learn(ROWS[n][1], ROWS[n][0])
    assert desk.status().crc == twin.crc()
    desk.greet()
    assert desk.progress(6, ROWS[:1]).cached == 1


def test_infer_answers_each_sample_and_learns_nothing(desk):
    before = desk.status()
    kind, answer = desk.ask(m.INFER, b"\0" + b"".join(x for _, x in ROWS))
    assert kind == m.CLASSES and len(answer) == 3 * 6
    twin = eqprop.Network(LAYERS, 5)
    for (_, x), (chosen, *voltages) in zip(ROWS, struct.iter_unpack("<Hhh", answer), strict=True):
        assert chosen == twin.infer(x) and voltages == list(twin.outputs)
    assert desk.status()[5:] == before[5:]


def test_conductances_travel_to_another_board(desk):
    """Read from one, written to another, which then goes on as the first would have."""
    desk.progress(0, ROWS)
    other = DirectHost()
    other.state(m.CONFIGURE, configure(LAYERS, 99, 0))
    for c, (rows, columns) in enumerate(eqprop.plan(LAYERS).shapes):
        half = rows * columns // 2
        for start, count in ((0, half), (half, rows * columns - half)):
            kind, data = desk.ask(m.READ, host_messages.pack_read(c, start, count))
            assert kind == m.DEVICES and len(data) == 2 * count
            assert other.ask(m.WRITE, host_messages.pack_write(c, start, data)) == (m.DONE, b"")
    moved = other.state(m.RESUME, host_messages.pack_resume(3))
    assert (moved.crc, moved.sample) == (desk.status().crc, 3)
    desk.progress(3, ROWS)
    other.progress(3, ROWS)
    assert other.status().crc == desk.status().crc


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        (77, b"", "message type 77 is unknown"),
        (m.HELLO, b"", "HELLO: 0 bytes are too few"),
        (m.HELLO, b"\x01", "protocol 1: this board speaks 4"),
        (m.HELLO, b"\x04\0", "HELLO: 2 bytes are too few"),
        (m.CONFIGURE, b"\0\0\0", "CONFIGURE: 3 bytes are too few"),
        (m.CONFIGURE, configure((4, 2), 0, 0)[:-1], "CONFIGURE: 21 bytes are too few"),
        (
            m.CONFIGURE,
            b"\5" + configure((4, 2), 0, 0)[1:],
            "model: 5 is not in 1..4",
        ),
        (
            m.CONFIGURE,
            b"\0" + configure((4, 2), 0, 0)[1:],
            "model: 0 is not in 1..4",
        ),
        (m.CONFIGURE, configure((4, 2), 0, 0, alphabet=bytes(257)), "alphabet: expected at most 256 values, got 257"),
        (m.CONFIGURE, configure((3,), 0, 0), "layers: 2..16 sizes of 1..8191, such as 64-32-10, not (3,)"),
        (m.CONFIGURE, configure((3, 0), 0, 0), "layers: 2..16 sizes of 1..8191"),
        (m.SAMPLES, b"\0\0\0", "SAMPLES: 3 bytes are too few"),
        (m.SAMPLES, samples(0, ROWS)[:-1], "SAMPLES: 3 samples announced, 14 bytes follow"),
        (m.SAMPLES, b"\0\0\0\0\0", "SAMPLES: 0 samples announced, 0 bytes follow"),
        (m.SAMPLES, b"\0\0\0\0\x80", "SAMPLES: 0 samples announced, 0 bytes follow"),
        (m.SAMPLES, host_messages.pack_samples(0, [(None, [0])]), "SAMPLES: slot 0, but 0 are filled"),
        (m.INFER, b"", "INFER: expected whole samples of 4 features, got 0 bytes"),
        (m.INFER, b"\2" + bytes(4), "INFER: expected whole samples of 4 features, got 5 bytes"),
        (m.INFER, b"\0\1\2\3", "INFER: expected whole samples of 4 features, got 4 bytes"),
        (m.INFER, b"\1" + bytes(7), "INFER: expected whole samples of 4 features, got 8 bytes"),
        (m.INFER, bytes(1 + 4 * 200), "INFER: 200 samples need a longer answer than this board sends"),
        (m.READ, host_messages.pack_read(2, 0, 1), "crossbar: 2 is not in 0..1"),
        (m.READ, host_messages.pack_read(1, 7, 2), "READ: 2 devices at 7 of 8"),
        (m.READ, host_messages.pack_read(0, 0, 65535), "READ: 65535 devices at 0 of 15"),
        (m.WRITE, host_messages.pack_write(0, 14, b"\0\1\0\1"), "restore: 4 bytes at 14 of 15 devices"),
        (m.WRITE, host_messages.pack_write(0, 0, b"\0\1\0"), "restore: 3 bytes at 0 of 15 devices"),
        (m.RESUME, b"", "RESUME: 0 bytes are too few"),
        (m.BENCH, b"", "BENCH: 0 bytes are too few"),
        (m.BENCH, b"\1\0\0\0\0\0\0abc", "BENCH: 5 bytes are not whole samples of 4 features"),
        (m.BENCH, bench.pack_bench(False, 0, [(2, b"\1\2\3\4")]), "label: 2 is not a whole number in 0..1"),
    ],
)
def test_nonsense_is_answered_in_words_and_changes_nothing(desk, kind, payload, words):
    if kind == m.CONFIGURE:
        desk.greet()
    before = desk.status()
    answered, text = desk.ask(kind, payload)
    assert answered == m.ERROR and text[0] == m.REFUSED and text[1:].decode().startswith(words)
    if kind != m.CONFIGURE:
        assert desk.status() == before


@given(st.lists(st.tuples(st.integers(0, 11), st.binary(max_size=40)), max_size=20))
def test_any_well_framed_message_is_answered(questions):
    """Catches every exception that would end the board's loop."""
    desk = DirectHost(limit=200)
    for kind, payload in [(m.CONFIGURE, configure((2, 2), 0, 0)), *questions]:
        if kind != m.CONFIGURE or len(payload) < 22:  # a random wide network is not this test's affair
            assert desk.ask(kind, payload)[0] >= m.STATE


def test_buffers_grow_for_samples_wider_than_the_limit():
    desk = DirectHost(limit=200)
    assert desk.state(m.CONFIGURE, configure((300, 2), 0, 0)).limit == 310
    payload = host_messages.pack_samples(0, [([record(Code(300, 2), bytes(300), 1)], None)])
    assert host_messages.unpack_progress(desk.ask(m.SAMPLES, payload)[1]).sample == 1


@pytest.mark.parametrize("verbs", [False, True])
def test_a_benchmark_learns_as_any_run_does(verbs):
    """Each sample once, however often and in whatever frames it is asked, and none before its turn.

    Catches a repetition that learns or counts twice, and ticks that are those of the other kind.
    """
    calls = itertools.count()
    desk = DirectHost(clock=(lambda: next(calls) ** 2, "ticks", 50))  # faster and faster: no two samples take as long
    desk.state(m.CONFIGURE, configure(LAYERS, 5, 0))
    seen = []
    for first, end in ((1, 3), (0, 2), (0, 2), (0, len(ROWS)), (1, 2)):
        kind, answer = desk.ask(m.BENCH, bench.pack_bench(verbs, first, ROWS[first:end]))
        measures = bench.unpack_measures(answer)
        assert kind == m.MEASURES and measures.heap_bytes == eqprop.plan(LAYERS).bytes
        assert (measures.unit, measures.tick_ns, measures.tier) == ("ticks", 50, "plain")
        seen.append((measures.sample, measures.ticks))
    assert [sample for sample, _ in seen] == [0, 2, 2, len(ROWS), len(ROWS)]
    assert seen[1] == seen[2] and seen[3] == seen[4]
    of_its_kind = slice(2, None) if verbs else slice(2)
    before, after = seen[1][1], seen[3][1]
    assert sum(after) == sum(after[of_its_kind])
    assert all(0 < b < a for b, a in zip(before[of_its_kind], after[of_its_kind], strict=True))
    other = DirectHost()
    other.state(m.CONFIGURE, configure(LAYERS, 5, 0))
    other.progress(0, ROWS)
    states = [each.status() for each in (desk, other)]
    assert (states[0].crc, states[0].sample) == (states[1].crc, states[1].sample)


def test_bye_ends_the_service(desk):
    assert desk.ask(m.BYE, b"") == (m.DONE, b"")
    assert desk.service.done
