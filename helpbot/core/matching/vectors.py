"""Phrasings as sparse unit vectors: stems and pairs of stems on one side, pieces of words on the other.

Numpy only. Rows are kept twice, by phrasing (to compare phrasings) and by feature (to search).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpbot.core import french

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

WORD_SHARE = 0.5
"""How much of a vector's length is due to whole words; the rest is pieces of words."""
PAIR_WEIGHT = 0.6
UNKNOWN_WEIGHT = 1.0
"""How much a word that the FAQ never uses weighs against a question, relative to a rare word of the FAQ."""
GRAMS = (3, 4)


@dataclass(frozen=True, slots=True)
class Reading:
    """One text, read: its content words, their stems, and pairs of neighbouring stems."""

    words: tuple[str, ...]
    stems: tuple[str, ...]

    @property
    def pairs(self) -> tuple[str, ...]:
        """Give the pairs of neighbouring stems."""
        return tuple(f"{a} {b}" for a, b in zip(self.stems, self.stems[1:], strict=False))


def read(text: str) -> Reading:
    """Read a text into what the vectors are made of."""
    content = french.content_words(text)
    return Reading(content, tuple(french.stem(w) for w in content))


def pieces(word: str) -> list[str]:
    """Give the pieces of 3 to 5 characters of a word, its ends marked."""
    padded = f" {word} "
    return [padded[i : i + n] for n in GRAMS for i in range(len(padded) - n + 1)]


@dataclass(frozen=True, slots=True)
class Vector:
    """A text as known features with weights. Its length is 1 when the FAQ knows all of it, less otherwise."""

    ids: Ints
    weights: Floats


