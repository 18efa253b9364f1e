# Light in a TCS3472: clear, red, green, blue, half their counts. Registers: its datasheet, table 3.
AXES = 4


def sensor():
    bus = i2c()
    bus.writeto_mem(0x29, 0x81, b"\xf6")  # ATIME: 24 ms
    bus.writeto_mem(0x29, 0x8F, b"\x01")  # CONTROL: gain 4
    bus.writeto_mem(0x29, 0x80, b"\x03")  # ENABLE: power and ADC
    data = bytearray(8)

    def read(samples):
        bus.readfrom_mem_into(0x29, 0xB4, data)  # CDATAL, and the next seven
        for n in range(4):
            samples[n] = (data[2 * n] | data[2 * n + 1] << 8) >> 1

    return read
