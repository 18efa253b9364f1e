"""Words: a board that learns a few spoken words from whoever speaks to it, and goes on learning.

Press the button: a lamp shows the word whose turn it is. Say it, and it is learnt. At any other time, say a word: its
lamp lights up, or blinks when the board is not sure. See README.md.
"""

import gc

from ear import FEATURES, RATE_HZ, Ear
from lamps import ALL, Lamps

import eqprop
from eqprop import watchdog
from machine import I2S, Pin, reset

SURE = 20  # percent of margin
SECOND = 63  # blocks of 16 ms
MEMORY = 8700  # bytes: 72 recordings
REPLAY = 8  # of them are learnt again with each new one
ROOM = 60000  # bytes of free heap with which there is room to tell a computer
MOST = 12  # words: lamps from GP2 on, the button is on GP14

words = ["yes", "no", "left", "right", "stop", "go"]
for place in ("", "".join(__file__.rpartition("/")[:2])):  # the flash's root, and next to this program, which counts
    try:
        with open(place + "words.txt") as file:  # a word a line, to have others
            words = [line.strip() for line in file if line.strip()]
    except OSError:
        pass
if not 0 < len(words) <= MOST:
    print("words.txt: has {} words, expected 1 to {}, a word a line".format(len(words), MOST))
    raise SystemExit

clock, select, data = Pin(16), Pin(17), Pin(18)
microphone = I2S(0, sck=clock, ws=select, sd=data, mode=I2S.RX, bits=16, format=I2S.MONO, rate=RATE_HZ, ibuf=8192)
button = Pin(14, Pin.IN, Pin.PULL_UP)
lamps = Lamps([Pin(2 + n, Pin.OUT) for n in range(len(words))])
ear = Ear(microphone)
layers = (FEATURES, 24, len(words))
user_data = "\n".join(words).encode()
try:
    network = eqprop.load(layers)
    if network and network.user_data != user_data:
        raise ValueError("user_data: expected {}, saved {}".format(user_data, network.user_data))
except (MemoryError, OSError, ValueError) as error:
    lamps.show(ALL, SECOND)
    print("stopped, flash untouched:", error)
    raise SystemExit from error
if not network:
    network = eqprop.Network(layers)
    network.remember(MEMORY)
    network.user_data = user_data  # kept with it: layers alone do not tell whose words these are
free = gc.mem_free() if hasattr(gc, "mem_free") else ROOM
host = eqprop.Telemetry(network, "words", REPLAY) if free >= ROOM else None  # what a computer sees, and may teach
print("knows", network.sample, "examples of", ", ".join(words))


def answer():
    """Tell which word was heard."""
    word = network.infer(ear.word)
    if host:
        host.answer(word, ear.word)
    sure = network.margin_percent
    lamps.show(word, SECOND, sure < SURE)
    print("heard", words[word], sure, "%" if sure >= SURE else "%, not sure")


class Teaching:
    """The button, and the word whose turn it is."""

    turn = -1
    left = 0  # blocks to wait for it, 0 while nothing is taught
    pressed = False
    unsaved = False
    failures = 0

    def look(self):
        """See whether the button was pressed: the next word's turn, or the same one's when nobody said it."""
        pressed = not button.value()
        if pressed and not self.pressed:
            if self.left or self.turn < 0 or self.done:
                self.turn = (self.turn + 1) % len(words)
            self.done = False
            self.left = 4 * SECOND
            lamps.show(self.turn, self.left)
            print("say", words[self.turn])
        self.pressed = pressed

    def wait(self):
        """Let a block pass without the word."""
        self.left -= 1
        if not self.left:
            print("nothing heard: press again to say", words[self.turn])

    def learn(self):
        """Learn the word that was heard."""
        network.learn(ear.word, self.turn, REPLAY)
        if host:
            host.learnt(self.turn, ear.word)
        self.left = 0
        self.done = True
        self.unsaved = True
        lamps.off()
        print("learnt", words[self.turn])

    def save(self):
        """Keep the network, as often as the flash endures."""
        self.unsaved = not network.save()
        if network.save_failures > self.failures:
            self.failures = network.save_failures
            lamps.show(ALL, SECOND, True)
            print("cannot be kept, the flash is full or fails: known until the power goes")


def live():
    """Hear block after block, and answer or learn."""
    feed = watchdog.start(8000)  # a board that hangs for so many milliseconds is reset
    teaching = Teaching()
    fault = ""
    blocks = 0
    while True:
        feed()
        spoken = ear.listen()
        lamps.tick()
        teaching.look()
        if ear.fault != fault:
            fault = ear.fault
            print("microphone:", fault or "well again")
            lamps.show(ALL, SECOND, True)
        if spoken and teaching.left:
            teaching.learn()
            teaching.save()
        elif spoken:
            answer()
        elif teaching.left:
            teaching.wait()
        if host and host.poll() is not None:  # a computer named the word
            teaching.save()
        blocks += 1
        if teaching.unsaved and blocks % (10 * SECOND) == 0:
            teaching.save()


try:
    live()
except RuntimeError as error:  # memory changed by itself
    print("{}: the board goes back to its last checkpoint".format(error))
    reset()
