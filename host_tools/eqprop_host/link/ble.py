"""A board by Bluetooth Low Energy, `ble://NAME`, as an object like an open pyserial port: Nordic's UART service.

The library bleak speaks to the computer's Bluetooth. It runs in a thread with an event loop of its own.
"""

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any

import serial

from ..errors import PortError

SCHEME = "ble://"
_TO_BOARD = "6E400002-B5A3-F393-E0A9-E50E24DCCA9E"
_TO_HOST = "6E400003-B5A3-F393-E0A9-E50E24DCCA9E"
_FIND_S = 10.0
_CONNECT_S = 30.0
_SEND_S = 60.0


class BleStream:
    """An open connection; each failure raises `serial.SerialException`."""

    def __init__(self, url, timeout_s):
        """Find the board of that name, and connect. timeout_s: the longest wait of `read`.

        Raises PortError, and ModuleNotFoundError without bleak.
        """
        import bleak  # of an extra of its own

        self._bleak = bleak
        self._timeout_s = timeout_s
        self._changed = threading.Condition()
        self._come = bytearray()
        self._hung_up = False
        self._client: Any = None
        name = url.removeprefix(SCHEME)
        if not name:
            raise PortError(f"port {url}: expected ble:// and the board's name, such as ble://eqprop")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._wait(self._open(url, name), _FIND_S + _CONNECT_S)
        except BaseException as error:
            self.close()
            if isinstance(error, (bleak.exc.BleakError, OSError, EOFError)) and not isinstance(error, PortError):
                reason = " ".join(str(error).split()) or type(error).__name__
                raise PortError(f"port {url} cannot be opened: Bluetooth: {reason}") from error
            raise

    async def _open(self, url, name):
        device = await self._bleak.BleakScanner.find_device_by_name(name, timeout=_FIND_S)
        if device is None:
            text = f"no board called {name} advertises itself within {_FIND_S:g} s: is another host connected to it?"
            raise PortError(f"port {url} cannot be opened: {text}")
        client = self._bleak.BleakClient(device, disconnected_callback=self._lost)
        await client.connect()
        self._client = client
        characteristic = client.services.get_characteristic(_TO_BOARD)
        if characteristic is None:
            raise PortError(f"port {url}: {name} has no UART service: is eqprop served there?")
        self._to_board = characteristic
        await client.start_notify(_TO_HOST, self._take)

    def _wait(self, work: Coroutine, timeout_s):
        """Do what the loop's thread has to do, and return its result."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout_s)
        except (concurrent.futures.TimeoutError, asyncio.TimeoutError) as error:  # Python 3.10 has three of that name
            future.cancel()
            raise TimeoutError(*error.args) from error
        except BaseException:
            future.cancel()
            raise

    def _take(self, _, data):
        with self._changed:
            self._come += data
            self._changed.notify()

    def _lost(self, _):
        with self._changed:
            self._hung_up = True
            self._changed.notify()

    @property
    def in_waiting(self):
        """Bytes that can be read at once."""
        with self._changed:
            return len(self._come)

    def read(self, count):
        """Return up to `count` bytes, waiting for the first."""
        with self._changed:
            if not self._come and not self._hung_up:
                self._changed.wait(self._timeout_s)
            if not self._come and self._hung_up:
                raise serial.SerialException("the board is out of reach, or it was reset")
            data = bytes(self._come[:count])
            del self._come[:count]
        return data

    def write(self, data):
        """Send bytes."""
        try:
            self._wait(self._send(data), _SEND_S)
        except TimeoutError as error:
            raise serial.SerialTimeoutException("takes no more bytes") from error
        except (self._bleak.exc.BleakError, OSError, EOFError) as error:
            raise serial.SerialException(f"the board is out of reach: {error}") from error

    async def _send(self, data):
        most = self._to_board.max_write_without_response_size  # it grows once the ends have agreed
        for at in range(0, len(data), most):
            await self._client.write_gatt_char(self._to_board, data[at : at + most], response=False)

    def close(self):
        """Disconnect."""
        if self._client:
            client, self._client = self._client, None
            with contextlib.suppress(self._bleak.exc.BleakError, OSError, EOFError):  # it may be gone already
                self._wait(client.disconnect(), _CONNECT_S)
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
