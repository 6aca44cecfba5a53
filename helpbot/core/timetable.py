"""Reading hours: « du lundi au vendredi de 8 h 30 à 17 h », « le premier lundi du mois 9h-11h »."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from helpbot.core.dates import DAYS, fold, name_days
from helpbot.core.recurrence import Recurring, Span, joined

if TYPE_CHECKING:
    from helpbot.core.recurrence_words import Phrase

NBSP = "\u00a0"
DAY_MINUTES = 24 * 60
Week = tuple[tuple[Span, ...], ...]
_ALL_DAY = ((0, DAY_MINUTES),)
_ALWAYS = {
    "n'importe quand",
    "quand vous voulez",
    "toujours",
    "tout le temps",
    "24h/24",
    "24/24",
    "24/7",
    "24h/24 7j/7",
    "always",
}
_EXAMPLE = "par exemple « lun-ven 8h-12h et 13h-17h », ou « toujours »"
_GROUPS = {"semaine": range(5), "week-end": (5, 6), "weekend": (5, 6), "tous": range(7), "chaque": range(7)}
_MAY_RECUR = re.compile(
    r"mois|\bsur\b|partir|compter|jusqu|depuis|avant|\bsem|jours|\bdes\b|\d(?:e|nd)|premier|second|dernier|ieme"
)
"""A word of every recurrence."""
_PARITY = re.compile(r"\b(?:(?:en|les|une?) )?sem(?:aine)?s? (im|)paires?\b")
_PARITY_EXAMPLE = "mar 8h-12h semaines paires ; jeu 14h-16h semaines impaires"
_PART = r"\b(?:(?:du|en|les?) |l')?(?:(?P<am>matin(?:ee)?s?)|apres[ -]?midis?|aprems?|apm)\b"
_PART_OF_DAY = re.compile(_PART)
_TOLD_BY_HOURS = re.compile(rf"{_PART}(?= *(?:de |entre )?\d)|(?<=[\dh]) {_PART.replace('?P<am>', '')}")
"""A part of the day beside its hours, which say it better: « lundi matin 9h-11h », « 9h-11h le matin »."""
_BUT = r"\b(?:sauf|hors|excepte|pas|jamais)\b"
_EXCEPT = re.compile(rf"{_BUT}(?P<days>[a-z ,']*)")
_OFF_ANYHOW = re.compile(
    r",? *\b(?:hors|sauf)(?: les| pendant les)? (?:vacances(?: scolaires)?|jours feries)"
    r"(?: et(?: les)? (?:vacances|jours feries))?"
)
"""Nobody is asked then, whoever says so: the bot's own words behind somebody's hours."""
_BUT_PART = re.compile(
    rf"{_BUT}(?P<days>[a-z ,']*?) *"
    r"\b(?:(?P<am>matin(?:ee)?s?)|apres[ -]?midis?|aprems?)\b"
)
"""« sauf le mercredi après-midi »."""
_CLOCK = r"\d{1,2} ?(?:h|heures?)(?: ?[0-5]\d)?(?!\w)"
_SAID_OTHERWISE = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\btlj\b|\b7 ?j(?:ours)? ?/ ?7\b", "tous les jours"),
        (r"\b1 (?=[a-z]+ sur )", "une "),
        (r"\b(?:toute la |en |la )journee(?: entiere)?\b(?! *(?:de )?\d)", " 0h-24h"),
        (
            r"\bentre midi et (?:deux|2)(?: ?h)?\b|\b(?:a la |la )?pause meridienne\b|\bmidi et deux\b",
            " 12h-14h",
        ),
        (r"(?:(?<=di)|(?<=dis)|\b(?:le|les)) midis?\b(?! ?(?:-|a|et)(?: |\d))|^midi$", " 12h-14h"),
        (r"\b(?:le |en )?soir(?:ee)?s?\b(?! *(?:de )?\d)", " 18h-24h"),
        (rf"\b(?:apres|a partir de|des) ({_CLOCK})(?! ?(?:-|a |et |jusqu))", r" \1-24h"),
        (rf"^(\D*?)\b(?:avant|jusqu'a) ({_CLOCK})", r"\1 0h-\2"),
    )
)
"""What stands for hours, and the hours."""
_TO = {"-", "a", "au", "jusqu'a"}
_AND = {",", ";", "/", "+", "&", "et", "ou", "puis"}
_FILLERS = {
    "seulement",
    "uniquement",
    "juste",
    "de",
    "du",
    "des",
    "le",
    "les",
    "la",
    "en",
    "entre",
    "jour",
    "jours",
    ".",
    "h",
}
_TOKEN = re.compile(
    r"""(?P<time>\d{1,2}\s*(?:heures?|h|:|\.)\s*[0-5]\d(?!\s*[h:\d])|\d{1,2}\s*(?:heures?|h)\b|\d{1,2}(?!\d)|midi\b|minuit\b)
      |(?P<word>week-end|[a-z]+(?:'[a-z]+)?)
      |(?P<sign>\S)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Timetable:
    """Hours of even weeks, of odd ones (ISO 8601), and on days that come back otherwise."""

    even: Week
    odd: Week
    recurring: tuple[Recurring, ...] = ()

    def __str__(self) -> str:
        parts = _describe(self.even)
        if self.odd != self.even:
            parts = [f"{part} semaines paires" for part in parts]
            parts += [f"{part} semaines impaires" for part in _describe(self.odd)]
        parts += [f"{r.rule} {_hours(r.spans)}" for r in self.recurring]
        return f"{NBSP}; ".join(parts)


def read(text: str, today: date | None = None) -> Timetable:
    """Return the hours that a text gives; `today` for dates without a year. ValueError says what is wrong."""
    folded = fold(text)
    if folded in _ALWAYS:
        return Timetable((_ALL_DAY,) * 7, (_ALL_DAY,) * 7)
    even: list[list[Span]] = [[] for _ in DAYS]
    odd: list[list[Span]] = [[] for _ in DAYS]
    recurring: dict[Recurring, None] = {}
    for part in folded.split(";"):
        named = set(_PARITY.findall(part))
        if len(named) > 1:
            raise ValueError(f"séparez les semaines par « ; » : « {_PARITY_EXAMPLE} »")
        part, halves = _halves_off(_OFF_ANYHOW.sub("", part))
        rest, phrase = _recurrence(_PARITY.sub(" ", _with_hours(part)), today)
        if phrase is not None and named:
            raise ValueError("dites « semaines paires » ou « à partir du », pas les deux")
        rest, but = _excepted(rest)
        if (but or halves) and not rest.strip(" ,"):
            rest = "0h-24h"
        groups = list(_groups(rest))
        if phrase is not None and not groups:
            raise ValueError(f"il manque les heures ; {_EXAMPLE}")
        for days, ranges in groups:
            if phrase is not None:
                recurring[Recurring(phrase.rule(days), tuple(joined(ranges)))] = None
                continue
            for day in set(range(5) if days is None else days) - but:
                left = _without(ranges, halves.get(day))
                even[day] += left if "im" not in named else []
                odd[day] += left if "" not in named else []
    if not any(even) and not any(odd) and not recurring:
        raise ValueError(f"aucun horaire dans « {text.strip()} » ; {_EXAMPLE}")
    return Timetable(_week(even), _week(odd), tuple(recurring))


def _halves_off(part: str) -> tuple[str, dict[int, Span]]:
    """Take « sauf le mercredi après-midi » out of a part; return what is left, and what each day lacks."""
    match = _BUT_PART.search(part)
    if match is None:
        return part, {}
    lacks = (0, 720) if match["am"] else (720, DAY_MINUTES)
    days = _named_days(match["days"]) or range(7)
    return f"{part[: match.start()]} {part[match.end() :]}", dict.fromkeys(days, lacks)


def _named_days(words: str) -> list[int]:
    return [number for kind, word in _tokens(words) if kind == "day" for number in _day_numbers(word)]


def _without(ranges: list[Span], lacks: Span | None) -> list[Span]:
    if lacks is None:
        return ranges
    cut = [((start, min(end, lacks[0])), (max(start, lacks[1]), end)) for start, end in ranges]
    return [span for pair in cut for span in pair if span[0] < span[1]]


def _with_hours(part: str) -> str:
    """Put hours in the place of « matin » and « après-midi », unless hours stand beside them."""
    part = _TOLD_BY_HOURS.sub("", part)
    for pattern, instead in _SAID_OTHERWISE:
        part = pattern.sub(instead, part)
    return _PART_OF_DAY.sub(lambda match: " 8h-12h" if match["am"] else " 13h-17h", part)


def _excepted(part: str) -> tuple[str, set[int]]:
    """Take « sauf le mercredi » out of a part, and return what is left and those days."""
    match = _EXCEPT.search(part)
    if match is None:
        return part, set()
    days = _named_days(match["days"])
    before, after = part[: match.start()], part[match.end() :]
    if not days or (re.search(r"\d", before) and re.search(r"\d", after)):
        raise ValueError(
            f"« {match.group().strip()} » n'est pas compris ; donnez les jours où c'est possible"
        )
    return f"{before} {after}", set(days)


def _recurrence(part: str, today: date | None) -> tuple[str, Phrase | None]:
    """Take a recurrence out of a part; its patterns are loaded where a word of one is there."""
    if not _MAY_RECUR.search(part):
        return part, None
    from helpbot.core.recurrence_words import take  # a megabyte that plain hours do not need

    return take(part, today)


def _week(days: list[list[Span]]) -> Week:
    return tuple(tuple(joined(ranges)) for ranges in days)


def _groups(folded: str) -> list[tuple[set[int] | None, list[Span]]]:
    """Return (days, ranges) for each « days hours » part. Hours without days are those of a school week.

    Days may come after the hours, and stand alone for the whole of each.
    """
    found: list[tuple[set[int] | None, list[Span]]] = []
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
                found.append((_days(links), _ranges(times)))
                links, times = [], []
            links.append((link, _day_numbers(token)))
            link = ""
    if times:
        found.append((_days(links), _ranges(times)))
    elif links and not found:
        found.append((_days(links), list(_ALL_DAY)))
    elif links and len(found) == 1 and found[0][0] is None:
        found = [(_days(links), found[0][1])]
    elif links:
        raise ValueError(f"il manque les heures après les jours ; {_EXAMPLE}")
    return found


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


def _days(links: list[tuple[str, tuple[int, ...]]]) -> set[int] | None:
    """Two days with a dash are a range, three or more a list: « lun-ven », « lun-mer-ven »."""
    if not links:
        return None
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
        start, end = _minute(opens), _minute(closes) or DAY_MINUTES
        if start >= end:
            raise ValueError(f"« {opens}-{closes} » : la fin doit venir après le début, le même jour")
        ranges.append((start, end))
    return ranges


def _minute(word: str) -> int:
    if word in ("midi", "minuit"):
        return 720 if word == "midi" else 0
    hour, minute = (int(n) for n in (*re.findall(r"\d+", word), "0")[:2])
    if hour * 60 + minute > DAY_MINUTES:
        raise ValueError(f"« {word} » n'est pas une heure de la journée")
    return hour * 60 + minute


def _describe(week: Week) -> list[str]:
    """Say a week shortly, in parts that `parse` reads back."""
    if week == (_ALL_DAY,) * 7:
        return ["toujours"]
    return [
        f"{name_days([d for d in range(7) if week[d] == ranges])} {_hours(ranges)}"
        for ranges in dict.fromkeys(r for r in week if r)
    ]


def _hours(ranges: tuple[Span, ...]) -> str:
    if ranges == _ALL_DAY:
        return "toute la journée"
    return " et ".join(f"{_clock(start)}-{_clock(end)}" for start, end in ranges)


def _clock(minute: int) -> str:
    hour, rest = divmod(minute, 60)
    return f"{hour}h{rest:02}" if rest else f"{hour}h"
