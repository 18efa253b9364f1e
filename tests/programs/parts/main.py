"""Uses each part of `machine` that runs beside the program, and an MPU-6050."""

from machine import I2C, PWM, SPI, UART, Pin, Timer, lightsleep

servo = PWM(Pin(15), freq=50, duty_u16=3277)
servo.duty_ns(2000000)
print(servo.freq(), servo.duty_u16(), servo.duty_ns())
servo.deinit()

modem = UART(1, baudrate=115200)
print(modem.read(), modem.any(), modem.write(b"hello"), modem.any(), modem.readline(), modem.readline())

spi = SPI(0)
spi.write(b"\x01\x02")
print(spi.read(2, 7), spi.read(3))

i2c = I2C(0)
asleep = i2c.readfrom_mem(0x68, 0x3B, 2)
i2c.writeto_mem(0x68, 0x6B, b"\x00")
lightsleep(100)
print(i2c.readfrom_mem(0x68, 0x75, 1), asleep, i2c.readfrom_mem(0x68, 0x3B, 14))
i2c.writeto_mem(0x68, 0x1B, b"\x18\x10")  # 2000 degrees/s, 8 g
lightsleep(100)
print(i2c.readfrom_mem(0x68, 0x3A, 1), i2c.readfrom_mem(0x68, 0x3B, 14), i2c.readfrom_mem(0x68, 0x3A, 1)[0] & 0)

ticks = []
once = Timer(period=150, mode=Timer.ONE_SHOT, callback=lambda timer: print("once"))
timer = Timer(freq=10, callback=ticks.append)
lightsleep(550)
timer.deinit()
lightsleep(200)
print(len(ticks), ticks[0] is timer)

edges = []
button = Pin(14, Pin.IN, Pin.PULL_UP)
button.irq(lambda pin: edges.append(pin.value()), Pin.IRQ_FALLING)
lightsleep(400)
button.irq(None)
print(edges, button.value())
while True:
    lightsleep(100)
