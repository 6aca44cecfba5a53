"""Stretches that have a name: « les vacances de Noël », « en décembre », « la semaine du 7 »."""

from __future__ import annotations

import re
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from helpbot.core.dates import MONTHS, fold, read_date
from helpbot.core.hours import Break, Calendar

SHORTEST_HOLIDAYS = timedelta(5)
"""A long week-end is a break of the calendar, and nobody calls it « les vacances »."""
_LEADING = re.compile(
    r"(?:(?:bonjour|salut|bonsoir)[ ,]*)?(?:je (?:suis|serai|vais etre|prends|pars|m'absente) )?"
    r"(?:(?:en |une? )?(?:absente?|pause|indisponible|pas (?:la|dispo(?:nible)?)|formation|arret(?: maladie)?"
    r"|conges?(?: maternite| paternite)?|maladie|stage|voyage|sortie(?: scolaire)?|deplacement"
    r"|vacances(?= (?:du|jusqu)))"
    r"\b[ ,:]*)?"
)
_TRAILING = re.compile(
    r"[ ,]+(?:svp|stp|s'il (?:vous|te) plait|merci(?: beaucoup)?|inclus(?:es?)?|compris(?:es?)?)$"
)
_TIDIED = (
    (r"\bapres midi\b", "apres-midi"),
    (r"\s+toute la journee$", ""),
    (r"^(?:toute )?la journee$", "aujourd'hui"),
    (r"^(?:toute )?la matinee$", "ce matin"),
    (r"^(?:pour |pendant |durant )?(?:tout )?(?:le )?reste de la (semaine|journee)$", r"cette \1"),
    (r"^(?:pour |pendant |durant )?tout(?:e|es)? (le|la|les) ", r"\1 "),
    (r"^(?:pour|pendant|durant) (?=(?:le|la|les|l'|cette|ce) )", ""),
    (r"\bdebut (?:de )?(?=[a-z])", "1er "),
)
_SEASONS = {"grandes": "ete", "noel": "noel", "fevrier": "hiver", "paques": "printemps", "avril": "printemps"}
_HOLIDAYS = re.compile(
    r"(?:les |des )?(?:prochaines )?(grandes )?(?:vacances|conges)(?: scolaires)?"
    r"(?: d[eu](?: la)?| d')? ?([a-z]*)"
)
_BACK = re.compile(r"(?:la |l')?(rentree|reprise|retour|fin)(?: apres| d[eu]s?)? (?:les |la )?(.+)")
_MONTH = "|".join(f"{m}|{m[:4]}" for m in MONTHS)
_WEEK_OF = re.compile(r"(?:la )?semaine du (?:lundi )?(.+)")


def tidy(folded: str) -> str:
    """Return a folded text without what surrounds the time that it names: « je suis absente … svp »."""
    text = _LEADING.sub("", folded, count=1).strip() or folded
    while (shorter := _TRAILING.sub("", text)) != text:
        text = shorter
    for pattern, instead in _TIDIED:
        text = re.sub(pattern, instead, text)
    return text.strip(" ,.")


def holidays(text: str, today: date, calendar: Calendar) -> Break | None:
    """Return the holidays that a text names: the next ones, or « les vacances de février »."""
    match = _HOLIDAYS.fullmatch(text) or re.fullmatch(r"()(noel|la toussaint|toussaint|l'ete|cet ete)", text)
    if match is None:
        return None
    word = match[2].removeprefix("la ").removeprefix("l'").removeprefix("cet ")
    season = "ete" if match[1] else _SEASONS.get(word, word)
    for found in calendar.breaks:
        name, long = fold(found.name), found.back - found.first >= SHORTEST_HOLIDAYS
        if found.back > today and (name == season if season else long):
            return found
    return None


def back_from(text: str, today: date, calendar: Calendar) -> date | None:
    """Return the day of « la rentrée de janvier », « la fin des vacances de Noël »."""
    match = _BACK.fullmatch(text)
    if match is None:
        return None
    if found := holidays(match[2], today, calendar):
        return found.back
    month = None if match[1] == "fin" else _month(match[2])
    return next((b.back for b in calendar.breaks if b.back > today and b.back.month == month), None)


def named(text: str, today: date, calendar: Calendar) -> tuple[date, date] | None:
    """Return first day and the day after the last of holidays, a month or a week that a text names."""
    if found := holidays(text, today, calendar):
        return found.first, found.back
    if match := re.fullmatch(rf"(?:en |au mois d[e'] ?|le mois d[e'] ?|mois d[e'] ?)?({_MONTH})", text):
        first = month_of(match[1], today)
        return first, first + relativedelta(months=1)
    if match := _WEEK_OF.fullmatch(text):
        day = read_date(match[1], today)
        return None if day is None else (day - timedelta(day.weekday()), day + timedelta(7 - day.weekday()))
    return None


def last_of(text: str, today: date, calendar: Calendar) -> date | None:
    """Return the last day before « Noël », « janvier », or of « fin janvier », « la fin de l'année »."""
    if found := holidays(text, today, calendar):
        return found.first - timedelta(1)
    if re.fullmatch(r"(?:la )?fin (?:de l')?annee scolaire", text):
        summer = holidays("grandes vacances", today, calendar)
        return None if summer is None else summer.first - timedelta(1)
    if re.fullmatch(r"(?:la )?fin (?:de l')?annee(?: civile)?", text):
        return date(today.year, 12, 31)
    if match := re.fullmatch(rf"(?:la )?fin (?:de |du mois d[e'] ?)?({_MONTH})", text):
        return month_of(match[1], today) + relativedelta(months=1) - timedelta(1)
    if match := re.fullmatch(rf"(?:la )?mi[- ]({_MONTH})", text):
        return month_of(match[1], today).replace(day=15)
    if match := re.fullmatch(rf"(?:en |le mois d[e'] ?)?({_MONTH})", text):
        return month_of(match[1], today) - timedelta(1)
    return None


def month_of(name: str, today: date) -> date:
    """Return the first day of a month: this one's, or the next of that name."""
    number = _month(name) or today.month
    return date(today.year + (number < today.month), number, 1)


def _month(text: str) -> int | None:
    return next((n for n, month in enumerate(MONTHS, 1) if text in (month, month[:4])), None)
