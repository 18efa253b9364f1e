"""The sessions of a run with one board: greets it, builds or resumes the network, recovers it after a restart."""

from eqprop.protocol import host_messages, messages
from eqprop.protocol.configuring import pack_configure
from eqprop.protocol.records import Code
from eqprop.service.targets import with_targets
from eqprop.service.user_data import HEADER

from ..errors import BoardError, ProtocolError, RestartError
from ..link import answers
from ..link.line import largest_payload
from ..link.steps import learns_numbers, model_of, plan_of
from ..terminal.printing import printable
from .restarts import Restarts

_DEVICE_S = 2e-3  # more time than the slowest board needs to build, write or sum a device


class Session:
    """A board that answered HELLO, and the run whose network it holds, across restarts.

    - link: the `Link` for all requests. name: the port's
    - state: the board's `eqprop.protocol.host_messages.State` from the last query; `sample` is from the last answer
    - identity: the board's description of itself
    - restarts: each `Restart` so far
    - configuration: the run's `host_messages.Configuration`. code: the packing of its samples. None before `configure`
    """

    def __init__(self, link):
        """Send HELLO. Raises ProtocolError if no board answers, BoardError if it speaks another protocol."""
        self.link = link
        self.name = link.name
        self.configuration = None
        self.code = None
        self._restored = False  # whether conductances were restored that the run itself would not reach
        self._user_data = None  # to store with the run's network
        self._furthest = 0  # the most samples that the run can have learnt
        self._placed = ()  # the furthest piece that was written of a `put_back`
        self.restarts = Restarts(link.status())
        self._take(link.greet())

    # ---- questions and answers

    def ask(self, kind, payload, expected):
        """Send a request; return the payload of its answer, of type `expected` (`Link.ask`)."""
        return self.link.ask(kind, payload, expected)

    def parsed(self, unpack, payload, *known):
        """Return unpack(payload, ...). Raises ProtocolError for an invalid answer."""
        try:
            return unpack(payload, *known)
        except ValueError as error:
            raise ProtocolError(f"port {self.name}: {error}") from error

    def ask_state(self, kind, payload=b"", doing=""):
        """Return the `State` that answers a message about the network: the larger the network, the longer it takes."""
        about = self.configuration or self.state
        devices = sum(rows * columns for rows, columns in plan_of(about).shapes) if about.layers else 0
        answer = self.link.ask(kind, payload, messages.STATE, _DEVICE_S * devices, doing)
        state = self.parsed(answers.state, answer)
        if state.session != self.link.session:
            raise ProtocolError(f"port {self.name}: the board answers in session {state.session}")
        if self.configuration and state.layers not in ((), self.configuration.layers):
            raise ProtocolError(f"port {self.name}: the board holds a network of layers {state.layers}")
        if self.configuration and state.layers and state.model != self.configuration.model:
            what = "numbers" if learns_numbers(state) else "classes"
            raise ProtocolError(f"port {self.name}: the board holds a {model_of(state)} network of {what}")
        return self._take(state)

    def _take(self, state):
        """Use the state that the board reports."""
        self.state = state
        if state.limit - messages.SESSION_HEADER != self.link.limit:
            self.link.resize(state.limit)
        self.link.credit = state.credit
        self._half = max(largest_payload(state.credit // 2), 0)
        self.identity = printable(state.identity)
        return state

    def layers(self):
        """Return the sizes of the board's network. Raises BoardError without a network."""
        if not self.state.layers:
            raise BoardError(f"port {self.name}: the board holds no network")
        return self.state.layers

    def plan(self):
        """Return the `eqprop.planning.Plan` of the board's network. Raises BoardError without a network."""
        self.layers()
        return plan_of(self.state)

    def room(self):
        """Return a good payload size in bytes, such that two may be on their way and the line never idles."""
        return min(self.link.good, self._half)

    # ---- the run's network

    def configure(self, configuration):
        """Build the network of a run, a `host_messages.Configuration`, in a new session."""
        self._begin(configuration, 0)
        return self.repeat(self.rebuild)

    def resume(self, configuration, furthest):
        """Resume the run's network if the board holds it, at sample `furthest` or before; otherwise `configure`."""
        self._begin(configuration, furthest)
        return self.state if self._holds_the_run() else self.repeat(self.rebuild)

    def _begin(self, configuration, furthest):
        """Start a run that can have learnt up to sample `furthest`."""
        self._furthest = furthest
        self.restarts.begin()
        self.configuration = configuration
        code = Code(configuration.layers[0], configuration.layers[-1], configuration.alphabet)
        self.code = with_targets(code) if learns_numbers(configuration) else code
        self._restored = False
        self._user_data = None

    def rebuild(self):
        """Build the run's initial network. Raises RestartError."""
        self._take(self.link.greet())  # a board builds one network per session
        return self._build()

    def _build(self):
        """Make the board build the run's network. Raises ProtocolError if it then reports another one."""
        text = "-".join(map(str, self.configuration.layers))
        state = self.ask_state(messages.CONFIGURE, pack_configure(self.configuration), f"build {text}")
        if not self._holds_the_run() or state.sample:
            told = f"run {state.run_number}, seed {state.seed}, layers {state.layers}, sample {state.sample}"
            raise ProtocolError(f"port {self.name}: the board says it built another network: {told}")
        return state

    def _holds_the_run(self):
        state, wanted = self.state, self.configuration
        held = (state.run_number, state.seed, state.lr_halving_samples, state.layers)
        the_run = held == (wanted.run_number, wanted.seed, wanted.lr_halving_samples, wanted.layers)
        # The flash may still hold the checkpoint of a longer run with the same start
        return the_run and state.sample <= self._furthest

    def expect(self, sample):
        """Note that the run can reach this sample."""
        self._furthest = max(self._furthest, sample)

    def reach(self, sample):
        """Note that the board reports all samples before this one as learnt."""
        self.state = self.state._replace(sample=sample)
        self.restarts.reach(sample)

    # ---- restarts

    def recover(self, error=None):
        """Greet the board and restore this run on it, if necessary from the first sample.

        error: the RestartError that this call follows, or None to start a new session only. Raises BoardError if the
        board's network cannot be restored, PortError or ProtocolError if the board does not come back.
        """
        while True:
            try:
                self._restart(error)
                if self.configuration and not self._holds_the_run():
                    if self._restored:
                        raise BoardError(f"port {self.name}: the board has lost the network that it was given")
                    self._build()
                self._keep_user_data()
                return self.state
            except RestartError as another:
                error = another

    def persist(self, work, place):
        """Do work(), again while only the line fails: the board, in the same session, keeps what it was sent.

        place: what is greater for each next piece of a `put_back`. Raises RestartError if the board lost it.
        """
        while True:
            try:
                work()
                break
            except RestartError as error:
                reached = self.state.sample
                if error.__cause__ is None or self._lost(self._take(self.link.greet(self.link.session))):
                    raise
                self.restarts.count(error)
                self.restarts.note(error, self.name, reached, self.state.sample)
        if place > self._placed:
            self._placed = place
            self.restarts.done()

    def _lost(self, state):
        """Return whether a board that was being written is not as it was."""
        return not self._holds_the_run() or state.sample > 0

    def _restart(self, error):
        """Greet the board, and record a restart of the board or a failure of its line.

        Raises ProtocolError if that happens repeatedly without progress of the run.
        """
        reached = self.state.sample
        if error:
            self.restarts.count(error)
        self.restarts.note(error, self.name, reached, self._take(self.link.greet()).sample)

    def repeat(self, work):
        """Return work(), repeated from its start whenever the board restarts meanwhile."""
        while True:
            try:
                done = work()
                self.restarts.done()
                return done
            except RestartError as error:
                self._restart(error)

    def restore(self, write, sample):
        """Call write(), which writes every conductance, and resume at sample `sample`; return the board's state.

        Raises RestartError if the board restarts meanwhile.
        """
        self._restored = True
        self.expect(sample)
        write()
        return self.ask_state(messages.RESUME, host_messages.pack_resume(sample))

    def put_back(self, restore):
        """Return restore(), a `restore` of conductances of this run, after building the network in a new session.

        A board that loses them resumes where it can, as in any run.
        """

        def again():
            try:
                self.rebuild()
                self._keep_user_data()  # first, so that a line that fails meanwhile costs no conductances
                return restore()
            finally:
                self._restored = False

        self._placed = ()
        return self.repeat(again)

    def write_user_data(self, user_data):
        """Store `user_data` (bytes) on the board with its network; `recover` rewrites them. Raises as `Board` does."""
        self._user_data = bytes(user_data)
        self._keep_user_data()

    def _keep_user_data(self):
        """Write the user data of this run, if any, because a board that restarted may have lost them."""
        user_data = self._user_data
        if user_data is None:
            return
        first = 0
        while first == 0 or first < len(user_data):
            # In order, because the board accepts no piece before its predecessor
            piece = user_data[first : first + self.link.good - HEADER]
            question = host_messages.pack_user_data_write(first, len(user_data), piece)
            self.parsed(answers.done, self.link.ask(messages.USER_DATA_WRITE, question, messages.DONE))
            first += len(piece) or 1
