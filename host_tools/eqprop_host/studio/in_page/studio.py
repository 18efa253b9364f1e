"""The studio without its page: a lesson, a conversation with a board, and what the page shows of both.

The page calls `call` with a JSON object {"do": name, ...} and gets one back; {"error": words} if it cannot be done.
Bytes pass through `mailbox`: the page writes them at its address before a call, and reads them there after it.
"""

import json
import os
import random
import struct
import time

import uctypes

from eqprop import __version__
from eqprop.network import Network
from eqprop.protocol import messages
from eqprop.protocol.host_messages import Configuration
from eqprop.saving import margin_percent

from .collection import WRITTEN, Collection, load
from .conversation import Conversation
from .lesson import Lesson
from .page_board import PageBoard
from .phases import phases
from .take_away import network_file, run_log

_AHEAD = 64  # samples that a rehearsal puts into the sequence before the board has learnt them
_TWIN_AHEAD = 256
_PAGE_BATCH = 4  # samples of a question to the board in the page: the maps are drawn between two
_BOARD_FOLDER = "/board"


class Studio(Collection):
    """What `call` works on.

    - mailbox: bytes from the page and to it
    """

    def __init__(self):
        """Wait for `start`."""
        super().__init__()
        self._conversation = Conversation(time.ticks_ms, time.ticks_diff, lambda: random.getrandbits(30))
        self._board = None
        self._connected = False
        self._twin = None
        self._tested = None
        self._missed = []
        self._answer = None
        self._wanted = None
        self._questions = 0
        self._rehearsing = False
        self._until = 0
        self._verified = None
        self._saved = None
        self._about = {}  # of the files that the user takes away
        self._metrics = []
        self._worked_ms = 0

    def call(self, text):
        """Do what a JSON text asks for; return a JSON text."""
        try:
            request = json.loads(text)
            return json.dumps(getattr(self, "_do_" + request["do"])(request) or {})
        except (ValueError, MemoryError) as error:
            return json.dumps({"error": str(error)})

    def where(self):
        """Return the address of `mailbox`."""
        return uctypes.addressof(self.mailbox)

    # ---- a lesson and its board

    def _do_start(self, request):
        """Begin a lesson: layers, model, seed, lr_halving_samples, classes (names).

        file: samples to begin with, or None. about: `scaling` and `data` of the files that the user takes away.
        """
        layers = tuple(request["layers"])
        model = request["model"]
        seed = request["seed"]
        halving = request["lr_halving_samples"]
        plan = Network.parts(model)[0](layers)  # raises ValueError for impossible ones
        self._lesson = lesson = Lesson(layers[0], layers[-1], seed)
        self._tests = (b"", b"")
        if request["file"]:
            self._tests = load(request["file"], lesson)
        self._about = request["about"]
        self._metrics = []
        self._worked_ms = 0
        self._classes = request["classes"]
        self._configuration = Configuration(
            messages.MODELS.index(plan.model), random.getrandbits(30), seed, halving, 0, layers, b""
        )
        self._tested = self._answer = self._saved = self._wanted = None
        self._rehearsing = False
        self._new_twin()
        self._conversation.begin(self._configuration)
        return {"layers": plan.layers, "model": plan.model, "g_min": plan.g_min, "g_max": plan.g_max}

    def _new_twin(self):
        """Make the digital twin of a board at the end of a cable; the board in the page needs none."""
        self._verified = None
        self._twin = None
        if self._board is None and self._lesson:
            model, _, seed, halving, _, layers, _ = self._configuration
            self._twin = Network(layers, seed, halving, messages.MODELS[model])

    def _do_connect(self, request):
        """Use the board in the page (board: "page"), the one that the page's cable leads to ("port"), or none ("none").

        Another board learns the lesson from its first sample on; a board that was away goes on.
        """
        self._connected = request["board"] == "port"
        if request["board"] == "page":
            self._board = PageBoard(_empty(_BOARD_FOLDER), self._page_learnt)
            self._twin = None
        elif self._board or not self._twin:
            self._board = None
            self._new_twin()
        self._conversation.batch = _PAGE_BATCH if self._board else _AHEAD
        self._conversation.hang_up()

    def _do_cut(self, request):
        """Cut the power of the board in the page, and switch it on again."""
        self._board.switch_on()
        self._conversation.hang_up()
        self._conversation.restarts += 1

    @property
    def _network(self):
        """The network that the page shows: that of the board in the page, or the twin of another one; or None."""
        return self._board.network if self._board else self._twin

    def _page_learnt(self):
        network = self._board.network
        self._note(network.sample - 1, network.prediction)

    def _note(self, n, prediction):
        if 0 <= n < len(self._lesson.predictions):  # the board also tells of what it was only asked
            self._lesson.predictions[n] = prediction

    # ---- learning

    def _do_teach(self, request):
        """Learn the sample in the mailbox, with this label, and keep it in the data set.

        rehearse: how many samples of the data set to learn after it, so that the network does not forget them.
        """
        lesson = self._lesson
        lesson.learn(lesson.add(self._given(), request["label"]))
        for _ in range(request["rehearse"]):
            lesson.rehearse()

    def _given(self):
        """Return the features in the mailbox."""
        return bytes(memoryview(self.mailbox)[: self._lesson.features])

    def _do_rehearse(self, request):
        """Learn the data set: on, or off; until: the number of samples to stop at, or 0 for none."""
        self._rehearsing = bool(request["on"])
        self._until = request.get("until", 0)

    def _do_step(self, request):
        """Return the phases of the next sample of the data set, its features in the mailbox; let the board learn it."""
        lesson, network = self._lesson, self._network
        if not network or self._conversation.busy(lesson.count) or network.sample != lesson.count:
            raise ValueError("step: the board is busy, or not there yet: pause, and try again in a moment")
        if not lesson.rehearse():
            raise ValueError("step: there is no sample to learn yet: teach one first")
        place = lesson.history[-1]
        x, label = lesson.x(place), lesson.label(place)
        self.mailbox[: len(x)] = x
        found = phases(network, x, label)
        found["label"] = label
        found["bytes"] = len(x)
        return found

    def _do_ask(self, request):
        """Ask the board about the features in the mailbox as soon as it is free; return the question's number.

        `view` has the last answer, with its question's number. A newer question replaces one that was not asked yet.
        """
        self._wanted = self._given()
        self._questions += 1
        return {"number": self._questions}

    def _ask_wanted(self):
        conversation = self._conversation
        if self._wanted and conversation.ready() and not conversation.asking():
            number = self._questions
            payload = b"\0" + self._wanted
            conversation.ask(messages.INFER, payload, messages.CLASSES, lambda answer: self._answered(number, answer))
            self._wanted = None

    def _answered(self, number, payload):
        outputs = struct.unpack("<{}h".format(len(payload) // 2 - 1), payload[2:])
        margin = margin_percent(outputs, self._network.plan.targets)
        self._answer = {
            "number": number,
            "class": payload[0] | payload[1] << 8,
            "outputs": outputs,
            "confidence": margin,
        }

    def _do_test(self, request):
        """Ask the board about the samples held back; `view` has the errors so far."""
        x, labels = self._tests
        if not labels or not self._conversation.ready():
            raise ValueError("test: there are no samples held back")
        size, classes = self._lesson.features, self._lesson.classes
        self._missed = []
        self._tested = tested = {
            "sample": self._conversation.sample,
            "samples": 0,
            "errors": 0,
            "of": len(labels),
            "confusion": [0] * (classes * classes),
        }
        size_answer = messages.CLASS_SIZE + 2 * classes
        for first in range(0, len(labels), _PAGE_BATCH):
            wanted = labels[first : first + _PAGE_BATCH]

            def done(payload, wanted=wanted, first=first):
                for i in range(len(wanted)):
                    found = payload[i * size_answer] | payload[i * size_answer + 1] << 8
                    tested["confusion"][wanted[i] * classes + found] += 1
                    if found != wanted[i]:
                        tested["errors"] += 1
                        self._missed.append((first + i, found))
                    tested["samples"] += 1
                if tested["samples"] == tested["of"]:
                    self._measured(tested)

            piece = b"\0" + x[first * size : (first + len(wanted)) * size]
            self._conversation.ask(messages.INFER, piece, messages.CLASSES, done)

    def _do_mistakes(self, request):
        """Put up to `most` samples that were answered wrong into the mailbox; return their labels and predictions.

        tested: those of the last test; otherwise the last ones that were learnt.
        """
        lesson, size = self._lesson, self._lesson.features
        if request["tested"]:
            x, labels = self._tests
            found = [(x[k * size : (k + 1) * size], labels[k], said) for k, said in self._missed[: request["most"]]]
        else:
            sample = min(self._network.sample, lesson.count) if self._network else 0
            found = [(lesson.x(p), lesson.label(p), said) for p, said in lesson.mistakes(sample, request["most"])]
        for k, (x, _, _) in enumerate(found):
            self.mailbox[k * size : (k + 1) * size] = x
        return {"bytes": len(found) * size, "labels": [each[1] for each in found], "said": [each[2] for each in found]}

    def _measured(self, tested):
        """Note a test for the run's log."""
        progress, lesson = self._conversation.progress, self._lesson
        samples, errors, _ = lesson.recent(self._conversation.sample)
        if not progress or not samples:
            return
        row = {
            "sample": progress.sample,
            "epoch": 1 + (progress.sample - 1) // len(lesson.shown),
            "train_error_percent": 100 * errors / samples,
            "test_error_percent": 100 * tested["errors"] / tested["samples"],
            "loss": progress.loss / max(1, progress.counted),
            "samples_per_second": 1000 * progress.sample / max(1, self._worked_ms),
            "confusion": tested["confusion"],
        }
        self._metrics = [each for each in self._metrics if each["sample"] != row["sample"]] + [row]

    def _do_save(self, request):
        """Make the board save its network in its flash; `view` says whether it did."""
        self._saved = None
        self._conversation.ask(messages.SAVE, b"", messages.STATE, self._was_saved)

    def _was_saved(self, payload):
        self._conversation.take_state(payload)
        state = self._conversation.state
        self._saved = (state.sample, state.saved == state.sample)

    # ---- the line

    def _do_work(self, request):
        """Go on for up to `ms` milliseconds; return `view`, and `bytes` of the mailbox for a board on a cable."""
        began = time.ticks_ms()
        until = time.ticks_add(began, request["ms"])
        conversation = self._conversation
        while self._lesson and (self._board or self._connected):
            self._plan_ahead()
            self._ask_wanted()
            conversation.turn(self._lesson)
            if self._board:
                if not conversation.outgoing:
                    break
                sent = bytes(conversation.outgoing)
                conversation.outgoing[:] = b""
                for answer in self._board.answers(sent):
                    conversation.receive(answer)
            elif not self._let_twin_learn():
                break
            if time.ticks_diff(until, time.ticks_ms()) <= 0:
                break
        if self._rehearsing:
            self._worked_ms += time.ticks_diff(time.ticks_ms(), began)
        self._verify()
        view = self._view()
        sent = conversation.outgoing[: len(self.mailbox)]
        conversation.outgoing[:] = conversation.outgoing[len(sent) :]
        view.update(self._found(sent))
        return view

    def _plan_ahead(self):
        lesson, conversation = self._lesson, self._conversation
        if not self._rehearsing or not conversation.ready():
            return
        if self._twin and conversation.sample - self._twin.sample > _TWIN_AHEAD:
            return  # what the page shows would lag far behind the board
        while lesson.count < conversation.sample + _AHEAD:
            if (self._until and lesson.count >= self._until) or not lesson.rehearse():
                self._rehearsing = False
                return

    def _let_twin_learn(self):
        """Let the twin learn one sample that the board has learnt; return whether there was one."""
        twin, lesson = self._twin, self._lesson
        n = twin.sample
        if n >= self._conversation.sample:
            return False
        place = lesson.history[n]
        twin.learn(lesson.x(place), lesson.label(place))
        self._note(n, twin.prediction)
        return True

    def _verify(self):
        """Ask the board for its CRC whenever everything is learnt, and compare it with the twin's."""
        conversation, network = self._conversation, self._network
        if not self._lesson or not network or conversation.busy(self._lesson.count):
            return
        if network.sample == self._lesson.count != self._verified and not self._rehearsing:
            self._verified = network.sample
            conversation.ask(messages.STATUS, b"", messages.STATE, conversation.take_state)

    def _do_receive(self, request):
        """Take `bytes` bytes from the board, which are in the mailbox."""
        self._conversation.receive(bytes(memoryview(self.mailbox)[: request["bytes"]]))

    # ---- what the page shows

    def _view(self):
        conversation, lesson, network = self._conversation, self._lesson, self._network
        if not lesson:
            return {}
        sample = min(network.sample, lesson.count) if network else 0
        samples, errors, confusion = lesson.recent(sample)
        state = conversation.state
        return {
            "busy": self._rehearsing or conversation.busy(lesson.count),
            "moving": bool(self._board) or (network and network.sample < conversation.sample),
            "ready": conversation.ready(),
            "at": "page" if self._board else "port" if self._connected else "none",
            "rehearsing": self._rehearsing,
            "trouble": conversation.trouble,
            "restarts": conversation.restarts,
            "identity": state.identity if state else "",
            "sample": sample,
            "count": lesson.count,
            "shown": len(lesson.shown),
            "changes": lesson.changes,
            "counts": lesson.counts(),
            "recent": samples,
            "errors": errors,
            "confusion": confusion,
            "crc": "%08x" % (network.crc() if network else 0),
            "board_crc": "%08x" % state.crc if state and state.sample == sample and conversation.ready() else "",
            "answer": self._answer,
            "tested": self._tested,
            "saved": self._saved[1] if self._saved and self._saved[0] == sample else None,
            "maps": self._maps(network),
        }

    def _maps(self, network):
        """Return (address, rows, columns) of each crossbar, with a row for each node that it feeds."""
        found = []
        for c in range(network.crossbar_count if network else 0):
            rows, columns = network.plan.shapes[c]
            by_node = network.g_min >= 0 and c == 0
            found.append((uctypes.addressof(network.conductances(c)), rows, columns, by_node))
        return found

    # ---- what the user takes away

    def _do_network(self, request):
        """Write the network as it is now."""
        classes = [name or "class {}".format(k + 1) for k, name in enumerate(self._used_classes())]
        about = {"scaling": self._about["scaling"], "data": self._about["data"], "classes": len(classes)}
        about["version"] = __version__
        about["class_names"] = classes
        with open(WRITTEN, "wb") as file:
            for part in network_file(self._network, about):
                file.write(part)
        return {"file": WRITTEN}

    def _do_log(self, request):
        """Write the log of the run so far; utc: this moment, ISO 8601."""
        model, run_number, seed, halving, _, layers, _ = self._configuration
        lesson = self._lesson
        configuration = {
            "siemens_per_step": 1e-9,
            "layers": "-".join(str(n) for n in layers),
            "model": messages.MODELS[model],
            "seed": seed,
            "epochs": 1 + lesson.count // max(1, len(lesson.shown)),
            "limit": None,
            "lr_halving_samples": halving,
            "run_number": run_number,
            "data": self._about["data"] or "studio",
            "scaling": self._about["scaling"],
            "recipe": {},
            "classes": len(self._used_classes()),
            "class_names": self._used_classes(),
            "training_samples": len(lesson.shown),
            "test_samples": len(self._tests[1]),
            "port": self._conversation.state.identity if self._conversation.state else "",
            "version": __version__,
        }
        run = {"run_id": "studio-{:08x}".format(run_number), "configuration": configuration}
        first = Network(layers, seed, halving, messages.MODELS[model])
        with open(WRITTEN, "w") as file:
            for line in run_log(lesson, first, self._network, self._metrics, run, request["utc"]):
                file.write(line)
        return {"file": WRITTEN}


def _empty(folder):
    """Make a folder, or empty it; return its name."""
    try:
        os.mkdir(folder)
    except OSError:
        for name in os.listdir(folder):
            os.remove(folder + "/" + name)
    return folder
