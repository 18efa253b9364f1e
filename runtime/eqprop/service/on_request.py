"""Answers the messages that most boards never get: each loads what it needs."""

from ..network import zeros
from ..protocol import messages
from . import states


def answer_rare(service, kind, payload):
    """Answer READ, WRITE, BENCH, USER_DATA, TARGETS or a message about a chip; return the answer's type and payload.

    CONFIGURE, with the new network for a payload, lets that learn numbers.
    """
    if kind == messages.CONFIGURE:
        from .targets import prepare

        return prepare(service, payload)
    if kind == messages.TARGETS or kind == messages.SAMPLES:
        from .targets import answer_samples

        return answer_samples(service, kind, payload)
    if kind == messages.BENCH:
        return messages.MEASURES, _benchmark(service).answer(payload)
    if kind <= messages.WRITE:
        from .devices import answer

        return answer(service.network, kind, payload, service._room)
    if kind < messages.CHIP_CONFIGURE:
        return _keep_user_data(service, kind, payload)
    if kind == messages.CHIP_CONFIGURE:
        service._forget()
        service._state = states.EMPTY
        if not service._chip:
            from .chip import ChipLoop

            service._chip = ChipLoop(zeros, service._room)
    if not service._chip:
        raise ValueError("no network: CHIP_CONFIGURE comes first")
    return messages.CHIP, service._chip.answer(kind, payload)


def _benchmark(service):
    if not service._benchmark:
        if service.network.regression:
            raise ValueError("BENCH: the board's network learns numbers, not classes")
        from ..bench import Benchmark

        service._benchmark = Benchmark(service.network, service._clock)
    return service._benchmark


def _keep_user_data(service, kind, payload):
    if not service._user_data:
        from .user_data import UserData

        service._user_data = UserData()
    kind, answer, changed = service._user_data.answer(service.network, kind, payload, service._room)
    if changed and service._checkpoints:
        service._checkpoints.saved = None  # the newest checkpoint has other user data
    return kind, answer
