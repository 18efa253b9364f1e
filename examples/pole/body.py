"""A simulated pole on a hinge, upright on a motor that is worn: weak, sticky, and unlike any other.

On a robot, write `push`, `tick` and `sense` for your motor driver and your gyroscope.

Angles are radians from upright, times seconds. The same seed gives the same pole everywhere.
"""

import math

from eqprop.xorshift import Xorshift32

TICK_S = 0.02  # of the control loop
FALLEN = 0.5  # radians: the pole lies in its fork, and someone has to set it up
_GRAVITY = 20.0  # 1/s^2, of a rod of 0.74 m
_FRICTION = 0.5  # 1/s
_TORQUE = 18.0  # rad/s^2, of a new motor at full command
_STICKY = 0.08  # most of a command that friction in the gear eats
_RIPPLE = 0.6  # rad/s^2, standard deviation
_GYRO = 0.005  # rad/s, standard deviation
_STEPS = 4  # of the simulation in a tick


class Pole:
    """A hinge, a rod and a motor.

    - wires: 1; -1 once the motor's wires are swapped. strength: of the motor; 1 is what it was at first
    """

    def __init__(self, seed):
        """Make a pole whose motor differs from all others'."""
        self._random = Xorshift32(seed)
        self._torque = _TORQUE * (0.85 + 0.3 * self._share())
        self._sticky = _STICKY * self._share()
        self._offset = 0.1 * (self._share() - 0.5)
        self.wires = 1
        self.strength = 1.0
        self.angle = self.speed = self._command = 0.0

    def _share(self):
        return self._random.below(10000) / 10000

    def _noise(self, deviation):
        return deviation * 1.7 * (self._share() + self._share() + self._share() + self._share() - 2)

    def set_up(self):
        """Put the pole upright, about, as someone or a fork does."""
        self.angle = 0.2 * (self._share() - 0.5)
        self.speed = 0.4 * (self._share() - 0.5)
        self._command = 0.0

    def push(self, command):
        """Let the motor push with a command of -1..1 from now on."""
        self._command = command

    def tick(self):
        """Continue for a tick of the control loop; return whether the pole has not fallen."""
        u = self._command + self._offset
        u = max(0.0, u - self._sticky) + min(0.0, u + self._sticky)
        pushed = self.wires * self.strength * self._torque * u + self._noise(_RIPPLE)
        for _ in range(_STEPS):
            self.speed += TICK_S / _STEPS * (_GRAVITY * math.sin(self.angle) - _FRICTION * self.speed + pushed)
            self.angle += TICK_S / _STEPS * self.speed
        return abs(self.angle) < FALLEN

    def sense(self):
        """Return (angle, speed) as a gyroscope and its integral have them."""
        return self.angle, self.speed + self._noise(_GYRO)
