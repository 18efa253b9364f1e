"""A population code: each of a few values becomes a row of units, of which the nearest to the value speak loudest.

A sensor with three or four channels gives a network little to hold on to: what it is to tell apart lies along the same
few wires. Spread over units, each of which answers to its own part of a channel's range, every part has conductances
of its own, and what is learnt about one end of the range leaves the other end alone. At most two units of a channel are
not 0, so a row costs a network no more time than the value did, but memory. (Georgopoulos et al., Neuronal population
coding of movement direction, Science 233, 1986; as triangular membership functions in fuzzy control.)

Integer only; allocates nothing after construction.
"""

from ..fixed import U_MAX
from ..network import zeros


class Population:
    """Spreads `channels` values over `units` each, at centres low, low + step, ..., low + (units - 1) * step.

    - code: what came of the last values, channel by channel: a bytearray of channels * units, a network's features.

    Takes as many bytes, two for each channel, and 200 more.
    """

    def __init__(self, channels, units, low, step):
        """Spread `channels` values; low and step are in the values' unit.

        Raises ValueError when there is no channel, fewer than two units, or a step that is not in 1..32767.
        """
        if channels < 1 or units < 2 or not 1 <= step <= 32767:
            text = "channels, units, step: {}, {}, {}: less than 1, 2 and 1, or too much"
            raise ValueError(text.format(channels, units, step))
        self.channels = channels
        self.units = units
        self.low = low
        self.step = step
        self.code = bytearray(channels * units)
        self._places = zeros("H", channels)  # of the lower unit of each channel that may not be 0
        for c in range(channels):
            self._places[c] = c * units

    def encode(self, values):
        """Return `code` of these values: integers within int16, one for each channel.

        With d = value - low, limited to 0..(units - 1) * step, and k = d // step, or units - 2 at the upper end: unit
        k + 1 gets part = 127 * (d - k * step) // step, unit k the rest, 127 - part; the others get 0. Raises
        ValueError for more or fewer values, and changes nothing then.
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
