"""Any board, back to back: each is asked the same and gives the same bits. `make types` checks this file."""

import numpy as np
import pytest

import eqprop
from eqprop.protocol.messages import MODELS, NEVER_SAVED
from eqprop_host import datasets
from eqprop_host.boards.board import Board
from eqprop_host.boards.chip_board import ChipBoard
from eqprop_host.boards.interface import AnyBoard
from eqprop_host.boards.ports import open_board
from eqprop_sim.emulator.compiled_network import Network
from eqprop_sim.in_process import EmulatedBoard
from eqprop_sim.sample_order import SampleOrder

LAYERS, SEED, LR_HALVING_SAMPLES = (4, 6, 3), 5, 40
DATA = datasets.prepare(datasets.load("iris"), seed=0)
COUNT = len(DATA.train_y)
KINDS = ["line", "chip", "process"]


@pytest.fixture(params=KINDS)
def board(request):
    """Each kind of board, with nothing built yet; the chip is the emulator, so that all give the same bits."""
    if request.param == "process":
        yield EmulatedBoard()
        return
    with open_board("sim:") as opened:
        yield opened if request.param == "line" else ChipBoard(opened, Network)


def by_type(on_a_line: Board, with_a_chip: ChipBoard, in_this_process: EmulatedBoard) -> list[AnyBoard]:
    """Return three boards as what they share: mypy refuses a kind that lacks a method, an argument or an attribute."""
    return [on_a_line, with_a_chip, in_this_process]


def reference(samples, model):
    """Return the runtime's own network after so many samples of the run, and the training errors of its last epoch."""
    network, order, errors = eqprop.Network(LAYERS, SEED, LR_HALVING_SAMPLES, model), SampleOrder.shuffled(COUNT, 1), []
    for n, row in enumerate(order.indices(0, samples)):
        errors = [] if n % COUNT == 0 else errors
        network.learn(DATA.train_x[row].tobytes(), int(DATA.train_y[row]))
        errors.append(network.prediction != DATA.train_y[row])
    return network, errors


@pytest.mark.slow
def test_every_board_keeps_the_interface(board: AnyBoard):
    """Catches a total, a shape, a sample number or a bit in which one kind of board differs from the others."""
    state = board.configure(LAYERS, SEED, LR_HALVING_SAMPLES, run_number=7, epoch=COUNT)
    assert (state.layers, state.seed, state.lr_halving_samples, state.run_number) == (
        LAYERS,
        SEED,
        LR_HALVING_SAMPLES,
        7,
    )
    assert state.sample == board.state.sample == board.progress().sample == 0
    assert board.identity.startswith("eqprop ") and board.emulated in (True, False, None)
    order, until = SampleOrder.shuffled(COUNT, 1), COUNT + 30
    # To the end of the pass, then into the next one
    *_, last = board.train(DATA.train_x, DATA.train_y, order=order)
    assert last.sample == board.state.sample == COUNT == last.counted
    *_, last = board.train(DATA.train_x, DATA.train_y, until, order)
    network, errors = reference(until, MODELS[state.model])
    assert (last.sample, last.counted, last.correct) == (until, len(errors), len(errors) - sum(errors))
    assert board.progress()[2:] == last[2:] and board.progress().sample == until
    assert board.refresh().crc == network.crc() and board.state.sample == until
    for found, c in zip(board.conductances(), range(len(LAYERS) - 1), strict=True):
        assert found.dtype == (np.int16 if network.g_min < 0 else np.uint16)
        assert found.tolist() == list(network.conductances(c))
    classes, outputs = board.infer(DATA.test_x)
    assert classes.dtype == np.int64 and outputs.dtype == np.int16 and outputs.shape == (len(classes), LAYERS[-1])
    assert classes.tolist() == [network.infer(row.tobytes()) for row in DATA.test_x]
    board.write_user_data(b"what the inputs mean")
    assert board.save().sample == until and board.state.saved in (NEVER_SAVED, until)
    assert len(board.restarts) == 0 and board.sent >= board.sample_bytes >= 0
    assert board.line is None or board.line.sent_bytes >= board.sent


@pytest.mark.slow
def test_nothing_is_learnt_once_stop_says_so(board: AnyBoard):
    board.configure(LAYERS, SEED, LR_HALVING_SAMPLES)
    assert list(board.train(DATA.train_x, DATA.train_y, stop=lambda: True)) == []
    assert board.progress().sample == board.state.sample == 0
