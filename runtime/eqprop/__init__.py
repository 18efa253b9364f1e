"""eqprop: neural networks that learn on a microcontroller, by physics instead of back-propagation.

    from array import array
    import eqprop

    network = eqprop.Network("64-32-10")
    network.learn(x, label)            # x: 64 int8 features
    prediction = network.infer(x)
    print(network.outputs)             # 10 voltages, int16
    network.save()                     # into flash, safe from power cuts; eqprop.load() resumes

The packages `eqprop_host` and `eqprop_sim` are the host tools and the simulator.
"""

from .layers import parse_layers as parse_layers
from .network import Network as Network
from .network import load as load
from .network import parts as _parts


def plan(layers, model=None, bits=16):
    """Return the plan of a network: its layers, scales and the heap bytes it needs, before allocating any.

    model: the energy model, "hopfield", "resistive" or "differential"; None for the default, hopfield. bits: of a
    weight, 16, or 8 with hopfield. Raises ValueError for impossible layers, an unknown model, or layers too wide for
    it.
    """
    return _parts(model, bits)[0](layers)


def Telemetry(*about, **more):  # noqa: N802 (stands for the class, which only a program that uses it loads)
    """Return an `eqprop.telemetry.Telemetry` of these arguments."""
    from .telemetry import Telemetry

    return Telemetry(*about, **more)


__version__ = "0.2.0"
