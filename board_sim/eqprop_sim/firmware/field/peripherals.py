"""Timer, PWM and UART of the simulated `machine`, and the scene's side of them."""

from clock import clock

_BUFFER = 256  # bytes that a UART keeps until the program reads them
_watchers = {}
_devices = {}
_uarts = {}


# ---- the scene's side


def watch_pwm(pin, changed):
    """Call changed(freq_hz, duty_u16) whenever the program changes the PWM on this pin; 0, 0 once it is off."""
    _watchers[pin] = changed


def attach_uart(id, device):
    """Wire a device to a UART: received(data) is called with the bytes that the program writes."""
    _devices[id] = device


def say(id, data):
    """Send bytes to the program on a UART, which loses what does not fit into its buffer of 256 bytes."""
    waiting = _uarts.setdefault(id, bytearray())
    waiting.extend(data[: _BUFFER - len(waiting)])


# ---- the program's side


class Timer:
    """`machine.Timer`: calls back while the program waits, as an interrupt would."""

    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **options):
        self._run = 0  # counts the starts, so that what an earlier one scheduled does nothing
        if options:
            self.init(**options)

    def init(self, *, mode=PERIODIC, freq=0, period=-1, callback=None):
        """Start: callback(timer) after `period` ms, or `freq` times a second. Raises ValueError for neither."""
        if freq <= 0 and period <= 0:
            raise ValueError("period: {} ms, expected 1 or more, or freq".format(period))
        self._run += 1
        self._mode = mode
        self._callback = callback
        self._period_us = int(1000000 / freq) if freq > 0 else 1000 * period
        self._schedule(clock.advance(0) + self._period_us, self._run)

    def _schedule(self, us, run):
        def due():
            if run != self._run:
                return
            if self._mode == self.PERIODIC:
                self._schedule(us + self._period_us, run)
            if self._callback:
                self._callback(self)

        clock.at(us, due)

    def deinit(self):
        """Stop."""
        self._run += 1


class PWM:
    """`machine.PWM`."""

    def __init__(self, pin, *, freq=0, duty_u16=0, duty_ns=0):
        self._pin = pin.id if hasattr(pin, "id") else pin
        self._freq = 0
        self._duty = 0
        self.init(freq=freq, duty_u16=duty_u16, duty_ns=duty_ns)

    def init(self, *, freq=0, duty_u16=0, duty_ns=0):
        """Set what is given."""
        if freq:
            self._freq = freq
        if duty_ns:
            duty_u16 = self._of_ns(duty_ns)
        if duty_u16:
            self._duty = duty_u16
        if freq or duty_u16:
            self._tell()

    def _of_ns(self, duty_ns):
        return min(65535, duty_ns // 1000 * self._freq * 65536 // 1000000)

    def _tell(self):
        changed = _watchers.get(self._pin)
        if changed:
            clock.enter()
            changed(self._freq, self._duty)
            clock.leave()

    def freq(self, hz=None):
        """Return the frequency, or set it."""
        if hz is None:
            return self._freq
        self._freq = hz
        self._tell()

    def duty_u16(self, duty=None):
        """Return the share of the time that the pin is high, 0..65535, or set it."""
        if duty is None:
            return self._duty
        self._duty = max(0, min(65535, duty))
        self._tell()

    def duty_ns(self, ns=None):
        """Return how long the pin is high, or set it."""
        if ns is None:
            return self._duty * (1000000000 // self._freq) // 65536 if self._freq else 0
        self.duty_u16(self._of_ns(ns))

    def deinit(self):
        """Switch it off."""
        self._freq = self._duty = 0
        self._tell()


class UART:
    """`machine.UART`, which never waits for bytes. Writing takes the time of its bits."""

    def __init__(self, id=0, baudrate=9600, bits=8, parity=None, stop=1, *, tx=None, rx=None, **options):
        self._id = id
        self.init(baudrate, bits, parity, stop)
        _uarts.setdefault(id, bytearray())

    def init(self, baudrate=9600, bits=8, parity=None, stop=1, **options):
        """Set the line up."""
        self._byte_us = (1 + bits + (parity is not None) + stop) * 1000000 // baudrate

    def any(self):
        """Return how many bytes can be read."""
        clock.advance(1)
        return len(_uarts[self._id])

    def write(self, data):
        """Write bytes; return how many."""
        data = bytes(data)
        clock.advance(self._byte_us * len(data))
        device = _devices.get(self._id)
        if device:
            clock.enter()
            device.received(data)
            clock.leave()
        return len(data)

    def read(self, count=-1):
        """Return up to so many bytes, all without a count; None if there are none."""
        clock.advance(1)
        waiting = _uarts[self._id]
        count = len(waiting) if count < 0 else min(count, len(waiting))
        data = bytes(waiting[:count])
        _uarts[self._id] = waiting[count:]
        return data or None

    def readinto(self, buffer, count=-1):
        """Read into a buffer; return how many bytes, None for none."""
        data = self.read(len(buffer) if count < 0 else count)
        if data:
            buffer[: len(data)] = data
        return len(data) if data else None

    def readline(self):
        """Return the bytes up to a newline, all if there is none; None if there are none."""
        end = bytes(_uarts[self._id]).find(b"\n")
        return self.read(end + 1 if end >= 0 else -1)

    def flush(self):
        """Return once all is sent: at once."""

    def deinit(self):
        """Switch it off."""
