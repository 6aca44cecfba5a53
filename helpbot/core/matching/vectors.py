"""Phrasings as sparse unit vectors: stems and pairs of stems on one side, pieces of words on the other.

Numpy only. What has what is kept twice, by phrasing (to compare phrasings) and by feature (to search), in the
fewest bytes that number it.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpbot.core import french

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Places = NDArray[np.intp]
Narrow = NDArray[np.integer[Any]]

WORD_SHARE = 0.5
"""How much of a vector's length is due to whole words; the rest is pieces of words."""
PAIR_WEIGHT = 0.6
UNKNOWN_WEIGHT = 1.0
"""How much a word that the FAQ never uses weighs against a question, relative to a rare word of the FAQ."""
GRAMS = (3, 4)
MOST_POSTINGS = 150_000


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
    """Give the pieces of 3 and 4 characters of a word, its ends marked."""
    padded = f" {word} "
    return [padded[i : i + n] for n in GRAMS for i in range(len(padded) - n + 1)]


@dataclass(frozen=True, slots=True)
class Vector:
    """A text as known features, and what each adds to the phrasings that have it.

    Words first, pieces of words from `cut` on. Its length is 1 when the FAQ knows all of it, less otherwise.
    """

    ids: list[int]
    adds: Floats
    cut: int


