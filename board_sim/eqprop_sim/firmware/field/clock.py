"""Time in a simulated field. It passes when the program waits or talks to a part, and takes no real second.

Computing takes no time, so that a program does the same on every interpreter; unless `per_us` is set, on an emulated
board, which counts instructions.

What the simulation itself computes, between `enter` and `leave`, is taken from no count of instructions.
"""

try:
    from utime import ticks_cpu, ticks_diff  # the own one, whatever `time` is

except ImportError:

    def ticks_cpu():
        """Return 0: CPython counts no instructions."""
        return 0

    def ticks_diff(now, then):
        """Return now - then."""
        return now - then


class Clock:
    """The time, and what happens when.

    - per_us: instructions that a microsecond of computing has; 0 when computing takes no time.
    """

    def __init__(self):
        self.per_us = 0
        self._us = 0
        self._events = []
        self._advancing = False
        self._depth = 0
        self._began = 0
        self._simulated = 0
        self._counted = ticks_cpu()

    def now(self):
        """Return microseconds since the start."""
        if self.per_us and not self._depth:
            passed = ticks_diff(self.instructions(), self._counted)
            us = passed // self.per_us
            self._counted += us * self.per_us
            self._us += us
        return self._us

    def at(self, us, action):
        """Have `action()` called at this time: at once when it has passed, and another is not going on."""
        place = len(self._events)
        while place and self._events[place - 1][0] > us:
            place -= 1
        self._events.insert(place, (us, action))

    def advance(self, us):
        """Let so many microseconds pass, and do what is to happen in them."""
        self.enter()
        try:
            end = self.now() + us
            if self._advancing:  # by an action, which takes its time; what else is due is seen to after it
                self._us = end
                return
            self._advancing = True
            events = self._events
            while events and events[0][0] <= end:
                at, action = events.pop(0)
                self._us = max(self._us, at)
                action()
            self._us = max(self._us, end)
        finally:
            self._advancing = False
            self.leave()

    # ---- instructions

    def enter(self):
        """Begin what a board's own program does not compute."""
        if not self._depth:
            self.now()
            self._began = ticks_cpu()
        self._depth += 1

    def leave(self):
        """End what `enter` began."""
        self._depth -= 1
        if not self._depth:
            self._simulated += ticks_diff(ticks_cpu(), self._began)

    def instructions(self):
        """Return how many instructions the program itself has taken, up to some constant."""
        return (self._began if self._depth else ticks_cpu()) - self._simulated


clock = Clock()
