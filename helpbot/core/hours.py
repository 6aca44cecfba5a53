"""Open hours: when people may be pinged, and when a question's timers run.

Everything that knows of days, holidays and opening times is in this file. Moments are Unix milliseconds;
a `Calendar` says which local day a moment belongs to and whether that day is off, an `OpenHours` which
hours of the days that are left are open. Nothing here reads the clock or a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from jours_feries_france import JoursFeries

from helpbot.core.recurrence import Recurring, Span, joined
from helpbot.core.spans import MINUTE
from helpbot.core.timetable import DAY_MINUTES, Timetable, Week, read

ZONES = (
    "A", "B", "C", "alsace-moselle",
    "corse", "guadeloupe", "guyane", "martinique", "mayotte", "reunion",
    "nouvelle-caledonie", "polynesie", "saint-pierre-et-miquelon", "wallis-et-futuna",
)  # fmt: skip
"""Zones of the school calendar. Only some have dates in the shipped file. Alsace-Moselle has the school
holidays of zone B and two public holidays more."""

TIMEZONES = {
    "guadeloupe": "America/Guadeloupe", "guyane": "America/Cayenne", "martinique": "America/Martinique",
    "mayotte": "Indian/Mayotte", "reunion": "Indian/Reunion", "nouvelle-caledonie": "Pacific/Noumea",
    "polynesie": "Pacific/Tahiti", "saint-pierre-et-miquelon": "America/Miquelon",
    "wallis-et-futuna": "Pacific/Wallis",
}  # fmt: skip
"""The time zones of overseas zones (IANA); the others keep that of the bot."""

_LAWS = {
    "alsace-moselle": "Alsace-Moselle", "guadeloupe": "Guadeloupe", "guyane": "Guyane",
    "martinique": "Martinique", "mayotte": "Mayotte", "reunion": "La Réunion",
    "nouvelle-caledonie": "Nouvelle-Calédonie", "polynesie": "Polynésie Française",
    "saint-pierre-et-miquelon": "Saint-Pierre-et-Miquelon", "wallis-et-futuna": "Wallis-et-Futuna",
}  # fmt: skip
"""Zones with public holidays of their own, as the library calls them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A calendar that is closed for longer than this is a mistake; the search for an open moment ends there.
_HORIZON_DAYS = 800


@lru_cache(maxsize=32)
def public_holidays(year: int, zone: str | None = None) -> frozenset[date]:
    """Return the public holidays of `year` in a zone of the school calendar.

    Code du travail, L3133-1 for the eleven of everybody, L3134-13 and L3422-2 for those of some places.
    """
    return frozenset(JoursFeries.for_year(year, _LAWS.get(zone or "")).values())


@dataclass(frozen=True, slots=True)
class Break:
    """A stretch of days without class."""

    name: str
    first: date
    """The first day without class."""
    back: date
    """The day on which class starts again, in the morning."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The school days of one zone. Without a zone no day is off, public holidays included."""

    timezone: ZoneInfo
    zone: str | None = None
    breaks: tuple[Break, ...] = ()
    covers: tuple[date, date] | None = None
    """First and last day for which the breaks are known; outside only public holidays are off."""

    def local(self, at: int) -> datetime:
        """Return the local time of a moment."""
        return (_EPOCH + timedelta(milliseconds=at)).astimezone(self.timezone)

    def moment(self, day: date, minute: int) -> int:
        """Return the moment of a local day and minute of it; 1440 is the next midnight."""
        if minute >= DAY_MINUTES:
            return self.moment(day + timedelta(1), minute - DAY_MINUTES)
        local = datetime.combine(day, time(*divmod(minute, 60)), self.timezone)
        return (local.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)

    def is_off(self, day: date) -> bool:
        """Tell whether that day is a public holiday or within school holidays."""
        if self.zone is None:
            return False
        return day in public_holidays(day.year, self.zone) or any(
            b.first <= day < b.back for b in self.breaks
        )

    def is_school_day(self, day: date) -> bool:
        """Tell whether that day is one of Monday to Friday and not off."""
        return day.weekday() < 5 and not self.is_off(day)

    def knows(self, day: date) -> bool:
        """Tell whether the school holidays around that day are known (always so without a zone)."""
        return self.zone is None or (self.covers is not None and self.covers[0] <= day <= self.covers[1])


