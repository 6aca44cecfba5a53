"""The days of a simulation, counted once: which are school days, and where a moment lies within them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from helpbot.core.hours import Calendar, public_holidays
from helpbot.core.spans import MINUTE

Spans = tuple[tuple[int, int], ...]
"""Ranges of minutes of a day, in order."""


@dataclass(frozen=True, slots=True)
class Days:
    """Consecutive local days. Days are counted from the first one; minutes are of the local day."""

    first: date
    midnights: tuple[int, ...]
    """Unix ms of each day's beginning."""
    school: tuple[bool, ...]
    """Whether each is a Monday to Friday, outside holidays. Told from the dates themselves, not by
    `core.hours`: the auditor stands on it."""

    @classmethod
    def of(cls, calendar: Calendar, first: date, count: int) -> Days:
        """Return `count` days from `first` on."""
        days = [first + timedelta(n) for n in range(count)]
        return cls(
            first,
            tuple(calendar.moment(day, 0) for day in days),
            tuple(
                day.weekday() < 5
                and day not in public_holidays(day.year, calendar.zone)
                and not any(b.first <= day < b.back for b in calendar.breaks)
                for day in days
            ),
        )

    def where(self, at: int) -> tuple[int, float]:
        """Return the day of a moment and the minute within it."""
        day = bisect_right(self.midnights, at) - 1
        return day, (at - self.midnights[day]) / MINUTE

    def weekday(self, day: int) -> int:
        """Return 0 for a Monday, 6 for a Sunday."""
        return (self.first.weekday() + day) % 7

    def after(self, at: int, minutes: float, week: tuple[Spans, ...]) -> int | None:
        """Return when so many minutes of a person's week have passed on school days; None: never here."""
        day, start = self.where(at)
        left = minutes
        while day < len(self.midnights):
            if self.school[day]:
                for opens, closes in week[self.weekday(day)]:
                    begin = max(start, opens)
                    if begin >= closes:
                        continue
                    if left < closes - begin:
                        return self.midnights[day] + int((begin + left) * MINUTE)
                    left -= closes - begin
            day, start = day + 1, 0.0
        return None
