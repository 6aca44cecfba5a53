"""What is missing from the FAQ: unanswered and refused questions, grouped by likeness.

`find_gaps` is the way in. It needs scikit-learn (`pip install 'helpbot[report]'`), imported when it is
called: some 60 MB that a running bot does not have, so a bot calls it in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helpbot.core.gaps.grouping import grouped, vectors
from helpbot.core.gaps.values import PROPOSES_AT, Gap, GapReport, MapLink, MapWord, Unanswered, WordMap
from helpbot.core.gaps.wording import Wording
from helpbot.core.gaps.wordmap import word_map

__all__ = [
    "PROPOSES_AT",
    "Gap",
    "GapReport",
    "MapLink",
    "MapWord",
    "Unanswered",
    "WordMap",
    "find_gaps",
]

MOST_QUESTIONS = 2_500
"""The latest ones are compared with one another; memory grows with the square: 50 MB here."""
LEAST_QUESTIONS = 2


def find_gaps(asked: Iterable[Unanswered], faq: Iterable[Sequence[str]] = ()) -> GapReport:
    """Return what the questions ask for that the FAQ lacks, the most people's first.

    `faq` has the phrasings of each entry: from them it is learned which words tell subjects apart and how
    words are spelt. Deterministic: the same questions in any order give the same report.
    """
    known = [tuple(entry) for entry in faq]
    latest = sorted(asked, key=lambda q: (-q.at, q.ref, q.text))[:MOST_QUESTIONS]
    if len(latest) < LEAST_QUESTIONS:
        return GapReport(alone=len(latest))
    texts = [q.text for q in latest]
    space = vectors(texts, known)
    wording = Wording(
        [q.text for q in latest if q.asker is not None],
        known,
        bare=[q.text for q in latest if q.asker is None],
    )
    gaps = [
        _gap([latest[i] for i in members], wording)
        for members in grouped(space)
        if len(members) >= LEAST_QUESTIONS
    ]
    gaps.sort(key=lambda g: (-g.count, -g.people, -g.last_at, g.label))
    alone = len(latest) - sum(g.count for g in gaps)
    return GapReport(tuple(gaps), alone, word_map(gaps, latest, wording))


def _gap(members: list[Unanswered], wording: Wording) -> Gap:
    themes = sorted(q.theme for q in members if q.theme)
    written = next((q.text for q in members if q.asker is not None), "")
    return Gap(
        label=wording.label([q.text for q in members]),
        question=wording.reworded(written),
        asked=tuple(members),
        people=len({q.asker for q in members if q.asker}),
        theme=max(themes, key=themes.count) if themes else None,
    )