class Space:
    """The features of a set of phrasings, and the phrasings as vectors. Immutable once built.

    The phrasings of an entry follow one another: `groups` never decreases. A feature weighs the same wherever
    it stands, so no weight is kept beside a posting: one a feature, and two factors a row (words, pieces).
    """

    __slots__ = (
        "_factors",
        "_pieces",
        "_posting_ptr",
        "_posting_rows",
        "_row_ids",
        "_row_ptr",
        "_spelt",
        "_unknown",
        "_weights",
        "_words",
        "rows",
    )

    def __init__(self, readings: Sequence[Reading], groups: Sequence[int]) -> None:
        self._words: dict[str, int] = {}
        self._pieces: dict[str, int] = {}
        self._spelt: dict[str, array[int]] = {}
        """Each known word's pieces."""
        self.rows = len(readings)
        flat, sides = array("i"), array("i")
        self._learn(readings, flat, sides)
        known, size = len(self._words), len(self._words) + len(self._pieces)
        counts = np.array(sides, np.int32)
        side_of = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        ids = np.frombuffer(flat, np.int32) if flat else np.zeros(0, np.int32)
        ids[side_of % 2 == 1] += known  # pieces come after words
        self._pieces = {piece: at + known for piece, at in self._pieces.items()}
        self._spelt = {word: array("i", [at + known for at in own]) for word, own in self._spelt.items()}
        order = np.argsort(ids, kind="stable")
        row_of = (side_of >> 1)[order]
        idf, self._unknown = _idf(ids[order], np.asarray(groups, np.int32)[row_of], size)
        idf[[at for name, at in self._words.items() if " " in name]] *= PAIR_WEIGHT
        self._weights = idf
        self._factors = _factors(idf[ids], side_of, self.rows)
        self._row_ids: Narrow = ids.astype(least(size))
        self._row_ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.intp)
        self._posting_rows: Narrow = row_of.astype(least(self.rows))
        self._posting_ptr = np.searchsorted(ids[order], np.arange(size + 1)).astype(np.intp)

    def _learn(self, readings: Sequence[Reading], flat: array[int], sides: array[int]) -> None:
        """Write down the words and the pieces of each text in turn, and how many there are of each."""
        words, known, seen = self._words, self._pieces, self._spelt
        for reading in readings:
            whole = [words.setdefault(f, len(words)) for f in dict.fromkeys((*reading.stems, *reading.pairs))]
            found: set[int] = set()
            for word in reading.words:
                own = seen.get(word)
                if own is None:
                    numbered = [known.setdefault(p, len(known)) for p in dict.fromkeys(pieces(word))]
                    own = seen[word] = array("i", numbered)
                found.update(own)
            flat.extend(whole)
            flat.extend(found)
            sides.extend((len(whole), len(found)))

    def weight(self, stem: str) -> float | None:
        """Give the weight of a stem (rare is heavy), None when no phrasing has it."""
        at = self._words.get(stem)
        return None if at is None else float(self._weights[at])

    def stem_ids(self, stems: Iterable[str]) -> set[int]:
        """Give the numbers of stems that some phrasing has."""
        return {self._words[s] for s in stems}

    def stem_weights(self, without: frozenset[str]) -> Singles:
        """Give the weight of each numbered stem; 0 for pairs of stems and for those in `without`."""
        weights = self._weights[: len(self._words)].copy()
        weights[[at for name, at in self._words.items() if " " in name or name in without]] = 0
        return weights

    def heaviest(self, weights: Singles, count: int) -> Narrow:
        """Give the numbers of each phrasing's heaviest stems among `weights`, rows × count, heaviest first.

        A row with fewer is filled up with the number after that of all stems.
        """
        starts = self._row_ptr[:-1:2]
        lengths = self._row_ptr[1::2] - starts
        rows = np.arange(self.rows).repeat(lengths)
        ids = self._row_ids[np.arange(len(rows)) + (starts - lengths.cumsum() + lengths)[rows]]
        own = weights[ids]
        order = np.lexsort((-own, rows))
        order = order[own[order] > 0]
        rows, ids = rows[order], ids[order]
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        found = np.full((self.rows, count), len(weights), least(len(weights) + 1))
        found[rows[rank < count], rank[rank < count]] = ids[rank < count]
        return found

    def piece_ids(self, word: str) -> list[int]:
        """Give the pieces of a word that some phrasing has, numbered from 0."""
        known, first = self._pieces, len(self._words)
        return [known[p] - first for p in dict.fromkeys(pieces(word)) if p in known]

    @property
    def piece_count(self) -> int:
        """Give how many pieces there are."""
        return len(self._pieces)

    def vector(self, reading: Reading) -> Vector:
        """Give a text as a vector of this space. What the space does not know only makes it shorter."""
        words, known = self._words, self._pieces
        ids: list[int] = []
        lacking = 0.0
        for names, weight in ((reading.stems, 1.0), (reading.pairs, PAIR_WEIGHT)):
            for name in dict.fromkeys(names):
                at = words.get(name)
                if at is None:
                    lacking += weight * weight
                else:
                    ids.append(at)
        cut = len(ids)
        found: list[int] = []
        strangers: list[str] = []
        for word in reading.words:
            own = self._spelt.get(word)
            if own is None:
                strangers += pieces(word)
            else:
                found += own
        unheard = dict.fromkeys(p for p in strangers if p not in known)
        found += [known[p] for p in strangers if p in known]
        ids += dict.fromkeys(found)
        strange = (UNKNOWN_WEIGHT * self._unknown) ** 2
        adds = self._weights[np.array(ids, np.intp)].astype(np.float64)
        adds *= adds
        for side, missing, share in (
            (adds[:cut], lacking, WORD_SHARE),
            (adds[cut:], len(unheard), 1 - WORD_SHARE),
        ):
            if total := float(side.sum()) + missing * strange:
                side *= math.sqrt(share / total)
        return Vector(ids, adds, cut)

    def similarities(self, vector: Vector) -> Floats:
        """Give the cosine between a vector and each phrasing."""
        ids, adds, cut = np.array(vector.ids, np.intp), vector.adds, vector.cut
        lengths = self._posting_ptr[ids + 1] - self._posting_ptr[ids]
        if lengths.sum() > MOST_POSTINGS:  # a very large FAQ: what is everywhere tells nothing apart
            rare = np.argsort(lengths, kind="stable")
            rare = np.sort(rare[np.cumsum(lengths[rare]) <= MOST_POSTINGS])
            ids, adds, lengths = ids[rare], adds[rare], lengths[rare]
            cut = int(np.searchsorted(rare, cut))
        rows, adds = self._postings(ids, lengths), adds.repeat(lengths)
        cut = int(lengths[:cut].sum())
        whole = sums(rows[:cut], adds[:cut], self.rows)
        whole *= self._factors[0]
        parts = sums(rows[cut:], adds[cut:], self.rows)
        parts *= self._factors[1]
        whole += parts
        return whole

    def shared(self, worth: dict[str, float]) -> Floats:
        """Give for each phrasing the sum of what the stems that it has are worth."""
        ids = np.array([self._words[s] for s in worth], np.intp)
        lengths = self._posting_ptr[ids + 1] - self._posting_ptr[ids]
        adds = np.array([*worth.values()]).repeat(lengths)
        return sums(self._postings(ids, lengths), adds, self.rows)

    def _postings(self, ids: Places, lengths: Places) -> Narrow:
        """Give the phrasings that have each feature, one feature after the other."""
        kept, ends = self._posting_rows, self._posting_ptr[ids + 1].tolist()
        spans = [kept[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]
        return np.concatenate(spans) if spans else kept[:0]

    def gram(self, rows: Places) -> Singles:
        """Give the cosines between some phrasings, as a square matrix."""
        count = len(rows)
        sides = np.concatenate([rows * 2, rows * 2 + 1])
        starts = self._row_ptr[sides]
        lengths = self._row_ptr[sides + 1] - starts
        side = np.arange(len(sides)).repeat(lengths)
        order = np.arange(len(side))
        ids = self._row_ids[order + (starts - lengths.cumsum() + lengths)[side]].astype(np.intp)
        # The first and the last place of each feature are the same for one of a single row, which adds to the
        # diagonal alone. No sorting, and nothing as long as the vocabulary is read.
        slot = np.empty(len(self._weights), np.intp)
        slot[ids] = order
        last = slot[ids]
        slot[ids[::-1]] = order[::-1]
        first = slot[ids]
        again = (first != last).nonzero()[0]
        ids, side = ids[again], side[again]
        heads = ids[first[again] == again]
        slot[heads] = np.arange(len(heads)) * count
        dense = np.zeros((len(heads), count), np.float32)
        dense.ravel()[slot[ids] + side % count] = self._weights[ids] * self._factors[:, rows].ravel()[side]
        square: Singles = dense.T @ dense
        square.ravel()[:: count + 1] = 1.0
        return square


def sums(places: Narrow, adds: Floats | Singles, count: int) -> Floats:
    """Add up what is added to each of so many places."""
    return np.asarray(np.bincount(places, adds, count), np.float64)


def least(count: int) -> type[np.uint16 | np.int32]:
    """Give the narrowest type that numbers so many things."""
    return np.uint16 if count <= 1 << 16 else np.int32


def _idf(ids: Ints, groups: Ints, size: int) -> tuple[Singles, float]:
    """Weigh features by how few entries use them; also give the weight of one that none uses.

    Both are in the order of features, and of entries within a feature.
    """
    total = int(groups.max()) + 1 if len(groups) else 0
    again = (ids[1:] == ids[:-1]) & (groups[1:] == groups[:-1])
    df = np.bincount(ids[np.concatenate([[True], ~again])] if len(ids) else ids, minlength=size)
    idf = (np.log((1 + total) / (1 + df)) + 1).astype(np.float32)
    return idf, float(np.log(1 + total) + 1)


def _factors(weights: Singles, side_of: Ints, rows: int) -> Floats:
    """Give what brings the words (first line) and the pieces (second) of each row to their shares."""
    norm = (
        np.bincount(side_of, weights.astype(np.float64) ** 2, rows * 2).reshape(rows, 2).T.astype(np.float64)
    )
    share = np.array([[WORD_SHARE], [1 - WORD_SHARE]])
    factors: Floats = np.sqrt(np.divide(share, norm, out=np.zeros_like(norm), where=norm > 0))
    return np.ascontiguousarray(factors)
