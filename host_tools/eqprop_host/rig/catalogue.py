"""The parts of a rig: pins by their datasheets, packages, two sources of each, prices and currents.

A source is a distributor with its order number, or a manufacturer with its own. Prices are estimates of 2025 for ten or
so pieces, in euros: check both before you order.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A part."""

    name: str
    """The manufacturer's."""

    pins: tuple
    """Names, pin 1 first."""

    package: str
    """dip (two rows 7.62 mm apart, 15.24 for 24 pins and more), sil (one row), or axial (two pins)."""

    footprint: str
    """Its name in KiCad's libraries."""

    price_eur: float
    """Of one."""

    sources: tuple
    """(distributor or manufacturer, its number), twice."""

    supply_ma: float = 0.0
    """Typical supply current, milliamperes."""

    note: str = ""
    """What else to know before buying it."""


def _dip(pins, wide=False):
    return f"Package_DIP:DIP-{pins}_W{'15.24' if wide else '7.62'}mm"


def _pins(text):
    return tuple(text.split())


def _resistor(value, yageo, vishay, price=0.05):
    footprint = "Resistor_THT:R_Axial_DIN0207_L6.3mm_D2.5mm_P7.62mm_Horizontal"
    return Part(value, ("1", "2"), "axial", footprint, price, (("Yageo", yageo), ("Vishay", vishay)))


_PICO = (
    "GP0 GP1 GND GP2 GP3 GP4 GP5 GND GP6 GP7 GP8 GP9 GND GP10 GP11 GP12 GP13 GND GP14 GP15 "
    "GP16 GP17 GND GP18 GP19 GP20 GP21 GND GP22 RUN GP26 GP27 AGND GP28 VREF 3V3 3V3_EN GND VSYS VBUS"
)

PARTS = {
    "pico": Part(
        "Raspberry Pi Pico",
        _pins(_PICO),
        "dip",
        "Module:RaspberryPi_Pico_Common_THT",
        4.5,
        (("Raspberry Pi", "SC0917"), ("Adafruit", "5525")),
        25.0,
    ),
    "mcp4251": Part(
        "MCP4251-503E/P",
        _pins("CS SCK SDI VSS P1B P1W P1A P0A P0W P0B NC SHDN SDO VDD"),
        "dip",
        _dip(14),
        1.6,
        (("DigiKey", "MCP4251-503E/P-ND"), ("Mouser", "579-MCP4251-503E/P")),
        0.001,
    ),
    "mcp3208": Part(
        "MCP3208-CI/P",
        _pins("CH0 CH1 CH2 CH3 CH4 CH5 CH6 CH7 DGND CS DIN DOUT CLK AGND VREF VDD"),
        "dip",
        _dip(16),
        3.6,
        (("DigiKey", "MCP3208-CI/P-ND"), ("Mouser", "579-MCP3208-CI/P")),
        0.32,
    ),
    "ads1115": Part(
        "ADS1115 on a breakout",
        _pins("VDD GND SCL SDA ADDR ALRT AIN0 AIN1 AIN2 AIN3"),
        "sil",
        "Connector_PinHeader_2.54mm:PinHeader_1x10_P2.54mm_Vertical",
        6.0,
        (("Adafruit", "1085"), ("Mouser", "485-1085")),
        0.15,
    ),
    "mcp4728": Part(
        "MCP4728 on a breakout",
        _pins("VCC GND SCL SDA LDAC RDY VA VB VC VD"),
        "sil",
        "Connector_PinHeader_2.54mm:PinHeader_1x10_P2.54mm_Vertical",
        7.0,
        (("Adafruit", "4470"), ("Mouser", "485-4470")),
        0.8,
        "each needs another address: order MCP4728A0T to A7T, or set it by LDAC (DS22187E, section 5.6.8)",
    ),
    "74hct154": Part(
        "CD74HCT154E",
        _pins("Y0 Y1 Y2 Y3 Y4 Y5 Y6 Y7 Y8 Y9 Y10 GND Y11 Y12 Y13 Y14 Y15 E0 E1 A3 A2 A1 A0 VCC"),
        "dip",
        _dip(24, True),
        1.5,
        (("DigiKey", "CD74HCT154E-ND"), ("Mouser", "595-CD74HCT154E")),
        0.01,
    ),
    "74hct138": Part(
        "CD74HCT138E",
        _pins("A0 A1 A2 E1 E2 E3 Y7 GND Y6 Y5 Y4 Y3 Y2 Y1 Y0 VCC"),
        "dip",
        _dip(16),
        0.7,
        (("DigiKey", "CD74HCT138E-ND"), ("Mouser", "595-CD74HCT138E")),
        0.01,
    ),
    "74hct125": Part(
        "SN74HCT125N",
        _pins("1OE 1A 1Y 2OE 2A 2Y GND 3Y 3A 3OE 4Y 4A 4OE VCC"),
        "dip",
        _dip(14),
        0.6,
        (("DigiKey", "SN74HCT125N-ND"), ("Mouser", "595-SN74HCT125N")),
        0.01,
    ),
    "shifter": Part(
        "BSS138 level shifter, 4 channels",
        _pins("LV LV1 LV2 GND_L LV3 LV4 HV HV1 HV2 GND_H HV3 HV4"),
        "dip",
        "Package_DIP:DIP-12_W10.16mm",
        3.5,
        (("Adafruit", "757"), ("Mouser", "485-757")),
    ),
    "mcp6004": Part(
        "MCP6004-I/P",
        _pins("OUTA A- A+ VDD B+ B- OUTB OUTC C- C+ VSS D+ D- OUTD"),
        "dip",
        _dip(14),
        0.7,
        (("DigiKey", "MCP6004-I/P-ND"), ("Mouser", "579-MCP6004-I/P")),
        0.4,
    ),
    "1n4148": Part(
        "1N4148",
        ("K", "A"),
        "axial",
        "Diode_THT:D_DO-35_SOD27_P7.62mm_Horizontal",
        0.03,
        (("onsemi", "1N4148"), ("Vishay", "1N4148-TAP")),
    ),
    "100n": Part(
        "100 nF",
        ("1", "2"),
        "axial",
        "Capacitor_THT:C_Disc_D5.0mm_W2.5mm_P5.00mm",
        0.06,
        (("Vishay", "K104K15X7RF5TL2"), ("Kemet", "C320C104K5R5TA")),
    ),
    "10u": Part(
        "10 uF",
        ("1", "2"),
        "axial",
        "Capacitor_THT:CP_Radial_D5.0mm_P2.00mm",
        0.06,
        (("Panasonic", "ECA-1VM100"), ("Nichicon", "UVR1V100MDD")),
    ),
    "1k21": _resistor("1.21k 1 %", "MFR-25FBF52-1K21", "MRS25000C1211FCT00"),
    "22k": _resistor("22k 0.1 %", "MFP-25BRD52-22K", "PTF5622K000BYEB", 0.4),
    "10k": _resistor("10k 1 %", "MFR-25FBF52-10K", "MRS25000C1002FCT00"),
    "1k8": _resistor("1.8k 1 %", "MFR-25FBF52-1K8", "MRS25000C1801FCT00"),
    "3k3": _resistor("3.3k 1 %", "MFR-25FBF52-3K3", "MRS25000C3301FCT00"),
    "2k2": _resistor("2.2k 1 %", "MFR-25FBF52-2K2", "MRS25000C2201FCT00"),
}

DRAWN = {"pot": ("mcp4251",), "converter": ("ads1115", "mcp3208"), "decoder": ("74hct154", "74hct138")}
"""The parts of which a rig can be drawn; `eqprop.rig` drives more."""
