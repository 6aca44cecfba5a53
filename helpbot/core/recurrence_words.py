"""Recurrences as people write them: « un mercredi sur deux à partir du 7 janvier », « le 15 du mois »."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from helpbot.core.dates import DAYS, IN_FULL, names_year, read_date
from helpbot.core.recurrence import Rule

EXAMPLE = "« un mercredi sur deux 14h-16h à partir du 7 janvier », « le premier lundi du mois 9h-11h »"
YEARS = range(2000, 2100)
HALF_A_YEAR = timedelta(183)

_NUMBERS = {"deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "huit": 8, "dix": 10, "quinze": 15}
_COUNT = rf"(?P<n>\d{{1,2}}|{'|'.join(_NUMBERS)})"
_WHICH = {
    "premier": 1, "1er": 1, "deuxieme": 2, "second": 2, "2e": 2, "2eme": 2, "2nd": 2, "troisieme": 3,
    "3e": 3, "3eme": 3, "quatrieme": 4, "4e": 4, "4eme": 4, "cinquieme": 5, "5e": 5, "5eme": 5,
    "dernier": -1, "avant-dernier": -2,
}  # fmt: skip
_WHICH_WORD = rf"(?:{'|'.join(sorted(_WHICH, key=len, reverse=True))})s?"
_WEEKDAY = rf"(?:{'|'.join(rf'{d}s?|{d[:3]}' for d in DAYS)})"
_LINK = r"(?:\s*(?:,|et|ou|puis|&|\+)\s*|\s+)(?:les?\s+)?"
_OF_MONTH = r"\s+(?:de\s+chaque|de\s+tous\s+les|chaque|tous\s+les|du|des|par|de)\s+mois\b"
_FROM = re.compile(
    rf"\b(?:a (?:partir|compter) d[ue]|des|depuis)(?: le)? (?P<date>(?:{_WEEKDAY} )?(?:{IN_FULL}))"
)
_UNTIL = re.compile(rf"\b(?:jusqu'(?:au|a)|avant)(?: le)? (?P<date>(?:{_WEEKDAY} )?(?:{IN_FULL}))")
_ONE_IN = re.compile(rf"\b(?:(?:une?|les?) )?(?P<what>[a-z]+)s? sur {_COUNT}\b")
_ONE = re.compile(r"\bune? ")
_A_OR_B = re.compile(r"\bsem(?:aine)?s? (?:a|b)\b(?! partir| compter)")
_EVERY_WEEKS = re.compile(rf"\b(?:toutes les|chaque) {_COUNT} semaines\b")
_EVERY_DAYS = re.compile(rf"\btous les {_COUNT} jours\b")
_NTH = re.compile(
    rf"\b(?:chaque |(?:tous )?les? )?(?P<list>{_WHICH_WORD}(?:{_LINK}{_WHICH_WORD})*\s+{_WEEKDAY}"
    rf"(?:{_LINK}(?:{_WHICH_WORD}|{_WEEKDAY}))*)(?:{_OF_MONTH}|\b)"
)
_DATES = re.compile(rf"\b(?:les? )?(?P<list>(?:\d{{1,2}}|1er)(?:{_LINK}(?:\d{{1,2}}|1er))*){_OF_MONTH}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a text says of a recurrence, apart from plain days of the week."""

    nth: tuple[tuple[int, int], ...] = ()
    of_month: tuple[int, ...] = ()
    every: int = 1
    unit: str = ""
    """What `every` counts: `days`, `weeks`, or `same day` for the weeks of « tous les 15 jours »."""
    first: date | None = None
    last: date | None = None

    def rule(self, weekdays: set[int] | None) -> Rule:
        """Return the rule on these days of the week (None: none named). ValueError says what is missing."""
        if self.nth or self.of_month:
            if weekdays is not None or self.every > 1:
                raise ValueError(f"séparez par « ; » ce qui revient autrement ; par exemple {EXAMPLE}")
            return Rule(nth=self.nth, of_month=self.of_month, first=self.first, last=self.last)
        if self.first is None and (self.every > 1 or (self.unit == "same day" and weekdays is None)):
            raise ValueError(f"dites à partir de quel jour, ou « semaines paires » ; par exemple {EXAMPLE}")
        if self.unit == "days" and weekdays is not None:
            raise ValueError(
                f"des jours de la semaine ou un nombre de jours, pas les deux ; par exemple {EXAMPLE}"
            )
        if self.unit == "days":
            return Rule(every=self.every, first=self.first, last=self.last)
        days = tuple(sorted(weekdays)) if weekdays is not None else self._own_days()
        first = self.first and next(
            day for n in range(7) if (day := self.first + timedelta(n)).weekday() in days
        )
        return Rule(weekdays=days, every=self.every, first=first, last=self.last)

    def _own_days(self) -> tuple[int, ...]:
        same = self.unit == "same day" and self.first is not None
        return (self.first.weekday(),) if same and self.first else tuple(range(5))


