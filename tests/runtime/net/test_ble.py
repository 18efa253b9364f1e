"""Bluetooth as a port, over a radio that breaks off, has no room, and agrees on other sizes."""

import importlib
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop import net

CONNECT, DISCONNECT, WRITE, MTU = 1, 2, 3, 21


class Radio:
    """`bluetooth.BLE` as documented. `rooms`: whether the next notifications find room."""

    def __init__(self):
        self.advertised, self.told, self.rooms, self.value = [], [], [], b""

    def active(self, on):
        assert on

    def config(self, mtu):
        raise ValueError("unknown config param")

    def gatts_register_services(self, services):
        ((uuid, characteristics),) = services
        assert uuid == "6E400001-B5A3-F393-E0A9-E50E24DCCA9E"
        assert [uuid[7] for uuid, _ in characteristics] == ["3", "2"]
        return ((7, 9),)

    def gatts_set_buffer(self, handle, size, append):
        assert handle == 9 and append

    def gap_advertise(self, interval_us, adv_data, resp_data):
        assert len(adv_data) <= 31 and len(resp_data) <= 31
        self.advertised.append(adv_data[5:])
        assert resp_data[2:] == bytes.fromhex("9ECADC240EE5A9E093F3A3B50100406E")

    def irq(self, handler):
        self.happens = handler

    def gatts_read(self, handle):
        value, self.value = self.value, b""
        return value

    def gatts_notify(self, line, handle, data):
        assert (line, handle) == (64, 7)
        if self.rooms and not self.rooms.pop(0):
            raise OSError(12)
        self.told.append(bytes(data))

    # ---- the host's side

    def connect(self, mtu=None):
        self.happens(CONNECT, (64, 0, b"host"))
        if mtu:
            self.happens(MTU, (64, mtu))

    def write(self, data):
        self.value += data
        self.happens(WRITE, (64, 9))


@pytest.fixture(scope="module")
def opened():
    """A function that opens a port on such a radio, and returns both."""
    with pytest.MonkeyPatch.context() as patch:
        module = types.SimpleNamespace(BLE=Radio, UUID=lambda text: text)
        patch.setitem(sys.modules, "bluetooth", module)
        sys.modules.pop("eqprop.net.ble", None)
        importlib.import_module("eqprop.net.ble")

        def opened(text="ble:attic"):
            port = net.port(text)
            return port, port._ble

        yield opened
    sys.modules.pop("eqprop.net.ble", None)


@given(
    frames=st.lists(st.binary(min_size=1, max_size=700), max_size=6),
    rooms=st.lists(st.booleans(), max_size=30),
    mtu=st.sampled_from([None, 23, 60, 247, 512]),
)
def test_what_is_written_is_told_whole_and_in_order(opened, frames, rooms, mtu):
    """In notifications that the two ends' size allows. Catches one that found no room and is lost."""
    port, radio = opened()
    radio.connect(mtu)
    radio.rooms = list(rooms)
    for frame in frames:
        port.write(frame, 0, len(frame))
        port.ready()
    while not port.ready() & 4:
        pass
    assert b"".join(radio.told) == b"".join(frames)
    assert all(len(told) <= min(mtu or 23, 247) - 3 for told in radio.told)


@given(st.lists(st.binary(min_size=1, max_size=244), max_size=12), st.integers(1, 64))
def test_what_is_written_to_it_is_read_whole_unless_the_ring_is_full(opened, writes, size):
    port, radio = opened()
    radio.connect()
    read, buffer = b"", bytearray(size)
    for data in writes:
        radio.write(data)
        while port.ready() & 1:
            read += buffer[: port.take(buffer)]
    assert read == b"".join(writes) and port.lost == 0


def test_a_full_ring_counts_what_it_loses(opened):
    port, radio = opened()
    radio.connect()
    for _ in range(5):
        radio.write(bytes(range(1, 245)))
    assert port.lost == 5 * 244 - 1023 and port.ready() & 1


def test_it_advertises_again_once_its_host_has_gone(opened):
    """And what waited for that host is not for the next one. Catches a board that nobody finds again."""
    port, radio = opened()
    assert radio.advertised == [b"attic"]
    port.write(b"nobody", 0, 6)
    radio.connect(100)
    radio.rooms = [False] * 9
    port.write(b"for the first", 0, 13)
    port.ready()
    radio.happens(DISCONNECT, (64, 0, b"host"))
    assert port.ready() == 4 and radio.advertised == 2 * [b"attic"]
    radio.connect()
    radio.rooms = []
    port.write(b"for the second", 0, 14)
    port.ready()
    assert radio.told == [b"for the second"]


def test_names_are_short_enough_to_be_advertised(opened):
    assert opened("ble")[1].advertised == [b"eqprop"]
    opened("ble:" + "x" * 26)
    with pytest.raises(ValueError, match=f"^port ble:{'x' * 27}: expected a name of up to 26 bytes$"):
        opened("ble:" + "x" * 27)
