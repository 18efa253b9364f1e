"""Time in a simulated field. It advances when the program waits or talks to a part, without taking real time.

Computing takes no simulated time, so a program behaves the same on every interpreter. With `per_us` set, on an emulated
board, instructions are counted.

Instructions of the simulation itself, between `enter` and `leave`, are not counted. With `collects` set, neither is
collecting its garbage; then the interpreter should not collect by itself.
"""

import gc

try:
    from utime import ticks_cpu, ticks_diff  # the real one, whatever module `time` is

except ImportError:

    def ticks_cpu():
        """Return 0: CPython counts no instructions."""
        return 0

    def ticks_diff(now, then):
        """Return now - then."""
        return now - then


_SPARE_BYTES = 16384
_CALLS = 16  # calls between two checks of the free heap
_PERIOD = 1 << 30  # modulus of `ticks_cpu`


class Clock:
    """The time, and the scheduled actions.

    - per_us: instructions in a microsecond of computing; 0 if computing takes no time.
    - collects: whether garbage is collected here, if less than _SPARE_BYTES are free.
    """

    def __init__(self):
        self.per_us = 0
        self.collects = False
        self._calls = 0
        self._us = 0
        self._events = []
        self._advancing = False
        self._depth = 0
        self._began = 0
        self._simulated = 0
        self._counted = ticks_cpu()

    def now(self):
        """Return microseconds since the start."""
        self.enter()
        self.leave()
        return self._us

    def at(self, us, action):
        """Call `action()` at this time; at once if the time has passed and no other action is running."""
        place = len(self._events)
        while place and self._events[place - 1][0] > us:
            place -= 1
        self._events.insert(place, (us, action))

    def advance(self, us):
        """Let microseconds pass, running the actions due meanwhile; return the time."""
        self.enter()
        try:
            end = self._us + us
            if not self._advancing:
                self._happen(end)
            # otherwise an action is waiting, and other due actions run after it
            self._us = max(self._us, end)
        finally:
            self.leave()
        return self._us

    def _happen(self, end):
        self._advancing = True
        try:
            events = self._events
            while events and events[0][0] <= end:
                at, action = events.pop(0)
                self._us = max(self._us, at)
                action()
        finally:
            self._advancing = False

    # ---- instructions

    def enter(self):
        """Enter code that is not part of the board's program."""
        if not self._depth:
            self._began = ticks_cpu()
            if self.per_us:
                us = ticks_diff((self._began - self._simulated) % _PERIOD, self._counted) // self.per_us
                self._counted = (self._counted + us * self.per_us) % _PERIOD
                self._us += us
        self._depth += 1

    def leave(self):
        """Leave code that `enter` entered."""
        if self._depth == 1 and self.collects:
            self._calls += 1
            if not self._calls % _CALLS and gc.mem_free() < _SPARE_BYTES:
                gc.collect()
        self._depth -= 1
        if not self._depth:
            self._simulated = (self._simulated + ticks_diff(ticks_cpu(), self._began)) % _PERIOD

    def instructions(self):
        """Return the instructions of the program itself, up to a constant, modulo 2**30."""
        return ((self._began if self._depth else ticks_cpu()) - self._simulated) % _PERIOD

    def instructions_since(self, then):
        """Return the program's instructions since `instructions` returned `then`; fewer than 2**29."""
        return ticks_diff(self.instructions(), then)


clock = Clock()
