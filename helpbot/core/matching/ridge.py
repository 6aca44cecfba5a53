"""Kernel ridge regression over phrasings: how much each entry is asked for, learned from who says what.

Two ways to the same scores. A FAQ of ordinary size is solved once, when it is loaded, which also gives what
each phrasing would have scored had it been left out. A very large one is solved for each question, over the
phrasings nearest to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpbot.core.matching.vectors import Floats, Space

LAMBDA = 0.3
SOLVED_AT_ONCE = 2_000
"""Up to so many phrasings are solved when the FAQ is loaded."""
NEAREST_ENTRIES = 20
NEAREST_ROWS = 80


@dataclass(frozen=True, slots=True)
class Ridge:
    """The learned weights, or nothing yet for a FAQ that is solved question by question."""

    labels: NDArray[np.intp]
    classes: int
    weights: Floats | None
    inverse: Floats | None = None
    """Kept only while calibrating."""

    @staticmethod
    def learn(space: Space, labels: NDArray[np.intp], classes: int) -> Ridge:
        """Learn from all phrasings, when there are not too many."""
        if not 0 < space.rows <= SOLVED_AT_ONCE:
            return Ridge(labels, classes, None)
        kernel = np.empty((space.rows, space.rows), np.float32)
        for row in range(space.rows):
            kernel[row] = space.similarities(space.row(row))
        kernel[np.diag_indices(space.rows)] += LAMBDA
        inverse = np.linalg.inv(kernel).astype(np.float32, copy=False)
        wanted = np.zeros((space.rows, classes), np.float32)
        wanted[np.arange(space.rows), labels] = 1
        return Ridge(labels, classes, inverse @ wanted, inverse)

    def scores(self, space: Space, similar: Floats) -> Floats:
        """Give each entry's score from the similarity of a question to each phrasing."""
        if self.weights is not None:
            return similar @ self.weights
        return self._scores_nearby(space, similar)

    def _scores_nearby(self, space: Space, similar: Floats) -> Floats:
        scores = np.zeros(self.classes, np.float32)
        if not space.rows:
            return scores
        rows = nearest_rows(similar, self.labels)
        if not len(rows):
            return scores
        kernel = space.gram(rows)
        kernel[np.diag_indices(len(rows))] += LAMBDA
        found, column = np.unique(self.labels[rows], return_inverse=True)
        wanted = np.zeros((len(rows), len(found)), np.float32)
        wanted[np.arange(len(rows)), column] = 1
        scores[found] = np.linalg.solve(kernel, similar[rows]) @ wanted
        return scores


def nearest_rows(similar: Floats, labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give the phrasings most like the question, all from the entries most like it."""
    wide = min(len(similar), NEAREST_ROWS * 8)
    near = np.argpartition(-similar, wide - 1)[:wide] if wide < len(similar) else np.arange(wide)
    near = near[similar[near] > 0]
    near = near[np.argsort(-similar[near], kind="stable")]
    kept = list(dict.fromkeys(labels[near].tolist()))[:NEAREST_ENTRIES]
    return near[np.isin(labels[near], kept)][:NEAREST_ROWS].astype(np.intp)
