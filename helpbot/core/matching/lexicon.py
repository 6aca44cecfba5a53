"""Which words of a question an entry accounts for, and which it does not.

The kernel says how alike two texts are; this says what is missing, which tells a near miss from an answer.
Words that only frame a question (« comment obtenir », « combien coûte ») count for little here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from helpbot.core import french
from helpbot.core.matching.vectors import Floats, Reading, pieces

TYPO_LIKENESS = 0.5
"""Shared pieces (Dice) from which an unknown word is read as a known one."""
TYPO_LENGTH = 4
SLIP = 0.85
"""Likeness of two words that are one slip of the finger apart (two in a long word)."""
SLIP_LEAST = 0.2
SLIP_LENGTH = 5
LONG_WORD = 9
ANSWER_CHARS = 400
FRAME_TOLD = 0.4


@cache
def frame_stems() -> frozenset[str]:
    """Give the stems of words that frame a question without naming its subject."""
    return frozenset(french.stem(w) for w in french.frame_words())


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's words as this FAQ knows them."""

    weights: dict[str, float]
    """Stem -> weight (rare is heavy), for stems that some entry uses."""
    credit: dict[str, float]
    """Stem -> 1, or less when a misspelt word was read as this one."""
    unknown: dict[str, float]
    """Stem -> weight, for words that no entry uses."""
    origin: dict[str, str]
    """Stem -> the word as it was typed."""
    total: float

    @property
    def unknown_share(self) -> float:
        """Give the part of the question's weight that the FAQ never speaks of."""
        return sum(self.unknown.values()) / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much of a question one entry accounts for, all between 0 and 1."""

    cover: float
    cover_with_answer: float
    subject: float
    """Share of the subject's words (frame words left out) found in the phrasings."""
    frame_only: float
    missing: float
    """Weight of the heaviest subject word that neither phrasings nor answer have."""
    reverse: float
    """Share of the best phrasing that the question says."""
    overlap: float
    words: tuple[str, ...]


