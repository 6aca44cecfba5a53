"""Boosted decision trees, evaluated in numpy: the last word on how sure the best entries are.

Learned offline with scikit-learn (`benchmarks/train_confidence.py`); every tree is written out as a full
binary tree of the same depth, so that all trees walk down one floor at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of trees. Splits are numbered from the root, 2 i + 1 and 2 i + 2 below i."""

    depth: int
    features: NDArray[np.intp]
    """Trees × (2 ** depth - 1): which column each split reads."""
    thresholds: Floats
    """Same shape: values above it go right."""
    leaves: Floats
    """Trees × 2 ** depth: what each tree adds."""
    bias: float

    @classmethod
    def of(cls, raw: dict[str, Any], columns: Sequence[str]) -> Trees:
        """Read trees as they are shipped. Raises ValueError when a split reads a column that is not there."""
        depth, count = int(raw["depth"]), len(raw["leaves"])
        splits = (1 << depth) - 1
        features = np.array([columns.index(raw["columns"][at]) for at in raw["features"]], np.intp)
        return cls(
            depth,
            features.reshape(count, splits),
            np.array(raw["thresholds"], np.float64).reshape(count, splits),
            np.array(raw["leaves"], np.float64).reshape(count, splits + 1),
            float(raw["bias"]),
        )

    def logits(self, rows: Floats) -> Floats:
        """Give the log-odds for each row of columns."""
        count, splits = self.thresholds.shape
        right = (rows.take(self.features, axis=1) > self.thresholds).ravel()
        root = np.arange(0, len(right), splits)  # every tree of every row walks at once
        at = np.zeros(len(root), np.intp)
        for _ in range(self.depth):
            at += right[root + at] + at
            at += 1
        at += np.tile(np.arange(-splits, count * (splits + 1) - splits, splits + 1), len(rows))
        found: Floats = self.leaves.take(at).reshape(len(rows), count).sum(axis=1)
        return found + self.bias
