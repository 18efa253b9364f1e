"""The drivers' frames, byte by byte, as the datasheets print them; and what each says when its chip does not answer."""

import pytest

from eqprop.rig.ad5254 import AD5254
from eqprop.rig.ads1115 import ADS1115
from eqprop.rig.ads8688 import ADS8688
from eqprop.rig.bus import SelectedSPI
from eqprop.rig.mcp3208 import MCP3208
from eqprop.rig.mcp4251 import MCP4251
from eqprop.rig.mcp4728 import MCP4728


class Wire:
    """A bus of either kind that notes what is sent, and answers from a list."""

    def __init__(self, *answers):
        self.sent = []
        self.answers = list(answers)

    def transfer(self, select, out, back):
        self.sent.append(bytes(out).hex())
        back[:] = self.answers.pop(0) if self.answers else b"\xff" * len(out)

    def writeto(self, address, out):
        self.sent.append(f"{address:02x}:{bytes(out).hex()}")

    def readfrom_into(self, address, back):
        back[:] = self.answers.pop(0)


class Silent:
    """An I2C bus without chips."""

    def writeto(self, address, out):
        raise OSError(5)

    readfrom_into = writeto


@pytest.mark.parametrize(
    ("wiper", "code", "frame"), [(0, 32, "0020"), (1, 256, "1100"), (0, 255, "00ff"), (1, 0, "1000")]
)
def test_mcp4251_writes_a_wiper(wiper, code, frame):
    """DS22060B, table 4-1 and section 7.5. Catches another address, a ninth bit in the wrong byte."""
    wire = Wire()
    MCP4251(wire, 0, "U1 MCP4251").write(wiper, code)
    assert wire.sent == [frame]


@pytest.mark.parametrize(("wiper", "frame", "back", "code"), [(0, "0c00", "fe20", 32), (1, "1c00", "ff00", 256)])
def test_mcp4251_reads_a_wiper(wiper, frame, back, code):
    """Section 7.6. Catches a read command of another place, a ninth bit that is lost."""
    wire = Wire(bytes.fromhex(back))
    assert MCP4251(wire, 0, "U1 MCP4251").read(wiper) == code
    assert wire.sent == [frame]


def test_mcp4251_names_itself_when_it_refuses_or_is_missing():
    """CMDERR is bit 1 of the first byte. An open MISO reads as ones, code 511. Catches either taken for an answer."""
    with pytest.raises(OSError, match=r"^U7 MCP4251: command 0020 refused, check its CS, SCK, SDI and SDO$"):
        MCP4251(Wire(b"\xfc\x00"), 0, "U7 MCP4251").write(0, 32)
    with pytest.raises(OSError, match=r"^U7 MCP4251 P1W: no answer, check its CS, SCK, SDI, SDO and supply$"):
        MCP4251(Wire(b"\xff\xff"), 0, "U7 MCP4251").read(1)


@pytest.mark.parametrize(("channel", "frame"), [(0, "060000"), (3, "06c000"), (4, "070000"), (7, "07c000")])
def test_mcp3208_converts_a_channel(channel, frame):
    """DS21298E, figure 6-1. Catches a channel's bit in the wrong byte, codes that are not from Vmid."""
    wire = Wire(bytes.fromhex("ffe801"))
    converter = MCP3208(wire, 0, "U1 MCP3208")
    converter.start(channel)
    assert converter.fetch() == 1
    assert wire.sent == [frame]


def test_mcp3208_is_missed_by_its_null_bit():
    converter = MCP3208(Wire(b"\xff\xff\xff"), 0, "U9 MCP3208")
    converter.start(0)
    with pytest.raises(OSError, match=r"^U9 MCP3208: no answer, check its CS, CLK, DIN, DOUT, supply and V_REF$"):
        converter.fetch()


@pytest.mark.parametrize(("channel", "frame"), [(0, "48:0195e3"), (1, "48:01a5e3"), (2, "48:01b5e3")])
def test_ads1115_starts_a_channel_against_vmid(channel, frame):
    """SBAS444D, section 9.6.3: OS, AINn against AIN3, +-2.048 V, single, 860/s, no comparator."""
    wire = Wire()
    ADS1115(wire, 0x48, "U1 ADS1115").start(channel)
    assert wire.sent == [frame]


@pytest.mark.parametrize(("back", "code"), [("0001", 1), ("ffff", -1), ("8000", -32768)])
def test_ads1115_returns_a_signed_conversion_when_it_is_done(back, code):
    """Catches an unsigned code, a conversion that is fetched from the register of the configuration."""
    wire = Wire(bytes.fromhex("85e3"), bytes.fromhex(back))
    assert ADS1115(wire, 0x49, "U1 ADS1115").fetch() == code
    assert wire.sent == ["49:01", "49:00"]
    with pytest.raises(OSError, match=r"^U1 ADS1115: not done after 1300 us, check its supply$"):
        ADS1115(Wire(bytes.fromhex("05e3")), 0x49, "U1 ADS1115").fetch()


