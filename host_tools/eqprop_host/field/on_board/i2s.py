# Sound of an I2S microphone: 40 readings in a record, each the mean of as many samples as make 16,000 a second.
AXES = ROWS = 40


def sensor():
    from machine import I2S, Pin

    rate = SETTINGS["rate_hz"]
    step = max(1, 16000 // rate)
    pins = {name: Pin(SETTINGS[name]) for name in ("sck", "ws", "sd")}
    microphone = I2S(0, mode=I2S.RX, bits=16, format=I2S.MONO, rate=step * rate, ibuf=8192, **pins)
    heard = array("h", bytes(2 * step * AXES))

    def read(samples):
        microphone.readinto(heard)
        at = 0
        for n in range(AXES):
            total = 0
            for _ in range(step):
                total += heard[at]
                at += 1
            samples[n] = total // step

    return read
