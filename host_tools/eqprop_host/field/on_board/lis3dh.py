# Accelerations of an LIS3DH: x, y, z, 16000 for 1 g. Registers: its datasheet, section 8.
AXES = 3


def sensor():
    bus = i2c()
    bus.writeto_mem(0x18, 0x20, b"\x77")  # CTRL_REG1: 400 Hz, three axes
    bus.writeto_mem(0x18, 0x23, b"\x88")  # CTRL_REG4: whole readings, 2 g, high resolution
    data = bytearray(6)

    def read(samples):
        bus.readfrom_mem_into(0x18, 0xA8, data)  # OUT_X_L, and the next five
        for axis in range(3):
            samples[axis] = signed(data[2 * axis] | data[2 * axis + 1] << 8)

    return read
