"""A simulated arm of two links: its servos are worn, drift and tremble, and a joint may be bent.

On a robot, write `move`, `tick` and `hand` for your servos and for what sees the hand.

Lengths are shares of the reach, which is 1; angles are radians. The same seed gives the same arm everywhere.
"""

import math

from eqprop.xorshift import Xorshift32

TICKS = 20  # of the control loop, until a movement has ended
_LINK = 0.5
_LIMITS = ((0.2, 2.8), (0.4, 2.6))  # angles of a perfect servo at the commands -1 and 1
_APPROACH = 0.35  # share of the way to its angle that a joint goes in a tick
_TREMBLE = 0.004  # radians, standard deviation
_WEAR = 0.075  # most that a worn gear leads a command astray
_DRIFT = 0.03  # radians, to either side
_PERIOD = 12000  # movements, of the drift


class Arm:
    """Two joints and a hand.

    - bent: angles by which the joints are bent. movements: so many were started
    """

    def __init__(self, seed):
        """Make an arm whose servos differ from all others'."""
        self._random = Xorshift32(seed)
        self._gains = [0.9 + 0.2 * self._share() for _ in range(2)]
        self._offsets = [0.15 * (self._share() - 0.5) for _ in range(2)]
        self._wear = [_WEAR * self._share() for _ in range(2)]
        self._phases = [6.28 * self._share() for _ in range(2)]
        self.bent = [0.0, 0.0]
        self.movements = 0
        self._angles = [1.5, 1.5]
        self._wanted = [1.5, 1.5]

    def _share(self):
        return self._random.below(10000) / 10000

    def move(self, commands):
        """Start a movement: a command of -1..1 to each servo."""
        self.movements += 1
        for k in range(2):
            low, high = _LIMITS[k]
            u = commands[k] + self._wear[k] * math.sin(3 * commands[k] + self._phases[k])
            drift = _DRIFT * math.sin(6.28 * self.movements / _PERIOD + self._phases[k])
            tremble = _TREMBLE * 1.7 * (self._share() + self._share() + self._share() + self._share() - 2)
            middle = (low + high) / 2 + self._offsets[k] + drift + tremble + self.bent[k]
            self._wanted[k] = middle + self._gains[k] * u * (high - low) / 2

    def tick(self):
        """Continue the movement for a tick of the control loop."""
        for k in range(2):
            self._angles[k] += _APPROACH * (self._wanted[k] - self._angles[k])

    def hand(self):
        """Return where the hand is: (x, y)."""
        shoulder, elbow = self._angles
        return (
            _LINK * (math.cos(shoulder) + math.cos(shoulder + elbow)),
            _LINK * (math.sin(shoulder) + math.sin(shoulder + elbow)),
        )
