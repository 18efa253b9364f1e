"""Hopfield networks on the worst that their kernels can meet."""

from eqprop.crossbar import MINUS, PLUS
from eqprop.hopfield.planning import STATE_MAX


def torment(crossbar, x, rng):
    """Learn from the largest features and states, at the smallest and largest rates.

    crossbar: of `CheckedArray`s, which check every number. x: features, of which only the number matters. rng: the
    `random.Random` of all that is drawn.
    """
    circuit, plan = crossbar.circuit, crossbar.plan
    layers = plan.layers
    for extremes in ((0, STATE_MAX), (STATE_MAX, 0), (STATE_MAX, STATE_MAX), (-STATE_MAX, STATE_MAX), None):
        crossbar.settle(bytes(rng.choice((127, 128)) for _ in x))
        crossbar.set_nudge(rng.randrange(layers[-1]))
        crossbar.nudge(PLUS)
        crossbar.nudge(MINUS)
        for phase, choose in zip((PLUS, MINUS), extremes or (None, None), strict=True):
            for c, layer in enumerate(circuit.phases[phase]):
                low = 0 if c + 2 < len(layers) else -STATE_MAX
                for j in range(layers[c + 1]):
                    layer[j] = max(choose, low) if extremes else rng.choice((low, STATE_MAX))
        for c in range(len(plan.shapes)):
            crossbar.set_rate_shift(c, rng.choice((1, plan.rate_shifts[c], 24)))
        crossbar.program()
