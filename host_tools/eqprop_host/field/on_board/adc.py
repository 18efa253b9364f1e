# A voltage on an ADC pin.
AXES = 1


def sensor():
    from machine import ADC, Pin

    adc = ADC(Pin(SETTINGS["pin"]))

    def read(samples):
        samples[0] = adc.read_u16() - 32768

    return read
