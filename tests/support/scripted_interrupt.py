"""An interrupt at a chosen moment, instead of Ctrl-C."""


class ScriptedInterrupt:
    """An interrupt that is requested from the n-th time it is looked at."""

    def __init__(self, looks):
        self.looks = looks

    @property
    def requested(self):
        self.looks -= 1
        return self.looks < 0
