"""Entries that say the same thing, and entries that say it differently.

Two entries contradict one another when a sentence of each has nearly the same words but other figures, dates
or addresses: « réponse sous 8 jours » and « réponse sous 15 jours ». Words are compared as stems, so that a
sentence may be turned otherwise; the figures are compared as they are written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from helpbot.core import french
from helpbot.core.faq import FaqEntry
from helpbot.core.matching.vectors import Space, read

if TYPE_CHECKING:
    from helpbot.core.matching import FaqIndex

NEAR = 0.91
"""Cosine of two phrasings from which they ask the same thing; the shipped FAQ's nearest pair has .90."""
ALIKE = 0.6
"""Shared part (Jaccard) of the stems of two sentences from which they speak of the same thing."""
LEAST_STEMS = 3
"""A sentence of fewer words tells too little to be compared."""
COMMON = 25
"""A stem of more sentences than this leads to none of them."""

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_ADDRESS = re.compile(r"https?://[^\s)\]>»\"]+|[\w.+-]+@[\w-]+\.[\w.]+")
_NUMBER = re.compile(r"\d+(?:[.,  \u202f]\d+)*")


@dataclass(frozen=True, slots=True)
class Twin:
    """Two phrasings of two entries that ask nearly the same thing, in nearly the same words."""

    first: int
    """Place of the phrasing that stands first."""
    second: int
    likeness: float
    """Cosine, at most 1."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sentences alike, of two entries, with different facts."""

    first: str
    """The id of the entry that stands first."""
    second: str
    said_first: str
    """The sentence of the first entry."""
    said_second: str
    facts_first: tuple[str, ...]
    """Figures or addresses that only the first one gives."""
    facts_second: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Claim:
    entry: str
    text: str
    stems: frozenset[str]
    numbers: frozenset[str]
    addresses: frozenset[str]


def near_twins(phrasings: Sequence[tuple[str, str]]) -> list[Twin]:
    """Return the near twins among (entry id, phrasing) pairs, for each phrasing its likest earlier one.

    The phrasings of an entry follow one another.
    """
    number = {entry: at for at, entry in enumerate(dict.fromkeys(entry for entry, _ in phrasings))}
    groups = np.array([number[entry] for entry, _ in phrasings], np.intp)
    readings = [read(text) for _, text in phrasings]
    space = Space(readings, groups.tolist())
    found: list[Twin] = []
    for at, reading in enumerate(readings):
        earlier = int(np.searchsorted(groups, groups[at]))
        if not (earlier and reading.stems):
            continue
        alike = space.similarities(space.vector(reading))[:earlier]
        likest = int(alike.argmax())
        if alike[likest] >= NEAR:
            found.append(Twin(likest, at, min(1.0, round(float(alike[likest]), 4))))
    return found


def phrased_alike(
    entry: FaqEntry, index: FaqIndex, phrasings: Sequence[str] | None = None
) -> list[tuple[FaqEntry, str, str]]:
    """Return the other entries that ask nearly the same as one, the likest first, each once.

    With the phrasing of each that is likest: (other entry, its phrasing, the phrasing of `entry`, or of its
    `phrasings` given). As near as `near_twins` wants it, by the weights of the index that answers questions.
    """
    owners = [(other, phrasing) for other in index.faq.entries for phrasing in other.phrasings]
    best: dict[str, tuple[float, FaqEntry, str, str]] = {}
    for mine in entry.phrasings if phrasings is None else phrasings:
        alike = index.likeness(mine)
        for at in np.flatnonzero(alike >= NEAR):
            other, theirs = owners[at]
            if other.id != entry.id and alike[at] > best.get(other.id, (0.0,))[0]:
                best[other.id] = (float(alike[at]), other, theirs, mine)
    return [(other, theirs, mine) for _, other, theirs, mine in sorted(best.values(), key=_likest)]


def _likest(found: tuple[float, FaqEntry, str, str]) -> tuple[float, str]:
    return -found[0], found[1].id


def contradictions(entries: Sequence[FaqEntry]) -> list[Contradiction]:
    """Return the pairs of sentences that give different facts on the same thing, in the entries' order."""
    claims = [claim for entry in entries for claim in _claims(entry)]
    holders: dict[str, list[int]] = {}
    found: list[Contradiction] = []
    frequent = Counter(stem for claim in claims for stem in claim.stems)
    for at, claim in enumerate(claims):
        telling = [stem for stem in claim.stems if frequent[stem] <= COMMON]
        near = sorted({other for stem in telling for other in holders.get(stem, ())})
        found += _against(claim, (claims[other] for other in near))
        for stem in telling:
            holders.setdefault(stem, []).append(at)
    return found


def contradicting(entry: FaqEntry, others: Iterable[FaqEntry]) -> list[Contradiction]:
    """Return what a new or changed entry says otherwise than the others; it stands second."""
    rest = [other for other in others if other.id != entry.id]
    return [found for found in contradictions([*rest, entry]) if found.second == entry.id]


def _against(claim: _Claim, others: Iterable[_Claim]) -> Iterator[Contradiction]:
    for other in others:
        if other.entry == claim.entry or not _same_thing(claim, other):
            continue
        for mine, theirs in ((claim.numbers, other.numbers), (claim.addresses, other.addresses)):
            if mine and theirs and not (mine <= theirs or theirs <= mine):
                yield Contradiction(
                    other.entry, claim.entry, other.text, claim.text,
                    tuple(sorted(theirs - mine)), tuple(sorted(mine - theirs)),
                )  # fmt: skip
                break


def _same_thing(one: _Claim, two: _Claim) -> bool:
    return len(one.stems & two.stems) >= ALIKE * len(one.stems | two.stems)


def _claims(entry: FaqEntry) -> Iterator[_Claim]:
    """Give the sentences of an answer that state a figure or an address."""
    for text in filter(None, (part.strip(" -*") for part in _SENTENCE.split(entry.answer_here))):
        addresses = frozenset(a.rstrip(".,;") for a in _ADDRESS.findall(text))
        bare = _ADDRESS.sub(" ", text)
        numbers = frozenset(re.sub(r"\s", "", n).replace(",", ".") for n in _NUMBER.findall(bare))
        stems = french.stems_told(_NUMBER.sub(" ", bare))
        if (numbers or addresses) and len(stems) >= LEAST_STEMS:
            yield _Claim(entry.id, text, stems, numbers, addresses)
