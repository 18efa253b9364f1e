"""Data sets: read, checked, split, and scaled to what drives a board's inputs.

Features are real numbers (samples, features), labels int64 (samples,) in 0..8190. Boards take int8 features, 127 for
full scale; `Scaling` says how one becomes the other. Each kind of source has a module of its own; none needs more
memory than a block of it, as large arrays lie in files (`eqprop_host.datasets.blocks`).
"""

from .dataset import LABEL_MAX, Dataset, check_layers
from .loading import SHIPPED, load, load_features
from .scaling import FULL_SCALE, Scaling, fit_scaling
from .splitting import Prepared, epoch_order, prepare, split

__all__ = [
    "FULL_SCALE",
    "LABEL_MAX",
    "SHIPPED",
    "Dataset",
    "Prepared",
    "Scaling",
    "check_layers",
    "epoch_order",
    "fit_scaling",
    "load",
    "load_features",
    "prepare",
    "split",
]
