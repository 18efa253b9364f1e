"""A population code: each value becomes a row of units, and the units nearest to the value respond most.

A sensor with three or four channels gives a network little to work with: the classes it should separate share the same
few inputs. Spread over units, each part of a channel's range has conductances of its own, so learning about one end of
the range leaves the other end alone. At most two units of a channel are not 0, so a row costs a network the time of two
inputs, but the memory of all its units. (Georgopoulos et al., Neuronal population coding of movement direction,
Science 233, 1986; fuzzy control calls the units triangular membership functions.)

Integer only; allocates nothing after construction.
"""

from ..fixed import U_MAX
from ..network import zeros


class Population:
    """Spreads `channels` values over `units` units each, centred at low, low + step, ..., low + (units - 1) * step.

    - code: the result of the last call, channel by channel: a bytearray of channels * units, a network's features.

    Takes as many bytes, two more for each channel, and 200 more.
    """

    def __init__(self, channels, units, low, step):
        """Spread `channels` values; low and step are in the unit of the values.

        Raises ValueError without a channel, with fewer than two units, or for a step outside 1..32767.
        """
        if channels < 1 or units < 2 or not 1 <= step <= 32767:
            text = "channels, units, step: {}, {}, {}: expected at least 1, at least 2, 1..32767"
            raise ValueError(text.format(channels, units, step))
        self.channels = channels
        self.units = units
        self.low = low
        self.step = step
        self.code = bytearray(channels * units)
        self._places = zeros("H", channels)  # for each channel, the lower of its two active units
        for c in range(channels):
            self._places[c] = c * units

    def encode(self, values):
        """Return `code` for `values`: one integer within int16 for each channel.

        With d = value - low, limited to 0..(units - 1) * step, and k = min(d // step, units - 2): unit k + 1 gets
        part = 127 * (d - k * step) // step, unit k gets 127 - part, and the others get 0. Raises ValueError for
        another number of values and then changes nothing.
        """
        if len(values) != self.channels:
            raise ValueError("values: {}, not {}".format(len(values), self.channels))
        code = self.code
        places = self._places
        low = self.low
        step = self.step
        units = self.units
        top = (units - 1) * step
        start = 0
        for c in range(self.channels):
            d = int(values[c]) - low
            if 0 <= d < top:
                k = d // step
                part = U_MAX * (d % step) // step
            else:
                k = 0 if d < 0 else units - 2
                part = 0 if d < 0 else U_MAX
            place = places[c]
            code[place] = code[place + 1] = 0
            places[c] = place = start + k
            code[place] = U_MAX - part
            code[place + 1] = part
            start += units
        return code
