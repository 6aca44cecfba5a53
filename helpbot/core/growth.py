"""Giving back and growing: who is invited to offer which theme, and when somebody who learns goes first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from helpbot.core.disclosure import FEW
from helpbot.core.routing import Volunteer

OFTEN = 3
"""From so many answers of colleagues in a term on, somebody is invited to offer a theme."""
ANSWERED_WELL = 2
"""From so many answers with a ✅ in a term on a theme that a volunteer does not offer, they are asked to."""
EASY_WORDS = 25
"""A longer question is not for somebody who learns."""
_TERMS = ((9, 1), (1, 2), (4, 3))
"""First month of each of the three terms of a school year, and its number."""


def term_of(day: date) -> tuple[str, date]:
    """Return a day's school term and its first day; « 2026-1 » is the first of the year begun in 2026."""
    school_year = day.year if day.month >= 9 else day.year - 1
    month, number = max((m, n) for m, n in _TERMS if m <= day.month) if day.month < 9 else _TERMS[0]
    return f"{school_year}-{number}", date(day.year, month, 1)


def is_easy(text: str, theme: str | None) -> bool:
    """Tell whether a question may go to somebody who learns: short, and on a theme that is known."""
    return theme is not None and len(text.split()) <= EASY_WORDS


def is_thin(theme: str | None, volunteers: Iterable[Volunteer]) -> bool:
    """Tell whether fewer than five carry a theme, so that a second helper should grow."""
    return theme is not None and sum(theme in v.themes for v in volunteers) < FEW
