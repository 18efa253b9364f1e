"""A training run from its configuration to its results, as `eqprop train` and Python programs start it.

result = train(RunConfig(data="iris", hidden="16", epochs=30), board="sim:")
print(result.test_error_percent, result.conductance_crc)
result.model.save("iris.npz")
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import eqprop
from eqprop.protocol.messages import UNREADABLE

from ..boards import description
from ..boards.interface import AnyBoard
from ..boards.opened import opened
from ..datasets import Dataset, Prepared
from ..errors import BoardError, DataError
from ..model import Model, check_sent, crc_text
from ..places import check_there, found, place_of
from ..terminal.interrupts import on_ctrl_c
from ..versions import versions
from . import scores
from .average import average_of, share_for
from .config import LogConfig, RunConfig, layers_text
from .fit import Fit
from .loop import Outcome, Schedule, configuration, learn, next_stop
from .preparing import prepared, source_name
from .progress import RunProgress

Tell = Callable[[str], None]
"""A function that gets each line for the user."""

OnProgress = Callable[[RunProgress], None]
"""A function that gets a run's progress."""


@dataclass(frozen=True, eq=False)
class RunResult:
    """The results of a training run."""

    config: RunConfig
    """The configuration of the run."""

    layers: tuple[int, ...]
    """Sizes of the network, inputs first."""

    data: Prepared
    """The data set as the board learnt it: split and scaled to int8."""

    test_error_percent: float | None
    """The test error at the end; None without a test."""

    train_error_percent: float | None
    """The error of the last epoch's training samples, each predicted before it was learnt; None without any."""

    confusion: np.ndarray | None
    """Test samples by (class, prediction) at the end: (outputs, outputs); None without a test, and of numbers."""

    fit: Fit | None
    """The predictions of the test samples at the end, of a network that learns numbers; otherwise None."""

    class_names: tuple[str, ...]
    """Each class's name, or its number as text."""

    conductance_crc: str | None
    """CRC-32 of all conductances at the end, in eight hexadecimal digits: equal on every board and port.

    None for a crossbar of real parts that cannot be read back, or whose reading is noisy."""

    training_samples: int
    """Samples learnt, those before a resumption included."""

    training_samples_per_second: float | None
    """Samples per second in this process; None without any."""

    seconds: float
    """Time spent training, without the tests between the epochs."""

    line_bytes: int
    """Bytes sent to the board to train it."""

    sample_bytes: int
    """The part of `line_bytes` that is samples, without repetitions."""

    board: str
    """The board's description of itself."""

    blank: float
    """The share of a training sample's features that were blanked; 0 for none."""

    average: float
    """The last part of the run, as a share, over which the weights were averaged; 0 for no average."""

    interrupted: bool
    """Whether Ctrl-C ended the run early."""

    model: Model | None
    """The trained network; None if `read_model` was False, or the board's crossbar cannot be read back."""

    def to_dict(self) -> dict[str, Any]:
        """Return the results as `--json` holds them."""
        empty: dict[str, Any] = dict.fromkeys(("accuracy_percent", "class_names", "recall_percent", "confusion"))
        labels = [] if self.data.target_scaling else list(self.class_names)
        told = {**empty, "class_names": labels}
        if self.confusion is not None:
            told = scores.summary(self.confusion, labels)
        return {
            "test_error_percent": self.test_error_percent,
            "train_error_percent": self.train_error_percent,
            "conductance_crc": self.conductance_crc,
            "training_samples": self.training_samples,
            "training_samples_per_second": self.training_samples_per_second,
            "seconds": self.seconds,
            "line_bytes": self.line_bytes,
            "sample_bytes": self.sample_bytes,
            "epochs": self.config.epochs,
            "layers": layers_text(self.layers),
            "model": self.config.model,
            "seed": self.config.seed,
            "data": source_name(self.config.data),
            "test": source_name(self.config.test),
            "test_fraction": self.config.test_fraction,
            "blank": self.blank,
            "average": self.average,
            "test_samples": len(self.data.test_y),
            **told,
            **(self.fit.to_dict() if self.fit else {"rmse": None, "r2": None}),
            "board": self.board,
            "interrupted": self.interrupted,
        }


