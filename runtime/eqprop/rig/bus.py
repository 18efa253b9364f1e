"""SPI to many chips: a 74HC138 or 74HC154 decoder, or several, pulls one chip select low at a time.

Nexperia, 74HC138; 74HCT138 and 74HC154; 74HCT154, function tables: output n is low when the address is n and every
active-low enable is low; all outputs are high otherwise. A rig takes the HCT parts, whose inputs understand 3.3 V.
"""


class SelectedSPI:
    """An SPI bus whose chips are numbered: chip n is output n % size of decoder n // size.

    - count: the number of selects. Allocates nothing after construction.
    """

    def __init__(self, spi, address, enables):
        """Use `spi`, a `machine.SPI`, and pins that are outputs.

        address: the decoders' common address pins, A0 first: 3 for 74HC138, 4 for 74HC154, none for enables that are
        chip selects themselves. enables: the active-low enable of each decoder. All are set to select no chip.
        """
        self._spi = spi
        self._address = tuple(address)
        self._enables = tuple(enables)
        self._size = 1 << len(self._address)
        self._at = -1
        self.count = self._size * len(self._enables)
        for pin in self._enables:
            pin.value(1)

    def transfer(self, chip, out, back):
        """Send the bytes `out` to a chip in one frame, and read as many into `back`. Raises ValueError for no chip."""
        if not 0 <= chip < self.count:
            raise ValueError("select: {} is not in 0..{}".format(chip, self.count - 1))
        size = self._size
        at = chip % size
        if at != self._at:  # while no decoder is enabled
            address = self._address
            for bit in range(len(address)):
                address[bit].value(at >> bit & 1)
            self._at = at
        enable = self._enables[chip // size]
        enable.value(0)
        try:
            self._spi.write_readinto(out, back)
        finally:
            enable.value(1)
