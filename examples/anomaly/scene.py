"""A fan on its motor, with an accelerometer on the bearing; it runs at three speeds, under changing load.

What is normal, and seven faults that nobody has told the board of, are put together from what such machines are known
for (ISO 13373-3): imbalance is at once a turn, misalignment at twice, looseness at halves and everywhere, a pit in the
outer race of a bearing knocks 3.57 times a turn at what resonates, rubbing hisses, a broken blade unbalances too, and a
sensor that comes loose hears less. All amplitudes are invented.

Acts: "main", from the first start to an alarm; "faults", what may go wrong with the board, one after another;
any of the seven faults by its name, from the start, on a board that has learnt; "measured", a second on such a board,
and then how many instructions it took from the last sample of a window to the alarm's pin, at most.
"""

import machine
from clock import clock
from eqprop.features.arithmetic import sine
from parts.lis3dh import LIS3DH
from parts.noise import Noise

ADDRESS = 0x18
BUTTON = 10
ALARM = 15
LED = 25
SECOND = 1000000

RATE_HZ = 1344
WELL = 660  # seconds from the start to the first fault of "main"
SPEEDS_HZ = (24, 31, 42)
HELD = 2048  # samples for which speed and load stay
FAULTS = ("imbalance", "misalignment", "looseness", "bearing", "rubbing", "blade", "mounting")
ACTS = ("main", "faults", "measured") + FAULTS
# By order, in half turns: mg at 31 Hz. What a fault changes, and what it adds
ORDERS = {2: 60, 4: 20, 6: 10, 14: 40}
CHANGED = {
    "imbalance": {2: 150},
    "misalignment": {4: 80, 6: 20},
    "looseness": {1: 20, 3: 20, 5: 20, 8: 20, 10: 20},
    "blade": {2: 90, 12: 15, 14: 16},
}
BLADES = 14
ROUGH_MG = 10
KNOCK_MG = 120
SENSOR_MG = 4  # the sensor's own noise

_SINE = [sine(n, 256) for n in range(256)]
# 480 Hz, dying away by an eighth from sample to sample
_RING = [sine(n * 91, 256) * 7**n // 8**n for n in range(24)]


class Fan:
    """The acceleration of the bearing's housing.

    - fault: None, or one of FAULTS: it shows at the next change of speed.
    """

    def __init__(self, seed):
        self.fault = None
        self.noise = Noise(seed)
        self._turns = [0] * 256  # mg / 32 through two turns
        self._left = 0
        self._phase = 0  # of two turns, 16 bits
        self._step = 0
        self._rough = 0
        self._before = 0
        self._race = 0  # from knock to knock, 16 bits
        self._ringing = len(_RING)
        self._mounted = 32

    def change(self):
        """Take another speed and load."""
        noise = self.noise
        hz = SPEEDS_HZ[noise.below(len(SPEEDS_HZ))]
        self._step = (100 * hz + noise.bell(hz)) * 8192 // (25 * RATE_HZ)
        self._rough = ROUGH_MG * hz // 31 * (5 if self.fault == "rubbing" else 2) // 2
        self._mounted = 13 if self.fault == "mounting" else 32
        orders = dict(ORDERS)
        orders.update(CHANGED.get(self.fault, {}))
        load = 700 + noise.below(600)
        turns = [0] * 256
        for order in sorted(orders):
            mg = orders[order]
            mg = (mg + mg * noise.bell(80) // 1000) * hz * hz * self._mounted // 961
            if order == BLADES:
                mg = mg * load // 1000
            at = noise.below(256)
            for n in range(256):
                turns[n] += mg * _SINE[(at + order * n) & 255] >> 14
        self._turns = turns
        self._left = HELD

    def sample(self):
        """Return the next sample, in mg."""
        if not self._left:
            self.change()
        self._left -= 1
        self._phase = (self._phase + self._step) & 0xFFFF
        rough = self.noise.bell(self._rough)
        mg = (self._turns[self._phase >> 8] + (rough + self._before * 4 // 5) * self._mounted) >> 5
        self._before = rough
        if self.fault == "bearing":
            self._race += self._step * 57 // 8
            if self._race > 0xFFFF:
                self._race &= 0xFFFF
                self._ringing = 0
            if self._ringing < len(_RING):
                mg += KNOCK_MG * _RING[self._ringing] >> 14
                self._ringing += 1
        return mg + self.noise.bell(SENSOR_MG)


def press(at):
    """Press the button at this time, for a second: the board looks at it once a window."""
    clock.at(at, lambda: machine.drive(BUTTON, 0))
    clock.at(at + SECOND, lambda: machine.drive(BUTTON, 1))


def leave():
    """Leave the board."""
    raise SystemExit


def tell():
    """Say how long a decision took, and leave the board."""
    print("from sample to decision: {} instructions".format(machine.latency()))
    leave()


def play(act, flash):
    """Set up what is around the board."""
    if act not in ACTS:
        raise ValueError("act: {} is not one of {}".format(act, ", ".join(ACTS)))
    fan = Fan(1)
    sensor = LIS3DH(lambda _: (fan.sample(), 0, 1000), noise_mg=0)
    machine.drive(BUTTON, 1)
    machine.attach(ADDRESS, sensor)
    if act == "measured":
        machine.measure(ALARM)
        clock.at(SECOND, tell)
    elif act in FAULTS:
        fan.fault = act
        clock.at(4 * SECOND, leave)
    elif act == "faults":
        flash.read_only = True
        machine.attach(ADDRESS, None)
        press(SECOND)
        press(4 * SECOND)
        seen = {ALARM: 0, LED: 0}  # how often they went on while the sensor fails
        machine.watch(ALARM, lambda level: see(ALARM, level))
        machine.watch(LED, lambda level: see(LED, level))

        def see(pin, level):
            seen[pin] += level

        def fail(how):
            if how is None:
                failed = sensor.fault or "absent"
                print("    {}: {} alarms, the LED flashed {} times".format(failed, seen[ALARM], seen[LED]))
            seen.update({ALARM: 0, LED: 0})
            sensor.fault = how
            machine.attach(ADDRESS, None if how == "absent" else sensor)

        for n, how in enumerate((None, "absent", None, "stuck", None, "saturated", None, "garbage", None)):
            clock.at((3 + 2 * n) * SECOND, lambda how=how: fail(how))
        clock.at(22 * SECOND, leave)
    else:

        def break_down():
            fan.fault = "bearing"

        clock.at(WELL * SECOND, break_down)
        clock.at((WELL + 20) * SECOND, leave)
