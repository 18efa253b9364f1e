"""What a network has in addition if a program asks for it. A board loads only what its program uses.

- memory      `Memory`: samples that the network rehearses, so that it does not forget; `reservoir`: how it keeps them
- regression  `Regression`: numbers to learn in place of classes
- confidence  `Confidence`: how likely an answer is right

A checkpoint holds the buffers of each; `kind` is its number there.
"""

MEMORY = 2  # 0 ends the parts of a checkpoint, 1 are the conductances
REGRESSION = 3
CONFIDENCE = 4


def restore(network, kind, size, file):
    """Restore an extra of `network` from a checkpoint: `size` bytes that come next in `file`.

    Raises ValueError for a kind that is unknown, of a part that `eqprop deploy` left out, or of another network.
    """
    if kind not in (MEMORY, REGRESSION, CONFIDENCE):
        raise ValueError("checkpoint: extra {} is unknown".format(kind))
    try:
        if kind == REGRESSION:
            network.regress()
            return
        if kind == CONFIDENCE:
            network.calibrate()
            made = network.confidence
        else:
            from .memory import Memory

            made = Memory.kept(network, size)
    except ImportError as error:
        raise ValueError(str(error)) from error

    for buffer in made.buffers():
        file.readinto(buffer)
    made.restored()
    if kind == MEMORY:
        network.use_memory(made)
