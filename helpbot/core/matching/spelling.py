"""The words that a FAQ knows, and which of them an unknown one is most like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpbot.core import french
from helpbot.core.matching.slips import slips
from helpbot.core.matching.vectors import Reading, Space, least, pieces

TYPO_LIKENESS = 0.5
"""Shared pieces (Dice) from which an unknown word is read as a known one."""
TYPO_LENGTH = 4
SLIP = 0.85
"""Likeness of two words that are one slip of the finger apart (two in a long word)."""
SLIP_SHORT = 0.8
SLIP_LEAST = 0.2


class Spelling:
    """The words of a FAQ by their pieces. Immutable once built."""

    __slots__ = ("_known", "_piece_counts", "_piece_ptr", "_piece_words", "_space")

    def __init__(self, space: Space, readings: Sequence[Reading]) -> None:
        self._space = space
        self._known = list(dict.fromkeys(w for r in readings for w in r.words if len(w) >= TYPO_LENGTH))
        own = [self._space.piece_ids(word) for word in self._known]
        self._piece_counts = np.array([len(ids) for ids in own], np.int32)
        ids = np.array([at for found in own for at in found], np.int32)
        order = np.argsort(ids, kind="stable")
        words = np.repeat(np.arange(len(own), dtype=np.int32), self._piece_counts)[order]
        self._piece_words = words.astype(least(len(own)))
        self._piece_ptr = np.searchsorted(ids[order], np.arange(self._space.piece_count + 1)).astype(np.int32)

    def nearest(self, word: str) -> tuple[str, float]:
        """Give the FAQ's word most like an unknown one, with their likeness; an empty word when none is."""
        ids = self._space.piece_ids(word)
        if not ids:
            return "", 0.0
        kept, ptr = self._piece_words, self._piece_ptr
        having = np.concatenate([kept[ptr[at] : ptr[at + 1]] for at in ids])
        shared = np.bincount(having, minlength=len(self._known))
        alike = 2 * shared / (len(set(pieces(word))) + self._piece_counts)
        near = np.flatnonzero(alike > SLIP_LEAST)
        if not len(near):
            return "", 0.0
        first = int(near[np.argmax(alike[near])])
        if alike[first] >= SLIP and not french.is_usual(word):
            return self._known[first], float(alike[first])
        slipped = [(s, at) for at in near.tolist() if (s := slips(word, self._known[at])) is not None]
        if slipped and not french.is_usual(word):  # letters that changed places before letters that changed
            letters = sorted(word)
            found = min(slipped, key=lambda s: (s[0], sorted(self._known[s[1]]) != letters, -alike[s[1]]))
            return self._known[found[1]], SLIP
        # « capitale » is a word, not « Capytale » misspelt: as alike as its pieces say, and never the same
        likeness = min(float(alike[first]), SLIP_SHORT)
        return (self._known[first], likeness) if likeness >= TYPO_LIKENESS else ("", 0.0)
