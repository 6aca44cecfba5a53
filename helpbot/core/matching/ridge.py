"""Kernel ridge regression over phrasings: how much each entry is asked for.

Solved for each question over the phrasings nearest to it. On every FAQ tried that was better than solving
once over all phrasings (+2 to +4 points); it needs no square matrix of the whole FAQ, and costs the same at
10,000 entries.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpbot.core.matching.vectors import Floats, Places, Space

LAMBDA = 0.3
NEAREST_ENTRIES = 20
NEAREST_ROWS = 60
CLEAR = 0.5
"""Where some phrasing is as like the question as this…"""
FAR = 0.2
"""… those less like it than this share of the likest are left out: no rank changed, a third of the work."""


class Ridge:
    """Which entry each phrasing asks for. The phrasings of an entry follow one another."""

    __slots__ = ("_bounds", "_labels", "_places", "_starts")

    def __init__(self, labels: Sequence[int]) -> None:
        self._labels = np.array(labels, np.int32)
        self._starts = np.unique(self._labels, return_index=True)[1]
        self._places = np.arange(len(labels))
        self._bounds = [*self._starts.tolist(), len(labels)]

    def scores(self, space: Space, similar: Floats) -> dict[int, float]:
        """Give how much each entry near the question is asked for, the most first; all others score 0."""
        rows, nearest = self._nearest(similar)
        if not len(rows):
            return {}
        kernel = space.gram(rows)
        kernel.ravel()[:: len(rows) + 1] += LAMBDA
        pull = np.linalg.solve(
            kernel, similar[rows].astype(np.float32)
        )  # symmetric: the same as weights first
        scores = dict.fromkeys(nearest, 0.0)
        for label, part in zip(self._labels[rows].tolist(), pull.tolist(), strict=True):
            scores[label] = scores.get(label, 0.0) + part
        return dict(sorted(scores.items(), key=lambda at: (-at[1], at[0])))

    def _nearest(self, similar: Floats) -> tuple[Places, list[int]]:
        """Give the phrasings most like the question, all from the entries most like it, and those entries."""
        if not len(similar):
            return np.zeros(0, np.intp), []
        heads = np.maximum.reduceat(similar, self._starts)
        bounds, places = self._bounds, self._places
        nearest = _most(heads, NEAREST_ENTRIES).tolist()
        rows: Places = np.concatenate([places[bounds[at] : bounds[at + 1]] for at in nearest])
        near = similar[rows]
        best = _most(near, NEAREST_ROWS)
        likest = float(near[best].max())
        kept = rows[best[near[best] > (FAR * likest if likest >= CLEAR else 0.0)]]
        entries = self._labels[self._starts[[at for at in nearest if heads[at] > 0]]].tolist()
        return kept, entries


def _most(values: Floats, count: int) -> Places:
    """Give the places of the highest values, in no order."""
    if len(values) <= count:
        return np.arange(len(values))
    places: Places = np.argpartition(values, -count)
    return places[-count:]
