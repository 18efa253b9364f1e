"""How well a network predicts numbers: RMSE and R² of each target and of all.

RMSE is in a target's unit. R² is 1 - (sum of squared errors) / (sum of squared distances from the test samples'
mean): 1 for exact predictions, 0 for the mean's, below 0 for worse ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..terminal.printing import printable


@dataclass(frozen=True, eq=False)
class Fit:
    """The predictions of test samples, and how far they are off."""

    targets: np.ndarray
    """What is right: float64 (samples, targets)."""

    predictions: np.ndarray
    """What the network predicts: float64 (samples, targets)."""

    names: tuple[str, ...]
    """Each target's name."""

    @classmethod
    def of(cls, targets: np.ndarray, predictions: np.ndarray, names: tuple[str, ...]) -> Fit:
        """Return the fit of predictions; targets without names get numbers."""
        return cls(targets, predictions, names or tuple(map(str, range(targets.shape[1]))))

    @property
    def rmse(self) -> list[float]:
        """The root of each target's mean squared error."""
        roots: list[float] = np.sqrt(np.mean((self.predictions - self.targets) ** 2, axis=0)).tolist()
        return roots

    @property
    def r2(self) -> list[float | None]:
        """R² of each target; None where all test samples have the same."""
        errors = np.sum((self.predictions - self.targets) ** 2, axis=0).tolist()
        spread = np.sum((self.targets - self.targets.mean(axis=0)) ** 2, axis=0).tolist()
        return [1 - error / each if each else None for error, each in zip(errors, spread, strict=True)]

    def to_dict(self) -> dict[str, Any]:
        """Return the entries of `--json`: rmse and r2 are of the only target, or means of all, as roots of squares."""
        roots, shares = self.rmse, self.r2
        known = [share for share in shares if share is not None]
        each = {name: {"rmse": root, "r2": share} for name, root, share in zip(self.names, roots, shares, strict=True)}
        return {
            "rmse": float(np.sqrt(np.mean(np.square(roots)))),
            "r2": sum(known) / len(known) if known else None,
            "targets": each,
        }

    def lines(self) -> list[str]:
        """Return a line for each target, for people."""
        return [
            f"{printable(name)}: RMSE {root:.4g}, R² {_share(share)}"
            for name, root, share in zip(self.names, self.rmse, self.r2, strict=True)
        ]

    def summary(self) -> str:
        """Return RMSE and R² of all targets, for a line of results."""
        found = self.to_dict()
        return f"test RMSE {found['rmse']:.4g}, R² {_share(found['r2'])}"


def _share(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.3f}"
