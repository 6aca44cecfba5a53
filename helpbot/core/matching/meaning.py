"""What sounds different and means the same: entries that share no word with a question, found by vectors.

An extra, off by default. Where the vectors come from is not known here. They only ever propose: an entry
found so is offered as « vouliez-vous dire », never answered, for how sure such a likeness is differs from one
model to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpbot.core.faq import Faq
from helpbot.core.matching.vectors import Singles
from helpbot.core.matching.verdicts import Clarify, Match, Route, Verdict

OPTIONS = 3
SAMPLE = 200
STRANGERS = 0.75
"""Alike enough: more than this share of phrasings are to the nearest phrasing of another entry."""
LEAST = 0.3


@dataclass(frozen=True, slots=True)
class Meanings:
    """The phrasings of a FAQ as vectors of length 1, one a row."""

    revision: str
    """Of the FAQ that they were made from."""
    near: float
    """Cosine from which on a question and a phrasing are taken to mean the same."""
    _entries: tuple[str, ...]
    _rows: Singles

    @classmethod
    def of(cls, faq: Faq, vectors: Sequence[Sequence[float]]) -> Meanings:
        """Learn from the vectors of `phrasings(faq)`. Raises ValueError when they are of another number."""
        entries = tuple(e.id for e in faq.entries for _ in e.phrasings)
        if len(entries) != len(vectors):
            raise ValueError(f"{len(entries)} phrasings, {len(vectors)} vectors")
        rows = _unit(np.array(vectors, np.float32).reshape(len(entries), -1 if entries else 0))
        return cls(faq.revision, _near(entries, rows), entries, rows)

    @property
    def dimensions(self) -> int:
        """Give how long a vector is."""
        return int(self._rows.shape[1])

    def nearest(self, vector: Sequence[float]) -> list[tuple[str, float]]:
        """Give the entries that mean about the same as a text, with their cosines, the nearest first."""
        if not self._entries:
            return []
        alike = self._rows @ _unit(np.array([vector], np.float32))[0]
        found: dict[str, float] = {}
        for at in np.argsort(-alike, kind="stable").tolist():
            if alike[at] < self.near or len(found) == OPTIONS:
                break
            found.setdefault(self._entries[at], float(alike[at]))
        return list(found.items())

    def widened(self, verdict: Verdict, vector: Sequence[float]) -> Verdict:
        """Give a verdict that also proposes what means the same. One that is sure stays as it is."""
        if not isinstance(verdict, Clarify | Route):
            return verdict
        known = {m.entry: m for m in verdict.candidates}
        meant = [known.get(entry, Match(entry, 0.0)) for entry, _ in self.nearest(vector)]
        said = list(verdict.options) if isinstance(verdict, Clarify) else []
        # The likeliest by its words stays first; then turn about, so that neither crowds the other out.
        turns = [m for pair in zip(_padded(said), _padded(meant), strict=True) for m in pair if m is not None]
        options = tuple({m.entry: m for m in turns}.values())[:OPTIONS]
        return Clarify(options, verdict.candidates) if options else verdict


def phrasings(faq: Faq) -> list[str]:
    """Give the texts that the vectors are made of, in the order in which `Meanings.of` reads them."""
    return [p for e in faq.entries for p in e.phrasings]


def _padded(found: Sequence[Match]) -> list[Match | None]:
    return [*found, *[None] * (OPTIONS - len(found))][:OPTIONS]


def _unit(rows: Singles) -> Singles:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Singles = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return unit


def _near(entries: Sequence[str], rows: Singles) -> float:
    """Give the cosine that only a quarter of the phrasings reach with a phrasing of another entry."""
    names = np.unique(np.array(entries, dtype=object).astype(str), return_inverse=True)[1]
    if not len(names) or names.max() == 0:
        return LEAST
    sample = np.linspace(0, len(rows) - 1, min(len(rows), SAMPLE)).astype(int)
    alike = rows[sample] @ rows.T
    alike[names[sample][:, None] == names[None, :]] = -1
    return max(LEAST, float(np.quantile(alike.max(axis=1), STRANGERS)))
