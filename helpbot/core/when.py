"""Days, hours and durations as people write them: « 2 semaines », « jusqu'au 3 janvier », « du 3 au 10 ».

Everything is read against a local moment and a school calendar, and comes back as local days and minutes.
What is not understood raises `ValueError` with a sentence for the person who typed it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from dateutil.relativedelta import relativedelta

from helpbot.core.dates import DAYS, is_iso, read_date, with_day
from helpbot.core.dates import fold as fold
from helpbot.core.hours import Calendar
from helpbot.core.when_named import back_from, last_of, named, tidy

EXAMPLE = "par exemple « 2 semaines », « jusqu'au 3 janvier », « du 3 au 10 mars », « demain matin »"
LONGEST = 200
"""Characters: nobody says when they are away in more."""
LONGEST_DAYS = 400
"""Somebody who is away for longer than this has left: `!stop` says so."""

_NUMBERS = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8,
    "neuf": 9, "dix": 10, "douze": 12, "quinze": 15, "vingt": 20, "trente": 30,
    "1/2": 0.5, "demi": 0.5, "demie": 0.5,
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
_SOME_DAYS = {"huitaine": 8, "dizaine": 10, "quinzaine": 15, "vingtaine": 20, "trentaine": 30}
_SOME = re.compile(rf"(?:pour |pendant )?(?:une )?({'|'.join(_SOME_DAYS)})(?: de jours)?")
_HOURS_LONG = re.compile(r"(?:pour |pendant )?([0-5]) ?h(?:eures?)? ?([0-5]\d)(?: ?min)?")
"""« 1h30 » is how long; « 14h30 » is when."""
_BEGIN = r"(?:a (?:partir|compter) (?:de|d'|du)|des)(?: le)?"
_CLOCK = r"(\d{1,2}) ?(?:h|heures?|:) ?([0-5]\d)?"
_COMES_BACK = re.compile(r"^(?:tous les|toutes les|chaque) (?!vacances)|\bsur (?:2|deux|3|trois)\b")
_ENDLESS = re.compile(r"nouvel ordre|indefini|longtemps|definitiv|toujours|indetermine")
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
    folded = tidy(fold(text))
    if not folded:
        raise ValueError(f"dites combien de temps ; {EXAMPLE}")
    if len(folded) > LONGEST:
        raise ValueError(f"c'est trop long ; {EXAMPLE}")
    if _COMES_BACK.search(folded):
        raise ValueError(
            "ce qui revient se dit par !dispo, par exemple « !dispo lun-ven 8h-18h sauf mercredi »"
        )
    if _ENDLESS.search(folded):
        raise ValueError("donnez une date, même lointaine ; pour ne plus être sollicité·e : !stop")
    found = _from_on(folded, now, calendar) or _hours_of_a_day(folded, now, calendar)
    found = found or _days(folded, now, calendar)
    found = found or _between(folded, now, calendar) or _until(folded, now, calendar) or _lasting(folded, now)
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


def _from_on(text: str, now: datetime, calendar: Calendar) -> Stretch | None:
    """« à partir de lundi pour 2 semaines », « 2 semaines à partir du 3 décembre »."""
    match = re.fullmatch(rf"{_BEGIN} (?P<day>.+?),? (?P<long>(?:pour|pendant|durant) .+)", text)
    match = match or re.fullmatch(rf"(?P<long>.+?),? {_BEGIN} (?P<day>.+)", text)
    if match is None:
        if re.fullmatch(rf"{_BEGIN} (?!.*jusqu|.* au ).+", text):
            raise ValueError("dites jusqu'à quand, par exemple « 2 semaines à partir de lundi »")
        return None
    point = _point(match["day"], now, calendar)
    if point is None:
        return None
    start = datetime.combine(point[0], time(*divmod(point[1], 60)), now.tzinfo)
    lasting = _lasting(match["long"], start)
    return None if lasting is None else Stretch((point[0], point[1]), lasting.until)


def _hours_of_a_day(text: str, now: datetime, calendar: Calendar) -> Stretch | None:
    """« demain de 14h à 16h », « le 3 décembre 8h-12h »."""
    match = re.fullmatch(rf"(.*?)(?:^|\s+)(?:de |entre )?{_CLOCK}\s?(?:-|a|et)\s?{_CLOCK}", text)
    if match is None:
        return None
    point = _point(match[1], now, calendar) if match[1] else (now.date(), 0, 0)
    if point is None or point[1] or point[2]:
        return None
    opens, closes = (int(match[n]) * 60 + int(match[n + 1] or 0) for n in (2, 4))
    return Stretch((point[0], opens), _after((point[0], closes, 0))) if closes <= 24 * 60 else None


def _days(text: str, now: datetime, calendar: Calendar) -> Stretch | None:
    """« jeudi et vendredi », « les 3 et 4 décembre »: days that follow one another."""
    parts = re.split(r"\s*(?:,| et )\s*", text)
    if len(parts) < 2:
        return None
    last = _point(parts[-1], now, calendar)
    points = [_point(part, now, calendar) for part in parts[:-1]]
    if last is None or last[1:] != (0, 0) or any(p is None or p[1:] != (0, 0) for p in points):
        return None
    days = [p[0] for p in points if p is not None]
    if all(re.fullmatch(r"(?:les? )?(?:\d{1,2}|1er)", part) for part in parts[:-1]):  # the month stands last
        numbers = [int(re.sub(r"\D", "", part)) for part in parts[:-1]]
        days = [with_day(last[0], number, text) for number in numbers]
    days.append(last[0])
    for n, (before, after) in enumerate(pairwise(days), 1):  # « jeudi et vendredi », said on a Thursday
        days[n] = _later(parts[n], after, before) if after < before else after
    if any(after - before != timedelta(1) for before, after in pairwise(days)):
        raise ValueError(f"« {text} » : une absence à la fois, d'un seul tenant ; {EXAMPLE}")
    return Stretch((days[0], 0), (days[-1] + timedelta(1), 0))


def _between(text: str, now: datetime, calendar: Calendar) -> Stretch | None:
    match = re.fullmatch(
        r"(?:du|de|d'|entre|a partir (?:du|de)) ?(.+?) (?:au|a|et|jusqu'au|jusqu'a|-) (.+)", text
    )
    match = match or re.fullmatch(r"(.+?) ?(?:-| au ) ?(.+)", text if not is_iso(text) else "")
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
        end = (_later(match[2], end[0], start[0]), end[1], end[2])
    return Stretch((start[0], start[1]), _after(end))


def _later(text: str, end: date, start: date) -> date:
    """Return the first such day after the start: next week's, or next year's where a month is named."""
    if not any(char.isdigit() for char in text):  # « de lundi à vendredi », said on a Wednesday
        return start + timedelta((end.weekday() - start.weekday()) % 7)
    if not re.search(r"[a-z]{3}|\d[/.]\d", text):
        raise ValueError(f"« {text} » : la fin doit venir après le début ; {EXAMPLE}")
    return end + relativedelta(years=1)


def _until(text: str, now: datetime, calendar: Calendar) -> Stretch | None:
    match = re.fullmatch(
        r"(?:depuis .+? )?(?:jusque |jusqu'?(?:aux|au|a|en)?|jsq|avant|d'ici(?: au| a)?) ?(.+)", text
    )
    if match is None:
        return None
    if back := back_from(match[1], now.date(), calendar):
        return Stretch(None, (back, 0))
    point = _point(match[1], now, calendar)
    if point is None:
        last = last_of(match[1], now.date(), calendar)
        return None if last is None else Stretch(None, (last + timedelta(1), 0))
    if point[1:] == _PARTS["midi"]:  # « jusqu'à midi » is noon, « à midi » the break
        return Stretch(None, (point[0], point[1]))
    before = text.startswith("avant") or "rentree" in match[1]
    return Stretch(None, (point[0], 0) if before and point[1] == 0 else _after(point))


def _lasting(text: str, now: datetime) -> Stretch | None:
    if match := _SOME.fullmatch(text):
        return Stretch(None, (now.date() + timedelta(_SOME_DAYS[match[1]]), 0))
    if match := _HOURS_LONG.fullmatch(text):
        end = now + timedelta(hours=int(match[1]), minutes=int(match[2]))
        return Stretch(None, (end.date(), end.hour * 60 + end.minute))
    if re.fullmatch(r"(?:pour )?(?:une )?(?:demi|1/2)[- ]journee", text):
        return Stretch(None, (now.date(), 12 * 60) if now.hour < 12 else (now.date() + timedelta(1), 0))
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
    if plain in ("week-end", "weekend", "we", "fin de semaine"):
        saturday = monday + timedelta(5)
        return Stretch((saturday, 0) if saturday > now.date() else None, (monday + timedelta(7), 0))
    if found := named(text, now.date(), calendar):
        return Stretch((found[0], 0) if found[0] > now.date() else None, (found[1], 0))
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
    hour = re.search(rf"(?:^|\s)(?:a )?{_CLOCK}$", text)
    if part:
        start, end = _PARTS[part[1]]
        day_text = text[: part.start()].strip()
    elif hour and int(hour[1]) < 25:
        start = int(hour[1]) * 60 + int(hour[2] or 0)
        day_text = text[: hour.start()].strip()
    day = now.date() if not day_text and (start or end) else _day(day_text, now, calendar)
    return None if day is None else (day, start, end)


def _day(text: str, now: datetime, calendar: Calendar) -> date | None:
    today = now.date()
    near = {"aujourd'hui": 0, "auj": 0, "demain": 1, "apres-demain": 2, "apres demain": 2}
    if text in near:
        return today + timedelta(near[text])
    if text in ("rentree", "reprise", "retour", "fin des vacances"):
        return next((b.back for b in calendar.breaks if b.back > today), None)
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
