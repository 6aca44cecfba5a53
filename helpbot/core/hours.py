"""Open hours: when people may be pinged, and when a question's timers run.

Everything that knows of days, holidays and opening times is in this file. Moments are Unix milliseconds;
a `Calendar` says which local day a moment belongs to and whether that day is off, an `OpenHours` which
hours of the days that are left are open. Nothing here reads the clock or a file.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from dateutil.easter import easter

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")

ZONES = (
    "A", "B", "C",
    "corse", "guadeloupe", "guyane", "martinique", "mayotte", "reunion",
    "nouvelle-caledonie", "polynesie", "saint-pierre-et-miquelon", "wallis-et-futuna",
)  # fmt: skip
"""Zones of the school calendar. Only some have dates in the shipped file."""

TIMEZONES = {
    "guadeloupe": "America/Guadeloupe", "guyane": "America/Cayenne", "martinique": "America/Martinique",
    "mayotte": "Indian/Mayotte", "reunion": "Indian/Reunion", "nouvelle-caledonie": "Pacific/Noumea",
    "polynesie": "Pacific/Tahiti", "saint-pierre-et-miquelon": "America/Miquelon",
    "wallis-et-futuna": "Pacific/Wallis",
}  # fmt: skip
"""The time zones of overseas zones (IANA); the others keep that of the bot."""

_MINUTE = 60_000
_NBSP = "\u00a0"
_DAY_MINUTES = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A calendar that is closed for longer than this is a mistake; the search for an open moment ends there.
_HORIZON_DAYS = 800

Span = tuple[int, int]


@lru_cache(maxsize=32)
def public_holidays(year: int) -> frozenset[date]:
    """Return the eleven public holidays of France in `year` (Code du travail, L3133-1)."""
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    moving = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday
    sunday = easter(year)
    return frozenset([date(year, m, d) for m, d in fixed] + [sunday + timedelta(n) for n in moving])


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
        if minute >= _DAY_MINUTES:
            return self.moment(day + timedelta(1), minute - _DAY_MINUTES)
        local = datetime.combine(day, time(*divmod(minute, 60)), self.timezone)
        return (local.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)

    def is_off(self, day: date) -> bool:
        """Tell whether that day is a public holiday or within school holidays."""
        if self.zone is None:
            return False
        return day in public_holidays(day.year) or any(b.first <= day < b.back for b in self.breaks)

    def is_school_day(self, day: date) -> bool:
        """Tell whether that day is one of Monday to Friday and not off."""
        return day.weekday() < 5 and not self.is_off(day)

    def knows(self, day: date) -> bool:
        """Tell whether the school holidays around that day are known (always so without a zone)."""
        return self.zone is None or (self.covers is not None and self.covers[0] <= day <= self.covers[1])


@dataclass(frozen=True, slots=True)
class OpenHours:
    """The open hours of a week, on the days that a calendar leaves."""

    week: tuple[tuple[Span, ...], ...]
    """For Monday to Sunday: ranges of minutes of the day, in order and apart from one another."""
    calendar: Calendar = field(repr=False)
    odd: tuple[tuple[Span, ...], ...] | None = None
    """The same for weeks of odd number (ISO 8601), where they differ; `week` is then that of even ones."""

    @classmethod
    def parse(cls, text: str, calendar: Calendar) -> Self:
        """Read « lun-ven 8h-12h et 13h-17h ; sam 9h-12h » or « toujours ». ValueError says what is wrong."""
        even, odd = _parse_weeks(text)
        return cls(even, calendar, odd if odd != even else None)

    def __str__(self) -> str:
        if self.odd is None:
            return f"{_NBSP}; ".join(_describe(self.week))
        parts = [f"{part} semaines paires" for part in _describe(self.week)]
        return f"{_NBSP}; ".join([*parts, *(f"{part} semaines impaires" for part in _describe(self.odd))])

    def is_open(self, at: int) -> bool:
        """Tell whether that moment is open."""
        return any(start <= at < end for start, end in self._spans_of(self.calendar.local(at).date()))

    def next_open(self, at: int) -> int:
        """Return `at` when it is open, else the next opening."""
        return next((start for start, _ in self._spans(at)), self._horizon(at))

    def add_open_minutes(self, at: int, minutes: int) -> int:
        """Return the open moment at which that many open minutes have passed since `at`."""
        left = minutes * _MINUTE
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
        return total / _MINUTE

    def closes_within(self, at: int, minutes: int) -> bool:
        """Tell whether at most that many open minutes of the day are left (an open night goes on)."""
        day = self.calendar.local(at).date()
        spans = self._spans_of(day)
        left = sum(end - max(start, at) for start, end in spans if end > at)
        if left > minutes * _MINUTE:
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
        within_minute = at % _MINUTE
        return self.calendar.moment(day, local.hour * 60 + local.minute) + within_minute

    def _spans_of(self, day: date) -> list[Span]:
        """The open spans of a local day, as moments, in order, touching ones joined."""
        if self.calendar.is_off(day):
            return []
        # Where clocks go forward, a range may begin or end in the hour that does not exist.
        moment = self.calendar.moment
        week = self.week if self.odd is None or day.isocalendar().week % 2 == 0 else self.odd
        return _joined([(moment(day, start), moment(day, end)) for start, end in week[day.weekday()]])

    def _spans(self, at: int) -> Iterator[Span]:
        """What is open from `at` on."""
        day = self.calendar.local(at).date()
        for n in range(_HORIZON_DAYS):
            for start, end in self._spans_of(day + timedelta(n)):
                if end > at:
                    yield max(start, at), end

    def _horizon(self, at: int) -> int:
        return at + _HORIZON_DAYS * _DAY_MINUTES * _MINUTE


def _joined(ranges: list[Span]) -> list[Span]:
    """Sort ranges, leave out empty ones and join those that touch."""
    joined: list[Span] = []
    for start, end in sorted(r for r in ranges if r[0] < r[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def told(calendar: Calendar, at: int, now: int) -> str:
    """Return a moment for a notice: `T10:20` when it is today, else the whole local ISO time."""
    local, today = calendar.local(at), calendar.local(now)
    text = local.strftime("%Y-%m-%dT%H:%M")
    return text[10:] if local.date() == today.date() else text


# Reading what people write: « du lundi au vendredi de 8 h 30 à 17 h », « lun-mer-ven 8h-12h et 13h-17h ».

_ALL_DAY = ((0, _DAY_MINUTES),)
_ALWAYS = {"toujours", "tout le temps", "24h/24", "24/24", "24/7", "24h/24 7j/7", "always"}
_EXAMPLE = "par exemple « lun-ven 8h-12h et 13h-17h », ou « toujours »"
_GROUPS = {"semaine": range(5), "week-end": (5, 6), "weekend": (5, 6), "tous": range(7), "chaque": range(7)}
_PARITY = re.compile(r"\b(?:(?:en|les|une?) )?sem(?:aine)?s? (im|)paires?\b")
_EVERY_OTHER = re.compile(r"\b(?:une? )?[a-z]+ sur deux\b")
_EVERY_OTHER_EXAMPLE = "mar 8h-12h semaines paires ; jeu 14h-16h semaines impaires"
_TO = {"-", "a", "au", "jusqu'a"}
_AND = {",", ";", "/", "+", "&", "et", "ou", "puis"}
_FILLERS = {"de", "du", "des", "le", "les", "la", "en", "entre", "jour", "jours", ".", "h"}
_TOKEN = re.compile(
    r"""(?P<time>\d{1,2}\s*(?:heures?|h|:)\s*[0-5]\d(?!\s*[h:\d])|\d{1,2}\s*(?:heures?|h)\b|\d{1,2}(?!\d)|midi\b|minuit\b)
      |(?P<word>week-end|[a-z]+(?:'[a-z]+)?)
      |(?P<sign>\S)""",
    re.VERBOSE,
)


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", re.sub("[\u2010-\u2015\u2212]", "-", plain)).strip().lower()


Week = tuple[tuple[Span, ...], ...]


def _parse_weeks(text: str) -> tuple[Week, Week]:
    """Return the open hours of even and of odd weeks: « mar 8h-12h semaines paires ; jeu 14h-16h »."""
    folded = _fold(text)
    if folded in _ALWAYS:
        return (_ALL_DAY,) * 7, (_ALL_DAY,) * 7
    if _EVERY_OTHER.search(folded):
        raise ValueError(f"un sur deux : dites lesquelles ; par exemple « {_EVERY_OTHER_EXAMPLE} »")
    even: list[list[Span]] = [[] for _ in DAYS]
    odd: list[list[Span]] = [[] for _ in DAYS]
    for part in folded.split(";"):
        named = set(_PARITY.findall(part))
        if len(named) > 1:
            raise ValueError(f"séparez les semaines par « ; » : « {_EVERY_OTHER_EXAMPLE} »")
        for days, ranges in _groups(_PARITY.sub(" ", part)):
            for day in days:
                even[day] += ranges if "im" not in named else []
                odd[day] += ranges if "" not in named else []
    if not any(even) and not any(odd):
        raise ValueError(f"aucun horaire dans « {text.strip()} » ; {_EXAMPLE}")
    return tuple(tuple(_joined(ranges)) for ranges in even), tuple(tuple(_joined(ranges)) for ranges in odd)


def _groups(folded: str) -> Iterator[tuple[set[int], list[Span]]]:
    """Yield (days, ranges) for each « days hours » part. Hours without days are those of a school week."""
    links: list[tuple[str, tuple[int, ...]]] = []
    times: list[str] = []
    link = ""
    for kind, token in _tokens(folded):
        if kind == "link":
            link = token
        elif kind == "time":
            times.append(token)
            link = ""
        else:
            if times:
                yield _days(links), _ranges(times)
                links, times = [], []
            links.append((link, _day_numbers(token)))
            link = ""
    if times:
        yield _days(links), _ranges(times)
    elif links:
        raise ValueError(f"il manque les heures après les jours ; {_EXAMPLE}")


def _tokens(folded: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(folded):
        token = match.group()
        if match.lastgroup == "time":
            yield "time", token
        elif token in _TO or token in _AND:
            yield "link", token
        elif match.lastgroup == "word" and token not in _FILLERS:
            yield "day", token
        elif token not in _FILLERS:
            raise ValueError(f"« {token} » n'est pas compris ; {_EXAMPLE}")


def _day_numbers(word: str) -> tuple[int, ...]:
    if word in _GROUPS:
        return tuple(_GROUPS[word])
    for number, name in enumerate(DAYS):
        if len(word) >= 2 and (name.startswith(word) or word == f"{name}s"):
            return (number,)
    near = difflib.get_close_matches(word, DAYS, 1, 0.8)
    if near:
        return (DAYS.index(near[0]),)
    raise ValueError(f"« {word} » n'est pas un jour ; {_EXAMPLE}")


def _days(links: list[tuple[str, tuple[int, ...]]]) -> set[int]:
    """Two days with a dash are a range, three or more a list: « lun-ven », « lun-mer-ven »."""
    if not links:
        return set(range(5))
    runs: list[list[tuple[str, tuple[int, ...]]]] = []
    for link, numbers in links:
        if link in _TO and runs:
            runs[-1].append((link, numbers))
        else:
            runs.append([(link, numbers)])
    days: set[int] = set()
    for run in runs:
        if len(run) == 2:
            first, last = run[0][1][0], run[1][1][-1]
            days |= {(first + n) % 7 for n in range((last - first) % 7 + 1)}
        else:
            days |= {number for _, numbers in run for number in numbers}
    return days


def _ranges(times: list[str]) -> list[Span]:
    if len(times) % 2:
        raise ValueError(f"une heure de fin manque après « {times[-1]} » ; {_EXAMPLE}")
    ranges = []
    for opens, closes in zip(times[::2], times[1::2], strict=True):
        start, end = _minute(opens), _minute(closes) or _DAY_MINUTES
        if start >= end:
            raise ValueError(f"« {opens}-{closes} » : la fin doit venir après le début, le même jour")
        ranges.append((start, end))
    return ranges


def _minute(word: str) -> int:
    if word in ("midi", "minuit"):
        return 720 if word == "midi" else 0
    hour, minute = (int(n) for n in (*re.findall(r"\d+", word), "0")[:2])
    if hour * 60 + minute > _DAY_MINUTES:
        raise ValueError(f"« {word} » n'est pas une heure de la journée")
    return hour * 60 + minute


def _describe(week: Week) -> list[str]:
    """Say a week shortly, in parts that `parse` reads back."""
    if week == (_ALL_DAY,) * 7:
        return ["toujours"]
    parts = []
    for ranges in dict.fromkeys(r for r in week if r):
        hours = " et ".join(f"{_clock(start)}-{_clock(end)}" for start, end in ranges)
        parts.append(f"{_name_days([d for d in range(7) if week[d] == ranges])} {hours}")
    return parts


def _name_days(days: list[int]) -> str:
    short = [DAYS[day][:3] for day in days]
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{short[0]}-{short[-1]}"
    return ", ".join(short)


def _clock(minute: int) -> str:
    hour, rest = divmod(minute, 60)
    return f"{hour}h{rest:02}" if rest else f"{hour}h"
