"""eqprop: neural networks that learn on a microcontroller, by physics instead of back-propagation.

    import eqprop
    from array import array

    net = eqprop.Network("64-32-10")
    net.learn(x, label)            # x: 64 int8 features
    answer = net.infer(x, array("h", 10 * [0]))
"""

from .network import Network
from .plan import Plan, parse_layers, plan

__version__ = "0.1.0"
__all__ = ["Network", "Plan", "parse_layers", "plan"]
