"""Data sets: reads, checks, splits and scales them for a board's inputs.

Features are real numbers (samples, features), labels int64 (samples,) in 0..classes - 1. Boards take int8 features,
127 for full scale; `Scaling` maps one to the other. Each kind of source has a module of its own. No reader needs more
memory than one block, because large arrays lie in files (`eqprop_host.datasets.blocks`).
"""

from .aligning import align, joined
from .blanking import Blanked, blanked, blanked_order, blanking_epochs
from .dataset import CLASSES_MAX, Dataset, check_layers
from .loading import SHIPPED, Unlabelled, load, load_features
from .numbers import TargetScaling
from .reading import MISSING, TASKS, Reading, check_used
from .scaling import FULL_SCALE, Scaling, fit_scaling
from .splitting import TEST_FRACTION, Prepared, prepare, split

__all__ = [
    "CLASSES_MAX",
    "FULL_SCALE",
    "MISSING",
    "SHIPPED",
    "TASKS",
    "TEST_FRACTION",
    "Blanked",
    "Dataset",
    "Prepared",
    "Reading",
    "Scaling",
    "TargetScaling",
    "Unlabelled",
    "align",
    "blanked",
    "blanked_order",
    "blanking_epochs",
    "check_layers",
    "check_used",
    "fit_scaling",
    "joined",
    "load",
    "load_features",
    "prepare",
    "split",
]