class Space:
    """The features of a set of phrasings, and the phrasings as vectors. Immutable once built."""

    __slots__ = (
        "_features",
        "_grams",
        "_idf",
        "_indptr",
        "_posting_rows",
        "_posting_weights",
        "_row_ids",
        "_row_ptr",
        "_row_weights",
        "_unknown",
        "rows",
    )

    def __init__(self, readings: Sequence[Reading], groups: Sequence[int]) -> None:
        self._features: dict[str, int] = {}
        self._grams: dict[str, Ints] = {}
        self.rows = len(readings)
        learned = [self._learn(reading) for reading in readings]
        size = len(self._features)
        counts = np.array([len(ids) for ids, _ in learned], dtype=np.int64)
        row_of = np.repeat(np.arange(self.rows, dtype=np.int32), counts)
        ids = np.concatenate([i for i, _ in learned]) if learned else np.zeros(0, np.int32)
        is_word = np.concatenate([w for _, w in learned]) if learned else np.zeros(0, np.float32)
        self._idf, self._unknown = _idf(ids, np.asarray(groups, np.int64)[row_of], size)
        weights = self._idf[ids] * np.abs(is_word)
        weights *= _unit(weights, row_of, is_word > 0, self.rows)
        self._row_ids, self._row_weights = ids, weights
        self._row_ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        order = np.argsort(ids, kind="stable")
        self._posting_rows, self._posting_weights = row_of[order], weights[order]
        self._indptr = np.searchsorted(ids[order], np.arange(size + 1)).astype(np.int64)

    def _learn(self, reading: Reading) -> tuple[Ints, Floats]:
        known = self._features
        whole = list(dict.fromkeys(reading.stems))
        pairs = list(dict.fromkeys(reading.pairs))
        word_ids = [known.setdefault(f, len(known)) for f in whole + pairs]
        grams = self._gram_ids(reading.words)
        ids = np.concatenate([np.array(word_ids, np.int32), grams])
        kind = np.full(len(ids), -1.0, np.float32)
        kind[: len(whole)] = 1.0
        kind[len(whole) : len(word_ids)] = PAIR_WEIGHT
        return ids, kind

    def _gram_ids(self, words: Iterable[str]) -> Ints:
        known, cache = self._features, self._grams
        found = []
        for word in dict.fromkeys(words):
            ids = cache.get(word)
            if ids is None:
                ids = np.array([known.setdefault(f"#{g}", len(known)) for g in pieces(word)], np.int32)
                cache[word] = ids
            found.append(ids)
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int32)

    def vector(self, reading: Reading) -> Vector:
        """Give a text as a vector of this space. What the space does not know only makes it shorter."""
        features, idf = self._features, self._idf
        whole = dict.fromkeys(reading.stems)
        pairs = dict.fromkeys(reading.pairs)
        grams = dict.fromkeys(f"#{g}" for w in reading.words for g in pieces(w))
        ids: list[int] = []
        scale: list[float] = []
        total_word = total_gram = 0.0
        for names, weight in ((whole, 1.0), (pairs, PAIR_WEIGHT)):
            for name in names:
                at = features.get(name)
                if at is None:
                    total_word += (UNKNOWN_WEIGHT * weight * self._unknown) ** 2
                else:
                    ids.append(at)
                    scale.append(weight)
        n_words = len(ids)
        missing = 0
        for name in grams:
            at = features.get(name)
            if at is None:
                missing += 1
            else:
                ids.append(at)
                scale.append(1.0)
        index = np.array(ids, np.int32)
        weights = idf[index] * np.array(scale, np.float32)
        total_word += float(np.dot(weights[:n_words], weights[:n_words]))
        total_gram = float(np.dot(weights[n_words:], weights[n_words:]))
        total_gram += missing * (UNKNOWN_WEIGHT * self._unknown) ** 2
        if total_word:
            weights[:n_words] *= np.sqrt(WORD_SHARE / total_word)
        if total_gram:
            weights[n_words:] *= np.sqrt((1 - WORD_SHARE) / total_gram)
        return Vector(index, weights)

    def similarities(self, vector: Vector) -> Floats:
        """Give the cosine between a vector and each phrasing."""
        starts, ends = self._indptr[vector.ids], self._indptr[vector.ids + 1]
        lengths = ends - starts
        total = int(lengths.sum())
        if not total:
            return np.zeros(self.rows, np.float32)
        offset = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        where = np.arange(total) + offset
        weights = self._posting_weights[where] * np.repeat(vector.weights, lengths)
        found = np.bincount(self._posting_rows[where], weights=weights, minlength=self.rows)
        return found.astype(np.float32)

    def row(self, at: int) -> Vector:
        """Give one phrasing as a vector."""
        span = slice(self._row_ptr[at], self._row_ptr[at + 1])
        return Vector(self._row_ids[span], self._row_weights[span])

    def gram(self, rows: NDArray[np.intp]) -> Floats:
        """Give the cosines between some phrasings, as a square matrix."""
        spans = [self.row(int(r)) for r in rows]
        lengths = [len(v.ids) for v in spans]
        ids = np.concatenate([v.ids for v in spans])
        weights = np.concatenate([v.weights for v in spans])
        at = np.repeat(np.arange(len(rows)), lengths)
        _, column, times = np.unique(ids, return_inverse=True, return_counts=True)
        shared = times[column] > 1  # a feature of one row only adds to the diagonal
        place = np.cumsum(times > 1) - 1
        dense = np.zeros((len(rows), int(place[-1]) + 1 if len(place) else 0), np.float32)
        dense[at[shared], place[column[shared]]] = weights[shared]
        square: Floats = np.matmul(dense, dense.T)
        np.fill_diagonal(square, 1.0)
        return square


def _idf(ids: Ints, groups: NDArray[np.int64], size: int) -> tuple[Floats, float]:
    """Weigh features by how few entries use them; also give the weight of one that none uses."""
    total = int(groups.max()) + 1 if len(groups) else 0
    seen = np.unique(ids.astype(np.int64) * max(total, 1) + groups)
    df = np.bincount(seen // max(total, 1), minlength=size)
    idf = (np.log((1 + total) / (1 + df)) + 1).astype(np.float32)
    return idf, float(np.log(1 + total) + 1)


def _unit(weights: Floats, row_of: Ints, words: NDArray[np.bool_], rows: int) -> Floats:
    """Give the factors that bring the word half and the pieces half of each row to their shares."""
    side = row_of.astype(np.int64) * 2 + words
    norm = np.bincount(side, weights=weights.astype(np.float64) ** 2, minlength=rows * 2)
    share = np.tile([1 - WORD_SHARE, WORD_SHARE], rows)
    factor = np.sqrt(np.divide(share, norm, out=np.zeros_like(share), where=norm > 0))
    factors: Floats = factor.astype(np.float32)[side]
    return factors