def test_ads8688_sets_its_ranges_and_reads_a_channel():
    """SBAS582C, tables 6, 10 and 11. Catches a frame of another length, a result that is taken from the wrong frame."""
    wire = Wire(*[bytes((0, 0, 6))] * 8, bytes.fromhex("0000beef"), bytes.fromhex("00007d01"))
    converter = ADS8688(wire, 0, "U1 ADS8688")
    assert wire.sent == [f"{(5 + n) << 1 | 1:02x}0600" for n in range(8)]
    converter.start(5)
    assert converter.fetch() == 1
    assert wire.sent[8:] == ["d4000000", "00000000"]
    with pytest.raises(OSError, match=r"^U2 ADS8688: no answer, check its CS, SCLK, SDI, SDO and supplies$"):
        ADS8688(Wire(), 0, "U2 ADS8688")


def test_mcp4728_takes_the_supply_for_reference_and_writes_fast():
    """DS22187E, figures 5-7 and 5-11. Catches a reference left at 2.048 V, channels in another order."""
    wire = Wire()
    converter = MCP4728(wire, 0x61, "U1 MCP4728")
    assert wire.sent == ["61:80", "61:0800080008000800"]
    converter.set(0, 4095)
    converter.set(3, 1)
    converter.apply()
    converter.apply()
    assert wire.sent[2:] == ["61:0fff080008000001"]


def test_ad5254_writes_reads_and_stores_a_wiper():
    """Rev. D, tables 6 and 8."""
    wire = Wire(b"\x2a")
    pot = AD5254(wire, 0x2C, "U1 AD5254")
    pot.write(3, 255)
    assert pot.read(2) == 42
    pot.store(1)
    assert wire.sent == ["2c:03ff", "2c:02", "2c:91"]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda: AD5254(Silent(), 0x2C, "U3 AD5254").write(0, 1),
            "U3 AD5254: no answer at I2C address 2c",
        ),
        (
            lambda: ADS1115(Silent(), 0x4A, "U4 ADS1115").start(0),
            "U4 ADS1115: no answer at I2C address 4a",
        ),
        (lambda: MCP4728(Silent(), 0x60, "U5 MCP4728"), "U5 MCP4728: no answer at I2C address 60"),
        (lambda: MCP4251(Wire(), 0, "U1 MCP4251").write(0, 257), "U1 MCP4251 P0W: code 257 is not in 0..256"),
        (lambda: MCP4251(Wire(), 0, "U1 MCP4251").write(2, 0), "U1 MCP4251: wiper 2 is not 0 or 1"),
        (lambda: AD5254(Wire(), 0x2C, "U1 AD5254").write(1, 256), "U1 AD5254 W1: code 256 is not in 0..255"),
        (lambda: MCP4728(Wire(), 0x60, "U1 MCP4728").set(2, -1), "U1 MCP4728 VOUTC: code -1 is not in 0..4095"),
        (lambda: MCP3208(Wire(), 0, "U1 MCP3208").start(8), "U1 MCP3208: channel 8 is not in 0..7"),
    ],
)
def test_what_is_wrong_is_named(act, message):
    with pytest.raises((OSError, ValueError)) as raised:
        act()
    assert str(raised.value).startswith(message)


class Level:
    """A pin that notes its levels in a common list."""

    def __init__(self, name, noted):
        self.name, self.noted, self.level = name, noted, 0

    def value(self, level):
        self.level = level
        self.noted.append((self.name, level))


def test_one_decoder_selects_one_chip_for_one_frame():
    """Catches an address that changes while a decoder is enabled: another chip would see an edge."""
    noted = []
    address = [Level(f"A{n}", noted) for n in range(4)]
    enables = [Level(f"E{n}", noted) for n in range(2)]

    class Port:
        def write_readinto(self, out, back):
            noted.append(sum(pin.level << n for n, pin in enumerate(address)))

    bus = SelectedSPI(Port(), address, enables)
    assert bus.count == 32
    del noted[:]
    bus.transfer(21, b"\0", bytearray(1))
    assert noted == [("A0", 1), ("A1", 0), ("A2", 1), ("A3", 0), ("E1", 0), 5, ("E1", 1)]
    with pytest.raises(ValueError, match=r"^select: 32 is not in 0\.\.31$"):
        bus.transfer(32, b"\0", bytearray(1))
