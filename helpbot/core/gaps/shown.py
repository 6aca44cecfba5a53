"""What of a gap report may stand on a page that many read: words and subjects of five people or more.

Counts are told as bands. Their numbers, beside the published counts, could tell how many questions of few
people are left (privacy 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from helpbot.core import french
from helpbot.core.disclosure import FEW
from helpbot.core.gaps.values import Gap, GapReport

BANDS = (5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class GapRow:
    """Something that the FAQ lacks, asked for by at least five people."""

    label: str
    """Its words that five people or more said; may be empty."""
    title: str
    """Of its theme; empty where nobody could tell."""
    band: int
    """At least so many questions: one of `BANDS`."""
    refused: bool
    """Most of them had got an answer that was not the right one."""
    last: str
    """The month in which it was last asked."""


@dataclass(frozen=True, slots=True)
class WordRow:
    """A word that five people or more said."""

    word: str
    band: int
    """At least so many questions say it."""
    x: float
    """Between 0 and 1, from the left."""
    y: float
    """Between 0 and 1, from the top."""
    gap: int | None
    """Place in `Missing.gaps` of the one that says it most; None where that is none, or not told."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """Two words that five people or more said together."""

    a: int
    """Place in `Missing.words`."""
    b: int
    band: int
    """At least so many questions say both."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What the page tells of what the FAQ lacks."""

    gaps: tuple[GapRow, ...] = ()
    words: tuple[WordRow, ...] = ()
    """The most frequent first."""
    links: tuple[LinkRow, ...] = ()
    """The most frequent first."""


def missing(report: GapReport, titles: Mapping[str, str], month_of: Mapping[int, str]) -> Missing:
    """Return what may be told of a report; `month_of` names the months of its questions' moments."""
    told = [number for number, gap in enumerate(report.gaps) if gap.people >= FEW]
    place = {number: at for at, number in enumerate(told)}
    words = (
        WordRow(w.word, band(w.count), w.x, w.y, None if w.gap is None else place.get(w.gap))
        for w in report.map.words
    )
    links = sorted(report.map.links, key=lambda link: (-link.count, link.a, link.b))
    return Missing(
        tuple(_row(report.gaps[number], titles, month_of) for number in told),
        tuple(words),
        tuple(LinkRow(link.a, link.b, band(link.count)) for link in links),
    )


def band(count: int) -> int:
    """Return the largest of `BANDS` that a count reaches. Raises `ValueError` below the first."""
    return max(size for size in BANDS if count >= size)


def _row(gap: Gap, titles: Mapping[str, str], month_of: Mapping[int, str]) -> GapRow:
    return GapRow(
        _common_words(gap.label.split(", "), gap),
        titles.get(gap.theme, gap.theme) if gap.theme else "",
        band(gap.count),
        refused=2 * gap.refused > gap.count,
        last=month_of[gap.last_at],
    )


def _common_words(words: Iterable[str], gap: Gap) -> str:
    """Return the words that five people or more of a gap said; any other could name somebody."""
    said: dict[str, set[str]] = {}
    for question in gap.asked:
        if question.asker is not None:
            for stem in french.stems(question.text):
                said.setdefault(stem, set()).add(question.asker)
    return ", ".join(w for w in words if all(len(said.get(s, ())) >= FEW for s in french.stems(w)))
