"""MicroPython's `machine` in a simulated field: pins, buses and sleep, as documented.

This is all that a program sees of the board, and a reset ends the program. The scene wires parts to it with `attach`,
`drive` and `watch`, or uses a whole part from `parts`. `latency` is the number of instructions from the program's last
reading to the pin that it then set.
"""

import gc

from clock import clock
from peripherals import PWM, UART, Timer, attach_uart, say, watch_pwm  # noqa: F401 (parts of `machine`)

_BITS = 9  # bits per byte on an I2C bus, with the acknowledge
_PIN_US = 1
_ADC_US = 2
_IDLE_US = 1000
_NO_ANSWER = 5  # EIO
_WDT_MAX_MS = 8388  # a Pico's


try:
    from uctypes import addressof, bytearray_at

    def _as_bytes(buffer):
        """Return the memory of a buffer, whatever its items are."""
        return bytearray_at(addressof(buffer), len(bytes(buffer)))

except ImportError:

    def _as_bytes(buffer):
        """Return the memory of a buffer, whatever its items are."""
        return memoryview(buffer).cast("B")


class _Bench:
    """The parts wired to the board."""

    def __init__(self):
        self.levels = {}
        self.watchers = {}
        self.handlers = {}
        self.voltages = {}
        self.devices = {}
        self.chips = None
        self.sound = None
        self.hangs = False
        self.read_at = None
        self.latency = 0
        self.measured = None
        self.watchdog_due = None
        self.watchdog_us = 0


_bench = _Bench()


# ---- the scene's side


def attach(address, device):
    """Put a device on the I2C bus; None takes it off. It has written(data) and read_into(buffer)."""
    _bench.devices[address] = device


def attach_spi(chips):
    """Put chips on the SPI bus: an object with write_readinto(out, back), which knows which of them is selected."""
    _bench.chips = chips


def drive(pin, level):
    """Drive a pin to 0 or 1 from outside; the program's interrupt handler for that edge runs at once."""
    before = _bench.levels.get(pin)
    _bench.levels[pin] = level
    handler, trigger, own = _bench.handlers.get(pin, (None, 0, None))
    if handler and before is not None and before != level and trigger & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING):
        handler(own)


def watch(pin, changed):
    """Call changed(level) whenever the program changes this output."""
    _bench.watchers[pin] = changed


def feed(pin, source):
    """Make an ADC on this pin read source(), 0..65535."""
    _bench.voltages[pin] = source


def listen(source):
    """Make source(buffer) fill a bytearray with a microphone's samples on the I2S bus: little-endian int16."""
    _bench.sound = source


def hang():
    """Make all transfers on a bus hang from now on."""
    _bench.hangs = True


def measure(pin):
    """Count instructions from the last reading of a sensor to the next setting of this pin, from now on."""
    _bench.measured = pin
    _bench.read_at = None
    _bench.latency = 0


def latency():
    """Return the largest count of `measure`."""
    return _bench.latency


def _wait_for_ever():
    while _bench.hangs:
        clock.advance(_IDLE_US)


def _was_read():
    if _bench.measured is not None:
        clock.enter()
        gc.collect()  # the simulation's garbage; collected later, it would count as the program's
        clock.leave()
        _bench.read_at = clock.instructions()


# ---- the program's side