def train(
    config: RunConfig | None = None,
    *,
    board: AnyBoard | str | None = None,
    log: LogConfig | str | Path | None = None,
    on_progress: OnProgress | None = None,
    tell: Tell | None = None,
    read_model: bool = True,
) -> RunResult:
    """Train a network on a data set and return the results.

    config: the data and the network; None for the digits. board: a port for `open_board`, or an open board; None for
    the emulator in this process, which gives the same bits. log: a file to log the run to, or a `LogConfig`.
    on_progress: called with a `RunProgress` now and then; with neither it nor a log, the network is tested only at the
    end. tell: called with each line for the user, such as the reason of a wait. read_model: whether the results include
    the trained network, which a board sends over its line.

    The first Ctrl-C ends the run early: the samples under way are learnt, tested and logged, and `interrupted` is True.
    A second one raises KeyboardInterrupt. Only the main thread receives either.

    Raises DataError for an invalid data set or configuration, PortError or BoardError if the board cannot be reached or
    fails, and LogError if the log cannot be written.
    """
    port = {"port": board} if isinstance(board, str) else {"physics": "fixed"} if board is None else {}
    log = LogConfig(log) if isinstance(log, (str, Path)) else log
    return _trained(config or RunConfig(), board, port, log, None, on_progress, tell or _silent, read_model)


def resume(
    log: LogConfig | str | Path,
    board: AnyBoard | str,
    *,
    on_progress: OnProgress | None = None,
    tell: Tell | None = None,
    read_model: bool = True,
) -> RunResult:
    """Resume the run of a log, on its board or on another, and return the results as `train` does.

    log: the file, to which this run appends, or a `LogConfig` of it, whose `every` and `about` are ignored: a run keeps
    its own. Raises DataError for a log whose run cannot be resumed; otherwise as `train` does.
    """
    from ..runlog import open_log

    log = log if isinstance(log, LogConfig) else LogConfig(log)
    before = open_log(log.path)
    config, every = logged_config(before)
    kept = LogConfig(log.path, every, log.budget_percent, log.tensorboard)
    port = {"port": board} if isinstance(board, str) else {}
    return _trained(config, board, port, kept, before, on_progress, tell or _silent, read_model)


def logged_config(log: Any) -> tuple[RunConfig, int | None]:
    """Return (the configuration, the training samples between two logged sets of conductances) of a log's run.

    log: from `open_log`. Paths of data sets are relative to the current folder. Raises DataError for a run that
    cannot be resumed.
    """
    about = log.configuration
    if "physics" in about:
        raise DataError(f"{log.path}: is of `eqprop simulate`: only runs on a board can be resumed")
    if "config" not in about:
        wrote = f"eqprop {about['version']}" if "version" in about else "another program"
        raise DataError(f"{log.path}: {wrote} wrote this log, without the configuration that a resumed run needs")
    try:
        saved = dict(about["config"])
        RunConfig.from_dict(saved)
        every = LogConfig(log.path, about.get("log_every")).every
    except (DataError, TypeError, ValueError) as error:
        raise DataError(f"{log.path}: its run cannot be resumed: {error}") from error
    for name in ("data", "test"):
        place = about.get(f"{name}_place")
        if saved.get(name) and isinstance(place, str):
            saved[name] = found(saved[name], place, log.path)
            check_there(saved[name], place, log.path)
    return RunConfig.from_dict(saved), every


def _silent(_line: str) -> None:
    """Ignore the line."""


