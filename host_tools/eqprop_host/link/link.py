"""Questions and answers over a serial port: windowed, in order, the lost ones asked again.

The board answers questions in the order in which they come. When an answer comes, all earlier questions without an
answer were lost, or their answers were; after a pause, all questions were. Every question has a sequence number of its
own, even one that is asked again, and a late answer still counts. The length of a pause follows from the time that
answers took so far (V. Jacobson, Congestion Avoidance and Control, SIGCOMM 1988: mean + 4 mean deviations). The size of
frames follows from how many are lost: each lost frame halves it, and each answer makes it a little larger.

A session begins with HELLO. From then on the payload of every question and answer begins with the session's number, so
the link never takes another host's answers for its own. A board that has restarted since refuses every other question,
and the link raises RestartError: the board's network may be older than before. The link also raises it when the port
fails or falls silent after a session has begun; `greet` opens the port again, because a USB board's port disappears
while the board resets. If another host has taken the board, the link raises BoardError.

The link repeats no question to a board that says WORKING. It waits, and asks for the board's state now and then: a
board that has restarted meanwhile says so. `eqprop_host.link.states` is the table of what a host does with each answer.
"""

import random
import time
from collections import deque
from dataclasses import replace

from eqprop.protocol.frames import Receiver, Sender
from eqprop.protocol.host_messages import pack_hello
from eqprop.protocol.messages import HELLO, SESSION_HEADER, STATE, STATUS
from eqprop.service import CHUNK

from ..errors import BoardError, PortError, ProtocolError, RestartError
from ..terminal.printing import printable, refusal
from ..terminal.status import Status
from . import answers, states
from .line import Asked, Port, line_size
from .pace import Pace

_ATTEMPTS = 3
_LIMIT = 1024  # payload bytes, until the board reports its own limit
_TO_PROMPT = b"\r\x02"  # makes a prompt appear, also from raw mode, without interrupting a program
_HELLO_S = 0.1  # until a HELLO is repeated; each wait is twice the one before
_WINDOW = 64  # questions on their way, well below the 256 sequence numbers
_HELLO_FIRST = "HELLO comes first"  # a board's full text of GREET after a reset
_PROBE_S = 1.0  # until a working board is asked for its state; each wait is twice the one before
_PROBES = 4  # probes until HELLO is repeated
_WORKING = 4  # patience with a working board, in units of that with a silent one
_REOPEN_S = 0.2  # between two attempts to open a port


