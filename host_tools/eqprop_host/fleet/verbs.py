"""What is done on each board of a fleet: each function takes (fleet, board, say, moved) and returns its results.

say: called with a line for each step. moved: called with how far the board is. Results are ready for JSON; `told` says
them in a line. A board that fails raises an `EqpropError`.
"""

import threading

from ..boards.ports import open_board, powered
from ..deploy import deployment
from ..errors import BoardError
from ..field.alone import blackbox
from ..field.listener import listening
from ..model import Model, crc_text
from ..replacing import check_replaceable
from ..training.config import LogConfig, layers_text
from ..training.run import train as trained
from ..transfer import put_network, read_network

_merging = threading.Lock()


def deploy(fleet, board, say, moved):
    """Put the runtime on a board."""
    with powered(board.port, say) as path:
        done = deployment.deploy(path, board.port, tell=say, compiler=fleet.compiler, **board.deploy)
    return {
        "told": f"{done.found.machine}, tier {done.tier}, {done.heap} bytes of heap free",
        "machine": done.found.machine,
        "copied": done.copied,
        "tier": done.tier,
        "conductance_crc": f"{done.crc:08x}",
        "heap_bytes": done.heap,
    }


def train(fleet, board, say, moved):
    """Train a board on its data; keep its network and its log, which joins the dataset of runs."""
    check_replaceable(fleet.network(board.name), "network")
    path = _new_log(fleet, board.name)
    log = LogConfig(path, about={"board_name": board.name})

    def show(progress):
        figures = f"sample {progress.sample} of {progress.total}, {progress.samples_per_second:,.0f} samples/s"
        moved(figures)
        if progress.epoch_ends and progress.test_error_percent is not None:
            say(f"epoch {progress.epoch}/{progress.epochs}: test error {progress.test_error_percent:.2f} %")

    try:
        result = trained(board.run, board=board.port, log=log, on_progress=show, tell=say)
    finally:
        if path.exists():
            _join(fleet, path)
    if result.model:
        result.model.save(fleet.network(board.name))
    tested = result.fit.summary() if result.fit else f"test error {_percent(result.test_error_percent)}"
    ended = f"interrupted after {result.training_samples:,} samples, " if result.interrupted else ""
    return {
        "told": f"{ended}{tested}, conductance CRC {result.conductance_crc or 'none'}",
        "test_error_percent": result.test_error_percent,
        "conductance_crc": result.conductance_crc,
        "training_samples": result.training_samples,
        "seconds": result.seconds,
        "interrupted": result.interrupted,
    }


def _percent(value):
    return "none" if value is None else f"{value:.2f} %"


def _new_log(fleet, name):
    """Return the path of a board's next log: NAME-1.arrow, NAME-2.arrow and so on."""
    number = 1
    while (path := fleet.folder / f"{name}-{number}.arrow").exists():
        number += 1
    return path


def _join(fleet, path):
    """Add a log to the dataset of runs, one thread at a time."""
    from ..runlog.many import merge

    with _merging:
        merge([path], fleet.dataset)


def pull(fleet, board, say, moved):
    """Save the network that a board holds."""
    check_replaceable(fleet.network(board.name), "network")
    with open_board(board.port, say) as held:
        model, state = read_network(held, say)
    model.save(fleet.network(board.name))
    return _about_network(state)


def pull_box(fleet, board, say, moved):
    """Bring the black box of a board's own program home: what is new, into its log and the dataset of runs."""
    path = fleet.folder / f"{board.name}-blackbox.arrow"
    with listening(board.port) as listener:
        count, overwritten = blackbox.keep(path, listener, board.port, say, board_name=board.name)
    _join(fleet, path)
    return {"told": blackbox.told(count, overwritten), "records": count, "overwritten": overwritten}


def status(fleet, board, say, moved):
    """Ask a board what it is, and what it holds."""
    with open_board(board.port, say) as held:
        state = held.refresh()
    if not state.layers:
        return {"told": f"holds no network, {held.identity}", "board": held.identity}
    return {**_about_network(state), "board": held.identity, "failed_checkpoints": state.failed}


def push(fleet, board, say, moved):
    """Put the boards' average on a board, which saves it."""
    model = Model.load(fleet.network("average"))
    with open_board(board.port, say) as held:
        state = put_network(held, model, say)
    return _about_network(state)


def _about_network(state):
    crc = crc_text(state.crc)
    return {
        "told": f"{layers_text(state.layers)} after {state.sample} samples, conductance CRC {crc or 'none'}",
        "layers": layers_text(state.layers),
        "training_samples": state.sample,
        "conductance_crc": crc,
    }


def network_of(fleet, board):
    """Return the network that was kept of a board. Raises BoardError if there is none."""
    path = fleet.network(board.name)
    if not path.exists():
        raise BoardError(f"{path}: there is no network of it: `eqprop fleet BOARDS pull` brings it")
    return Model.load(path)
