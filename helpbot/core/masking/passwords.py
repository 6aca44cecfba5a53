"""Passwords given as such: « mon mdp est … », « mot de passe : … », « mdp Soleil2024 »."""

from __future__ import annotations

import re

from helpbot.core.masking.words import MASK, fold, words

_CALLED = (
    r"\b(?:mots? de passe?|mdps?|m\.d\.p\.?|password|passe?word|pwd|pass(?= ?[:=])|code (?:secret|pin"
    r"|confidentiel|perso(?:nnel)?|d['’ ]acc[èe]s|de connexion|wi-?fi|ent))\b"
)
_GIVEN = r"«\s?(?P<a>[^»\n]+?)\s?»|\"(?P<b>[^\"\n]+)\"|`(?P<c>[^`\n]+)`|“(?P<d>[^”\n]+)”|(?P<e>\S+)"
_SAID = re.compile(
    rf"{_CALLED}(?P<of>[^.:=?!\n→]{{0,40}}?)"
    r"(?:\s{0,3}(?:[:=→]|\bc['’ ]?est\b|\best\b|\bsera\b)\s{0,3}:?\s{0,3})"
    rf"(?:{_GIVEN})",
    re.IGNORECASE,
)
_NEXT = re.compile(rf"{_CALLED}\s+(?P<e>\S{{6,}})", re.IGNORECASE)
_ADJECTIVE = re.compile(
    r"(?:é|ée|és|ées|er|ir|ible|able|oire|if|ive|ect|eux|euse|ique|ide|ert|aire|ant|ent|tion)s?$",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"(?:windows|office|microsoft|android|ios|ipad|iphone|moodle|onde|siecle|pix|wifi|ts|web|pronote|ent)"
    r"[\d.,+]*",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r"\d{1,2}[eè]\w{0,4}|\d+[hH]\d*|\d+[.,/-]\d+.*|\d+%|\d+(?:ans|jours|mois|caract\w*)|[3-6][a-kA-K]"
)
_LEAST = 4


def passwords(text: str) -> str:
    """Return the text without the passwords that it gives away."""
    return _NEXT.sub(_next_word, _SAID.sub(_said, text))


def _said(match: re.Match[str]) -> str:
    for group in "abcd":
        quoted = match[group]
        if quoted is not None:
            return match[0] if " " in quoted.strip() else _without(match, group, quoted)
    value = _core(match["e"])
    given = _is_strong(value) or _is_plain(match, value)
    return _without(match, "e", value) if given else match[0]


def _next_word(match: re.Match[str]) -> str:
    value = _core(match["e"])
    return _without(match, "e", value) if _is_strong(value) else match[0]


def _without(match: re.Match[str], group: str, value: str) -> str:
    """Return the match with the value in one group masked, the signs around it kept."""
    start = match.start(group) - match.start() + match[group].index(value)
    return match[0][:start] + MASK + match[0][start + len(value) :]


def _core(value: str) -> str:
    """Return a token without the punctuation that wraps or ends it."""
    return value.strip("«»\"“”'`()[],;").rstrip(".?,;:")


def _is_strong(value: str) -> bool:
    """Tell whether a token looks like nothing but a password: letters with digits or signs, or a code."""
    if len(value) < _LEAST or value.startswith(("http", "[", "@", "!")):
        return False
    if _PRODUCT.fullmatch(value) or _MEASURE.fullmatch(value):
        return False
    letters, digits = any(c.isalpha() for c in value), any(c.isdigit() for c in value)
    signs = any(c in "!@#$%&+=?<>^~" for c in value[:-1])
    return (letters and (digits or signs)) or value.isdecimal()


def _is_plain(match: re.Match[str], value: str) -> bool:
    """Tell whether one plain word is given as a password: it ends what is said, and describes none."""
    if len(value) < _LEAST or not value.replace("-", "").isalpha() or "," in match["of"]:
        return False
    rest = match.string[match.end() :].lstrip()
    if rest.startswith("?") or match["e"].endswith("?"):
        return False
    ends = not rest or match["e"] != value or rest.startswith((",", ";", ".", ")"))
    ends = ends or rest.split(None, 1)[0] in ("et", "mais", "pour", "puis")
    return ends and fold(value) not in words("describes_a_password") and not _ADJECTIVE.search(value)