class Pin:
    """`machine.Pin`."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_FALLING = 4
    IRQ_RISING = 8

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        self.id = id
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None):
        """Configure the pin."""
        if self.id not in _bench.levels:
            _bench.levels[self.id] = 1 if pull == self.PULL_UP else 0
        if value is not None:
            self.value(value)

    def value(self, level=None):
        """Return the level, or set it."""
        if level is None:
            clock.advance(_PIN_US)
            return _bench.levels[self.id]
        clock.enter()
        try:
            level = 1 if level else 0
            if self.id == _bench.measured and _bench.read_at is not None:
                _bench.latency = max(_bench.latency, clock.instructions_since(_bench.read_at))
                _bench.read_at = None
            if level != _bench.levels[self.id]:
                _bench.levels[self.id] = level
                changed = _bench.watchers.get(self.id)
                if changed:
                    changed(level)
        finally:
            clock.leave()

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, *, hard=False):
        """Call handler(pin) at these edges of the input, while the program waits; None for none."""
        _bench.handlers[self.id] = (handler, trigger, self)

    def __call__(self, level=None):
        """Do the same as `value`."""
        return self.value(level)

    def on(self):
        """Set the pin to 1."""
        self.value(1)

    def off(self):
        """Set the pin to 0."""
        self.value(0)

    def toggle(self):
        """Toggle the pin."""
        self.value(1 - _bench.levels[self.id])


class I2C:
    """`machine.I2C`, its methods for memories and for whole transfers. Raises OSError if no part answers."""

    def __init__(self, id=0, *, scl=None, sda=None, freq=400000):
        self._byte_us = _BITS * 1000000 // freq

    def scan(self):
        """Return the addresses that answer."""
        return sorted(address for address, device in _bench.devices.items() if device)

    def _transfer(self, address, data, buffer):
        clock.enter()
        try:
            device = _bench.devices.get(address)
            size = (1 + len(data) if data else 0) + (1 + len(_as_bytes(buffer)) if buffer else 0)
            clock.advance(self._byte_us * size)
            _wait_for_ever()
            if not device:
                raise OSError(_NO_ANSWER)
            if data:
                device.written(data)
            if buffer:
                device.read_into(_as_bytes(buffer))
        finally:
            clock.leave()
        if buffer:
            _was_read()

    def writeto(self, address, data, stop=True):
        """Write bytes."""
        self._transfer(address, data, None)
        return len(data)

    def readfrom_into(self, address, buffer, stop=True):
        """Read bytes into a buffer."""
        self._transfer(address, None, buffer)

    def readfrom(self, address, size, stop=True):
        """Return bytes."""
        buffer = bytearray(size)
        self._transfer(address, None, buffer)
        return bytes(buffer)

    def writeto_mem(self, address, register, data, *, addrsize=8):
        """Write bytes to consecutive registers."""
        self._transfer(address, bytes((register,)) + bytes(data), None)

    def readfrom_mem_into(self, address, register, buffer, *, addrsize=8):
        """Read bytes from consecutive registers into a buffer."""
        self._transfer(address, bytes((register,)), buffer)

    def readfrom_mem(self, address, register, size, *, addrsize=8):
        """Return bytes from consecutive registers."""
        buffer = bytearray(size)
        self.readfrom_mem_into(address, register, buffer)
        return bytes(buffer)


SoftI2C = I2C


class SPI:
    """`machine.SPI` as a controller. Without chips, all bits read are 1."""

    def __init__(self, id=0, baudrate=1000000, *, polarity=0, phase=0, sck=None, mosi=None, miso=None):
        self._byte_us = 8000000 / baudrate

    def write_readinto(self, out, back):
        """Write bytes and read as many."""
        clock.enter()
        try:
            clock.advance(int(self._byte_us * len(out) + 0.5))
            _wait_for_ever()
            if _bench.chips:
                _bench.chips.write_readinto(out, back)
            else:
                back[:] = b"\xff" * len(out)
        finally:
            clock.leave()

    def write(self, out):
        """Write bytes."""
        self.write_readinto(out, bytearray(len(out)))

    def readinto(self, back, write=0):
        """Fill a buffer, writing the byte `write` meanwhile."""
        self.write_readinto(bytes((write,)) * len(back), back)

    def read(self, count, write=0):
        """Return bytes, writing the byte `write` meanwhile."""
        back = bytearray(count)
        self.readinto(back, write)
        return bytes(back)


class ADC:
    """`machine.ADC`."""

    def __init__(self, id):
        self.id = id.id if isinstance(id, Pin) else id

    def read_u16(self):
        """Return the reading, 0..65535 for full scale."""
        clock.enter()
        try:
            clock.advance(_ADC_US)
            value = _bench.voltages[self.id]()
        finally:
            clock.leave()
        _was_read()
        return value


class I2S:
    """`machine.I2S` as a receiver, 16 bits, one channel: `readinto` waits until its buffer is full."""

    RX = 0
    TX = 1
    MONO = 0
    STEREO = 1

    def __init__(self, id, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        if (mode, bits, format) != (self.RX, 16, self.MONO):
            raise ValueError("mode, bits, format: only RX, 16, MONO are simulated")
        self._rate = rate

    def readinto(self, buffer):
        """Fill the buffer; return its size in bytes. Raises OSError if nothing is wired to the bus."""
        buffer = _as_bytes(buffer)
        clock.enter()
        try:
            clock.advance(1000000 * len(buffer) // (2 * self._rate))
            _wait_for_ever()
            if not _bench.sound:
                raise OSError(_NO_ANSWER)
            _bench.sound(buffer)
        finally:
            clock.leave()
        _was_read()
        return len(buffer)

    def deinit(self):
        """Release the bus."""


class WDT:
    """`machine.WDT`: prints a line and resets the board if it was not fed in time. Nothing stops it.

    A board has one: a program that starts it again feeds it, and sets its time.
    """

    def __init__(self, id=0, timeout=5000):
        if not 0 < timeout <= _WDT_MAX_MS:
            raise ValueError("timeout: {} is not in 1..{}".format(timeout, _WDT_MAX_MS))
        _bench.watchdog_us = 1000 * timeout
        runs = _bench.watchdog_due is not None
        self.feed()
        if not runs:
            clock.at(_bench.watchdog_due, self._look)

    def feed(self):
        """Restart the watchdog's time."""
        _bench.watchdog_due = clock.advance(0) + _bench.watchdog_us

    def _look(self):
        if clock.now() < _bench.watchdog_due:
            clock.at(_bench.watchdog_due, self._look)
            return
        print("    the watchdog resets the board")
        raise SystemExit


def idle():
    """Wait for the next interrupt: a millisecond."""
    clock.advance(_IDLE_US)


def lightsleep(ms):
    """Wait with the processor asleep."""
    clock.advance(1000 * ms)


def reset():
    """End the program."""
    raise SystemExit
