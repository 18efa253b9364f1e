"""The nearest of the kept samples, by MicroPython's viper emitter where a port has it, or else by plain Python."""

try:
    from .nearest_viper import nearest as nearest
except (ImportError, SyntaxError, NotImplementedError):  # CPython, or a port without viper

    def nearest(store, places, state, x):
        """Return the number of the kept sample nearest to `x` by squared Euclidean distance: the first one, 0 for none.

        state = (features, capacity, samples kept, ...). store: the features of all, int8, sample by sample.
        places: uint16, where in the store each sample is, in the order of samples. x: as many features, int8.
        Returns -1 if a place is outside the store. Distances are below 2**30 for 16,644 features or fewer.
        """
        features = state[0]
        best = 1073741823
        found = 0
        for n in range(state[2]):
            at = places[n]
            if at >= state[1]:
                return -1
            at *= features
            distance = 0
            for i in range(features):
                d = x[i] - store[at + i]
                distance += d * d
                if distance >= best:
                    break
            else:
                best = distance
                found = n
        return found
