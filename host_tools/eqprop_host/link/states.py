"""What a host does with each answer in each state: the table that `eqprop_host.link.link` follows.

`eqprop.service.states` is the board's table; docs/reference/protocol.md shows both. A host is GREETING while its HELLO
has no answer, IDLE while no request waits, and ASKING while a request waits for an answer of one type.

Only frames of the host's own session reach the table: while GREETING an answer to the last HELLO, a STATE with that
HELLO's session; later a payload that begins with the session. All others are another host's and mean nothing.
"""

from eqprop.protocol import messages
from eqprop.protocol.host_messages import unpack_error

GREETING, IDLE, ASKING = "GREETING", "IDLE", "ASKING"

EXPECTED = "expected"
"""The event of an answer of the expected type: STATE while GREETING. All other events are types of messages, or kinds
of an ERROR."""

REFUSED, GREET, TAKEN = "REFUSED", "GREET", "TAKEN"

BEGIN = "begin the session"
ANSWER = "take the answer"
WAIT = "wait longer"
REFUSE = "raise BoardError in the board's words"
RESTART = "raise RestartError"
GIVE_WAY = "raise BoardError: another host has taken the board"
NONSENSE = "raise ProtocolError"
IGNORE = "ignore"

HOST = {
    GREETING: {EXPECTED: BEGIN, messages.WORKING: WAIT, REFUSED: REFUSE},
    IDLE: {},
    ASKING: {EXPECTED: ANSWER, messages.WORKING: WAIT, REFUSED: REFUSE, GREET: RESTART, TAKEN: GIVE_WAY},
}

OTHERWISE = {GREETING: IGNORE, IDLE: IGNORE, ASKING: NONSENSE}
"""What a host does in each state with an event that is not in the table."""

ENDLESS = "the board keeps saying that it is working, and never answers"

DOING = {
    messages.HELLO: "say what it is",
    messages.CONFIGURE: "build its network",
    messages.SAMPLES: "learn",
    messages.INFER: "classify",
    messages.READ: "send its conductances",
    messages.WRITE: "take conductances",
    messages.RESUME: "take up the conductances written",
    messages.BENCH: "learn, timed",
    messages.SAVE: "write a checkpoint",
}
"""The board's task that the host waits for, by the type of the request."""


def event(kind, payload, expected):
    """Return (event, text) of an answer: the text of an ERROR, otherwise ""."""
    if kind == messages.ERROR:
        refused, words = unpack_error(payload)
        return {messages.GREET: GREET, messages.TAKEN: TAKEN}.get(refused, REFUSED), words
    return (EXPECTED if kind == expected else kind), ""


def action(state, happened):
    """Return what a host does in a state when an event has happened."""
    return HOST[state].get(happened, OTHERWISE[state])
