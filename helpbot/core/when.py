"""Days, hours and durations as people write them: « 2 semaines », « jusqu'au 3 janvier », « du 3 au 10 ».

Everything is read against a local moment and a school calendar, and comes back as local days and minutes.
What is not understood raises `ValueError` with a sentence for the person who typed it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from helpbot.core.dates import DAYS, is_iso, read_date, with_day
from helpbot.core.dates import fold as fold
from helpbot.core.hours import Calendar

EXAMPLE = "par exemple « 2 semaines », « jusqu'au 3 janvier », « du 3 au 10 mars », « demain matin »"
LONGEST_DAYS = 400
"""Somebody who is away for longer than this has left: `!stop` says so."""

_NUMBERS = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8,
    "neuf": 9, "dix": 10, "quinze": 15, "trente": 30, "1/2": 0.5, "demi": 0.5, "demie": 0.5,
}  # fmt: skip
_UNITS = {
    "minute": "minutes", "min": "minutes", "mn": "minutes", "heure": "hours", "h": "hours",
    "jour": "days", "j": "days", "journee": "days", "semaine": "weeks", "sem": "weeks",
    "mois": "months", "an": "years", "annee": "years", "trimestre": "quarters",
}  # fmt: skip
_COUNT = r"(?P<count>\d{1,3}(?:[.,]\d)?|1/2|" + "|".join(n for n in _NUMBERS if n.isalpha()) + ")"
_DURATION = re.compile(
    rf"(?:pendant|pour|durant|dans)?\s*{_COUNT}[\s-]*(?P<unit>{'|'.join(_UNITS)})s?(?P<half>\s+et demie?)?"
)
_HOUR = re.compile(r"(?P<h>\d{1,2})\s*(?:h|heures?|:)\s*(?P<n>[0-5]\d)?")
_PARTS = {"matin": (0, 12 * 60), "apres-midi": (12 * 60, 24 * 60), "aprem": (12 * 60, 24 * 60),
          "soir": (18 * 60, 24 * 60), "midi": (12 * 60, 14 * 60)}  # fmt: skip
_FILLER = re.compile(r"^(?:le|la|les|l'|de|du|a|au|aux|ce|cet|cette|d'ici)\s+|^l'|^d'")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of local time: from a moment (None: now) up to another, which is not part of it."""

    first: tuple[date, int] | None
    until: tuple[date, int]
    """Day and minute of the day; minute 0 of a day: the day before is the last one."""

    def moments(self, calendar: Calendar, now: int) -> tuple[int, int]:
        """Return both ends as Unix milliseconds; the first is never before `now`."""
        start = now if self.first is None else max(now, calendar.moment(*self.first))
        return start, calendar.moment(*self.until)


def read_stretch(text: str, now: datetime, calendar: Calendar) -> Stretch:
    """Return the stretch of time meant at the local moment `now`. ValueError says what is wrong."""
    folded = fold(text)
    if not folded:
        raise ValueError(f"dites combien de temps ; {EXAMPLE}")
    found = _between(folded, now, calendar) or _until(folded, now, calendar) or _lasting(folded, now)
    found = found or _whole(folded, now, calendar)
    if found is None:
        raise ValueError(f"« {text.strip()} » n'est pas compris ; {EXAMPLE}")
    end, minute = found.until
    if (end, minute) <= (now.date(), now.hour * 60 + now.minute):
        raise ValueError(f"« {text.strip()} » est déjà passé ; {EXAMPLE}")
    if found.first is not None and found.first >= found.until:
        raise ValueError(f"« {text.strip()} » : la fin doit venir après le début")
    if (end - now.date()).days > LONGEST_DAYS:
        raise ValueError(f"« {text.strip()} » dépasse un an ; pour ne plus être sollicité·e : !stop")
    return found


def _between(text: str, now: datetime, calendar: Calendar) -> Stretch | None:
    match = re.fullmatch(
        r"(?:du|de|d'|entre|a partir (?:du|de)) ?(.+?) (?:au|a|et|jusqu'au|jusqu'a|-) (.+)", text
    )
    match = match or re.fullmatch(r"(.+?) ?- ?(.+)", text if not is_iso(text) else "")
    if match is None:
        return None
    end = _point(match[2], now, calendar)
    if end is None:
        return None
    # « du 3 au 10 mars »: the month stands once, at the end.
    start = _point(match[1], now, calendar)
    if re.fullmatch(r"\d{1,2}|1er", match[1].strip()):
        day = int(match[1].strip().removesuffix("er"))
        first = end[0] if day <= end[0].day else end[0] - relativedelta(months=1)
        start = (with_day(first, day, match[1]), 0, 0)
    if start is None:
        return None
    if end[0] < start[0]:
        end = (end[0] + relativedelta(years=1), end[1], end[2])
    return Stretch((start[0], start[1]), _after(end))


