"""Learns to balance a pole: which command of the motor brings which acceleration. It knows nothing of the motor.

It wants an acceleration that brings the pole back, as a spring and a damper would, and asks its network how to get it.
In each tick it sees what acceleration its last command really brought, and learns that.
"""

from array import array

from body import TICK_S

import eqprop
from eqprop.xorshift import Xorshift32

LAYERS = "3-16-1"
BABBLE = 500  # ticks of random commands at first
AGAIN = 10  # and after each fall, because what the network knows may be wrong
HELD = 5  # ticks of a random command
EXPLORE = 0.1  # most that a command is varied later, while the pole learns
SPRING, DAMPER = 30.0, 8.0  # 1/s^2, 1/s
KEPT = 300  # ticks that are remembered
REPLAY = 3  # of them are learnt again with each new one
_SPANS = (0.5, 4.0, 30.0)  # of angle, speed and acceleration: what is 127 to the network


class Balancer:
    """Knows a pole by its network alone.

    - learnt: ticks that were learnt. falls: how often the pole fell
    """

    def __init__(self, pole, seed, build=eqprop.Network):
        """Know nothing of `pole` yet. build: makes the network."""
        self.pole = pole
        self.network = build(LAYERS, seed)
        self.network.regress()
        self.random = Xorshift32(seed + 1)
        self.learnt = self.falls = 0
        self._babble = BABBLE
        self._babbled = 0  # ticks of `_babble`
        self._command = 0.0
        self._x = [array("b", bytes(3)) for _ in range(KEPT)]
        self._commands = array("h", bytes(2 * KEPT))
        self._asked = array("b", bytes(3))
        pole.set_up()

    def command(self, angle, speed):
        """Return the command that the network expects to bring the pole back, -1..1."""
        see(angle, speed, -SPRING * angle - DAMPER * speed, self._asked)
        return self.network.predict(self._asked)[0] / 32767

    def practise(self, ticks):
        """Balance for so many ticks, and learn; a pole that falls is set up."""
        pole = self.pole
        angle, speed = pole.sense()
        for _ in range(ticks):
            varied = self.random.below(16384) / 8192 - 1
            if self._babbled < self._babble:
                if self._babbled % HELD == 0:
                    self._command = varied
                self._babbled += 1
                command = self._command
            else:
                command = limited(self.command(angle, speed) + EXPLORE * varied)
            pole.push(command)
            stands = pole.tick()
            after, moved = pole.sense()
            self._learn(angle, speed, (moved - speed) / TICK_S, command)
            angle, speed = after, moved
            if not stands:
                self.falls += 1
                if self._babbled >= self._babble:
                    self._babbled, self._babble = 0, AGAIN
                pole.set_up()
                angle, speed = pole.sense()

    def _learn(self, angle, speed, acceleration, command):
        """Learn which command brought an acceleration, and some that are remembered."""
        place = self.learnt % KEPT
        see(angle, speed, acceleration, self._x[place])
        self._commands[place] = int(32767 * command)
        self.learnt += 1
        self.network.learn(self._x[place], self._commands[place])
        for _ in range(REPLAY):
            n = self.random.below(min(self.learnt, KEPT))
            self.network.learn(self._x[n], self._commands[n])

    def stands_s(self, longest_s=20):
        """Set the pole up; return for how many seconds it stands, at most `longest_s`. Learns nothing."""
        pole = self.pole
        pole.set_up()
        ticks = int(longest_s / TICK_S)
        for n in range(ticks):
            pole.push(limited(self.command(*pole.sense())))
            if not pole.tick():
                return n * TICK_S
        return longest_s


def see(angle, speed, acceleration, x):
    """Write what the network gets to x: angle, speed and acceleration."""
    for i, value in enumerate((angle, speed, acceleration)):
        x[i] = max(-127, min(127, int(round(127 * value / _SPANS[i]))))


def limited(command):
    """Return a command within -1..1."""
    return max(-1.0, min(1.0, command))
