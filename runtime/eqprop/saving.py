"""What a board that serves does not need: saving, `remember`, `regress` and more of `eqprop.Network`."""

from .checkpoint import Checkpoints
from .layers import parse_layers
from .learner import replay_needs_memory
from .protocol.configuring import pack_configure
from .protocol.messages import MODELS, NUMBERS, unpack_configure


def remember(network, size_bytes):
    """Give `network` a memory, as `Network.remember` says."""
    from .extras.memory import Memory  # imported here, so that a board that keeps no samples does not load it

    if network.regression:
        raise ValueError("remember: the network learns numbers, not classes")
    if network.memory:
        raise ValueError("remember: the network has a memory already, of {} bytes".format(network.memory.size_bytes))
    use_memory(network, Memory(network, size_bytes))


def regress(network):
    """Let `network` learn numbers, as `Network.regress` says."""
    from .extras.regression import Regression  # imported here, so that a board that learns classes does not load it

    if network.regression:  # as of a network whose checkpoint says so twice
        return
    if network.sample or network.memory or network.confidence:
        raise ValueError("regress: the network has learnt classes, or remembers them")
    network.regression = regression = Regression(network.crossbar, network.learner)
    network.extras += (regression,)
    # In place of the methods, so that those of classes are as fast as without
    network.learn = regression.learn
    network.learn_steps = regression.learn_steps
    network.predict = regression.predict


def calibrate(network):
    """Let `network` learn how likely its answers are right, as `Network.calibrate` says."""
    from .extras.confidence import Confidence  # imported here, so that a board that does not ask does not load it

    if network.regression or network.confidence:
        raise ValueError("calibrate: the network learns numbers, or is calibrated already")
    network.confidence = Confidence(network)
    network.extras += (network.confidence,)
    if not network.memory:  # which asks the learner itself
        network.use(network.learner.learn, network.crossbar.settle)


def confidence_percent(network):
    """Return what `Network.confidence_percent` says."""
    if not network.confidence:
        raise ValueError("confidence_percent: call calibrate first")
    return network.confidence.percent()


def use_memory(network, memory):
    """Let `network` learn and infer with a memory from now on."""
    network.memory = memory
    network.extras += (memory,)
    network.use(memory.learn, memory.infer)
    if network._checkpoints:
        network._checkpoints.saved = None  # the newest checkpoint has another memory


def learn_steps(network, x, label, replay):
    """Return what `Network.learn_steps` says."""
    if network.memory:
        return network.memory.learn_steps(x, label, replay)
    if replay:
        replay_needs_memory(replay)
    return network.learner.learn_steps(x, label)


def margin_percent(outputs, targets):
    """Return how far the highest output is above the next, in percent of the distance between the targets."""
    first = second = -32768
    for n in range(len(outputs)):
        v = int(outputs[n])  # the simulator's are NumPy integers, which wrap
        if v > first:
            second = first
            first = v
        elif v > second:
            second = v
    right, wrong = targets
    return min(100, 100 * (first - second) // (right - wrong))


def save(network, folder, force):
    """Save `network` as `Network.save` says; return whether it is now saved."""
    if not network._checkpoints:
        network._checkpoints = Checkpoints(folder)
    model = MODELS.index(network.model) | (NUMBERS if network.regression else 0)
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
