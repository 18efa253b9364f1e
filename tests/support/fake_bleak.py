"""bleak's classes, as far as `eqprop_host.link.ble` uses them, with the air of a simulated board in place of a radio.

A board's name is the path of its port. AIR says how large packets may be, and after how many of them the connection
breaks off. `eqprop_sim/firmware/wires/bluetooth.py` has the packets.
"""

import asyncio
import contextlib
import os
import random
import sys
import time
import types

TO_BOARD = "6E400002-B5A3-F393-E0A9-E50E24DCCA9E"
LONGEST = 600  # bytes of a packet
TO_HOST = "6E400003-B5A3-F393-E0A9-E50E24DCCA9E"


class BleakError(Exception):
    """As bleak's."""


class Air:
    """What happens to connections, by a seed."""

    def __init__(self):
        self.set()

    def set(self, seed=0, mtu=(23, 247), breaks_every=0):
        """mtu: the least and the largest. breaks_every: packets from one break to the next on average, 0 for none."""
        self._draw = random.Random(seed)
        self._mtu = mtu
        self._every = breaks_every
        self.breaks = 0
        self._left = self._next()

    def _next(self):
        return self._draw.randrange(1, 2 * self._every) if self._every else None

    def mtu(self):
        """Return the size that a connection's ends agree on."""
        return self._draw.randint(*self._mtu)

    def breaks_off(self):
        """Count a packet; return whether the connection breaks off there."""
        if self._left is None:
            return False
        self._left -= 1
        if self._left:
            return False
        self._left = self._next()
        self.breaks += 1
        return True


AIR = Air()


def packet(kind, data=b""):
    """Return a packet's bytes."""
    return b"\xa5" + kind + len(data).to_bytes(2, "little") + data


class Device:
    """A board in reach: its port, open."""

    def __init__(self, path):
        self.port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.heard = b""

    def send(self, data):
        """Put bytes on the air."""
        while data:
            try:
                data = data[os.write(self.port, data) :]
            except BlockingIOError:
                time.sleep(0.001)
            except OSError as error:
                raise BleakError("the radio is off") from error

    def packets(self):
        """Return the (kind, data) that have come. Raises BleakError for a board that is off."""
        try:
            data = os.read(self.port, 65536)
        except BlockingIOError:
            data = b""
        except OSError as error:
            raise BleakError("the radio is off") from error
        self.heard += data
        found = []
        while len(self.heard) >= 4:
            size = int.from_bytes(self.heard[2:4], "little")
            if self.heard[0] != 0xA5 or size > LONGEST:
                self.heard = self.heard[1:]
            elif len(self.heard) < 4 + size:
                break
            else:
                found.append((self.heard[1:2], self.heard[4 : 4 + size]))
                self.heard = self.heard[4 + size :]
        return found

    def close(self):
        """Leave its reach."""
        if self.port is not None:
            os.close(self.port)
            self.port = None


class BleakScanner:
    """Hears who advertises."""

    @staticmethod
    async def find_device_by_name(name, timeout):
        """Return the `Device` at that path once it advertises, or None."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            try:
                device = Device(name)
            except OSError:
                if not os.path.exists(os.path.dirname(name)):
                    return None
                await asyncio.sleep(0.01)
                continue
            with contextlib.suppress(BleakError):
                scan = os.urandom(2)
                device.send(bytes(LONGEST) + packet(b"D", scan))  # a host that was killed is out of reach
                again = time.monotonic() + 1.0
                while time.monotonic() < min(until, again):
                    if any(kind == b"A" and data.startswith(scan) for kind, data in device.packets()):
                        return device
                    await asyncio.sleep(0.002)
            device.close()
        return None


class BleakClient:
    """A connection to a `Device`."""

    def __init__(self, device, disconnected_callback):
        self._device = device
        self._lost = disconnected_callback
        self._told = None
        self._on = False

    async def connect(self):
        """Connect, and agree on a size."""
        mtu = AIR.mtu()
        self._device.send(packet(b"C") + packet(b"M", mtu.to_bytes(2, "little")))
        self._on = True
        self.services = types.SimpleNamespace(
            get_characteristic=lambda uuid: types.SimpleNamespace(uuid=uuid, max_write_without_response_size=mtu - 3)
        )
        self._most = mtu - 3
        asyncio.get_running_loop().add_reader(self._device.port, self._hear)

    async def start_notify(self, uuid, told):
        """Call told(sender, data) for each notification."""
        assert uuid == TO_HOST
        self._told = told

    async def write_gatt_char(self, characteristic, data, response):
        """Write at most what the size allows."""
        assert characteristic.uuid == TO_BOARD and len(data) <= self._most and response is False
        if not self._on:
            raise BleakError("Not connected")
        if AIR.breaks_off():
            self._break_off()
            return
        self._device.send(packet(b"W", bytes(data)))

    def _hear(self):
        try:
            packets = self._device.packets()
        except BleakError:
            self._break_off()
            return
        for kind, data in packets:
            if not self._on:
                return
            if kind == b"A" or AIR.breaks_off():  # it was reset, or is out of reach
                self._break_off()
            elif kind == b"N" and self._told:
                assert len(data) <= self._most
                self._told(None, bytearray(data))

    def _break_off(self):
        if self._on:
            self._on = False
            asyncio.get_running_loop().remove_reader(self._device.port)
            with contextlib.suppress(BleakError):
                self._device.send(packet(b"D", bytes(2)))
            self._device.close()
            self._lost(self)

    async def disconnect(self):
        """Disconnect."""
        self._break_off()


exc = types.SimpleNamespace(BleakError=BleakError)


def install():
    """Let `import bleak` find this module."""
    sys.modules["bleak"] = sys.modules[__name__]
