"""Packs CONFIGURE, which a host sends and a checkpoint holds. A board loads this when a program of its own saves."""

import struct

from .messages import CONFIGURE_LAYOUT


def pack_configure(configuration):
    """Return the CONFIGURE payload of a `Configuration` (`eqprop.protocol.host_messages`).

    model: the energy model's number. run_number: a number of the host's choice that identifies this training run.
    epoch: samples per epoch, after which the totals restart at zero, and also the largest useful cache in slots; 0 for
    no epochs and no cache. alphabet: bytes of the int8 values that features may have, empty for all.
    """
    layers, alphabet = configuration[5:]
    head = struct.pack(CONFIGURE_LAYOUT, *(configuration[:5] + (len(layers),)))
    return head + struct.pack("<{}H".format(len(layers)), *layers) + alphabet
