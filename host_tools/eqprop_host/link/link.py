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
_LIMIT = 1024  # bytes of payload before the board has said its own limit
_TO_PROMPT = b"\r\x02"  # makes the prompt show itself, also from raw mode, and interrupts no program
_HELLO_S = 0.1  # until a HELLO is repeated; then twice as long, and so on
_WINDOW = 64  # questions on their way, well below the 256 sequence numbers
_HELLO_FIRST = "HELLO comes first"  # all that a board says to GREET after a reset
_PROBE_S = 1.0  # after which a board that works is asked for its state, then twice as many, ...
_PROBES = 4  # of those, after which a HELLO to it is said again
_WORKING = 4  # times the patience with a silent board: that with one that says it works
_REOPEN_S = 0.2  # between two attempts to open a port


class Link:
    """A conversation over the port that `open_stream()` opens, called `name` in messages.

    - limit: bytes of a payload, the session left out; credit: bytes that may be unanswered. STATE says both
    - retries: questions that were lost so far
    - waiting: `Asked` that have no answer yet, oldest first
    - took_s: seconds that the last question took, those before it answered
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
        """Talk to nobody yet.

        open_stream: returns an open pyserial port with a short read timeout, or raises PortError. answer_s: seconds of
        silence, three times, after which nobody is there. reconnect_s: seconds in which a port that failed may come
        back. clock, wait: as time.monotonic and time.sleep; while a port is open, every wait is a read that times out.
        tell: called with a line that says what is waited for when nothing has happened for 8 s.
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
        self._moved = 0.0  # when a question was answered last, or the first of them asked
        self._late = deque(maxlen=_WINDOW)  # questions given up, whose answers may come yet
        self._heard = deque()
        self._understood = False
        self._since = None  # when the silence began, if somebody waits
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
        """Bytes of a payload that has a fair chance to arrive, `limit` at most."""
        return self._pace.good

    def resize(self, limit):
        """Take payloads of up to `limit` bytes, the session included, either way."""
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

    def greet(self):
        """Begin a session and return the board's `State`; open the port first where it is not, or has failed.

        Raises PortError for a port that cannot be opened, or does not come back; ProtocolError when nobody answers, or
        with nonsense; BoardError for a board of another protocol.
        """
        deadline = self._clock() + self._reconnect_s
        status = self.status()
        while True:
            try:
                if self._broken or not self._port.is_open:
                    self._reopen(deadline)
                return self._begin(status)
            except (PortError, ProtocolError):
                # Once a board is at its prompt, only a person starts eqprop again
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

    def _begin(self, status):
        """Say HELLO until it is answered, each time with another session: only the last one counts."""
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
            session = self._random.randrange(2**30)  # a small integer on any board: its heap is the same each time
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
            prompt = _TO_PROMPT  # noise to a service
            pause *= 2
            self._pace.lost_bytes()
        seconds = round(status.passed_s) if self._greeted else patience_s
        silence = self._port.silence(seconds, self._understood, self._greeted)
        raise silence if until < latest else ProtocolError(f"port {self.name}: {states.ENDLESS}")

    def _state(self, payload):
        """Return the `State` in a STATE. Raises ProtocolError for another protocol's, or nonsense."""
        try:
            return answers.state(payload)
        except ValueError as error:
            raise ProtocolError(f"port {self.name}: {error}") from error

    def _take_session(self, session):
        """Talk under this session's number from now on."""
        self.session = session
        self._token = session.to_bytes(SESSION_HEADER, "little")
        self._greeted = self._conversing = True
        self._status.moved()

    # ---- questions

    def ask(self, kind, payload, expected, extra_s=0.0, doing=""):
        """Return the payload of the answer, which must be of type `expected`. Raises as `gather`.

        extra_s: seconds by which the answer may take longer than others. doing: what the board does meanwhile, for the
        screen.
        """
        return next(self.gather(1, lambda _first, _most: (kind, payload, 1), expected, extra_s, doing))

    def gather(self, total, question, expected, extra_s=0.0, doing=""):
        """Ask for `total` items in pieces; yield the payloads of the answers in the order of the items.

        question(first, most) returns (type, payload, how many) of a question for items from `first` on, `most` of them
        or fewer: as `good` suggests. It may be asked twice. A piece that was lost is asked for again, maybe in smaller
        ones. Raises BoardError with the board's own words when it refuses, ProtocolError when it talks nonsense,
        RestartError when it must be greeted first.
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
        """Return whether an answer counts: a late one does if its piece has not been asked for in other pieces."""
        if not asked.given_up:
            return True
        if asked.about in left:
            left.remove(asked.about)
            return True
        return any(each.about == asked.about for each in self.waiting)

    def begin(self, extra_s=0.0, doing=""):
        """Forget what is on its way, and how long it has been silent: something else is asked from here on."""
        self.waiting.clear()
        self._late.clear()
        self._since = None
        self._extra_s, self._doing = extra_s, doing
        self._working, self._probed = False, None
        self._moved = self._clock()
        self._status.moved()

    def room(self, size):
        """Return whether a question with a payload of `size` bytes may be sent: one is always allowed.

        No other is after a pause, until something is heard: what a board that only slept is still to read does not
        grow, and no answer to it comes when its sequence number is another question's.
        """
        if len(self.waiting) >= (_WINDOW if self._pace.rested else 1):
            return False
        unanswered = sum(each.size for each in self.waiting)
        return not self.waiting or unanswered + line_size(size) + len(self._pace.padding) <= self.credit

    def send(self, kind, payload, about):
        """Send a question; `about` comes back with its answer."""
        if self._since is None:
            self._since = self._clock()
        sequence, size = self._ask(kind, payload)
        self.waiting.append(Asked(sequence, size, self._clock(), kind, about))

    def _give_up(self, lost):
        """Wait no longer for these questions, though a late answer counts."""
        self.retries += len(lost)
        self._late.extend(replace(each, given_up=True) for each in lost)

    def hear(self, expected):
        """Return (Asked, payload, lost) of the next answer: `lost` are those asked before it that have none.

        After a pause in which none came it is (None, None, all that were waiting). Raises as `gather`.
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
        """Take up what was heard: return (Asked, payload, lost) where it is an answer, otherwise None."""
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
        if act == states.WAIT:  # before it sleeps, the oldest question is what it works on
            self._working, self._since, self._probe_s = True, now, _PROBE_S
            return None
        if sequence == self._probed:  # it works no longer, and what it answered was lost
            self._working = False
            return None
        asked, lost = self._match(sequence)
        if not asked:
            return None
        self.took_s = now - max(asked.at, self._since)
        if not self._working:  # others take no longer for it
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
        """Count all that is on its way as lost, and return it."""
        self._pace.paused()
        self._pace.lost()
        lost = list(self.waiting)
        self.waiting.clear()
        self._give_up(lost)
        return lost

    def _probe(self):
        """Ask a board that works for its state, and for nothing else: if it has restarted, it says so."""
        self._probed = self._ask(STATUS, b"")[0]
        self._probe_s *= 2  # so that what it has still to read does not grow

    def _match(self, sequence):
        """Return the question of an answer, and those before it; none for an answer that nobody waits for."""
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
        """Take in what has come, waiting a moment for the first byte."""
        try:
            data = self._port.read()
        except PortError as error:
            self._fail(error, error.__cause__)
        for kind, sequence, payload in self._receiver.feed(data):
            if kind >= STATE:  # an echo of what we ask is no answer
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
        """Raise `failure` because of `error`: as a RestartError where the conversation may go on."""
        self._broken = True
        if not self._conversing or not self._reconnect_s:
            raise failure from error
        raise RestartError(str(failure)) from failure
