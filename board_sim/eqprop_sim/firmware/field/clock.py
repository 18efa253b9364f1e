"""Time in a simulated field. It passes when the program waits or talks to a part, and takes no real second.

Computing takes no time, so that a program does the same on every interpreter; unless `per_us` is set, on an emulated
board, which counts instructions.

What the simulation itself computes, between `enter` and `leave`, is in no count of instructions; nor is collecting its
garbage, when `collects` is set: then the interpreter should not collect by itself.
"""

import gc

try:
    from utime import ticks_cpu, ticks_diff  # the own one, whatever `time` is

except ImportError:

    def ticks_cpu():
        """Return 0: CPython counts no instructions."""
        return 0

    def ticks_diff(now, then):
        """Return now - then."""
        return now - then


_SPARE_BYTES = 16384
_CALLS = 16  # between two looks at what is free
_PERIOD = 1 << 30  # of what `ticks_cpu` returns


class Clock:
    """The time, and what happens when.

    - per_us: instructions that a microsecond of computing has; 0 when computing takes no time.
    - collects: whether garbage is collected here, when less than _SPARE_BYTES are free.
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
        """Have `action()` called at this time: at once when it has passed, and another is not going on."""
        place = len(self._events)
        while place and self._events[place - 1][0] > us:
            place -= 1
        self._events.insert(place, (us, action))

    def advance(self, us):
        """Let so many microseconds pass, and do what is to happen in them; return the time."""
        self.enter()
        try:
            end = self._us + us
            if not self._advancing:
                self._happen(end)
            # else this is an action that takes its time; what else is due is seen to after it
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
        """Begin what a board's own program does not compute."""
        if not self._depth:
            self._began = ticks_cpu()
            if self.per_us:
                us = ticks_diff((self._began - self._simulated) % _PERIOD, self._counted) // self.per_us
                self._counted = (self._counted + us * self.per_us) % _PERIOD
                self._us += us
        self._depth += 1

    def leave(self):
        """End what `enter` began."""
        if self._depth == 1 and self.collects:
            self._calls += 1
            if not self._calls % _CALLS and gc.mem_free() < _SPARE_BYTES:
                gc.collect()
        self._depth -= 1
        if not self._depth:
            self._simulated = (self._simulated + ticks_diff(ticks_cpu(), self._began)) % _PERIOD

    def instructions(self):
        """Return how many instructions the program itself has taken, up to some constant, modulo 2**30."""
        return ((self._began if self._depth else ticks_cpu()) - self._simulated) % _PERIOD

    def instructions_since(self, then):
        """Return how many it has taken since `instructions` was this, fewer than 2**29."""
        return ticks_diff(self.instructions(), then)


clock = Clock()
