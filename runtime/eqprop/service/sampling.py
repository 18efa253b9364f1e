"""Samples in a service: takes them from messages and from its cache, learns them and infers their classes."""

import struct
from binascii import crc32

from .._compat import const, free_heap
from ..crossbar import Rot
from ..protocol import messages

_RESERVE = const(16384)  # bytes of heap that the cache leaves free
_LOSS = const(0)  # items of a learner's tally
_PREDICTION = const(1)
_SAMPLE = const(2)
_LEFT = const(3)
_LOSS_BITS = const(30)
_LOSS_MASK = const(0x3FFFFFFF)
_NEVER = const(0x3FFFFFFF)  # a number beyond every sample's


class Samples:
    """The part of `eqprop.service.Service` that handles samples; it uses the attributes that `Service` sets."""

    def _inspect(self):
        """Raise Rot if the configuration, the totals or the cache changed by itself."""
        network = self.network
        payload = self._configuration
        about = (
            self._run_number,
            network.seed,
            network.lr_halving_samples,
            self._epoch,
            network.layers,
        )
        if self._sealed != crc32(payload, crc32(self._code.table)) or messages.unpack_configure(payload)[1:6] != about:
            raise Rot("configuration")
        self._check_totals()
        cache = self._cache or b""
        size = self._code.size
        if len(cache) != self._slots * size or self._cache_crc != crc32(memoryview(cache)[: self._cached * size]):
            raise Rot("cache of samples")

    def _total(self, counted, right, loss, high):
        """Set the epoch's totals. The tally changes by old and new values: it still shows a bit that flipped before."""
        totals = self._totals
        self._tally ^= totals[0] ^ totals[1] ^ totals[2] ^ totals[3] ^ counted ^ right ^ loss ^ high
        totals[:] = (counted, right, loss, high)

    def _check_totals(self):
        """Raise Rot if one of the epoch's totals changed by itself."""
        counted, right, loss, high = self._totals
        if self._tally != counted ^ right ^ loss ^ high:
            raise Rot("totals of the epoch")

    def _allocate_cache(self, wanted):
        """Make a cache of `wanted` samples, or of as many as fit the heap."""
        free = free_heap()
        room = self._cache_bytes if free is None else min(self._cache_bytes, free - _RESERVE)
        slots = min(wanted, max(room, 0) // self._code.size)
        while slots:
            try:
                self._cache = bytearray(slots * self._code.size)
                break
            except MemoryError:  # the heap is fragmented
                slots //= 2
        self._slots = slots

    def _samples(self, payload):
        # Bound before the loop, because an attribute costs a board up to a thousand instructions
        network = self.network
        tally = network.learner.tally
        learn = network.learn
        unpack = self._unpack
        x = self._x
        size = self._code.size
        table = self._code.table
        epoch = self._epoch
        feed = self.feed
        due_from = self._checkpoints.due_from() if self._checkpoints else _NEVER
        counted = right = loss = 0  # of the samples that are not yet in the totals
        (number,) = messages.unpack("<I", payload, "SAMPLES")
        at = messages.SAMPLES_HEADER
        while at < len(payload):
            count = payload[at] & ~messages.CACHED
            cached = payload[at] >= messages.CACHED
            step = messages.SLOT_SIZE if cached else size
            at += messages.STRETCH_HEADER
            end = at + count * step
            if not count or end > len(payload):
                raise ValueError("SAMPLES: {} samples announced, {} bytes follow".format(count, len(payload) - at))
            known = tally[_SAMPLE] - number
            if known < 0 or known >= count:  # none of them is the next one
                number += count
                at = end
                continue
            number += known
            at += known * step
            first = at
            try:
                while at < end:
                    if cached:
                        slot = payload[at] | payload[at + 1] << 8
                        if slot >= self._cached:
                            raise ValueError("SAMPLES: slot {}, but {} are filled".format(slot, self._cached))
                        label = unpack(self._cache, slot * size, table, x)
                    else:
                        label = unpack(payload, at, table, x)
                    if label < 0:
                        raise ValueError("SAMPLES: the record of sample {} is invalid".format(number))
                    learn(x, label)
                    if epoch and number % epoch == 0:
                        self._total(0, 0, 0, 0)
                        counted = right = loss = 0
                    number += 1
                    at += step
                    counted += 1
                    right += tally[_PREDICTION] == label
                    loss += tally[_LOSS]
                    if number >= due_from:
                        self._add(counted, right, loss)
                        counted = right = loss = 0
                        if self._checkpoints and self._checkpoints.due(number):
                            if not cached:
                                self._keep(payload, first, at)
                                first = at
                            self._inspect()
                            self._checkpoints.save(network, self._configuration, self._totals)
                            due_from = self._checkpoints.due_from()
                    if feed:
                        feed()
            finally:
                self._add(counted, right, loss)
                counted = right = loss = 0
                if not cached:
                    self._keep(payload, first, at)
        if tally[_SAMPLE] + tally[_LEFT] != network.learner.halve_at:  # a flipped bit would have skipped samples
            raise Rot("number of samples")
        self._check_totals()
        progress = struct.pack(messages.PROGRESS_LAYOUT, tally[_SAMPLE], self._cached, *self._totals)
        return messages.PROGRESS, progress

    def _add(self, counted, right, loss):
        """Add samples, correct predictions and loss, of one message, to the epoch's totals."""
        totals = self._totals
        loss += totals[2]
        self._total(totals[0] + counted, totals[1] + right, loss & _LOSS_MASK, totals[3] + (loss >> _LOSS_BITS))

    def _keep(self, payload, start, end):
        """Copy the records from `start` to `end` to the cache, as many as it has room for."""
        filled = self._cached
        size = self._code.size
        count = min((end - start) // size, self._slots - filled)
        if count > 0:
            end = start + count * size
            records = payload[start:end]
            # Through a view of its own length, because MicroPython otherwise moves all that lies behind it, too
            memoryview(self._cache)[filled * size : (filled + count) * size][:] = records
            self._cache_crc = crc32(records, self._cache_crc)
            self._cached = filled + count

    def _infer(self, payload):
        network = self.network
        inputs = network.layers[0]
        coded = len(payload) > 0 and payload[0] == 1
        size = self._code.size if coded else inputs
        count, rest = divmod(len(payload) - messages.INFER_HEADER, size)
        if not len(payload) or payload[0] > 1 or rest:
            raise ValueError("INFER: expected whole samples of {} features, got {} bytes".format(inputs, len(payload)))
        if count * (2 * network.layers[-1] + messages.CLASS_SIZE) > self._room:
            raise ValueError("INFER: {} samples need a longer answer than this board sends".format(count))
        answer = bytearray()
        for at in range(messages.INFER_HEADER, len(payload), size):
            x = payload[at : at + size]
            if coded:
                x = self._x
                if self._unpack(payload, at, self._code.table, x) < 0:
                    raise ValueError("INFER: a record is invalid")
            answer += struct.pack("<H", network.infer(x))
            answer += bytes(network.outputs)
            if self.feed:
                self.feed()
        return messages.CLASSES, answer