def _trained(
    config: RunConfig,
    board: AnyBoard | str | None,
    place: dict[str, str],
    log: LogConfig | None,
    before: Any,
    on_progress: OnProgress | None,
    tell: Tell,
    read_model: bool,
) -> RunResult:
    """Train for `train` and `resume`.

    place: the board's place, for the log. before: the log of the run to resume, or None.
    """
    task = prepared(config, tell)
    data, layers = task.data, task.layers
    count = len(data.train_y)
    choices = task.choices
    schedule = Schedule(config.epochs, config.seed, config.limit, choices.blank)
    total = schedule.samples(count)
    share = share_for(config, total, board)
    configured = configuration(layers, config.seed, choices.halving_epochs * count, data, config.model, schedule)
    every = log.every if log else None
    if log and not len(data.test_y):
        raise DataError("test_fraction 0: a log holds each epoch's test error: hold samples back, or do not log")
    with contextlib.ExitStack() as stack:
        recorder: Any = None
        if log:
            about = _about(config, layers, data, configured, {"blank": choices.blank, "average": share}, log, place)
            recorder = stack.enter_context(_recorder(log, about, data, before))
        held: Any = stack.enter_context(opened(board, tell))
        for line in task.lines:
            tell(line)
        emulated = None
        if before:
            from .recorder import gave_up

            # A run waits at each log entry and at each epoch's test, so it is no further than the next of either
            emulated = not gave_up(before)
            step = (every if emulated else None) or count
            logged = next_stop(before.sample, total, count, step)
            tested = next_stop(max(recorder.measured, 0), total, count, count)
            held.resume(**configured, furthest=min(logged, tested))
            tell(f"the board resumes at sample {held.state.sample}")
        else:
            held.configure(**configured)
        if board is not None:  # the emulator of this run ends with it
            names = (data.feature_names, data.class_names)
            description.keep(held, data.scaling.to_dict(), data.recipe, *names, tell, _targets_of(data))
        average = average_of(config, total, held, emulated)
        if share and not average.share and held.state.crc != UNREADABLE:
            tell("the board's crossbar is not the emulator's: this run averages no weights")
        if held.state.crc == UNREADABLE:
            tell("the board's crossbar cannot be read back: this run logs and returns no conductances")
            read_model = False
        if held.line is not None:
            gc.collect()
            gc.freeze()  # objects alive now are not garbage, and scanning them repeatedly would delay the board
            stack.callback(gc.unfreeze)
        interrupt = stack.enter_context(on_ctrl_c())  # Ctrl-C before this ends the command at once
        outcome = learn(held, data, schedule, interrupt, on_progress, tell, recorder, every, read_model, average)
        if recorder:
            recorder.finish("interrupted" if outcome.interrupted else "closed")
        model = None
        if read_model:
            model = _model(held.state, outcome, config, data)
            check_sent(model, outcome.crc)
        _tell_troubles(held, tell)
        if average.differs:
            text = "the board's conductances are not those of its digital twin: this run averages no weights"
            if config.average is not None:
                raise BoardError(f"average {average.share:g}: {text}")
            tell(text)
        averaged = average.share if average.given else 0.0
        return _result(config, layers, data, outcome, choices.blank, averaged, held.identity, model)


@contextlib.contextmanager
def _recorder(log: LogConfig, about: dict[str, Any], data: Prepared, before: Any) -> Iterator[Any]:
    """Yield the writer of the log, a new one or the one to resume."""
    # Imported here, because a run without a log does not need their libraries
    from ..runlog import RunLog
    from ..runlog.tensorboard import TensorBoard
    from .recorder import Recorder

    with contextlib.ExitStack() as stack:
        written = stack.enter_context(RunLog.reopen(log.path) if before else RunLog(log.path, about))
        sink = None
        if log.tensorboard:
            sink = stack.enter_context(contextlib.closing(TensorBoard(log.tensorboard)))
        yield stack.enter_context(contextlib.closing(Recorder(written, data, log.budget_percent, sink)))