def take(text: str, today: date | None) -> tuple[str, Phrase | None]:
    """Return what is left of a folded text without its recurrence, and that; None: it has none.

    A date without a year is the nearest such one to `today`; without `today` it must have one. ValueError
    says what is not understood.
    """
    if letter := _A_OR_B.search(text):
        says = "« semaines paires », « semaines impaires », ou « une semaine sur deux à partir du 7 janvier »"
        raise ValueError(f"« {letter.group()} » change d'un établissement à l'autre ; dites {says}")
    rest, first = _bound(_FROM, text, today)
    rest, last = _bound(_UNTIL, rest, today if first is None else first + HALF_A_YEAR)
    if first and last and last < first:
        raise ValueError("la fin doit venir après le début")
    if today and last and last < today:
        raise ValueError("c'est déjà passé")
    rest, every, unit = _every(rest)
    rest, nth, of_month = _in_month(rest)
    if not (first or last or every or nth or of_month):
        return text, None
    return rest, Phrase(nth, of_month, every or 1, unit, first, last)


def _bound(pattern: re.Pattern[str], text: str, today: date | None) -> tuple[str, date | None]:
    match = pattern.search(text)
    if match is None:
        return text, None
    words = match["date"]
    plain = re.sub(rf"^{_WEEKDAY} ", "", words)
    if today is None and not names_year(plain):
        raise ValueError(f"« {words} » : ajoutez l'année")
    day = read_date(plain, (today or date(YEARS[0], 1, 1)) - HALF_A_YEAR)
    if day is None or day.year not in YEARS:
        raise ValueError(f"« {words} » n'est pas une date que je peux retenir")
    return f"{text[: match.start()]} {text[match.end() :]}", day


def _every(text: str) -> tuple[str, int, str]:
    """Return what is left, how many weeks or days lie between (0: nothing is said), and what they count."""
    if match := _ONE_IN.search(text):
        what, count = match["what"].removesuffix("s"), _number(match["n"])
        if what in ("moi", "mois"):
            raise ValueError(f"« {match.group()} » n'est pas compris ; par exemple {EXAMPLE}")
        kept = "" if what in ("semaine", "jour") else what
        before = _ONE.sub("", text[: match.start()])  # « un lundi et un mardi sur deux »
        return f"{before} {kept} {text[match.end() :]}", count, "days" if what == "jour" else "weeks"
    if match := _EVERY_WEEKS.search(text):
        return f"{text[: match.start()]} {text[match.end() :]}", _number(match["n"]), "weeks"
    if match := _EVERY_DAYS.search(text):
        days = _number(match["n"])
        # In French both ends are counted: « huit jours » is a week, « quinze jours » are two.
        weeks = {7: 1, 8: 1, 14: 2, 15: 2, 21: 3, 28: 4}.get(days, 0)
        return (
            f"{text[: match.start()]} {text[match.end() :]}",
            weeks or days,
            "same day" if weeks else "days",
        )
    return text, 0, ""


def _in_month(text: str) -> tuple[str, tuple[tuple[int, int], ...], tuple[int, ...]]:
    if match := _NTH.search(text):
        return f"{text[: match.start()]} {text[match.end() :]}", _pairs(match["list"]), ()
    if match := _DATES.search(text):
        days = sorted({int(d) for d in re.findall(r"\d+", match["list"])})
        if not 1 <= days[0] <= days[-1] <= 31:
            raise ValueError(f"« {match.group().strip()} » : un mois va du 1er au 31")
        return f"{text[: match.start()]} {text[match.end() :]}", (), tuple(days)
    return text, (), ()


def _pairs(words: str) -> tuple[tuple[int, int], ...]:
    """« premier et troisieme lundi »: each of the words before a day of the week, and that day."""
    found: list[tuple[int, int]] = []
    which: list[int] = []
    begun = False
    for word in re.findall(r"[\w-]+", words):
        number = _WHICH.get(word) or _WHICH.get(word.removesuffix("s"))
        day = next((n for n, d in enumerate(DAYS) if word in (d, f"{d}s", d[:3])), None)
        if number is not None:
            which = [number] if begun else [*which, number]
            begun = False
        elif day is not None:
            found += [(one, day) for one in which]
            begun = True
    return tuple(dict.fromkeys(found))


def _number(word: str) -> int:
    count = _NUMBERS.get(word) or (int(word) if word.isdigit() else 0)
    if count < 1:
        raise ValueError(f"« {word} » n'est pas compris ; par exemple {EXAMPLE}")
    return count
