"""`Telemetry`: what a running program tells a host on the port of its prints, and what a host teaches it.

    watch = eqprop.Telemetry(network)
    while True:
        ...
        watch.answer(network.infer(x), x)
        watch.poll()

Records are frames (`eqprop.protocol.telemetry`) in a ring in memory, the oldest of which make room for new ones. The
board sends them from a host's request until five seconds after its last one. A board that is alone, or at a terminal,
prints only its text. Only `poll` reads and writes the port, and only what the port is ready for, so the program never
waits for a host.

After construction, an answer, a sample learnt and a reading allocate nothing, nor does sending them. The other records
take a few bytes, what a host asks takes more, and code that is used for the first time is loaded.
"""

from array import array

from .._compat import const, ticks_us
from ..protocol.telemetry import FAULT, FEATURES, SAVED
from .port import Port

try:
    from .thumb import bind
except (ImportError, SyntaxError, NotImplementedError):  # no Arm Cortex-M
    try:
        from .ring_viper import bind
    except (ImportError, SyntaxError, NotImplementedError):  # as above
        from .plain import bind

_LOSS = const(0)  # in a learner's tally
_LEARNT = const(2)
_STATE_ITEMS = const(25)
_DROPPED = const(4)
_ROOM = const(6)
_LAST = const(7)
_COUNT = const(10)
_VALUE = const(11)
_LIMIT = const(12)
_SAMPLE = const(13)
_ANSWERED = const(14)
_WIDEST = const(15)
_AN_ANSWER = const(-1)
_CLOCK_AT = const(12)  # where a record begins, after its header and its clock
_FEATURES_AT = const(26)  # where those of an ANSWER or a LEARNT begin
_LABELLED = const(1703936)  # _FEATURES_AT << 16
_TEXT_MOST = const(80)  # bytes of a fault
_PAYLOAD_LEAST = const(96)
_CRC_SIZE = const(4)
_LEAST_ROOM = const(256)
_NEARLY_WRAPPED = const(536870912)  # microseconds: half of what the clock spans


