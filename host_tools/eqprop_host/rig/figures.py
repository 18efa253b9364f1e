"""What a rig costs, how fast it learns and what energy a sample takes, each with its sum.

Buses: SPI at 1 MHz, I2C at 400 kHz, 9 bits a byte. MicroPython's times are those of an emulated Cortex-M0 at 125 MHz,
one instruction a cycle: `eqprop simulate-app examples/rig --port sim:cortex-m0 --mhz 125` learns 22 samples/s, all
of them nudged; these terms give 23. Here half of the samples have a loss and are nudged.
"""

from eqprop.rig.planning import POT_OHM, SERIES_OHM, WIPER_OHM

from .catalogue import PARTS

SPI_US_PER_BYTE = 8.0
I2C_US_PER_BYTE = 9e6 / 400e3
FRAME_US = 110.0
WIPER_US = 375.0
DEVICE_US = 270.0
REST_US = 6000.0
SETTLE_US = 100.0
NUDGED = 0.5
CHANGED = 0.3
_READS = {"ads1115": 1, "mcp3208": 8}
_CONVERT_US = {"ads1115": 1300.0, "mcp3208": 0.0}
_ROW_V = 1.5


def cost(description):
    """Return euros for all parts."""
    return sum(PARTS[component.part].price_eur for component in description.components)


def _i2c_us(size):
    return (1 + size) * I2C_US_PER_BYTE + FRAME_US


def _apply_us(chips):
    return chips * _i2c_us(8) + SETTLE_US


def read_us(layout, nodes):
    """Return microseconds for reading so many nodes: converters work at the same time."""
    rounds = -(-nodes // len(layout.converters))
    reads = _READS[layout.converter]
    if layout.converter == "ads1115":  # start, ask whether it is done, fetch: a register's number and its two bytes
        frames = nodes * (_i2c_us(3) + 2 * (_i2c_us(1) + _i2c_us(2)))
    else:
        frames = nodes * reads * (3 * SPI_US_PER_BYTE + FRAME_US)
    return rounds * _CONVERT_US[layout.converter] + frames


def speed(description):
    """Return {term: microseconds of a training sample}; their sum is the sample's time."""
    layout = description.layout
    outputs = layout.layers[-1]
    nudge_chips = len({layout.source(layout.nudge(k))[0] for k in range(outputs)})
    return {
        "drive rows": _apply_us(len(layout.dacs)),
        "read outputs": read_us(layout, outputs),
        "nudge, twice, half of the samples": NUDGED * 2 * _apply_us(nudge_chips),
        "read all nodes, twice, half of the samples": NUDGED * 2 * read_us(layout, layout.nodes),
        "write wipers that change, half of the samples": NUDGED
        * CHANGED
        * layout.devices
        * (2 * SPI_US_PER_BYTE + WIPER_US),
        "changes of devices, half of the samples": NUDGED * layout.devices * DEVICE_US,
        "the rest of the program": REST_US,
    }


def power(description):
    """Return {term: milliwatts}: of the chips at 5 V, and of the network at its mean conductance."""
    terms: dict = {}
    for component in description.components:
        part = PARTS[component.part]
        if part.supply_ma:
            terms[part.name] = terms.get(part.name, 0.0) + 5 * part.supply_ma
    mean_ohm = POT_OHM / 2 + WIPER_OHM + SERIES_OHM
    terms["network"] = 1e3 * description.layout.devices * _ROW_V**2 / 2 / mean_ohm
    return terms


def text(description):
    """Return all figures as lines of text."""
    lines = [f"cost: {cost(description):.0f} EUR"]
    terms = speed(description)
    total = sum(terms.values())
    lines.append(f"a training sample: {total / 1000:.1f} ms, {1e6 / total:.0f} samples/s")
    lines += [f"  {us / 1000:6.2f} ms  {term}" for term, us in terms.items()]
    watts = power(description)
    mw = sum(watts.values())
    lines.append(f"power: {mw:.0f} mW, {mw * total / 1e6 * 1000:.0f} uJ a training sample")
    lines += [f"  {value:6.1f} mW  {term}" for term, value in sorted(watts.items(), key=lambda each: -each[1])]
    return lines
