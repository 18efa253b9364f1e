"""Sends a run's samples to a board in frames of records and cache slots, and resends lost ones."""

import numpy as np

from eqprop.protocol import host_messages, messages
from eqprop_sim.sample_order import SampleOrder

from ..errors import ProtocolError, RestartError
from ..link import answers
from ..link.steps import learns_numbers
from .records import covers, packed
from .sample_cache import SampleCache

_SLOW_S = 1.0  # an answer that takes longer means that the frames are too large
_FRAMES = 3  # frames of samples on their way: with more, stopping a run would take long
_LEARNT = {"targets": "numbers", "labels": "classes"}
_IDLE = 200  # answers in a row without a new sample: more than any line loses


class SampleStream:
    """Sends the samples of a session's run; each record is sent once as long as the board has it cached.

    - sample_bytes: bytes of records sent so far, without repetitions
    """

    def __init__(self, session):
        """Prepare, without sending."""
        self._session = session
        self.sample_bytes = 0
        self._counted = 0  # samples of the run that sample_bytes includes
        self._configuration = None
        self._data = (None, None)
        self._cache = None  # the board's cache as the host knows it; None while it is empty
        self._cached_in = None  # the session of that cache

    def train(self, x, y, until, order, stop):
        """Learn samples, and yield each new `Progress`: see `interface.AnyBoard.train`."""
        session = self._session
        if session.configuration is not self._configuration:
            self._configuration, self._counted = session.configuration, 0
        if not covers(session.code.alphabet, x):
            raise ValueError("x: has values outside the alphabet configured")
        y = np.asarray(y)
        self._check(y)
        if x is not self._data[0] or y is not self._data[1]:
            if self._cache and self._cached_in == session.state.session:
                session.recover()  # a new session starts with an empty cache
            self._cached_in = None
            self._data = (x, y)
        order = order or SampleOrder(len(x))
        until = order.pass_end(session.state.sample) if until is None else until
        while session.state.sample < until and not stop():
            try:
                yield from self._send(x, y, order, until, stop)
            except RestartError as error:
                session.recover(error)

    def _check(self, y):
        """Raise ValueError for labels in place of targets, or the reverse."""
        configuration = self._session.configuration
        wanted, held = ("targets", "labels") if learns_numbers(configuration) else ("labels", "targets")
        if (y.ndim > 1) != learns_numbers(configuration):
            raise ValueError(f"y: expected {wanted}, got {held}: the network learns {_LEARNT[wanted]}")
        if y.ndim > 1 and (y.dtype != np.int16 or y.shape[1] != configuration.layers[-1]):
            raise ValueError(f"y: {y.dtype} {y.shape}, expected int16 (samples, {configuration.layers[-1]})")

    def _send(self, x, y, order, until, stop):
        """Send samples until all are learnt; see `train`. Raises RestartError."""
        session, link = self._session, self._session.link
        base = following = furthest = session.state.sample
        if self._cached_in != session.state.session:
            self._cache, self._cached_in = SampleCache(len(x), session.state.slots), session.state.session
        cache = self._cache
        cached = len(cache)
        batch, generation, idle = 1, 0, 0
        stopped = False
        link.begin()
        while True:
            while following < until and not stopped and len(link.waiting) < _FRAMES:
                indices = order.indices(following, min(until, following + batch))
                stretches = cache.stretches(indices, session.code.size, session.room() - messages.SAMPLES_HEADER)
                count = sum(len(which) for which, _ in stretches)
                records = packed(session.code, x, y, stretches)
                payload = host_messages.pack_samples(following, records)
                if not link.room(len(payload)):
                    break
                stopped = stop()
                if not stopped:
                    self._keep(indices[:count], following)
                    following += count
                    link.send(messages.TARGETS if y.ndim > 1 else messages.SAMPLES, payload, (generation, following))
                    furthest = max(furthest, following)
                    session.expect(following)
            if not link.waiting:
                return
            asked, payload, _ = link.hear(messages.PROGRESS)
            back = not asked  # a pause: everything on its way is lost
            if asked:
                progress = session.parsed(answers.progress, payload, session.state.slots)
                sent_in, end = asked.about
                if progress.sample > furthest:
                    raise ProtocolError(f"port {link.name}: next sample is {progress.sample}, not {furthest}")
                if progress.sample > base:
                    base, cached, idle = progress.sample, progress.cached, 0
                    if base > following:  # what had been given up for lost was not
                        self._keep(order.indices(following, base), following)
                        following = base
                    session.parsed(cache.check, cached, base == following)
                    session.reach(base)
                    yield progress
                else:
                    idle += 1
                    if idle > _IDLE:
                        raise ProtocolError(f"port {link.name}: the board answers, but learns nothing beyond {base}")
                back = sent_in == generation and progress.sample < end  # a frame before it was lost
            if back:
                generation += 1
                following = base
                cache.truncate(cached)
            batch = max(1, batch // 2) if link.took_s > _SLOW_S else min(2 * batch, host_messages.STRETCH_MAX)

    def _keep(self, indices, first):
        """Note what the board will have in its cache when it has learnt samples `first`.., which are `indices`."""
        sent = self._cache.keep(indices)
        self.sample_bytes += self._session.code.size * int(np.count_nonzero(sent[max(0, self._counted - first) :]))
        self._counted = max(self._counted, first + len(indices))