class Link:
    """A conversation over the port that `open_stream()` opens, called `name` in messages.

    - limit: bytes of a payload, the session left out; credit: bytes that may be unanswered. STATE gives both
    - retries: requests lost so far
    - waiting: `Asked` without an answer, oldest first
    - took_s: seconds that the last request took after those before it were answered
    """

    def __init__(
        self,
        open_stream,
        name,
        answer_s,
        reconnect_s=0.0,
        clock=time.monotonic,
        wait=time.sleep,
        tell=lambda line: None,
    ):
        """Prepare, without opening the port.

        open_stream: returns an open pyserial port with a short read timeout, or raises PortError. answer_s: seconds of
        silence, three times, until the link gives up. reconnect_s: seconds to wait for a failed port to come back.
        clock, wait: like time.monotonic and time.sleep; while a port is open, every wait is a read that times out.
        tell: called with the reason of a wait after 8 s without an event.
        """
        self.name = name
        self.answer_s = answer_s
        self.credit = 0
        self.retries = 0
        self.waiting = deque()
        self.took_s = 0.0
        self._port = Port(open_stream, name)
        self._reconnect_s = reconnect_s
        self._clock = clock
        self._wait = wait
        self._broken = False
        self._greeted = False  # ever
        self._conversing = False  # between one session's HELLO and the next
        self._random = random.SystemRandom()
        self._sequence = self._random.randrange(256)
        self.session = None
        self._token = b""
        self._status = Status(tell, clock)
        self._tell = tell
        self._extra_s = 0.0
        self._doing = ""
        self._working = False  # whether the board has said that its next answer takes a while
        self._probe_s = 0.0
        self._probed = None
        self._moved = 0.0  # time of the last answer, or of the first request
        self._late = deque(maxlen=_WINDOW)  # requests given up, whose answers may still come
        self._heard = deque()
        self._understood = False
        self._since = None  # start of the silence while a request waits
        self._pace = Pace()
        self.resize(_LIMIT)

    @property
    def sent(self):
        """Bytes sent so far."""
        return self._port.sent

    @property
    def received(self):
        """Bytes received so far."""
        return self._port.received

    @property
    def good(self):
        """A payload size in bytes that probably arrives, at most `limit`."""
        return self._pace.good

    def resize(self, limit):
        """Set the payload limit in both directions to `limit` bytes, including the session."""
        self.limit = limit - SESSION_HEADER
        self._pace.resize(self.limit)
        self._receiver = Receiver(limit)
        self._sender = Sender(limit)

    def status(self):
        """Return a `Status` that tells on this link's screen."""
        return Status(self._tell, self._clock)

    def close(self):
        """Close the port."""
        self._port.close()

    # ---- sessions

    def greet(self, session=None):
        """Start a session and return the board's `State`; first open the port if it is closed or has failed.

        session: its number, which changes nothing if the board is in it; None for a new one. Raises PortError for a
        port that cannot be opened or does not come back; ProtocolError for no answer or an invalid one; BoardError for
        a board of another protocol.
        """
        deadline = self._clock() + self._reconnect_s
        status = self.status()
        while True:
            try:
                if self._broken or not self._port.is_open:
                    self._reopen(deadline)
                return self._begin(status, session)
            except (PortError, ProtocolError):
                # A board at its prompt needs a person to start eqprop
                if not self._greeted or self._port.has_prompt or self._clock() >= deadline:
                    raise
                self._broken = True

    def _reopen(self, deadline):
        """Open the port, trying until `deadline` if it was open before. Raises PortError."""
        self.close()
        while True:
            try:
                self._port.open()
                break
            except PortError:
                if not self._greeted or self._clock() >= deadline:
                    raise
                self._status.waiting(lambda: f"port {self.name}: waiting for it to come back", self._reconnect_s)
                self._wait(_REOPEN_S)
        self._broken = False

    def _begin(self, status, wanted):
        """Send HELLO until it is answered, each time with a new session or the one wanted; only the last one counts."""
        self._conversing = False
        self.begin()
        self._heard.clear()
        self._understood = False
        self._port.forget()
        self.resize(max(self.limit + SESSION_HEADER, _LIMIT))
        prompt, pause, patience_s, now = b"", _HELLO_S, _ATTEMPTS * self.answer_s, self._clock()
        until, latest = now + patience_s, now + _WORKING * patience_s
        while self._clock() < until:
            self._port.forget_tail()
            # A small integer on any board, so its heap use never varies
            session = self._random.randrange(2**30) if wanted is None else wanted
            began = self._clock()
            sequence = self._ask(HELLO, pack_hello(session), prompt)[0]
            deadline, refused = min(began + pause, until), None
            while self._clock() < deadline:
                self._listen()
                status.waiting(self._unanswered, patience_s + self._greeted * self._reconnect_s)
                while self._heard:
                    kind, answered, payload = self._heard.popleft()
                    happened, words = states.event(kind, payload, STATE)
                    act = states.action(states.GREETING, happened)
                    if answered != sequence or act == states.IGNORE:
                        continue
                    if act == states.WAIT:
                        deadline = self._clock() + _PROBES * _PROBE_S
                        until = min(self._clock() + patience_s, latest)
                    elif act == states.REFUSE:  # unless it answers an earlier host's question, and a STATE follows
                        refused = words
                    elif (state := self._state(payload)) and state.session == session:
                        self._take_session(session)
                        self._pace.measure(self._clock() - began)
                        return state
            if refused is not None:
                raise BoardError(f"port {self.name} refuses: {refusal(refused)}")
            self._port.check_prompt()
            prompt = _TO_PROMPT  # a service ignores it as noise
            pause *= 2
            self._pace.lost_bytes()
        seconds = round(status.passed_s) if self._greeted else patience_s
        silence = self._port.silence(seconds, self._understood, self._greeted)
        raise silence if until < latest else ProtocolError(f"port {self.name}: {states.ENDLESS}")

    def _state(self, payload):
        """Return the `State` in a STATE. Raises ProtocolError for an invalid payload, or another protocol's."""
        try:
            return answers.state(payload)
        except ValueError as error:
            raise ProtocolError(f"port {self.name}: {error}") from error

    def _take_session(self, session):
        """Use this session's number from now on."""
        self.session = session
        self._token = session.to_bytes(SESSION_HEADER, "little")
        self._greeted = self._conversing = True
        self._status.moved()

    # ---- questions

    def ask(self, kind, payload, expected, extra_s=0.0, doing=""):
        """Return the payload of the answer, which must be of type `expected`. Raises as `gather` does.

        extra_s: seconds that the answer may take longer than usual. doing: the board's task meanwhile, for the screen.
        """
        return next(self.gather(1, lambda _first, _most: (kind, payload, 1), expected, extra_s, doing))

    def gather(self, total, question, expected, extra_s=0.0, doing=""):
        """Request `total` items in pieces; yield the payloads of the answers in the items' order.

        question(first, most) returns (type, payload, count) of a request for at most `most` items from `first` on; it
        chooses the count by `good`. It may be called twice for a piece: a lost piece is requested a second time,
        perhaps in smaller pieces. Raises BoardError with the board's own message if it refuses, ProtocolError for an
        invalid answer, RestartError if the board must be greeted first.
        """
        left = deque([(0, total)] if total else [])
        answers: dict = {}
        turn = 0
        self.begin(extra_s, doing)
        while True:
            while left:
                first, end = left[0]
                kind, payload, count = question(first, end - first)
                if not self.room(len(payload)):
                    break
                left.popleft()
                if first + count < end:
                    left.appendleft((first + count, end))
                self.send(kind, payload, (first, first + count))
            if not self.waiting:
                return
            asked, payload, lost = self.hear(expected)
            left.extendleft(each.about for each in reversed(lost))
            if asked and self._wanted(asked, left):
                first, end = asked.about
                answers.setdefault(first, (payload, end))
            while turn in answers:
                payload, turn = answers.pop(turn)
                yield payload

    def _wanted(self, asked, left):
        """Return whether an answer counts: a late one does unless its piece was requested in other pieces since."""
        if not asked.given_up:
            return True
        if asked.about in left:
            left.remove(asked.about)
            return True
        return any(each.about == asked.about for each in self.waiting)

    def begin(self, extra_s=0.0, doing=""):
        """Forget requests on their way, and the silence so far, because other requests follow."""
        self.waiting.clear()
        self._late.clear()
        self._since = None
        self._extra_s, self._doing = extra_s, doing
        self._working, self._probed = False, None
        self._moved = self._clock()
        self._status.moved()

    def room(self, size):
        """Return whether a request with a payload of `size` bytes may be sent; the first is always allowed.

        After a pause no further request is sent until a byte arrives. So the backlog of a sleeping board does not grow,
        and no late answer meets its sequence number in use by another request.
        """
        if len(self.waiting) >= (_WINDOW if self._pace.rested else 1):
            return False
        unanswered = sum(each.size for each in self.waiting)
        return not self.waiting or unanswered + line_size(size) + len(self._pace.padding) <= self.credit

    def send(self, kind, payload, about):
        """Send a request; `about` comes back with its answer."""
        if self._since is None:
            self._since = self._clock()
        sequence, size = self._ask(kind, payload)
        self.waiting.append(Asked(sequence, size, self._clock(), kind, about))

    def _give_up(self, lost):
        """Stop waiting for these requests; a late answer still counts."""
        self.retries += len(lost)
        self._late.extend(replace(each, given_up=True) for each in lost)

    def hear(self, expected):
        """Return (Asked, payload, lost) of the next answer; `lost` are earlier requests without an answer.

        After a pause without an answer, return (None, None, all waiting requests). Raises as `gather` does.
        """
        while True:
            while self._heard:
                answer = self._answer(expected, *self._heard.popleft())
                if answer:
                    return answer
            now = self._clock()
            patience_s = _ATTEMPTS * self.answer_s + self._extra_s
            if now - self._since >= patience_s:
                self._fail(self._port.silence(patience_s, True, True))
            if now - self._moved >= _WORKING * patience_s:
                raise ProtocolError(f"port {self.name}: {states.ENDLESS}")
            self._status.waiting(self._waited_for, patience_s)
            if now - max(self._since, self.waiting[0].at) >= (
                self._probe_s if self._working else self._pace.pause_s(self.answer_s)
            ):
                if not self._working:
                    return None, None, self._all_lost()
                self._probe()
            self._listen()

    def _answer(self, expected, kind, sequence, payload):
        """Handle a received frame: return (Asked, payload, lost) if it is an answer, otherwise None."""
        if payload[:SESSION_HEADER] != self._token:
            return None
        payload = payload[SESSION_HEADER:]
        happened, words = states.event(kind, payload, expected)
        act = states.action(states.ASKING, happened)
        if act == states.RESTART:
            reason = "the board has restarted" if words in ("", _HELLO_FIRST) else printable(words)
            raise RestartError(f"port {self.name}: {reason}")
        if act == states.GIVE_WAY:
            raise BoardError(f"port {self.name}: another host has taken the board")
        now = self._clock()
        if act == states.WAIT:  # the board is working on the oldest request
            self._working, self._since, self._probe_s = True, now, _PROBE_S
            return None
        if sequence == self._probed:  # it has finished, and its answer was lost
            self._working = False
            return None
        asked, lost = self._match(sequence)
        if not asked:
            return None
        self.took_s = now - max(asked.at, self._since)
        if not self._working:  # a working board must not make other requests look slower
            self._pace.measure(now - asked.at)
        self._pace.answered()
        self._status.moved()
        self._working = False
        self._moved = self._since = now
        if act == states.REFUSE:
            raise BoardError(f"port {self.name} refuses: {refusal(words)}")
        if act == states.NONSENSE:
            raise ProtocolError(f"port {self.name} answers with type {kind} instead of {expected}")
        if lost:
            self._pace.lost()
        else:
            self._pace.arrived()
        return asked, payload, lost

    def _all_lost(self):
        """Count all requests on their way as lost, and return them."""
        self._pace.paused()
        self._pace.lost()
        lost = list(self.waiting)
        self.waiting.clear()
        self._give_up(lost)
        return lost

    def _probe(self):
        """Ask a working board only for its state; if it has restarted, it says so."""
        self._probed = self._ask(STATUS, b"")[0]
        self._probe_s *= 2  # so that its backlog does not grow

    def _match(self, sequence):
        """Return the request of an answer, and those before it; nothing for an unexpected answer."""
        for at, asked in enumerate(self.waiting):
            if asked.sequence == sequence:
                lost = [self.waiting.popleft() for _ in range(at)]
                self.waiting.popleft()
                self._give_up(lost)
                return asked, lost
        for asked in self._late:
            if asked.sequence == sequence:
                self._late.remove(asked)
                return asked, []
        return None, []

    # ---- bytes

    def _ask(self, kind, payload, before=b""):
        """Send a frame; return (its sequence number, bytes on the line)."""
        self._sequence = (self._sequence + 1) % 256
        try:
            head = b"" if kind == HELLO else self._token
            frame = before + bytes(self._sender.encode(kind, self._sequence, payload, head))
        except ValueError as error:
            raise BoardError(f"port {self.name}: the board has no room for a question: {error}") from error
        return self._sequence, self._write(frame + bytes(-len(frame) % CHUNK) + self._pace.padding)

    def _write(self, data):
        try:
            return self._port.write(data)
        except (PortError, ProtocolError) as error:
            self._fail(error, error.__cause__)

    def _listen(self):
        """Process received bytes, waiting a moment for the first."""
        try:
            data = self._port.read()
        except PortError as error:
            self._fail(error, error.__cause__)
        for kind, sequence, payload in self._receiver.feed(data):
            if kind >= STATE:  # an echo of our own request is not an answer
                self._understood = True
                self._heard.append((kind, sequence, bytes(payload)))

    def _waited_for(self):
        doing = self._doing or states.DOING.get(self.waiting[0].kind, "answer")
        working = "the board is working: " if self._working else ""
        return f"port {self.name}: {working}waiting for it to {doing}"

    def _unanswered(self):
        strange = self._port.overheard and not self._understood
        return f"port {self.name}: {'bytes come, but ' if strange else ''}no answer to HELLO"

    def _fail(self, failure, error=None):
        """Raise `failure` because of `error`: as a RestartError if the conversation may continue."""
        self._broken = True
        if not self._conversing or not self._reconnect_s:
            raise failure from error
        raise RestartError(str(failure)) from failure
