"""Samples in a service: takes them from messages and from its cache, learns them and infers their classes."""

import struct
from binascii import crc32

from .._compat import const, free_heap
from ..crossbar import Rot
from ..protocol import messages

_RESERVE = const(16384)  # bytes of heap that the cache leaves free
_LOSS_BITS = const(30)
_LOSS_MASK = const(0x3FFFFFFF)


class Samples:
    """The part of `eqprop.service.Service` that handles samples; it uses the attributes that `Service` sets."""

    def _inspect(self):
        """Raise Rot if the configuration, the totals or the cache changed by itself."""
        network = self.network
        payload = self._configuration
        about = (
            messages.MODELS.index(network.model),
            self._run_number,
            network.seed,
            network.lr_halving_samples,
            self._epoch,
            network.layers,
        )
        if self._sealed != crc32(payload, crc32(self._code.table)) or messages.unpack_configure(payload)[:6] != about:
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
        network = self.network
        (number,) = messages.unpack("<I", payload, "SAMPLES")
        at = messages.SAMPLES_HEADER
        while at < len(payload):
            count = payload[at] & ~messages.CACHED
            cached = payload[at] >= messages.CACHED
            step = messages.SLOT_SIZE if cached else self._code.size
            at += messages.STRETCH_HEADER
            end = at + count * step
            if not count or end > len(payload):
                raise ValueError("SAMPLES: {} samples announced, {} bytes follow".format(count, len(payload) - at))
            while at < end:
                if number == network.sample:
                    self._learn(payload, at, cached)
                    if self.feed:
                        self.feed()
                number += 1
                at += step
        if network.sample != ~network.learner.mirror:  # a flipped bit would have skipped samples
            raise Rot("number of samples")
        self._check_totals()
        return messages.PROGRESS, messages.pack_progress(network.sample, self._cached, self._totals)

    def _learn(self, data, at, cached):
        """Learn the next sample: the record at `at`, or the one in the cache whose slot is there."""
        network = self.network
        size = self._code.size
        if cached:
            slot = data[at] | data[at + 1] << 8
            if slot >= self._cached:
                raise ValueError("SAMPLES: slot {}, but {} are filled".format(slot, self._cached))
            data = self._cache
            at = slot * size
        label = self._unpack(data, at, self._code.table, self._x)
        if label < 0:
            raise ValueError("SAMPLES: the record of sample {} is invalid".format(network.sample))
        epoch = self._epoch
        begins = epoch and network.sample % epoch == 0
        network.learn(self._x, label)
        if begins:
            self._total(0, 0, 0, 0)
        if not cached and self._cached < self._slots:
            start = self._cached * size
            record = data[at : at + size]
            self._cache[start : start + size] = record
            self._cache_crc = crc32(record, self._cache_crc)
            self._cached += 1
        counted, right, loss, high = self._totals
        loss += network.loss
        self._total(counted + 1, right + (network.prediction == label), loss & _LOSS_MASK, high + (loss >> _LOSS_BITS))
        if self._checkpoints and self._checkpoints.due(network.sample):
            self._inspect()
            self._checkpoints.save(network, self._configuration, self._totals)

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
