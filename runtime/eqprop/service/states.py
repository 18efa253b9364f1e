"""Which message a board accepts in which state: the table that `eqprop.service` follows.

docs/reference/protocol.md shows it.

    SILENT   no session: the board has just started
    EMPTY    a session without a network
    HELD     a session that found a network, from an earlier session or a checkpoint
    NEW      this session's CONFIGURE built the network; nothing was learnt or written since
    WRITTEN  WRITE has changed conductances; only RESUME makes them a network
    RUNNING  the network of this session's CONFIGURE is in use

BOARD has a row for each of TYPES: a letter for each state, in that order:

    .        accepted; the state stays
    E N W R  accepted; EMPTY, NEW, WRITTEN or RUNNING follows once the message is done
    L        accepted; RUNNING follows, even if a sample was refused after others were learnt
    *        the message decides: HELLO and CONFIGURE, below
    a-z      refused, with the text in REFUSALS

HELLO with the current session's number changes nothing. With any other number, HELD follows if the board holds a
network, otherwise EMPTY; a network that is WRITTEN is dropped first, and the newest checkpoint is loaded. CONFIGURE
builds a network: NEW follows, or EMPTY if there is no room for it. Once a session has built a network, the same
CONFIGURE is answered and changes nothing; a different one is refused.
"""

from .._compat import const

STATES = "SEHNWR"
SILENT = const(0)
EMPTY = const(1)
HELD = const(2)
NEW = const(3)
WRITTEN = const(4)
RUNNING = const(5)

# The types of the rows, as characters: one string takes a board less memory than a table
TYPES = '\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e !"#'
BOARD = (
    "******"  # HELLO
    "g*****"  # CONFIGURE
    "gn.Lw."  # SAMPLES
    "gn..w."  # INFER
    "gn..w."  # READ
    "gnlW.l"  # WRITE
    "gn.RR."  # RESUME
    "g....."  # BYE
    "gn.Lw."  # BENCH
    "g....."  # STATUS
    "gn..w."  # SAVE
    "gn..w."  # USER_DATA_WRITE
    "gn..w."  # USER_DATA_READ
    "gn.Lw."  # TARGETS
    "gEEEEE"  # CHIP_CONFIGURE
    "g....."  # CHIP_LEARN
    "g....."  # CHIP_INFER
    "g....."  # RESULT
)

REFUSALS = {
    "n": "no network: CONFIGURE comes first",
    "l": "WRITE: only between CONFIGURE and the first sample",
    "w": "conductances were written: RESUME comes first",
}