def _until(text: str, now: datetime, calendar: Calendar) -> Stretch | None:
    match = re.fullmatch(
        r"(?:absente? |pause )?(?:jusqu'?(?:aux|au|a)?|jsq|avant|d'ici(?: au| a)?) ?(.+)", text
    )
    if match is None:
        return None
    point = _point(match[1], now, calendar)
    if point is None:
        return None
    before = text.startswith("avant") or "rentree" in match[1]
    return Stretch(None, (point[0], 0) if before and point[1] == 0 else _after(point))


def _lasting(text: str, now: datetime) -> Stretch | None:
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    word = match["count"]
    count = float(_NUMBERS[word] if word in _NUMBERS else word.replace(",", ".")) + (
        0.5 if match["half"] else 0
    )
    unit = _UNITS[match["unit"]]
    if unit in ("minutes", "hours"):
        end = now + timedelta(**{unit: count})
        return Stretch(None, (end.date(), end.hour * 60 + end.minute))
    if unit == "quarters":
        unit, count = "months", count * 3
    if unit == "months" and count % 1:
        days = round(count * 30)
        return Stretch(None, (now.date() + timedelta(days), 0))
    if unit in ("months", "years"):
        months = int(count) * (12 if unit == "years" else 1)
        return Stretch(None, (now.date() + relativedelta(months=months), 0))
    days = round(count * (7 if unit == "weeks" else 1))
    return Stretch(None, (now.date() + timedelta(max(1, days)), 0))


def _whole(text: str, now: datetime, calendar: Calendar) -> Stretch | None:
    """A named stretch (« la semaine prochaine ») or a single day, or a part of one (« demain matin »)."""
    monday = now.date() - timedelta(now.weekday())
    plain = _FILLER.sub("", text)
    if plain in ("semaine", "semaine-ci"):
        return Stretch(None, (monday + timedelta(7), 0))
    if plain == "semaine prochaine":
        return Stretch((monday + timedelta(7), 0), (monday + timedelta(14), 0))
    if plain in ("mois", "mois-ci"):
        return Stretch(None, ((now.date().replace(day=1) + relativedelta(months=1)), 0))
    if plain == "mois prochain":
        first = now.date().replace(day=1) + relativedelta(months=1)
        return Stretch((first, 0), (first + relativedelta(months=1), 0))
    if plain in ("vacances", "pendant les vacances"):
        coming = next((b for b in calendar.breaks if b.back > now.date()), None)
        return None if coming is None else Stretch((coming.first, 0), (coming.back, 0))
    point = _point(text, now, calendar)
    if point is None:
        return None
    day, start, end = point
    today = day == now.date() and not start
    if start and not end:  # « demain à 14h »: from then on, that day
        end = 24 * 60
    return Stretch(None if today else (day, start), _after((day, start, end)))


def _after(point: tuple[date, int, int]) -> tuple[date, int]:
    """Where a point ends: a day as a whole belongs to it, an hour does not."""
    day, start, end = point
    if end:
        return (day, end) if end < 24 * 60 else (day + timedelta(1), 0)
    return (day, start) if start else (day + timedelta(1), 0)


def _point(text: str, now: datetime, calendar: Calendar) -> tuple[date, int, int] | None:
    """Return (day, first minute, end minute): (d, 0, 0) a whole day, (d, m, 0) an hour, (d, m, n) a part."""
    text = text.strip()
    for _ in range(3):
        text = _FILLER.sub("", text).strip()
    day_text, start, end = text, 0, 0
    part = re.search(r"\b(matin|apres-midi|aprem|soir|midi)$", text)
    hour = re.search(rf"(?:^|\s)(?:a )?{_HOUR.pattern}$", text)
    if part:
        start, end = _PARTS[part[1]]
        day_text = text[: part.start()].strip()
    elif hour and int(hour["h"]) < 25:
        start = int(hour["h"]) * 60 + int(hour["n"] or 0)
        day_text = text[: hour.start()].strip()
    day = now.date() if not day_text and (start or end) else _day(day_text, now, calendar)
    return None if day is None else (day, start, end)


def _day(text: str, now: datetime, calendar: Calendar) -> date | None:
    today = now.date()
    near = {"aujourd'hui": 0, "auj": 0, "demain": 1, "apres-demain": 2, "apres demain": 2}
    if text in near:
        return today + timedelta(near[text])
    if text in ("rentree", "reprise", "fin des vacances"):
        return next((b.back for b in calendar.breaks if b.back > today), None)
    if text in ("vacances", "prochaines vacances"):
        return next((b.first - timedelta(1) for b in calendar.breaks if b.first > today), None)
    if text in ("fin de semaine", "fin de la semaine", "week-end", "weekend"):
        return today + timedelta(6 - today.weekday())
    if text in ("fin du mois", "fin de mois"):
        return today.replace(day=1) + relativedelta(months=1) - timedelta(1)
    weekday = re.fullmatch(r"([a-z]{3,8}?)s?\.?( prochain| en huit)?", text)
    if weekday and weekday[1] in (*DAYS, *(d[:3] for d in DAYS)):
        number = next(n for n, d in enumerate(DAYS) if d.startswith(weekday[1]))
        ahead = (number - today.weekday() - 1) % 7 + 1
        return today + timedelta(ahead + (7 if weekday[2] == " en huit" else 0))
    return read_date(text, today)
