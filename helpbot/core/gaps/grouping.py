"""Questions alike: vectors of stems and pieces of words, merged pairwise while they are close on average.

Average linkage on cosine distances, as scikit-learn does it (Sokal and Michener 1958). Its threshold and the
weights below were chosen on terms made by the tests' generator and from four FAQs, parts of them left out:
docs/matching.md has the figures, and what else was tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from helpbot.core import french
from helpbot.core.matching.lexicon import frame_stems
from helpbot.core.matching.vectors import pieces

FAR = 0.85
"""Mean cosine distance from which two groups are two."""
STRAY = 0.75
"""A question this much less like its group than the middle one stands alone."""
SMALL = 3
FRAME_WEIGHT = 0.3
"""What « comment », « perdu », « marche » weigh beside the words that name a subject."""
WORD_SHARE = 0.4
"""The part of the cosine that whole words make; pieces of words, which bear a slip of the keys, the rest."""

Matrix = Any  # scipy.sparse has no type information


def vectors(texts: Sequence[str], faq: Sequence[Sequence[str]]) -> Matrix:
    """Return a sparse matrix, one row of length 1 a text (of length 0 for one without any word)."""
    from scipy.sparse import hstack

    words = _side(texts, faq, _stems, np.sqrt(WORD_SHARE), frame_stems())
    parts = _side(texts, faq, _pieces, np.sqrt(1 - WORD_SHARE), frozenset())
    return hstack([words, parts]).tocsr()


def _side(
    texts: Sequence[str],
    faq: Sequence[Sequence[str]],
    features: Any,
    length: float,
    light: frozenset[str],
) -> Matrix:
    """Return rows of one kind of features, weighed by how few entries of the FAQ have each."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    single = [(text,) for text in texts]
    counter = CountVectorizer(analyzer=features, binary=True)
    counter.fit([*single, *faq])
    entries = len(faq)
    having = np.asarray(counter.transform(faq).sum(axis=0)).ravel() if entries else 0
    weights = np.log((1 + entries) / (1 + having)) + np.ones(len(counter.vocabulary_))
    weights *= [FRAME_WEIGHT if name in light else 1.0 for name in counter.get_feature_names_out()]
    return normalize(counter.transform(single).multiply(weights).tocsr()) * length


def _stems(texts: Iterable[str]) -> list[str]:
    return [stem for text in texts for stem in french.stems(text)]


def _pieces(texts: Iterable[str]) -> list[str]:
    return [piece for text in texts for word in french.content_words(text) for piece in pieces(word)]


def grouped(space: Matrix) -> list[list[int]]:
    """Return the rows group by group, the most central of a group first."""
    from sklearn.cluster import AgglomerativeClustering

    likeness = np.asarray((space @ space.T).todense())
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=FAR
    )
    labels = clustering.fit_predict(np.clip(1 - likeness, 0, None))
    out = []
    for label in range(labels.max() + 1):
        members = np.flatnonzero(labels == label)
        central = likeness[np.ix_(members, members)].sum(axis=1).round(9) - 1
        members = members[np.argsort(-central, kind="stable")]
        strays = np.sort(central)[::-1] < STRAY * np.median(central) if len(members) > SMALL else members < 0
        out.append([int(at) for at in members[~strays]])
        out += [[int(at)] for at in members[strays]]
    return out
