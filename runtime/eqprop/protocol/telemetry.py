"""Records that a running program sends to a host on the port of its prints, and what a host sends to the program.

A record is a frame of `eqprop.protocol.frames`, so text and frames share a line: no text holds a zero. Integers are
little-endian. The payload of each record begins with the board's clock, seconds u32 and microseconds u32 since the
program started; the table omits it.

    ABOUT     128  format u8 (2), energy model u8, flags u8 (1: calibrated, 2: with a memory, 4: learns numbers), number
                   of layers u8, their sizes u16..., seed u32, lr_halving_samples u32, identity in UTF-8; model 0 and no
                   layers for a program without a network
    READING   129  typecode u8 of an array, its items
    FEATURES  130  features i8...
    ANSWER    131  samples learnt u32, class u16, lead u16, confidence in percent u32 (255: not calibrated), highest
                   output u16, features i8... or none; lead: the voltage by which that output is above the next. A
                   network with a memory may answer with another class than that of its highest output
    LEARNT    132  samples learnt with this one u32, label u16, lead u16, loss u32, highest output u16, features i8...
                   or none; all but the label as they were before it was learnt
    NUMBERS   133  samples learnt u32, the numbers predicted i16...
    SAVED     134  saved u8 (0: not now), failed writes u16, checkpoints written u32
    FAULT     135  text in UTF-8
    DEVICES   136  samples learnt u32, crossbar u8, first device u32, conductances u16...
    HEALTH    137  samples learnt u32, free heap bytes u32, records dropped u32
    TAUGHT    138  token u16 of a request, 1 u8 if it was carried out, 0 if not; a repeated request is only answered
    LOG       139  box u32, number of the first record u32, features in a record u16, offset u16 of what follows in that
                   record, then records of the black box (`eqprop.telemetry.blackbox`), or a part of one that is larger
                   than 80 bytes; without more than the number it is the end, with the number of the next record

A host's frames hold no byte 0x03, which would interrupt the program: each byte of header, payload and CRC-32 is two
bytes, 0x40 + its high four bits and 0x40 + its low four bits, between two zeros. Their payload:

    LISTEN    144  seconds since 2020-01-01 UTC u32; the board sends its records for LISTEN_S seconds from now on
    LABEL     145  token u16, sequence number u8 of an ANSWER, label u16: that answer's features are of class label
    SAMPLE    146  token u16, label u16, features i8...: learn them
    SAVE      147  token u16: save the network
    INQUIRE   148  nothing: send ABOUT and HEALTH
    LOG_READ  149  first record u32: send the black box from there on
"""

from .._compat import const

FORMAT = const(2)
ABOUT = const(128)
READING = const(129)
FEATURES = const(130)
ANSWER = const(131)
LEARNT = const(132)
NUMBERS = const(133)
SAVED = const(134)
FAULT = const(135)
DEVICES = const(136)
HEALTH = const(137)
TAUGHT = const(138)
LOG = const(139)

LISTEN = const(144)
LABEL = const(145)
SAMPLE = const(146)
SAVE = const(147)
INQUIRE = const(148)
LOG_READ = const(149)

LISTEN_S = const(5)
UNCALIBRATED = const(255)
CALIBRATED = const(1)
WITH_MEMORY = const(2)
LEARNS_NUMBERS = const(4)
EPOCH_S = const(1577836800)  # 2020-01-01 in seconds since 1970
