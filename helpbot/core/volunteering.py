"""What volunteers say of themselves: themes, level, school, académie, how much they take and when.

Reading is forgiving (accents, case, near spelling) and gives back what it did not understand.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from helpbot.core.hours import ZONES, Calendar, OpenHours
from helpbot.core.records import Chosen
from helpbot.core.routing import Caps
from helpbot.core.spans import DAY, MINUTE, WEEK
from helpbot.core.tickets import LAST_OPEN_MINUTES
from helpbot.core.when import fold

ACADEMIES: Mapping[str, tuple[str, str]] = {
    fold(name): (name, zone)
    for zone, names in {
        "A": "Besançon, Bordeaux, Clermont-Ferrand, Dijon, Grenoble, Limoges, Lyon, Poitiers",
        "B": "Aix-Marseille, Amiens, Lille, Nancy-Metz, Nantes, Nice, Normandie, Orléans-Tours, Reims,"
        " Rennes",
        "alsace-moselle": "Strasbourg",
        "C": "Créteil, Montpellier, Paris, Toulouse, Versailles",
        "corse": "Corse",
        "guadeloupe": "Guadeloupe",
        "guyane": "Guyane",
        "martinique": "Martinique",
        "mayotte": "Mayotte",
        "reunion": "La Réunion",
    }.items()
    for name in names.split(", ")
} | {"reunion": ("La Réunion", "reunion")}
"""Folded name → (name, zone of the school calendar), as the ministry publishes them."""

_LEVELS = {
    "ecole": "ecole", "ecoles": "ecole", "primaire": "ecole", "maternelle": "ecole", "elementaire": "ecole",
    "1d": "ecole", "college": "college", "colleges": "college", "clg": "college",
    "lycee": "lycee", "lycees": "lycee", "lgt": "lycee", "lp": "lycee",
}  # fmt: skip
_TO_LEARN = {"apprendre", "apprends", "apprenti", "apprentie", "decouvrir", "novice", "debutant", "debutante"}
_TO_DROP = {"sans", "sauf", "plus", "moins", "retirer", "enlever", "retire", "enleve"}
_TO_KEEP_ONLY = {"seulement", "uniquement", "que", "only"}
_TO_HELP = {"aider", "aide", "volontaire"}
_NO_MORE = re.compile(
    r"\b(?:ne |n')?(?:veux |peux |souhaite |suis |voudrais )?(?:plus|pas) (?:etre )?"
    r"(?:aider|aide|volontaire|repondre|sollicitee?)\b"
)
_ALL = {"tout", "tous", "toutes"}
_FILLERS = {
    "le", "la", "les", "l", "de", "des", "du", "d", "sur", "pour", "et", "ou", "en", "au", "aux", "a", "je",
    "suis", "j", "ai", "veux", "peux", "mes", "ma", "mon", "theme", "themes", "volontiers", "ok", "niveau",
    "un", "une", "ne", "dans", "voudrais", "aimerais", "souhaite", "connais", "mais", "aussi", "bien", "avec",
    "bonjour", "merci", "svp", "oui", "prof", "moi", "me", "m", "etre",
}  # fmt: skip
_SCHOOL = re.compile(
    r"(?:établissement|etablissement|école|ecole)\s*[:=]\s*(?P<given>[^,;\n]+)"
    r"|(?P<name>(?:[Cc]ollège|[Ll]ycée|[ÉE]cole|[Cc]ollege|[Ll]ycee)"
    r"(?:\s+(?:de|du|des|la|le|les|d'|l'))*(?:\s+[A-ZÉÈÎ][\w'’.-]+)+)"
)
_ACADEMIE = re.compile(
    r"(?:academie|acad?)\.?\s*(?::|=)?\s*(?:de |d'|des |du )?(?:la )?([a-z-]+(?: [a-z-]+)?)"
)
_ZONE = re.compile(r"\bzone\s*:?\s*([a-z-]+)")
_NUMBERS = {"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8,
            "neuf": 9, "dix": 10}  # fmt: skip
_PER = re.compile(
    rf"(\d+|{'|'.join(_NUMBERS)})\s*(?:seule?\s*)?(?:questions?|demandes?|fois|sollicitations?)?\s*"
    r"(?:(?:/|par|chaque|a|la|max|maximum)\s*)*"
    r"(jours?|j|quotidienn?e?|semaines?|sem|s|hebdo(?:madaire)?|la fois|fois|(?:en )?meme temps)\b"
)
_EVERY_OTHER_DAY = re.compile(
    r"(?:1|une?)(?: questions?| demandes?| fois)? (?:tous les|chaque) (?:2|deux) jours"
)
_LESS_OFTEN = re.compile(
    r"tou(?:te)?s les (?:\d+|deux|trois|quatre|cinq|quinze) |semaines? sur"
    r"|\bmois\b|\bquinzaine\b|trimestre|\ban\b"
)
_WHOLE_NAME = r"\b(?:avec )?(?:mon )?(?:nom (?:complet|entier|et prenom)|prenom et nom)(?: visible)?\b"
_FIRST_NAME = (
    r"\b(?:avec mon (?:pre)?nom|mon (?:pre)?nom visible|(?:pre)?nom visible|visible|avec (?:pre)?nom)\b"
)
LOAD_EXAMPLE = "par exemple « 3/semaine », « 1 par jour », « 1 par jour et 2 par semaine », « normale »"


@dataclass(frozen=True, slots=True)
class Declared:
    """What somebody said about what they offer."""

    themes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    learning: tuple[str, ...] = ()
    only: bool = False
    level: str = ""
    school: str = ""
    academie: str = ""
    zone: str = ""
    shown: bool | None = None
    """Whether their name may stand in `!talents` and `!qui`; None: not said."""
    full_name: bool = False
    """Said together with `shown`: the whole name rather than the first."""
    unknown: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing of it was understood."""
        told = self.themes or self.dropped or self.learning or self.level or self.school or self.academie
        return not (told or self.zone or self.shown is not None)


