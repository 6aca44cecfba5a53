"""What somebody helped with, for their own eyes (`!monparcours`): themes, levels, competences, months.

Made from the log while it lasts; after that from counters that are kept only for who asked for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from helpbot.core.faq import Faq


@dataclass(frozen=True, slots=True)
class Step:
    """Answers that one person gave in one month on one theme to one school level."""

    month: str
    """`2026-11`."""
    theme: str
    """Empty where nobody could tell."""
    level: str
    """Empty where it is not known."""
    answers: int
    thanks: int
    """Those that the asker marked ✅ or thanked for."""


@dataclass(frozen=True, slots=True)
class Journey:
    """All that one person gave."""

    answers: int = 0
    thanks: int = 0
    themes: tuple[tuple[str, int], ...] = ()
    """(title, answers), the most first."""
    levels: tuple[str, ...] = ()
    """The most helped first."""
    competences: tuple[str, ...] = ()
    """Codes of the CRCN-Édu that entries of these themes declare."""
    months: tuple[str, ...] = ()
    """Those with an answer, oldest first."""
    kept: bool = False
    """They asked that it be kept beyond the log."""


def journey(steps: Iterable[Step], faq: Faq, *, kept: bool) -> Journey:
    """Return somebody's journey from the counts of what they gave."""
    every = [s for s in steps if s.answers > 0]
    themes = _most(every, lambda s: s.theme)
    named = {theme for theme, _ in themes}
    codes = {code for entry in faq.entries if entry.theme in named for code in entry.crcn_edu}
    return Journey(
        answers=sum(s.answers for s in every),
        thanks=sum(s.thanks for s in every),
        themes=tuple((faq.theme_title(theme), count) for theme, count in themes),
        levels=tuple(level for level, _ in _most(every, lambda s: s.level)),
        competences=tuple(sorted(codes)),
        months=tuple(sorted({s.month for s in every})),
        kept=kept,
    )


def _most(steps: Iterable[Step], of: Callable[[Step], str]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for step in steps:
        counts[of(step)] += step.answers
    counts.pop("", None)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
