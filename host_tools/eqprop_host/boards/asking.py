"""Queries to a board in session: classes of samples, conductances, user data, and timings of its verbs."""

import numpy as np

from eqprop import bench
from eqprop.protocol import host_messages, messages

from ..link import answers
from ..link.steps import learns_numbers, on_the_line
from .records import covers, pack

_WRITTEN = 1024  # devices in a piece: if the line fails, only the piece under way is written again
_WHOLE = 2  # figures of samples timed as a whole, which precede those of `eqprop.bench.VERBS`


def infer(session, x):
    """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs)."""
    layers = session.layers()
    answer = 2 + 2 * layers[-1]
    code = session.code
    coded = code is not None and code.features == layers[0] and covers(code.alphabet, x)
    nothing = np.zeros((len(x), layers[-1]) if learns_numbers(session.state) else len(x), np.int16)
    rows = pack(code, x, nothing) if coded else np.ascontiguousarray(x).view(np.uint8)
    head = bytes((coded,))

    def question(first, most):
        room = session.room() - messages.INFER_HEADER
        count = max(1, min(room // rows.shape[1], session.link.good // answer, most))
        return messages.INFER, head + rows[first : first + count].tobytes(), count

    data = b"".join(session.link.gather(len(x), question, messages.CLASSES))
    return session.parsed(answers.classes, data, len(x), layers[-1])


def progress(session):
    """Return the `Progress` of this moment."""
    payload = session.ask(messages.SAMPLES, host_messages.pack_samples(session.state.sample, ()), messages.PROGRESS)
    return session.parsed(answers.progress, payload, session.state.slots)


def read(session, crossbar, start, count):
    """Return `count` conductances of a crossbar, from device `start` on, in steps."""

    def question(first, most):
        size = min(session.link.good // 2, most)
        return messages.READ, host_messages.pack_read(crossbar, start + first, size), size

    data = b"".join(session.link.gather(count, question, messages.DEVICES))
    return session.parsed(answers.devices, data, count, session.plan(), crossbar)


def write(session, crossbar, steps):
    """Write a crossbar's conductances: steps, flat. A line that fails goes on where it was."""
    data = on_the_line(steps, session.plan())
    for start in range(0, len(data), _WRITTEN):
        piece = data[start : start + _WRITTEN]
        session.persist(lambda start=start, piece=piece: _write(session, crossbar, start, piece), (crossbar, start))


def _write(session, crossbar, start, data):
    def question(first, most):
        count = max(1, min((session.room() - messages.WRITE_HEADER) // data.itemsize, most))
        devices = data[first : first + count].tobytes()
        return messages.WRITE, host_messages.pack_write(crossbar, start + first, devices), count

    for payload in session.link.gather(len(data), question, messages.DONE):
        session.parsed(answers.done, payload)


def read_user_data(session):
    """Return the user data (bytes) that a host or the board's own program saved with the board's network."""
    user_data, total = b"", None
    while total is None or len(user_data) < total:
        question = host_messages.pack_user_data_read(len(user_data), session.link.good)
        payload = session.ask(messages.USER_DATA_READ, question, messages.USER_DATA)
        total, piece = session.parsed(answers.user_data, payload, len(user_data), total)
        user_data += piece
    return user_data


def measure(session, x, y, verbs, moved):
    """Let the board learn samples, timed; return `eqprop.bench.Measures`. Arguments as for `Board.bench`."""
    first = session.state.sample
    measures = _measured(session, verbs, first, [])
    ticks = [0] * len(measures.ticks)
    # One at a time, so that even a slow board answers before a retry, and each run is the same for it
    for label, row in zip(y, x, strict=True):
        before = measures
        measures = _measured(session, verbs, first, [(int(label), row.tobytes())])
        first += 1
        for n, (now, then) in enumerate(zip(measures.ticks, before.ticks, strict=True)):
            ticks[n] += (now - then) % 2**32
        moved()
    session.state = session.state._replace(sample=first)
    return measures._replace(ticks=tuple(ticks[_WHOLE:] if verbs else ticks[:_WHOLE]))


def _measured(session, verbs, first, rows):
    """Return the `Measures` after the board has learnt `rows`; the first row is sample `first`."""
    answer = session.ask(messages.BENCH, bench.pack_bench(verbs, first, rows), messages.MEASURES)
    return session.parsed(answers.measures, answer, first + len(rows))
