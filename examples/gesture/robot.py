"""As main.py, on a robot whose arm follows the gestures: a control loop runs beside the learner, and keeps its rhythm.

Every 10 ms the arm's position is read and its motor switched. The learner gives way after each slice of its work.
"""

import asyncio
import gc
from time import ticks_add, ticks_diff, ticks_ms

from accelerometer import Accelerometer
from gestures import Gestures

from eqprop import watchdog
from machine import ADC, I2C, Pin, reset

PERIOD_MS = 10
SLACK = 400  # of the position, 0..65535

sensor = Accelerometer(I2C(0, sda=Pin(4), scl=Pin(5), freq=400_000))
buttons = [Pin(n, Pin.IN, Pin.PULL_UP) for n in (10, 11, 12, 13, 14)]
lamp = Pin(25, Pin.OUT, value=0)
position = ADC(Pin(26))
forward = Pin(16, Pin.OUT, value=0)
backward = Pin(17, Pin.OUT, value=0)


def stands():
    """Return whether the arm is where it should be."""
    return not (forward.value() or backward.value())


gestures = Gestures(sensor, buttons, lamp, calm=stands)


async def learn():
    """Learn, and give way."""
    for pause_ms in steps:
        feed()
        await asyncio.sleep_ms(pause_ms)


async def control():
    """Turn the arm to where the last gesture sends it: a sixth of the way for the first, five for the last."""
    due = ticks_ms()
    count = 0
    while True:
        target = 65536 * (1 + (gestures.label or 0)) // (1 + len(buttons))
        ahead = target - position.read_u16()
        forward.value(ahead > SLACK)
        backward.value(ahead < -SLACK)
        count += 1
        if stands() and count % 100 == 0:
            gc.collect()  # takes longer than a slice of learning
        due = ticks_add(due, PERIOD_MS)
        await asyncio.sleep_ms(max(0, ticks_diff(due, ticks_ms())))


async def main():
    """Do both."""
    await asyncio.gather(control(), learn())


steps = gestures.live()
next(steps)  # the network is read from the flash, or made: before anything moves
feed = watchdog.start(8000)  # a board that hangs for so many milliseconds is reset
try:
    asyncio.run(main())
except RuntimeError as error:  # memory changed by itself
    print("{}: the board goes back to its last checkpoint".format(error))
    reset()
