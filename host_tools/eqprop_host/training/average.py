"""The average of a run's weights over its last part, which replaces them at the run's end.

A board at a port is not read for it: if its crossbar is the emulator's, the host computes the networks from the run's
samples, and the line carries the average alone. A board in this process, a crossbar that is readable but not the
emulator's, and any board of a host without numba are read at each of the run's moments.
"""

import importlib.util

import eqprop
from eqprop.protocol.messages import NO_CRC

from ..averaging import means, moments
from ..errors import DataError
from ..link.steps import learns_numbers, model_of
from ..model import crc_text


def share_for(config, samples, board, crc=None):
    """Return the part of a run over which a board's weights are averaged: `RunConfig.average`, or its default.

    samples: the run's training samples. board: an `AnyBoard`; None or a port before it is open. crc: of its `State`,
    once it is configured. Raises DataError if the configuration names an average that the board's crossbar cannot have.
    """
    share = config.averaged_share(samples)
    chip = getattr(board, "emulated", None) is False or (crc is not None and crc_text(crc) is None)
    if not share or not chip:
        return share
    if config.average is None:
        return 0.0
    raise DataError(f"average {share:g}: needs a crossbar that can be read and set exactly, not a chip's")


def average_of(config, samples, board, emulated=None):
    """Return the `Average` of a run on a board that is configured, or resumed.

    emulated: whether the board's crossbar is the emulator's, as the log of a resumed run tells; None to compare its
    first conductances. Raises DataError as `share_for` does, and for a resumed run that its former host read a part of.
    """
    share = share_for(config, samples, board, board.state.crc)
    if not share or board.emulated:
        return Average(share, samples)
    if emulated is None:
        emulated = board.state.crc == _first_crc(board.state)
    if not emulated and config.average is None:
        return Average(0.0, samples)
    average = Average(share, samples, twin=emulated and importlib.util.find_spec("numba") is not None)
    passed = [moment for moment in average.stops if moment < board.state.sample]
    if passed:
        text = f"the conductances at sample {passed[0]} were lost with the process that ended"
        raise DataError(f"average {share:g}: cannot resume: {text}: start a new run")
    return average


def _first_crc(state):
    """Return the CRC-32 of the conductances with which the emulator starts; without numba, which a host may lack."""
    network = eqprop.Network(state.layers, state.seed, state.lr_halving_samples, model_of(state))
    crc = network.crc()
    return NO_CRC if crc is None else crc


def learn_run(board, x, y, order, samples, share):
    """Let a board in this process, just configured, learn a run; give it the average at the run's end.

    x, y, order: as for `Average.found`. samples, share: of the run, as for `Average`.
    """
    board.put_back(means(networks_at(board, x, y, order, moments(samples, share) or [samples])), samples)


def networks_at(board, x, y, order, ends):
    """Let a board learn a run; yield its conductances at each of `ends`, numbers of samples, ascending."""
    for end in ends:
        for _ in board.train(x, y, end, order):
            pass
        yield board.conductances()


class Average:
    """The average at the end of one run.

    - share: the part of the run that is averaged; 0 for none. moments: the samples learnt before each network of it
    - stops: the moments at which the board is to be read, by `hold`
    - given: whether the board got the average
    - differs: whether the board's conductances were not those of its twin, so that there is no average
    """

    def __init__(self, share=0.0, samples=0, twin=False):
        """Average the last `share` of a run of `samples` samples.

        twin: whether the board's networks are computed instead of read.
        """
        self.share = share
        self.moments = moments(samples, share)
        self.stops = [] if twin else self.moments
        self.given = self.differs = False
        self._held = {}
        self._twin = None  # a board in this process that has the average
        self._crcs: tuple[int, ...] = ()  # the board's may be that of its last conductances, or of the average

    def hold(self, board):
        """Read the board if it is at one of `stops`, once."""
        sample = board.state.sample
        if sample in self.stops and sample not in self._held:
            self._held[sample] = board.conductances()

    def found(self, board, x, y, order):
        """Return the average at the end of the run: each crossbar's conductances, steps, flat.

        x, y, order: the rows of the run, their labels or targets, and their `SampleOrder`. None if the board differs.
        Raises RestartError.
        """
        if self.stops:
            return means(self._held[moment] for moment in self.moments)
        if not self._twin:
            self._compute(board.state, x, y, order)
        self.differs = board.refresh().crc not in self._crcs
        return None if self.differs else self._twin.conductances()

    def progress(self, board):
        """Return the `Progress` of a board at the run's end; its twin's if a new session of the board counts from 0."""
        found = board.progress()
        return self._twin.progress() if self._twin and not found.counted else found

    def _compute(self, state, x, y, order):
        from eqprop_sim.in_process import EmulatedBoard  # which needs numba

        twin = EmulatedBoard()
        about = {"epoch": order.count, "model": model_of(state), "regression": learns_numbers(state)}
        twin.configure(state.layers, state.seed, state.lr_halving_samples, **about)
        averages = means(networks_at(twin, x, y, order, self.moments))
        last = twin.refresh().crc
        self._crcs = last, twin.put_back(averages, self.moments[-1]).crc
        self._twin = twin