class Lexicon:
    """The words of every entry. Immutable once built."""

    __slots__ = (
        "_answers",
        "_by_piece",
        "_idf",
        "_known",
        "_lengths",
        "_pieces",
        "_rows",
        "_told_by",
        "_told_scale",
        "_unknown",
        "rows_of",
        "usual_size",
    )

    def __init__(self, readings: Sequence[Reading], groups: Sequence[int], answers: Sequence[str]) -> None:
        self._rows = [tuple(dict.fromkeys(r.stems)) for r in readings]
        count = max(groups, default=-1) + 1
        self.rows_of: list[list[int]] = [[] for _ in range(count)]
        for row, group in enumerate(groups):
            self.rows_of[group].append(row)
        self._answers = [french.stems_told(a[:ANSWER_CHARS]) for a in answers]
        sizes_seen = [math.log(max(1, min(len(own), 12))) for own in self.rows_of]
        self.usual_size = sum(sizes_seen) / max(1, len(sizes_seen))
        """Mean logarithm of an entry's number of phrasings: who has more draws more than its due."""
        self._told_by = _postings(self._answers)
        sizes = np.array([len(a) for a in self._answers], np.float32)
        usual = max(1.0, float(sizes.mean())) if len(sizes) else 1.0
        self._told_scale = 1 / (0.5 + 0.5 * sizes / usual)  # a long answer has any word
        df: dict[str, int] = {}
        for rows in self.rows_of:
            for stem in {s for row in rows for s in self._rows[row]}:
                df[stem] = df.get(stem, 0) + 1
        self._idf = {s: math.log((1 + count) / (1 + n)) + 1 for s, n in df.items()}
        self._lengths = [sum(self._idf[s] for s in row) for row in self._rows]
        self._unknown = math.log(1 + count) + 1
        self._known = list(dict.fromkeys(w for r in readings for w in r.words if len(w) >= TYPO_LENGTH))
        self._by_piece: dict[str, list[int]] = {}
        self._pieces: list[int] = []
        for at, word in enumerate(self._known):
            found = set(pieces(word))
            self._pieces.append(len(found))
            for piece in found:
                self._by_piece.setdefault(piece, []).append(at)

    def nearest(self, word: str) -> tuple[str, float]:
        """Give the FAQ's word most like an unknown one, with their likeness; an empty word when none is."""
        found = set(pieces(word))
        shared: dict[int, int] = {}
        for piece in found:
            for at in self._by_piece.get(piece, ()):
                shared[at] = shared.get(at, 0) + 1
        best, likeness = "", 0.0
        for at, count in shared.items():
            alike = 2 * count / (len(found) + self._pieces[at])
            if alike <= SLIP_LEAST or max(alike, SLIP) <= likeness:
                continue
            if alike < SLIP and is_slip(word, self._known[at]):
                alike = SLIP
            if alike >= TYPO_LIKENESS and alike > likeness:
                best, likeness = self._known[at], alike
        return best, likeness

    def spelt(self, reading: Reading) -> Reading:
        """Read a misspelt word as the FAQ's word that it must be: a slip away, same first letter."""
        changed = [self._respelt(w, s) for w, s in zip(reading.words, reading.stems, strict=True)]
        return Reading(tuple(w for w, _ in changed), tuple(s for _, s in changed))

    def _respelt(self, word: str, stem: str) -> tuple[str, str]:
        if stem in self._idf or len(word) < SLIP_LENGTH or not word.isalpha():
            return word, stem
        close, likeness = self.nearest(word)
        return (close, french.stem(close)) if likeness >= SLIP else (word, stem)

    def asked(self, reading: Reading, without: int | None = None) -> Asked:
        """Weigh a question's words. `without`: an entry whose own words do not count as known."""
        weights: dict[str, float] = {}
        credit: dict[str, float] = {}
        unknown: dict[str, float] = {}
        origin: dict[str, str] = {}
        own = self._only_in(without) if without is not None else frozenset()
        for word, stem in zip(reading.words, reading.stems, strict=True):
            origin.setdefault(stem, word)
            if stem in self._idf and stem not in own:
                weights[stem], credit[stem] = self._idf[stem], 1.0
                continue
            close, likeness = self.nearest(word) if len(word) >= TYPO_LENGTH else ("", 0.0)
            close = french.stem(close)
            missing = self._unknown
            if close in self._idf and close not in own:
                missing *= 1 - likeness
                if close not in weights:
                    weights[close], credit[close] = self._idf[close], likeness
                    origin.setdefault(close, word)
            unknown[stem] = missing
        total = sum(weights.values()) + sum(unknown.values())
        return Asked(weights, credit, unknown, origin, total)

    def _only_in(self, entry: int) -> frozenset[str]:
        lone = math.log((1 + len(self.rows_of)) / 2) + 1
        own = {s for row in self.rows_of[entry] for s in self._rows[row]}
        return frozenset(s for s in own if self._idf[s] >= lone)

    def answers(self, entry: int) -> bool:
        """Tell whether an entry has an answer to read; a redirection has none."""
        return bool(self._answers[entry])

    def told(self, asked: Asked) -> Floats:
        """Give, for each entry, the share of a question's words that its answer has."""
        scores = np.zeros(len(self._answers), np.float32)
        total = 0.0
        for stem in (*asked.weights, *asked.unknown):
            having = self._told_by.get(stem)
            count = 0 if having is None else len(having)
            weight = math.log((1 + len(scores)) / (1 + count)) + 1
            weight *= FRAME_TOLD if stem in frame_stems() else 1.0
            total += weight
            if having is not None:
                scores[having] += weight
        return (scores * (self._told_scale / max(total, 1e-9))).astype(np.float32)

    def evidence(self, asked: Asked, entry: int, without: int | None = None) -> Evidence:
        """Tell how much of a question an entry accounts for. `without`: a phrasing left out."""
        weights, credit, frame = asked.weights, asked.credit, frame_stems()
        covered: set[str] = set()
        reverse = overlap = 0.0
        for row in self.rows_of[entry]:
            shared = [stem for stem in self._rows[row] if stem in weights]
            if not shared or row == without:
                continue
            covered.update(shared)
            common = sum([weights[stem] * credit[stem] for stem in shared])
            length = self._lengths[row]
            reverse = max(reverse, common / length)
            overlap = max(overlap, common / max(length + asked.total - common, common))
        told = self._answers[entry]
        cover = wide = subject = subject_all = missing = 0.0
        for stem, weight in weights.items():
            worth = weight * credit[stem]
            inside, said = stem in covered, stem in told
            cover += worth if inside else 0.0
            wide += worth if inside or said else 0.0
            if stem not in frame:
                subject_all += weight
                subject += worth if inside else 0.0
                missing = missing if inside or said else max(missing, weight)
        for stem, weight in asked.unknown.items():
            if stem not in frame:
                subject_all += weight
                missing = missing if stem in told else max(missing, weight)
        total = asked.total or 1.0
        explained = covered.union(s for s in (*weights, *asked.unknown) if s in told)
        heavy = sorted(explained, key=lambda s: -weights.get(s, 0.1) * (0.5 if s in frame else 1.0))
        return Evidence(
            cover / total,
            wide / total,
            subject / subject_all if subject_all else 0.5,
            float(not subject),
            missing / self._unknown,
            reverse,
            overlap,
            tuple(asked.origin.get(s, s) for s in heavy[:5]),
        )


def _postings(sets: Sequence[frozenset[str]]) -> dict[str, NDArray[np.int32]]:
    found: dict[str, list[int]] = {}
    for at, members in enumerate(sets):
        for stem in members:
            found.setdefault(stem, []).append(at)
    return {stem: np.array(at, np.int32) for stem, at in found.items()}


def is_slip(typed: str, known: str) -> bool:
    """Tell whether one slip (a letter more, less, other, or two swapped) leads from one word to the other.

    Two slips in a long word. The first letter is right: people rarely miss it.
    """
    if len(typed) < SLIP_LENGTH or typed[0] != known[0]:
        return False
    allowed = 2 if len(typed) >= LONG_WORD else 1
    return abs(len(typed) - len(known)) <= allowed and _distance(typed, known, allowed) <= allowed


def _distance(a: str, b: str, allowed: int) -> int:
    """Give the Damerau-Levenshtein distance, or anything above `allowed` once it is exceeded."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > allowed:
            return allowed + 1
    return row[-1]
