"""What is wired to the program beside this: a switch, a servo, a modem, a memory on SPI, an MPU-6050."""

import machine
from clock import clock
from parts.mpu6050 import MPU6050


class Modem:
    """Answers each line with its length."""

    def received(self, data):
        """Take bytes."""
        machine.say(1, b"%d\n" % len(data))


class Memory:
    """Reads as what was written before."""

    def __init__(self):
        self._last = b"\x00"

    def write_readinto(self, out, back):
        """Exchange bytes."""
        for n in range(len(out)):
            back[n] = self._last[n % len(self._last)]
        self._last = bytes(out)


def leave():
    """Cut the power."""
    raise SystemExit


def play(act, flash):
    """Press the switch twice; turn the sensor on."""
    machine.watch_pwm(15, lambda hz, duty: print("servo", hz, duty))
    machine.attach_uart(1, Modem())
    machine.attach_spi(Memory())
    machine.attach(0x68, MPU6050(lambda us: (1000, -500, 250, 100, -200, us // 100000), noise=0))
    machine.drive(14, 1)
    for ms, level in ((1050, 0), (1100, 1), (1250, 0)):
        clock.at(1000 * ms, lambda level=level: machine.drive(14, level))
    clock.at(2000000, leave)
