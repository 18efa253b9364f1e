"""What a network does seldom: `Network.inspect`, `Network.save` and `eqprop.load`. Loaded on first use."""

from .checkpoint import Checkpoints
from .crossbar import Rot
from .fixed import RATE_SHIFT_MAX
from .layers import parse_layers
from .protocol.messages import MODELS, pack_configure, unpack_configure


def inspect(network):
    """Raise Rot naming what changed by itself, as `Network.inspect` says."""
    learner = network.learner
    if learner.sample != ~learner.mirror:
        raise Rot("number of samples")
    _ = network.user_data  # raises Rot itself
    every = network.lr_halving_samples
    halvings = learner.sample // every if every else 0
    network.crossbar.inspect([min(shift + halvings, RATE_SHIFT_MAX) for shift in network.plan.rate_shifts])


def save(network, folder, force):
    """Save `network` as `Network.save` says; return whether it is now saved."""
    if not network._checkpoints:
        network._checkpoints = Checkpoints(folder)
    model = MODELS.index(network.model)
    described = pack_configure((model, 0, network.seed, network.lr_halving_samples, 0, network.layers, b""))
    return network._checkpoints.save(network, described, (0, 0, 0, 0), force)


def load(network_type, layers, folder, crossbar):
    """Return the saved network as `eqprop.load` says; network_type: `eqprop.Network`."""
    wanted = None if layers is None else parse_layers(layers)
    built = []

    def build(payload, keep):
        model, _, seed, lr_halving_samples, _, kept, _ = unpack_configure(payload)
        if wanted not in (None, kept):
            raise ValueError("layers: expected {}, saved {}".format(wanted, kept))
        if keep and crossbar is None:
            raise ValueError("crossbar: the checkpoint needs the one that was saved, it holds no conductances")
        network = network_type(kept, None if keep else seed, lr_halving_samples, MODELS[model], crossbar)
        network.seed = seed
        built.append(network)
        return network

    checkpoints = Checkpoints(folder)
    if not checkpoints.load(build, strict=True):
        return None
    built[0]._checkpoints = checkpoints
    return built[0]