def _about(
    config: RunConfig,
    layers: tuple[int, ...],
    data: Prepared,
    configured: dict[str, Any],
    shares: dict[str, float],
    log: LogConfig,
    place: dict[str, str],
) -> dict[str, Any]:
    """Return everything that a run depends on, for its log. shares: of blanks and of the average."""
    sources = {name: source_name(getattr(config, name)) for name in ("data", "test")}
    places = {f"{name}_place": place_of(source or "", log.path) for name, source in sources.items()}
    in_memory = isinstance(config.data, Dataset) or isinstance(config.test, Dataset)
    return {
        "layers": layers_text(layers),
        "model": config.model,
        "seed": config.seed,
        "epochs": config.epochs,
        "limit": config.limit,
        **{name: share for name, share in shares.items() if share},
        "lr_halving_samples": configured["lr_halving_samples"],
        "run_number": configured["run_number"],
        **sources,
        "reading": config.reading.to_dict(),
        "scaling": data.scaling.to_dict(),
        "recipe": data.recipe,
        "classes": data.classes,
        "class_names": data.class_names,
        "targets": _targets_of(data),
        "feature_names": data.feature_names,
        "test_fraction": config.test_fraction,
        **{name: each for name, each in places.items() if each},
        "training_samples": len(data.train_y),
        "test_samples": len(data.test_y),
        "log_every": log.every,
        **({"config": config.to_dict()} if "port" in place and not in_memory else {}),
        **place,
        **log.about,
        "version": eqprop.__version__,
        "versions": versions(),
    }


def _tell_troubles(board: Any, tell: Tell) -> None:
    """Tell the user about rotted memory, and about checkpoints that the board could not write."""
    for reason in sorted({restart.reason for restart in board.restarts if "memory: " in restart.reason}):
        tell(reason)
    state = board.state
    if state.failed:
        words = f"the board could not write {state.failed} of its checkpoints: its filesystem is full or fails"
        free = state.free_heap
        tell(words + (f", or its heap is too small: {free} bytes are free" if free is not None else ""))


def _result(
    config: RunConfig,
    layers: tuple[int, ...],
    data: Prepared,
    outcome: Outcome,
    blank: float,
    average: float,
    identity: str,
    model: Model | None,
) -> RunResult:
    return RunResult(
        config=config,
        layers=layers,
        data=data,
        test_error_percent=outcome.test_error_percent,
        train_error_percent=outcome.train_error_percent,
        confusion=outcome.confusion,
        fit=outcome.fit,
        class_names=tuple(scores.class_labels(data.class_names, data.classes)),
        conductance_crc=crc_text(outcome.crc),
        training_samples=outcome.samples,
        training_samples_per_second=outcome.learnt / outcome.seconds if outcome.learnt else None,
        seconds=outcome.seconds,
        line_bytes=outcome.line_bytes,
        sample_bytes=outcome.sample_bytes,
        board=identity,
        blank=blank,
        average=average,
        interrupted=outcome.interrupted,
        model=model,
    )


def _targets_of(data: Prepared) -> dict[str, Any]:
    """Return the targets' scaling for a `Model`; {} for classes."""
    return data.target_scaling.to_dict() if data.target_scaling else {}


def _model(state: Any, outcome: Outcome, config: RunConfig, data: Prepared) -> Model:
    return Model(
        layers=state.layers,
        model=config.model,
        seed=state.seed,
        lr_halving_samples=state.lr_halving_samples,
        sample=outcome.samples,
        conductances=outcome.conductances,
        scaling=data.scaling.to_dict(),
        reading=config.reading.to_dict(),
        classes=data.classes,
        version=eqprop.__version__,
        run_number=state.run_number,
        recipe=data.recipe,
        feature_names=data.feature_names,
        class_names=data.class_names,
        targets=_targets_of(data),
        confidence=outcome.confidence,
        test_fraction=config.tested_share,
        data=config.data if isinstance(config.data, str) else "",
        test=config.test if isinstance(config.test, str) else "",
    )