@dataclass(slots=True)
class _Reading:
    """The words of one declaration, one after the other."""

    names: Mapping[str, str]
    every: tuple[str, ...]
    mode: str = "themes"
    found: dict[str, list[str]] = field(default_factory=lambda: {"themes": [], "dropped": [], "learning": []})
    only: bool = False
    level: str = ""
    academie: str = ""
    zone: str = ""
    unknown: list[str] = field(default_factory=list)

    def word(self, word: str) -> None:
        if word.startswith("-") and len(word) > 2 and self._theme(word[1:]):
            self.found["dropped"].append(self._theme(word[1:]))
        elif word in _TO_DROP or word in _TO_LEARN or word in _TO_HELP:
            self.mode = "dropped" if word in _TO_DROP else "learning" if word in _TO_LEARN else "themes"
        elif word in _TO_KEEP_ONLY:
            self.only = True
        elif word in _ALL:
            self.found[self.mode] += self.every
        elif self.names.get(word):
            self.found[self.mode].append(self.names[word])
        elif word in _LEVELS:
            self.level = _LEVELS[word]
        elif word in ACADEMIES:
            self.academie, self.zone = ACADEMIES[word]
        elif word in _FILLERS or len(word) < 2:
            pass
        elif theme := self._theme(word):
            self.found[self.mode].append(theme)
        elif "-" in word.strip("-"):
            for part in word.split("-"):
                self.word(part)
        else:
            self.unknown.append(word)

    def _theme(self, word: str) -> str:
        near = self.names.get(word) or next(
            (self.names[n] for n in difflib.get_close_matches(word, self.names, 1, 0.75)), ""
        )
        return near if len(word) > 2 else self.names.get(word, "")


