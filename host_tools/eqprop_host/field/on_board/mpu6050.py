# Accelerations and turning of an MPU6050: x, y, z in 16384 for 1 g, then in 131 for 1 degree/s. Registers: its
# register map.
AXES = 6


def sensor():
    bus = i2c()
    bus.writeto_mem(0x68, 0x6B, b"\x01")  # PWR_MGMT_1: awake, clocked by a gyroscope
    data = bytearray(14)

    def read(samples):
        bus.readfrom_mem_into(0x68, 0x3B, data)  # ACCEL_XOUT_H; the temperature is bytes 6 and 7
        for axis in range(6):
            at = 2 * axis + 2 * (axis > 2)
            samples[axis] = signed(data[at] << 8 | data[at + 1])

    return read
