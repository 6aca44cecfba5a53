"""The words of the questions on a map: how often each is said, and which are said together.

Words that fewer than five people said, and pairs of words, stay out: they could point at a person (privacy
1). A summary that links to nobody counts as a question, never as a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpbot.core.disclosure import FEW
from helpbot.core.gaps.values import Gap, MapLink, MapWord, Unanswered, WordMap
from helpbot.core.gaps.wording import Wording

MOST_WORDS = 40
APART = 1
"""How far beyond the longest path two words are drawn that no path joins, in steps."""

Floats = NDArray[np.float64]


def word_map(gaps: Sequence[Gap], asked: Sequence[Unanswered], wording: Wording) -> WordMap:
    """Return the map of the words of all questions."""
    said = [wording.subjects(q.text) for q in asked]
    counts = Counter(stem for stems in said for stem in stems)
    people = [q.asker for q in asked]
    often = [s for s, n in counts.items() if n >= FEW]
    told = [s for s in often if _people([s in stems for stems in said], people) >= FEW]
    kept = sorted(told, key=lambda s: (-counts[s], s))[:MOST_WORDS]
    if not kept:
        return WordMap()
    having = np.array([[stem in stems for stem in kept] for stems in said], dtype=float)
    together = having.T @ having
    np.fill_diagonal(together, 0)
    for a, b in zip(*np.nonzero(together), strict=True):
        if _people(having[:, a] * having[:, b], people) < FEW:
            together[a, b] = 0
    tree = _spanning(together)
    places = _placed(tree)
    home = _homes([[q.text for q in gap.asked] for gap in gaps], wording)
    words = tuple(
        MapWord(wording.word(s), counts[s], round(float(x), 4), round(float(y), 4), home.get(s))
        for s, (x, y) in zip(kept, places, strict=True)
    )
    links = tuple(
        MapLink(int(a), int(b), int(together[a, b])) for a, b in zip(*np.nonzero(np.triu(tree)), strict=True)
    )
    return WordMap(words, links)


def _people(saying: Iterable[float], people: Sequence[str | None]) -> int:
    """Return how many known people are among those who say something."""
    return len({who for yes, who in zip(saying, people, strict=True) if yes and who is not None})


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

    A word that no link reaches takes no room: it stands in the middle, where only a cloud would show it.
    Begun from classical scaling, hence without a draw (de Leeuw 1977; Gansner, Koren and North 2004).
    """
    places = np.full((len(tree), 2), 0.5)
    joined = np.flatnonzero(tree.sum(axis=1))
    if len(joined):
        places[joined] = _majorised(tree[np.ix_(joined, joined)])
    return places


def _majorised(tree: Floats) -> Floats:
    from scipy.sparse.csgraph import shortest_path
    from sklearn.manifold import smacof

    steps = shortest_path(tree, unweighted=True, directed=False)
    longest = steps[np.isfinite(steps)].max()
    steps[~np.isfinite(steps)] = longest + APART
    begun = _classical(steps)
    places, _ = smacof(steps, n_components=2, init=begun, n_init=1, max_iter=300, normalized_stress=False)
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray((places - low) / np.where(high > low, high - low, 1))


def _classical(steps: Floats) -> Floats:
    """Return Torgerson's classical scaling in the plane."""
    centred = steps**2 - (steps**2).mean(axis=0) - (steps**2).mean(axis=1)[:, None] + (steps**2).mean()
    values, axes = np.linalg.eigh(-centred / 2)
    axes = axes[:, [-1, -2]]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    return np.asarray(axes * np.sqrt(np.maximum(values[[-1, -2]], 0.01)))