def read_declaration(text: str, titles: Iterable[tuple[str, str]]) -> Declared:
    """Return what `!volontaire …` declares; `titles` are the FAQ's (theme, title) pairs."""
    themes = tuple(titles)
    school = ""
    if match := _SCHOOL.search(text):
        school = " ".join((match["given"] or match["name"]).split())
        kept = school.split()[0] if match["name"] else ""  # « Collège » is the level too
        text = f"{text[: match.start()]} {kept} {text[match.end() :]}"
    folded = _NO_MORE.sub(" sans ", fold(text))
    folded = re.sub(r"\b(?:1er|premier|1) degre\b", "ecole", folded)
    shown, full_name, folded = _shown(folded)
    reading = _Reading(_names(themes), tuple(theme for theme, _ in themes))
    folded = _academie(folded, reading)
    if match := _ZONE.search(folded):
        zone = next((z for z in ZONES if z.casefold() == match[1]), "")
        if zone:
            reading.zone, folded = zone, folded.replace(match.group(), " ")
    for word in re.split(r"[\s,;/+&:.()!?]+|\b[ldj]'", folded):
        if word:
            reading.word(word)
    found = {name: tuple(dict.fromkeys(words)) for name, words in reading.found.items()}
    return Declared(
        **found,
        only=reading.only and bool(found["themes"]),
        level=reading.level,
        school=school,
        academie=reading.academie,
        zone=reading.zone,
        shown=shown,
        full_name=full_name,
        unknown=tuple(dict.fromkeys(reading.unknown)),
    )