@dataclass(frozen=True, slots=True)
class OpenHours:
    """The open hours of a week, on the days that a calendar leaves."""

    week: Week
    """For Monday to Sunday: ranges of minutes of the day, in order and apart from one another."""
    calendar: Calendar = field(repr=False)
    odd: Week | None = None
    """The same for weeks of odd number (ISO 8601), where they differ; `week` is then that of even ones."""
    recurring: tuple[Recurring, ...] = ()
    """Hours on days that come back otherwise than each week, beside those."""

    @classmethod
    def parse(cls, text: str, calendar: Calendar, today: date | None = None) -> Self:
        """Read « lun-ven 8h-12h et 13h-17h ; sam 9h-12h » or « toujours ». ValueError says what is wrong.

        A date that names no year is the nearest to `today`; without `today` it must name one.
        """
        said = read(text, today)
        return cls(said.even, calendar, said.odd if said.odd != said.even else None, said.recurring)

    def __str__(self) -> str:
        return str(Timetable(self.week, self.week if self.odd is None else self.odd, self.recurring))

    def is_open(self, at: int) -> bool:
        """Tell whether that moment is open."""
        return any(start <= at < end for start, end in self._spans_of(self.calendar.local(at).date()))

    def next_open(self, at: int) -> int:
        """Return `at` when it is open, else the next opening."""
        return next((start for start, _ in self._spans(at)), self._horizon(at))

    def add_open_minutes(self, at: int, minutes: int) -> int:
        """Return the open moment at which that many open minutes have passed since `at`."""
        left = minutes * MINUTE
        for start, end in self._spans(at):
            if left < end - start:
                return start + left
            left -= end - start
        return self._horizon(at)

    def open_minutes_between(self, start: int, end: int) -> float:
        """Return how many open minutes lie between two moments; 0 when `end` is not after `start`."""
        total = 0
        for opens, closes in self._spans(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total / MINUTE

    def closes_within(self, at: int, minutes: int) -> bool:
        """Tell whether at most that many open minutes of the day are left (an open night goes on)."""
        day = self.calendar.local(at).date()
        spans = self._spans_of(day)
        left = sum(end - max(start, at) for start, end in spans if end > at)
        if left > minutes * MINUTE:
            return False
        tomorrow = self._spans_of(day + timedelta(1))
        return not (spans and tomorrow and spans[-1][1] == tomorrow[0][0])

    def add_school_days(self, at: int, days: int) -> int:
        """Return the same time of day that many school days later."""
        local = self.calendar.local(at)
        day = local.date()
        for _ in range(days):
            after = (day + timedelta(n) for n in range(1, _HORIZON_DAYS))
            day = next(filter(self.calendar.is_school_day, after), day)
        within_minute = at % MINUTE
        return self.calendar.moment(day, local.hour * 60 + local.minute) + within_minute

    def _spans_of(self, day: date) -> list[Span]:
        """The open spans of a local day, as moments, in order, touching ones joined."""
        if self.calendar.is_off(day):
            return []
        # Where clocks go forward, a range may begin or end in the hour that does not exist.
        moment = self.calendar.moment
        week = self.week if self.odd is None or day.isocalendar().week % 2 == 0 else self.odd
        spans = week[day.weekday()]
        if self.recurring:
            spans = (*spans, *(s for r in self.recurring if r.rule.falls_on(day) for s in r.spans))
        return joined([(moment(day, start), moment(day, end)) for start, end in spans])

    def _spans(self, at: int) -> Iterator[Span]:
        """What is open from `at` on."""
        day = self.calendar.local(at).date()
        for n in range(_HORIZON_DAYS):
            for start, end in self._spans_of(day + timedelta(n)):
                if end > at:
                    yield max(start, at), end

    def _horizon(self, at: int) -> int:
        return at + _HORIZON_DAYS * DAY_MINUTES * MINUTE


def told(calendar: Calendar, at: int, now: int) -> str:
    """Return a moment for a notice: `T10:20` when it is today, else the whole local ISO time."""
    local, today = calendar.local(at), calendar.local(now)
    text = local.strftime("%Y-%m-%dT%H:%M")
    return text[10:] if local.date() == today.date() else text
