"""The words of the questions on a map: how often each is said, and which are said together.

Words of fewer than three questions stay out: they could point at a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpbot.core.gaps.values import MapLink, MapWord, WordMap
from helpbot.core.gaps.wording import Wording

MOST_WORDS = 40
LEAST_QUESTIONS = 3
APART = 3
"""How far beyond the longest path two words are drawn that no path joins, in steps."""

Floats = NDArray[np.float64]


def word_map(groups: Sequence[Sequence[str]], texts: Sequence[str], wording: Wording) -> WordMap:
    """Return the map of the words of `texts`; `groups` are the texts of each gap, in its order."""
    said = [wording.subjects(text) for text in texts]
    counts = Counter(stem for stems in said for stem in stems)
    kept = sorted((s for s in counts if counts[s] >= LEAST_QUESTIONS), key=lambda s: (-counts[s], s))
    kept = kept[:MOST_WORDS]
    if not kept:
        return WordMap()
    at = {stem: number for number, stem in enumerate(kept)}
    having = np.zeros((len(said), len(kept)))
    for row, stems in enumerate(said):
        having[row, [at[s] for s in stems if s in at]] = 1
    together = having.T @ having
    np.fill_diagonal(together, 0)
    tree = _spanning(together)
    places = _placed(tree)
    home = _homes(groups, wording)
    words = tuple(
        MapWord(wording.word(s), counts[s], round(float(x), 4), round(float(y), 4), home.get(s))
        for s, (x, y) in zip(kept, places, strict=True)
    )
    links = tuple(
        MapLink(int(a), int(b), int(together[a, b])) for a, b in zip(*np.nonzero(np.triu(tree)), strict=True)
    )
    return WordMap(words, links)


def _homes(groups: Sequence[Sequence[str]], wording: Wording) -> dict[str, int]:
    """Return the group in which each stem is said most; the first of several."""
    most: dict[str, tuple[int, int]] = {}
    for number, texts in enumerate(groups):
        for stem, count in Counter(s for text in texts for s in wording.subjects(text)).items():
            if count > most.get(stem, (0, 0))[0]:
                most[stem] = (count, number)
    return {stem: number for stem, (_, number) in most.items()}


def _spanning(together: Floats) -> Any:
    """Return the maximum spanning forest of the co-occurrences as a symmetric 0/1 array."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    cost = np.zeros_like(together)
    np.divide(1, together, out=cost, where=together > 0)
    tree = minimum_spanning_tree(cost).toarray() > 0
    return (tree | tree.T).astype(float)


def _placed(tree: Floats) -> Floats:
    """Return a place in the unit square for each word: stress majorisation of the paths' lengths.

    Begun from classical scaling, hence without a draw (de Leeuw 1977; Gansner, Koren and North 2004).
    """
    from scipy.sparse.csgraph import shortest_path
    from sklearn.manifold import smacof

    steps = shortest_path(tree, unweighted=True, directed=False)
    longest = steps[np.isfinite(steps)].max()
    steps[~np.isfinite(steps)] = longest + APART
    if len(steps) == 1:
        return np.array([[0.5, 0.5]])
    begun = _classical(steps)
    places, _ = smacof(steps, n_components=2, init=begun, n_init=1, max_iter=300, normalized_stress=False)
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray((places - low) / np.where(high > low, high - low, 1))


def _classical(steps: Floats) -> Floats:
    """Return Torgerson's classical scaling in the plane."""
    centred = steps**2 - (steps**2).mean(axis=0) - (steps**2).mean(axis=1)[:, None] + (steps**2).mean()
    values, axes = np.linalg.eigh(-centred / 2)
    axes = axes[:, [-1, -2]] if len(steps) > 1 else np.zeros((1, 2))
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    return np.asarray(axes * np.sqrt(np.maximum(values[[-1, -2]], 0.01)))
