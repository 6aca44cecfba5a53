"""Days that come back otherwise than each week: a recurrence rule (RFC 5545), and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Literal

from helpbot.core.dates import DAYS, MONTHS, name_days

Span = tuple[int, int]
NTH = {1: "1er", 2: "2e", 3: "3e", 4: "4e", 5: "5e", -1: "dernier", -2: "avant-dernier"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE: of so many weeks or days, or of a month's weekdays or dates."""

    weekdays: tuple[int, ...] = ()
    """FREQ=WEEKLY;BYDAY, Monday is 0."""
    nth: tuple[tuple[int, int], ...] = ()
    """FREQ=MONTHLY;BYDAY: (which, weekday); which is -1 for the last one of the month."""
    of_month: tuple[int, ...] = ()
    """FREQ=MONTHLY;BYMONTHDAY."""
    every: int = 1
    """INTERVAL; weeks with `weekdays`, days where nothing else is named."""
    first: date | None = None
    """DTSTART: always there where `every` is more than 1."""
    last: date | None = None
    """UNTIL: still part of it."""

    def falls_on(self, day: date) -> bool:
        """Tell whether the rule names that day."""
        return day in _days_of(self, day.year)

    def __str__(self) -> str:
        if self.nth:
            days = " et ".join(f"{NTH[which]} {DAYS[day][:3]}" for which, day in self.nth) + " du mois"
        elif self.of_month:
            days = f"le {' et le '.join('1er' if d == 1 else str(d) for d in self.of_month)} du mois"
        elif self.weekdays:
            days = name_days(list(self.weekdays))
            days += f" toutes les {self.every} semaines" if self.every > 1 else ""
        else:
            days = f"tous les {self.every} jours"
        days += f" à partir du {_told(self.first)}" if self.first else ""
        return days + (f" jusqu'au {_told(self.last)}" if self.last else "")


@dataclass(frozen=True, slots=True)
class Recurring:
    """Hours on the days of a rule."""

    rule: Rule
    spans: tuple[Span, ...]


def _told(day: date) -> str:
    month = {2: "février", 8: "août", 12: "décembre"}.get(day.month, MONTHS[day.month - 1])
    return f"{'1er' if day.day == 1 else day.day} {month} {day.year}"


@lru_cache(maxsize=256)
def _days_of(rule: Rule, year: int) -> frozenset[date]:
    """Return the days of a year that a rule names."""
    from dateutil import rrule  # only where somebody wrote such hours

    begin, end = date(year, 1, 1), date(year, 12, 31)
    last = end if rule.last is None else min(end, rule.last)
    freq: Literal[1, 2, 3] = (
        rrule.MONTHLY if rule.nth or rule.of_month else rrule.WEEKLY if rule.weekdays else rrule.DAILY
    )
    found = rrule.rrule(
        freq,
        # Counted from its own beginning where that matters; a rule must never begin « now ».
        dtstart=datetime.combine(rule.first or begin, time()),
        interval=rule.every,
        until=datetime.combine(last, time()),
        byweekday=[rrule.weekday(day, which) for which, day in rule.nth] or rule.weekdays or None,
        bymonthday=rule.of_month or None,
    )
    return frozenset(moment.date() for moment in found if moment.year == year)


def joined(ranges: list[Span]) -> list[Span]:
    """Sort ranges, leave out empty ones and join those that touch."""
    found: list[Span] = []
    for start, end in sorted(r for r in ranges if r[0] < r[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