def read_themes(text: str, titles: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the themes that a text names, as `!qui pix` does."""
    return read_declaration(text, titles).themes


def _names(titles: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return what a theme may be called: its id, the parts of it, the words of its title, unless shared."""
    named: dict[str, set[str]] = {}
    for theme, title in titles:
        words = {fold(theme), *re.findall(r"\w{3,}", fold(theme)), *re.findall(r"\w{4,}", fold(title))}
        words |= {fold(short) for short in re.findall(r"\b[A-Z]{2,3}\b", title)}
        for word in words - _FILLERS:
            named.setdefault(word, set()).add(theme)
    own = {fold(theme): theme for theme, _ in titles}
    return {word: next(iter(of)) for word, of in named.items() if len(of) == 1} | own


def _shown(folded: str) -> tuple[bool | None, bool, str]:
    """Return whether a name may be shown, whether the whole of it, and the text without that."""
    for pattern, shown, full_name in (
        (_WHOLE_NAME, True, True),
        (r"\b(?:sans (?:mon )?(?:pre)?nom|anonyme(?:ment)?|nom cache)\b", False, False),
        (_FIRST_NAME, True, False),
    ):
        if re.search(pattern, folded):
            return shown, full_name, re.sub(pattern, " ", folded)
    return None, False, folded


def _academie(folded: str, reading: _Reading) -> str:
    match = _ACADEMIE.search(folded)
    if match is None:
        return folded
    known = {name.replace(" ", "-"): name for name in ACADEMIES}
    for name in (match[1], match[1].split()[0]):
        near = difflib.get_close_matches(name.replace(" ", "-"), known, 1, 0.8)
        if near:
            reading.academie, reading.zone = ACADEMIES[known[near[0]]]
            return f"{folded[: match.start()]} {folded[match.start(1) + len(name) :]}"
    return folded


def declared(chosen: Chosen, said: Declared, before: tuple[str, ...]) -> Chosen:
    """Return a volunteer's choices after a declaration; `before` are the themes that they carried."""
    kept = () if said.only else before
    themes = tuple(t for t in dict.fromkeys((*kept, *said.themes)) if t not in said.dropped)
    learning = tuple(
        t for t in dict.fromkeys((*chosen.learning, *said.learning)) if t not in (*themes, *said.dropped)
    )
    themes = tuple(t for t in themes if t not in said.learning)
    return replace(
        chosen,
        themes=themes,
        learning=learning,
        level=said.level or chosen.level,
        school=said.school or chosen.school,
        academie=said.academie or chosen.academie,
        zone=said.zone or chosen.zone,
        shown=chosen.shown if said.shown is None else said.shown,
        full_name=chosen.full_name if said.shown is None else said.full_name,
    )


def read_load(text: str) -> tuple[int, int, int]:
    """Return (a day, a week, at once) of `!charge …`, 0 where nothing is said; (0, 0, 0) is the usual load.

    ValueError says what is wrong.
    """
    folded = fold(text)
    if re.search(r"\b(?:normale?|habituelle?|defaut|usuelle?)\b", folded):
        return 0, 0, 0
    found = {"day": 0, "week": 0, "open": 0}
    if _EVERY_OTHER_DAY.fullmatch(folded):
        return 1, 3, 0
    if _LESS_OFTEN.search(folded):
        raise ValueError(f"le moins est 1 par semaine, avec une !pause entre-temps ; {LOAD_EXAMPLE}")
    if re.search(r"\d[.,]\d", folded):
        raise ValueError(f"donnez un nombre entier ; {LOAD_EXAMPLE}")
    folded = re.sub(r"\b(?:zero|aucune?|rien)\b", "0", folded)
    if re.fullmatch(r"\d+", folded):
        folded += "/semaine"
    for count, per in _PER.findall(folded):
        number = _NUMBERS[count] if count in _NUMBERS else int(count)
        kind = "day" if per[0] in "jq" else "open" if "fois" in per or "temps" in per else "week"
        if number < 1:
            raise ValueError("pour ne plus être sollicité·e : !pause (un temps) ou !stop")
        found[kind] = min(number, 99)
    if not folded:
        raise ValueError(f"dites combien ; {LOAD_EXAMPLE}")
    if not any(found.values()):
        raise ValueError(f"« {text.strip()} » n'est pas compris ; {LOAD_EXAMPLE}")
    return found["day"], found["week"], found["open"]


def caps_of(load: tuple[int, int, int]) -> Caps | None:
    """Return a volunteer's own caps; None where they take the usual load."""
    day, week, at_once = (number or 99 for number in load)
    return Caps(day, week, at_once) if any(load) else None


FAR = 400 * DAY
"""Nobody who may not be asked before that is ever asked."""


def next_heard(own: OpenHours, shared: OpenHours, away: tuple[int, int], at: int) -> int | None:
    """Return the first moment from `at` on at which somebody may be pinged: hours and absence together.

    None: their hours have nothing in common with the shared ones. `away` is an absence (0, 0: none).
    """

    def later(at: int) -> int:
        at = away[1] if away[0] <= at < away[1] else at
        return own.next_open(shared.next_open(at))

    return _settled(at, later)


def next_ask(
    own: OpenHours,
    shared: OpenHours,
    away: tuple[int, int],
    asks: Iterable[int],
    caps: Caps,
    now: int,
    after_class: Callable[[int], int] = lambda at: at,
) -> int | None:
    """Return the first moment, Unix ms, at which somebody may be asked: hours, absence, caps and lessons.

    None: their hours have nothing in common with the shared ones. `away` is a stretch of absence (0, 0:
    none), `asks` the moments at which they were asked lately; `after_class` gives a moment back, or the end
    of the lesson that they are taken to give then.
    """
    times = sorted(asks)

    def later(at: int) -> int:
        at = away[1] if away[0] <= at < away[1] else at
        at = shared.next_open(at)
        if shared.closes_within(at, LAST_OPEN_MINUTES):
            at = shared.next_open(at + LAST_OPEN_MINUTES * MINUTE + MINUTE)
        return _under_caps(own.calendar, times, caps, after_class(own.next_open(at)))

    return _settled(now, later)


def _settled(begun: int, later: Callable[[int], int]) -> int | None:
    """Return the first moment from `begun` on that `later` lets stand; None: there is none before `FAR`."""
    at = begun
    for _ in range(200):
        before, at = at, later(at)
        if at == before:
            return at
        if at > begun + FAR:
            break
    return None


def _under_caps(calendar: Calendar, times: list[int], caps: Caps, at: int) -> int:
    day = calendar.local(at).date()
    if sum(calendar.local(t).date() == day for t in times) >= caps.day:
        return calendar.moment(day + timedelta(1), 0)
    week = [t for t in times if t >= at - WEEK]
    return week[-caps.week] + WEEK + 1 if len(week) >= caps.week else at


def band(count: int) -> str:
    """Return how a number of people is told (privacy 1): `none`, `few` (1 to 4), `many` (5 or more)."""
    return "none" if count == 0 else "few" if count < 5 else "many"
