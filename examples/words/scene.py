"""What happens around the words' board: a tape is played to its microphone, and its button is pressed as the tape says.

The tape lies in the board's flash: tape.pcm, 16-bit samples, and tape.txt, what happens when: lines of a block's number
and a cue. `tape.py` makes them on a PC. Cues: `press`; what the microphone does from then on, one of FAULTS or `works`;
`full` and `room`, the flash; `time`, from when on decisions are timed; and any other text, which is printed.
"""

import gc

import machine
from clock import clock

BUTTON = 14
FIRST_LAMP = 2
BLOCK = 128
BLOCK_US = 16000
ACTS = ("main",)
FAULTS = ("absent", "stuck", "saturated", "garbage")


class Player:
    """Plays a tape, and does at each block what is due."""

    def __init__(self, flash):
        """Play the tape in this flash."""
        self.flash = flash
        self.sound = flash.open("tape.pcm", "rb")
        with flash.open("tape.txt") as file:
            lines = [line.strip().split(" ", 1) for line in file]
        self.cues = [(int(block), what) for block, what in lines]
        self.block = 0
        self.fault = "works"
        self.noise = 1
        self.timing = False
        self.play_on()

    def play_on(self):
        """Do what is due, now and at each block, whether the board listens or not."""
        machine.drive(BUTTON, 1)
        while self.cues and self.cues[0][0] <= self.block:
            self.do(self.cues.pop(0)[1])
        self.block += 1
        clock.at(self.block * BLOCK_US, self.play_on)

    def do(self, what):
        """Do what a cue says."""
        if what == "press":
            machine.drive(BUTTON, 0)
        elif what in FAULTS or what == "works":
            self.fault = what
            machine.listen(None if what == "absent" else self.fill)
            self.sound.seek(2 * BLOCK * self.block)
        elif what in ("full", "room"):
            self.flash.full = 100 if what == "full" else 0
        elif what == "time":
            self.timing = True
            machine.measure(FIRST_LAMP)
        else:
            print("--", what)

    def fill(self, buffer):
        """Fill the buffer with the next block, or with what a broken microphone gives."""
        if self.timing:
            gc.collect()  # what the simulation left, and the program is not to be charged for
        if self.sound.readinto(buffer) < len(buffer):
            if machine.latency():
                print("-- decided within", machine.latency(), "instructions")
            raise SystemExit
        if self.fault == "stuck":
            for i in range(len(buffer)):
                buffer[i] = 17
        elif self.fault == "saturated":
            for i in range(0, len(buffer), 2):
                buffer[i] = 255 if i // 8 % 2 else 0
                buffer[i + 1] = 127 if i // 8 % 2 else 128
        elif self.fault == "garbage":
            for i in range(len(buffer)):
                self.noise = (self.noise * 75 + 74) % 65537
                buffer[i] = self.noise & 255


def play(act, flash):
    """Play the tape; there is but one act, "main"."""
    if act not in ACTS:
        raise ValueError("act: {} is not one of {}".format(act, ", ".join(ACTS)))
    try:
        flash.open("tape.pcm", "rb").close()
    except OSError:
        raise ValueError("flash: {} has no tape.pcm: make it with tape.py".format(flash.folder)) from None
    machine.listen(Player(flash).fill)
