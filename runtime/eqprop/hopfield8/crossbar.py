"""What a crossbar with weights of 8 bits has of its own, on all tiers."""

from ..crossbar import check_bytes


class EightBit:
    """Before a `HopfieldCrossbar` in the order of base classes: conductances are int8."""

    def restore(self, c, start, data):
        """Write weights from bytes of int8, from device `start` of crossbar c on; then `refresh`.

        Raises as `HopfieldCrossbar.restore`, writing nothing.
        """
        check_bytes("restore", data)
        w = self.conductances(c)  # type: ignore[attr-defined]
        if start < 0 or start + len(data) > len(w):
            raise ValueError("restore: {} bytes at {} of {} devices".format(len(data), start, len(w)))
        for i in range(len(data)):
            w[start + i] = (data[i] & 255 ^ 128) - 128
