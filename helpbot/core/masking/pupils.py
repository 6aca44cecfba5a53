"""Pupils who are named with their class: « Lucas Dupont 4eB », « lucas en cm1 », « l'élève Inès Benali »."""

from __future__ import annotations

import re

from helpbot.core.masking.words import MASK, PUPIL, fold, words

_LETTER = "A-ZÀ-ÖØ-Þ"
_WORD = r"[^\W\d_]{1,30}(?:['’-][^\W\d_]{1,30}){0,3}"
_NAME = rf"[{_LETTER}][^\W\d_]{{0,30}}(?:['’-][^\W\d_]{{1,30}}){{0,3}}\.?"
_CLASS = (
    r"(?:[3-6] ?(?:[eè]mes?|[eè](?!\w{2}))(?: ?(?:[A-Ka-k]|\d{1,2}))?|[3-6][A-CE-H]"
    r"|2(?:nde|de|nd)s? ?[A-K\d]{0,2}|1(?:[èe]re|re)s? ?[A-Z\d]{0,5}"
    r"|[Tt](?:erm(?:inale)?|le|ale) ?[A-Z\d]{0,5}"
    r"|CP|CE ?[12]|CM ?[12]|ULIS|SEGPA|cp|ce[12]|cm[12]|ulis|segpa)(?!\w)"
)
_LINK = (
    r"(?:\s{0,2}[,(–-]\s{0,2}|\s{1,2})"
    r"(?:en |de (?:la )?|du |élève (?:de |en )?|(?:en |de la |de |dans la )?classe (?:de )?)?"
)
_HAS_CLASS = re.compile(rf"(?<!\w){_CLASS}")
_THEN_CLASS = re.compile(rf"(?P<name>{_WORD}\.?(?: {_WORD}\.?){{0,5}})(?={_LINK}{_CLASS})")
_AFTER_CLASS = re.compile(
    rf"(?<!\w){_CLASS}(?:\s?[,:(–-]\s?|\s{{1,2}})"
    r"(?:(?:nommée?|appelée?|prénommée?|qui s['’]appelle|l['’]élève) )?"
    rf"(?P<name>{_NAME}(?: {_NAME}){{1,2}})"
)
_CALLED_PUPIL = re.compile(
    r"\b[ÉéEe]l[èeé]ves?(?: \(?(?:nommée?|appelée?|prénommée?|qui s['’]appelle|dénommée?))? "
    rf"(?P<name>{_NAME}(?: {_NAME}){{0,2}})"
)
_PUPIL_BEFORE = re.compile(r"[ée]l[èeé]ves?(?: \w+)? $", re.IGNORECASE)
_MOST_WORDS = 4


def pupils(text: str) -> str:
    """Return the text without the names of pupils. The class stays: it tells the level."""
    if _HAS_CLASS.search(text):
        text = _THEN_CLASS.sub(_before_class, text)
        text = _AFTER_CLASS.sub(lambda m: _without(m, _named(m["name"].split(), alone=False)), text)
    return _CALLED_PUPIL.sub(lambda m: _without(m, _named(m["name"].split(), alone=True)), text)


def _before_class(match: re.Match[str]) -> str:
    name = match["name"].split()
    between = 0  # « Lucas Dupont élève de 4e »: these words are the way to the class
    while name and fold(name[-1]) in words("between"):
        name.pop()
        between += 1
    return _without(match, _named(name, alone=True), between)


def _named(name: list[str], *, alone: bool) -> int:
    """Return how many of the last words are somebody's name, 0 for none; one by itself only if `alone`."""
    for n in range(min(len(name), _MOST_WORDS), 0, -1):
        if _is_name(name[-n:], alone=alone):
            place = n < len(name) and fold(name[-n - 1]) in words("places")
            return 0 if place else n
    return 0


def _is_name(name: list[str], *, alone: bool) -> bool:
    folded = [fold(w.strip(".")) for w in name]
    inner = words("particles")
    if any(w in words("no_name") for i, w in enumerate(folded) if not (0 < i < len(name) - 1 and w in inner)):
        return False
    written = all(w[0].isupper() for w in name)
    first = [w in words("first_names") and (written or w not in words("common_words")) for w in folded]
    if len(name) == 1:
        return alone and first[0]
    return written or (len(name) == 2 and any(first))


def _without(match: re.Match[str], count: int, between: int = 0) -> str:
    """Return the match with `count` words of its name masked, those before the last `between` ones."""
    if not count:
        return match[0]
    start = match.start("name") - match.start()
    found = list(re.finditer(r"\S+", match["name"]))
    name = found[len(found) - between - count : len(found) - between]
    head = match[0][: start + name[0].start()]
    before = match.string[: match.start()] + head
    if before.rstrip() and fold(before.split()[-1]) in words("places"):
        return match[0]
    sign = MASK if _PUPIL_BEFORE.search(before) else PUPIL  # not « l'élève [élève] »
    return head + sign + match[0][start + name[-1].end() :]
