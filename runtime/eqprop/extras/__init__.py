"""What a network has in addition if a program asks for it. A board loads only what its program uses.

- memory      `Memory`: samples that the network rehearses, so that it does not forget; `reservoir`: how it keeps them
- regression  `Regression`: numbers to learn in place of classes

A checkpoint holds the buffers of each; `kind` is its number there.
"""

MEMORY = 2  # 0 ends the parts of a checkpoint, 1 are the conductances
REGRESSION = 3


def restore(network, kind, size, file):
    """Restore an extra of `network` from a checkpoint: `size` bytes that come next in `file`.

    Raises ValueError for a kind that is unknown, of a part that `eqprop deploy` left out, or of another network.
    """
    if kind not in (MEMORY, REGRESSION):
        raise ValueError("checkpoint: extra {} is unknown".format(kind))
    try:
        if kind == REGRESSION:
            network.regress()
            return
        from .memory import Memory
    except ImportError as error:
        raise ValueError(str(error)) from error

    memory = Memory.kept(network, size)
    for buffer in memory.buffers():
        file.readinto(buffer)
    memory.restored()
    network.use_memory(memory)
