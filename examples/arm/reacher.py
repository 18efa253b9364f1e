"""Learns to reach: which commands bring an arm's hand to a place. It knows nothing of the arm but what it tried.

It moves at random at first, sees where the hand comes, and learns which commands did that. Then it reaches for goals,
and learns from where the hand really came. Learning takes a short step in each tick of the control loop.
"""

import math
from array import array

from body import TICKS

import eqprop
from eqprop.xorshift import Xorshift32

LAYERS = "5-32-2"
BABBLE = 500  # movements at random at first
EXPLORE = 0.05  # most that a command is varied later
KEPT = 300  # movements that are remembered
REPLAY = 3  # of them are learnt again with each new one


class Reacher:
    """Knows an arm by its network alone."""

    def __init__(self, arm, seed, build=eqprop.Network):
        """Know nothing of `arm` yet. build: makes the network."""
        self.arm = arm
        self.network = build(LAYERS, seed, 0, "hopfield")
        self.network.regress()
        self.random = Xorshift32(seed + 1)
        self.tried = 0
        self._x = [array("b", bytes(5)) for _ in range(KEPT)]
        self._targets = [array("h", (0, 0)) for _ in range(KEPT)]
        self._asked = array("b", bytes(5))

    def vary(self, most):
        """Return a random number within -most..most."""
        return most * (self.random.below(16384) / 8192 - 1)

    def goal(self):
        """Return a place that the arm can reach."""
        shoulder, elbow = 1.5 + self.vary(1.04), 1.5 + self.vary(0.88)
        return (
            0.5 * (math.cos(shoulder) + math.cos(shoulder + elbow)),
            0.5 * (math.sin(shoulder) + math.sin(shoulder + elbow)),
        )

    def commands(self, place):
        """Return the commands that the network expects to bring the hand to `place`."""
        see(place, self._asked)
        a, b = self.network.predict(self._asked)
        return a / 32767, b / 32767

    def reach(self, commands, steps=()):
        """Move, learning by one of `steps` in each tick; return where the hand came."""
        steps = iter(steps)
        self.arm.move(commands)
        for _ in range(TICKS):
            self.arm.tick()
            for _ in steps:  # one of them
                break
        for _ in steps:  # all are done before the network is asked
            pass
        return self.arm.hand()

    def practise(self):
        """Make a movement, and learn from the one before it meanwhile; return how far the hand missed its goal."""
        goal = self.goal()
        if self.tried < BABBLE:
            commands = (self.vary(1), self.vary(1))
        else:
            a, b = self.commands(goal)
            commands = (limited(a + self.vary(EXPLORE)), limited(b + self.vary(EXPLORE)))
        hand = self.reach(commands, self._lesson() if self.tried else ())
        place = self.tried % KEPT
        see(hand, self._x[place])
        for k in range(2):
            self._targets[place][k] = int(32767 * commands[k])
        self.tried += 1
        return distance(hand, goal)

    def _lesson(self):
        """Learn the newest movement and some that are remembered, in steps."""
        newest = (self.tried - 1) % KEPT
        yield from self.network.learn_steps(self._x[newest], self._targets[newest])
        for _ in range(REPLAY):
            yield
            n = self.random.below(min(self.tried, KEPT))
            yield from self.network.learn_steps(self._x[n], self._targets[n])

    def missed_percent(self, goals):
        """Return how far the hand misses so many goals, mean, in percent of the reach. Learns nothing."""
        total = 0.0
        for _ in range(goals):
            goal = self.goal()
            total += distance(self.reach(self.commands(goal)), goal)
        return 100 * total / goals


def see(place, x):
    """Write what the network gets of a place to x: both coordinates, the distance and its square, and the direction."""
    far = place[0] * place[0] + place[1] * place[1]
    seen = (place[0], place[1], 2 * far - 1, 2 * math.sqrt(far) - 1, math.atan2(place[1], place[0]) / math.pi)
    for i in range(5):
        x[i] = max(-127, min(127, int(round(127 * seen[i]))))


def limited(command):
    """Return a command within -1..1."""
    return max(-1.0, min(1.0, command))


def distance(a, b):
    """Return the distance of two places."""
    return math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)
