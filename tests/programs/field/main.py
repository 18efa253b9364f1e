"""Uses whatever a simulated field has, and prints what it finds."""

import asyncio
import time

import eqprop
from machine import ADC, I2C, Pin, idle, lightsleep

i2c = I2C(0, scl=Pin(5), sda=Pin(4), freq=400_000)
button = Pin(14, Pin.IN, Pin.PULL_UP)
lamp = Pin(25, Pin.OUT)
print(i2c.scan(), ADC(Pin(26)).read_u16())
network = eqprop.Network("4-3-2")


def read():
    """Print the oldest sample and how many there are."""
    try:
        i2c.writeto_mem(0x18, 0x20, b"\x47")
        held = i2c.readfrom_mem(0x18, 0x2F, 1)[0]
        print(i2c.readfrom_mem(0x18, 0x0F, 1), i2c.readfrom_mem(0x18, 0x28 | 0x80, 6)[5], held)
    except OSError as error:
        print("error", error.args[0])


for _ in range(2):
    lightsleep(400)
    read()
    print(button.value(), time.ticks_ms() // 10)
network.learn(b"\x01\x02\x03\x04", 1)
print(network.save())
then = time.ticks_us()
while time.ticks_diff(time.ticks_us(), then) < 1000:
    idle()


async def blink():
    """Change the lamp four times a second."""
    while True:
        lamp.toggle()
        await asyncio.sleep(0.25)


async def watch():
    """Tell when the button is pressed."""
    while button.value():
        await asyncio.sleep(0.01)
    print("pressed", time.ticks_ms() // 20)
    read()


async def main():
    """Do both."""
    blinking = asyncio.create_task(blink())
    await watch()
    await blinking


asyncio.run(main())