class Telemetry:
    """Tells a host what a program does, and lets it teach the network.

    - x: features of the last answer that was told with them, bytes
    """

    def __init__(self, network=None, identity="", replay=0, room=1024, budget=800, port=None, box=None):
        """Tell about `network`, None for a program without one.

        Calibrate the network first, if at all. identity: names the program. replay: as for `Network.learn`, for what a
        host teaches. room: bytes of the ring, 256 or more. budget: bytes a second for conductances while a host
        listens, 0 for none. port: like `Port`, None for standard input and output. box: an
        `eqprop.telemetry.blackbox.BlackBox`, which keeps answers and samples learnt, too. Raises ValueError for a room
        that is too small.
        """
        self.network = network
        self.identity = identity
        self.replay = replay
        self.budget = budget
        self.box = box
        self.x = bytearray(network.layers[0] if network else 0)
        widest = _FEATURES_AT + len(self.x)
        self._raw = bytearray(max(widest, _CLOCK_AT + _PAYLOAD_LEAST) + _CRC_SIZE)
        least = max(_LEAST_ROOM, len(self._raw) + 8)
        if room < least:
            raise ValueError("room: {} bytes are too few, expected {}".format(room, least))
        self._ring = bytearray(room)
        self._state = state = array("i", bytes(4 * _STATE_ITEMS))
        state[_ROOM] = room
        state[_LIMIT] = len(self._raw) - _CRC_SIZE
        state[_WIDEST] = widest
        state[_ANSWERED] = -1
        state[_LAST] = ticks_us() & 0x3FFFFFFF
        self._table = array("I", bytes(64))
        for n in range(16):
            crc = n
            for _ in range(4):
                crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
            self._table[n] = crc
        self._port = port or Port()
        self._more = None
        self._hearing = None
        outputs = network.outputs if network else bytes(2)
        self._use(outputs)
        if box:
            box.start(network)
        elif network and network.outputs is outputs:  # not a new array each time, as of some crossbars of one's own
            self._hasten(network.learner.tally)

    def _use(self, outputs):
        """Tell of these output voltages from now on."""
        self._outputs = outputs  # whose address the state may have
        self._state[_COUNT] = len(outputs)
        confidence = self.network.confidence if self.network else None
        self._append = bind(self._state, self._raw, self._ring, self._table, outputs, self.x, confidence)

    def _hasten(self, tally):
        """Put quicker functions in place of two methods.

        On a board, an attribute costs a tenth of a record, and a function with more locals takes heap.
        """

        def answer(label, x=None, put=self._append, state=self._state, tally=tally, now=ticks_us):
            state[_SAMPLE] = tally[_LEARNT]
            state[_VALUE] = _AN_ANSWER
            if put(state, (len(x) + _FEATURES_AT << 16 if x else _LABELLED) | label, now(), x) < 0:
                _refuse(x)

        def learnt(label, x=None, put=self._append, state=self._state, tally=tally, now=ticks_us):
            state[_SAMPLE] = tally[_LEARNT]
            state[_VALUE] = tally[_LOSS]
            if put(state, (len(x) + _FEATURES_AT << 16 if x else _LABELLED) | label, now(), x) < 0:
                _refuse(x)

        self.answer = answer  # type: ignore[method-assign]
        self.learnt = learnt  # type: ignore[method-assign]

    @property
    def dropped(self):
        """Records that found no room, or made room for others."""
        return self._state[_DROPPED]

    def _rare(self):
        if not self._more:
            from . import rare  # imported here, so that most boards do not load it, and once, as importing takes heap

            self._more = rare
        return self._more

    # ---- what a program tells

    def answer(self, label, x=None):
        """Tell what the network answered just now: `label`, with its lead, and its confidence if it was calibrated.

        x: the features, which are told, too, and which a host may then call by their right label; None to tell none.
        Raises ValueError for more features than the network has.
        """
        self._rare().labelled(self, label, _AN_ANSWER, x)

    def learnt(self, label, x=None):
        """Tell that the network just learnt a sample of class `label`, and its loss.

        x: the features, which are told, too; None to tell none. Raises ValueError for more features than the network
        has.
        """
        self._rare().labelled(self, label, self.network.loss, x)

    def features(self, x):
        """Tell int8 features, of a program without a network. Raises ValueError for more than 96."""
        self.tell(FEATURES, x)

    def reading(self, samples, typecode="h", size=2):
        """Tell readings: an array of `typecode`, `size` bytes an item. Raises ValueError for more than 95 bytes."""
        self._rare().reading(self, samples, typecode, size)

    def numbers(self, predicted):
        """Tell the numbers that a network of `regress` predicted: int16. Raises ValueError for more than 46."""
        self._rare().numbers(self, predicted)

    def saved(self, kept):
        """Tell what `network.save` returned, and how often it wrote and failed."""
        checkpoints = self.network._checkpoints
        failed = self.network.save_failures
        written = (checkpoints.written if checkpoints else 0).to_bytes(4, "little")
        self.tell(SAVED, bytes((kept, failed & 255, failed >> 8)) + written)

    def fault(self, text):
        """Tell that something is wrong: a sensor, the flash; the first 80 bytes of a text."""
        self.tell(FAULT, text.encode()[:_TEXT_MOST])

    def tell(self, kind, data):
        """Append a record of bytes. Raises ValueError for more than a record holds."""
        raw = self._raw
        size = _CLOCK_AT + len(data)
        if size > self._state[_LIMIT]:
            raise ValueError("record: {} bytes are too many".format(len(data)))
        for n in range(len(data)):
            raw[_CLOCK_AT + n] = data[n] & 255
        raw[0] = kind
        self._append(self._state, size, ticks_us(), None)

    # ---- what the port does

    def poll(self):
        """Send what the port takes, and carry out what a host asks; return the label that it just taught, or None.

        Call it often: at each step of the program's loop, and at least every eight minutes, for the clock. It sends at
        most two records and takes 48 bytes at a time. Raises what `Network.learn` raises for memory that changed by
        itself.
        """
        ready = self._port.ready()
        if ready & 1 and not self._hearing:
            from .hearing import Hearing  # imported here, so that a board that is alone does not load it

            self._hearing = Hearing(self)
        if self._hearing:
            return self._hearing.poll(ready)
        if ticks_us() - self._state[_LAST] & 0x3FFFFFFF > _NEARLY_WRAPPED:
            self._rare().tick(self._state, ticks_us())
        return None


def _refuse(x):
    from .rare import refuse  # as in `Telemetry.answer`

    refuse(x)
