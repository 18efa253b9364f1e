"""The host's side of eqprop: train networks on boards or in this process, log runs, read logs, and the command.

    from eqprop_host import RunConfig, train

    result = train(RunConfig(data="iris", epochs=30), board="sim:")
    print(result.test_error_percent, result.model.predict([[5.1, 3.5, 1.4, 0.2]]))

A name is loaded when it is first used, so that a minimal installation can import this package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .boards.ports import open_board
    from .datasets import load as load_data
    from .estimator import EqPropClassifier, EqPropRegressor
    from .model import Model
    from .runlog import open_log
    from .training.config import LogConfig, RunConfig
    from .training.progress import RunProgress
    from .training.run import RunResult, resume, train

__all__ = [
    "EqPropClassifier",
    "EqPropRegressor",
    "LogConfig",
    "Model",
    "RunConfig",
    "RunProgress",
    "RunResult",
    "load_data",
    "open_board",
    "open_log",
    "resume",
    "train",
]

_PLACES = {
    "EqPropClassifier": ("estimator", "EqPropClassifier"),
    "EqPropRegressor": ("estimator", "EqPropRegressor"),
    "LogConfig": ("training.config", "LogConfig"),
    "Model": ("model", "Model"),
    "RunConfig": ("training.config", "RunConfig"),
    "RunProgress": ("training.progress", "RunProgress"),
    "RunResult": ("training.run", "RunResult"),
    "load_data": ("datasets", "load"),
    "open_board": ("boards.ports", "open_board"),
    "open_log": ("runlog", "open_log"),
    "resume": ("training.run", "resume"),
    "train": ("training.run", "train"),
}
"""The module of each name, and what the name is there."""


def __getattr__(name: str) -> Any:
    """Return one of the names that this package exports, from the module that has it."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, there = _PLACES[name]
    return getattr(importlib.import_module(f"{__name__}.{module}"), there)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
