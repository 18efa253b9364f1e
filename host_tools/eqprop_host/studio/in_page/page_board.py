"""The board in the page: the runtime's own service, with checkpoints in the page's memory."""

from eqprop.checkpoint import Checkpoints
from eqprop.service import Service


class PageBoard:
    """A board that takes bytes and gives bytes, as one at the end of a cable does.

    - network: its network, or None
    """

    def __init__(self, folder, learnt):
        """Switch on. folder: an empty folder for its checkpoints; learnt: called after each sample that it learns."""
        self._folder = folder
        self._learnt = learnt
        self.switch_on()

    def switch_on(self):
        """Start the service, as after a power cut: it resumes at its newest checkpoint."""
        # Memory does not wear out
        checkpoints = Checkpoints(self._folder, rest_s=0)
        self._service = Service(identity="in the page", checkpoints=checkpoints, credit=1024)
        self._service.feed = self._learnt

    @property
    def network(self):
        """The network of this moment, or None."""
        return self._service.network

    def answers(self, data):
        """Yield the board's answers to bytes from the host."""
        for answer in self._service.receive(data):
            yield bytes(answer)
