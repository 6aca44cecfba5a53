"""Phrasings as sparse unit vectors: stems and pairs of stems on one side, pieces of words on the other.

Numpy only. Rows are kept twice, by phrasing (to compare phrasings) and by feature (to search).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
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
MOST_POSTINGS = 150_000
_SINGLE, _PAIR, _PIECE = range(3)


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
    """The features of a set of phrasings, and the phrasings as vectors. Immutable once built.

    The phrasings of an entry follow one another: `groups` never decreases.
    """

    __slots__ = (
        "_features",
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
        self.rows = len(readings)
        flat, kinds = array("i"), bytearray()
        counts = np.array(self._learn(readings, flat, kinds), np.int64)
        size = len(self._features)
        ids = np.frombuffer(flat, np.int32) if flat else np.zeros(0, np.int32)
        kind = np.frombuffer(kinds, np.uint8)
        self._row_ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        row_of = np.repeat(np.arange(self.rows, dtype=np.int32), counts)
        order = np.argsort(ids, kind="stable")
        self._idf, self._unknown = _idf(ids[order], np.asarray(groups, np.int32)[row_of[order]], size)
        weights = self._idf[ids]
        weights[kind == _PAIR] *= PAIR_WEIGHT
        weights *= _unit(weights, row_of, kind != _PIECE, self.rows)
        self._row_ids, self._row_weights = ids, weights
        self._posting_rows, self._posting_weights = row_of[order], weights[order]
        self._indptr = np.searchsorted(ids[order], np.arange(size + 1)).astype(np.int64)

    def _learn(self, readings: Sequence[Reading], flat: array[int], kinds: bytearray) -> list[int]:
        """Write down the features of each text in turn, and their kinds; give how many each has."""
        known = self._features
        grams: dict[str, list[int]] = {}
        counts: list[int] = []
        for reading in readings:
            singles = [known.setdefault(f, len(known)) for f in dict.fromkeys(reading.stems)]
            pairs = [known.setdefault(f, len(known)) for f in dict.fromkeys(reading.pairs)]
            found: set[int] = set()
            for word in reading.words:
                own = grams.get(word)
                if own is None:
                    own = grams[word] = [known.setdefault(f"#{g}", len(known)) for g in pieces(word)]
                found.update(own)
            for kind, ids in ((_SINGLE, singles), (_PAIR, pairs), (_PIECE, found)):
                flat.extend(ids)
                kinds.extend(bytes([kind]) * len(ids))
            counts.append(len(singles) + len(pairs) + len(found))
        return counts

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
        starts = self._indptr[vector.ids]
        lengths = self._indptr[vector.ids + 1] - starts
        own = vector.weights
        if lengths.sum() > MOST_POSTINGS:  # a very large FAQ: what is everywhere tells nothing apart
            rare = np.argsort(lengths, kind="stable")
            rare = rare[np.cumsum(lengths[rare]) <= MOST_POSTINGS]
            starts, lengths, own = starts[rare], lengths[rare], own[rare]
        where, at = _spans(starts, lengths)
        weights = self._posting_weights[where] * own[at]
        found = np.bincount(self._posting_rows[where], weights=weights, minlength=self.rows)
        return found.astype(np.float32)

    def gram(self, rows: NDArray[np.intp]) -> Floats:
        """Give the cosines between some phrasings, as a square matrix."""
        starts = self._row_ptr[rows]
        lengths = self._row_ptr[rows + 1] - starts
        where, at = _spans(starts, lengths)
        order = np.argsort(self._row_ids[where], kind="stable")
        ids = self._row_ids[where][order]
        first = np.concatenate([[True], ids[1:] != ids[:-1]])
        alone = first & np.concatenate([first[1:], [True]])  # of one row only: it adds to the diagonal alone
        shared = order[~alone]
        column = np.cumsum((first & ~alone)[~alone]) - 1
        dense = np.zeros((len(rows), int(column[-1]) + 1 if len(column) else 0), np.float32)
        dense[at[shared], column] = self._row_weights[where[shared]]
        square: Floats = np.matmul(dense, dense.T)
        np.fill_diagonal(square, 1.0)
        return square


def _spans(
    starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give every position of several spans, and which span each belongs to."""
    at = np.repeat(np.arange(len(starts)), lengths)
    before = np.cumsum(lengths) - lengths
    return np.arange(len(at)) + (starts - before)[at], at


def _idf(ids: Ints, groups: Ints, size: int) -> tuple[Floats, float]:
    """Weigh features by how few entries use them; also give the weight of one that none uses.

    Both are in the order of features, and of entries within a feature.
    """
    total = int(groups.max()) + 1 if len(groups) else 0
    again = (ids[1:] == ids[:-1]) & (groups[1:] == groups[:-1])
    df = np.bincount(ids[np.concatenate([[True], ~again])] if len(ids) else ids, minlength=size)
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
