"""Dates as people write them: « 7 janvier », « lundi 7/1/27 », « 2027-01-07 »."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from dateutil.relativedelta import relativedelta

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin",
    "juillet", "aout", "septembre", "octobre", "novembre", "decembre",
)  # fmt: skip
"""As `fold` leaves them."""
EXAMPLE = "par exemple « 3 janvier » ou « 3/1 »"

_MONTH_NAMES = "|".join(f"{m}|{m[:4]}|{m[:3]}" for m in MONTHS)
_NUMERIC = re.compile(r"(?P<d>\d{1,2})[/.](?P<m>\d{1,2})(?:[/.](?P<y>\d{2,4}))?")
_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})")
_NAMED = re.compile(rf"(?P<d>\d{{1,2}}|1er|premier)\s+(?P<m>{_MONTH_NAMES})\.?(?:\s+(?P<y>\d{{4}}))?")
_DAY_ONLY = re.compile(r"(?P<d>\d{1,2}|1er)")
_WEEKDAY = re.compile(rf"^(?:{'|'.join(DAYS)}) ")
IN_FULL = "|".join(re.sub(r"\?P<.>", "", p.pattern) for p in (_ISO, _NAMED, _NUMERIC))
"""A pattern of a date with its month, in folded text, without groups that count."""


def fold(text: str) -> str:
    """Return a text in lower case without accents, its signs and spaces the plain ones."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("\u00a0", " "))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", re.sub("[\u2010-\u2015\u2212]", "-", plain)).strip(" .!").casefold()


def is_iso(text: str) -> bool:
    """Tell whether a date like 2027-01-07 stands in a text."""
    return _ISO.search(text) is not None


def read_date(text: str, today: date) -> date | None:
    """Return the date that a folded text is, the next such one from `today` on where it names no year.

    None: it is no date. ValueError: there is no such day.
    """
    text = _WEEKDAY.sub("", text)
    if match := _ISO.fullmatch(text):
        return _built(text, int(match["y"]), int(match["m"]), int(match["d"]))
    if match := _NAMED.fullmatch(text):
        month = next(n for n, m in enumerate(MONTHS, 1) if m.startswith(match["m"]))
        # « juin » and « juillet » both begin with « jui »: three letters mean the first.
        number = 1 if match["d"] in ("1er", "premier") else int(match["d"])
        return _next_such(text, match["y"], month, number, today)
    if match := _NUMERIC.fullmatch(text):
        return _next_such(text, match["y"], int(match["m"]), int(match["d"]), today)
    if match := _DAY_ONLY.fullmatch(text):
        number = int(match["d"].removesuffix("er"))
        first = today if number >= today.day else today.replace(day=1) + relativedelta(months=1)
        return with_day(first, number, text)
    return None


def names_year(text: str) -> bool:
    """Tell whether a folded date says its year."""
    text = _WEEKDAY.sub("", text)
    match = _ISO.fullmatch(text) or _NAMED.fullmatch(text) or _NUMERIC.fullmatch(text)
    return match is not None and match["y"] is not None


def name_days(days: list[int]) -> str:
    """Return days of the week (Monday is 0, in order) as one writes them: « lun-ven », « mar, jeu »."""
    short = [DAYS[day][:3] for day in days]
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{short[0]}-{short[-1]}"
    return ", ".join(short)


def with_day(month: date, day: int, text: str) -> date:
    """Return that day of a month. ValueError names `text`."""
    return _built(text, month.year, month.month, day)


def _next_such(text: str, year: str | None, month: int, day: int, today: date) -> date:
    if year:
        number = int(year)
        return _built(text, number if number > 99 else 2000 + number, month, day)
    found = _built(text, today.year, month, day)
    return found if found >= today else _built(text, today.year + 1, month, day)


def _built(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"« {text.strip()} » n'est pas une date ; {EXAMPLE}") from None
