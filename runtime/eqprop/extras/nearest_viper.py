"""`eqprop.extras.nearest.nearest` for MicroPython's viper emitter: the same result, in machine words."""

import micropython


@micropython.viper
def nearest(store: ptr8, places: ptr16, state: ptr32, x: ptr8) -> int:
    """As `eqprop.extras.nearest.nearest`."""
    features = state[0]
    capacity = state[1]
    count = state[2]
    best = 1073741823
    found = 0
    n = 0
    while n < count:
        at = places[n]
        if at >= capacity:
            return -1
        sample = ptr8(int(store) + at * features)
        distance = 0
        i = 0
        while i < features:
            d = (x[i] ^ 128) - (sample[i] ^ 128)
            distance += d * d
            if distance >= best:
                break
            i += 1
        if i == features:
            best = distance
            found = n
        n += 1
    return found
