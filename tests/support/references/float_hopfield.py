"""A layered Hopfield network in floating point, from its energy alone: the reference of `eqprop.hopfield`.

    E = sum over l of k_l * (|s_l|**2 / 2 - s_l . (W_l s_(l-1) + b_l)),  k_L = 1, k_l = k_(l+1) / eps

minimised layer by layer within 0..4 for hidden layers and -4..4 for the outputs. Units are those of the mathematics.
"""

import numpy as np

ONE = 4096
RAIL = 16383 / ONE


class FloatHopfield:
    """Weights (a matrix for each crossbar, a row for each node above), biases, the feedback eps."""

    def __init__(self, weights, biases, eps):
        self.weights, self.biases, self.eps = weights, biases, eps
        self.scale = [eps ** (c - len(weights) + 1) for c in range(len(weights))]

    @classmethod
    def of(cls, crossbar):
        """Return the reference of a fixed-point crossbar."""
        plan = crossbar.plan
        weights, biases = [], []
        for c, w in enumerate(crossbar.circuit.w):
            matrix = np.array([int(each) for each in w], float).reshape(plan.shapes[c])
            matrix /= 1 << plan.product_shift + plan.round_shift  # 12 bits after the point, or 7
            weights.append(matrix[:-1].T)
            biases.append(matrix[-1] * (127 / 128 if c == 0 else 1))
        return cls(weights, biases, 2.0**-crossbar.circuit.feedback_shift)

    def sums(self, states, x, c):
        """Return what layer c + 1 would be without rails: its energy's minimum, all other layers as in `states`."""
        below = x if c == 0 else states[c - 1]
        found = self.weights[c] @ below + self.biases[c]
        if c + 1 < len(self.weights):
            found = found + self.eps * self.weights[c + 1].T @ states[c + 1]
        return found

    def clamp(self, c, sums):
        """Return the sums within the rails of layer c + 1."""
        return np.clip(sums, -RAIL if c + 1 == len(self.weights) else 0, RAIL)

    def energy(self, states, x):
        """Return E."""
        total = 0.0
        for c, s in enumerate(states):
            below = x if c == 0 else states[c - 1]
            total += self.scale[c] * (s @ s / 2 - s @ (self.weights[c] @ below + self.biases[c]))
        return total

    def sweep(self, states, x, nudge=0.0):
        """Minimise layer after layer, upwards, in place; nudge: added to the outputs' sums."""
        for c in range(len(states)):
            last = c + 1 == len(states)
            states[c] = self.clamp(c, self.sums(states, x, c) + (nudge if last else 0))

    def equilibrium(self, x, nudge=0.0):
        """Return the states that no sweep changes any more. Raises ArithmeticError if they are not found."""
        states = [np.zeros(len(b)) for b in self.biases]
        for _ in range(2000):
            before = [s.copy() for s in states]
            self.sweep(states, x, nudge)
            if max(np.abs(s - b).max() for s, b in zip(states, before, strict=True)) < 1e-13:
                return states
        raise ArithmeticError("no equilibrium")

    @staticmethod
    def errors(outputs, label):
        """Return how far each output is on the wrong side of its target: 1 for the label, 0 for the others."""
        target = np.zeros(len(outputs))
        target[label] = 1
        errors = target - outputs
        return np.where((errors < 0) == (np.arange(len(outputs)) == label), 0, errors)

    def loss(self, x, label):
        """Return half the squared errors at equilibrium."""
        errors = self.errors(self.equilibrium(x)[-1], label)
        return errors @ errors / 2

    def contrast(self, plus, minus, x, beta):
        """Return EqProp's negative gradient for each crossbar, the bias in the last column."""
        found = []
        for c in range(len(self.weights)):
            d, m = plus[c] - minus[c], (plus[c] + minus[c]) / 2
            low = (np.zeros(len(x)), x) if c == 0 else (plus[c - 1] - minus[c - 1], (plus[c - 1] + minus[c - 1]) / 2)
            weights = np.outer(d, low[1]) + np.outer(m, low[0])
            found.append(self.scale[c] / (2 * beta) * np.column_stack([weights, d]))
        return found

    def slope(self, x, label, c, step=1e-6):
        """Return minus the loss's slope along each weight of crossbar c and each bias, by central differences."""
        found = np.zeros((len(self.biases[c]), self.weights[c].shape[1] + 1))
        for place in np.ndindex(*found.shape):
            array, at = (self.biases[c], place[0]) if place[1] == self.weights[c].shape[1] else (self.weights[c], place)
            kept = array[at]
            array[at] = kept + step
            above = self.loss(x, label)
            array[at] = kept - step
            found[place] = (self.loss(x, label) - above) / (2 * step)
            array[at] = kept
        return found

    def quick(self, x, label, sweeps):
        """Return (free, plus, minus) as the runtime finds them: `sweeps` upwards, then one down from the outputs."""
        free = [np.zeros(len(b)) for b in self.biases]
        for _ in range(sweeps):
            sums = []
            for c in range(len(free)):
                sums.append(self.sums(free, x, c))
                free[c] = self.clamp(c, sums[c])
        errors = np.minimum(self.errors(free[-1], label), RAIL)
        phases = [free]
        for sign in (1, -1):
            states = [s.copy() for s in free]
            states[-1] = free[-1] + sign * errors
            moved = sign * errors
            for c in range(len(free) - 2, -1, -1):
                states[c] = self.clamp(c, sums[c] + self.eps * self.weights[c + 1].T @ moved)
                moved = states[c] - free[c]
            phases.append(states)
        return phases
