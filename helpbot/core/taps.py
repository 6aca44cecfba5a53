"""Buttons: a reaction or a one-character reply means the same thing (rule 4 of the conversation)."""

from __future__ import annotations

import re
from enum import StrEnum

from helpbot.core.dates import fold


class Tap(StrEnum):
    """What somebody pressed."""

    NONE_OF_THESE = "0"
    FIRST = "1"
    SECOND = "2"
    THIRD = "3"
    YES = "yes"
    """✅ 👍: it helped; or yes to what was offered."""
    NO = "no"
    """❌ 👎: not that; or no to what was offered."""
    HUMAN = "human"
    """🙋: ask a colleague; it is consent."""
    NAMED = "named"
    """👤: ask a colleague, with my name."""
    CLAIM = "claim"
    """✋: I take it."""
    PIN = "pin"
    """📌: this answer should become a FAQ entry."""
    PASS = "pass"  # noqa: S105  (not a password)
    """⏭️: I pass."""
    SHARE = "share"
    """🔁: this answer may be shown to whoever asks the same."""
    FOUND = "found"
    """The asker found the answer: nobody need look any more."""


_TAPS = {
    "0": Tap.NONE_OF_THESE,
    "1": Tap.FIRST,
    "2": Tap.SECOND,
    "3": Tap.THIRD,
    "✅": Tap.YES,
    "☑": Tap.YES,
    "✔": Tap.YES,
    "👍": Tap.YES,
    "❌": Tap.NO,
    "✖": Tap.NO,
    "👎": Tap.NO,
    "🙋": Tap.HUMAN,
    "👤": Tap.NAMED,
    "✋": Tap.CLAIM,
    "🖐": Tap.CLAIM,
    "⏭": Tap.PASS,
    "⏩": Tap.PASS,
    "📌": Tap.PIN,
    "📍": Tap.PIN,
    "🔁": Tap.SHARE,
    "♻": Tap.SHARE,
}

_WORDS = {
    "oui": Tap.YES,
    "ok": Tap.YES,
    "d'accord": Tap.YES,
    "volontiers": Tap.YES,
    "oui merci": Tap.YES,
    "oui svp": Tap.YES,
    "oui s'il vous plaît": Tap.YES,
    "oui stp": Tap.YES,
    "yes": Tap.YES,
    "o": Tap.YES,
    "y": Tap.YES,
    "merci": Tap.YES,
    "merci beaucoup": Tap.YES,
    "super merci": Tap.YES,
    "parfait": Tap.YES,
    "parfait merci": Tap.YES,
    "non": Tap.NO,
    "non merci": Tap.NO,
    "no": Tap.NO,
    "n": Tap.NO,
    "aucune": Tap.NONE_OF_THESE,
    "un humain": Tap.HUMAN,
    "humain": Tap.HUMAN,
    "un collègue": Tap.HUMAN,
    "une collègue": Tap.HUMAN,
    "avec mon nom": Tap.NAMED,
    "oui avec mon nom": Tap.NAMED,
    "trouvé": Tap.FOUND,
    "j'ai trouvé": Tap.FOUND,
    "c'est bon j'ai trouvé": Tap.FOUND,
    "c'est bon, j'ai trouvé": Tap.FOUND,
    "j'ai trouvé merci": Tap.FOUND,
    "c'est bon": Tap.FOUND,
    "résolu": Tap.FOUND,
    "c'est résolu": Tap.FOUND,
    "c'est réglé": Tap.FOUND,
    "réglé": Tap.FOUND,
    "laissez tomber": Tap.FOUND,
    "laisse tomber": Tap.FOUND,
    "je prends": Tap.CLAIM,
    "je m'en occupe": Tap.CLAIM,
    "je passe": Tap.PASS,
    "passe": Tap.PASS,
}

_GLAD = frozenset(
    {"merci", "mercis", "super", "genial", "parfait", "nickel", "top", "impeccable", "excellent", "resolu"}
)
_AROUND = frozenset(
    {"ok", "oui", "d", "accord", "bcp", "beaucoup", "ca", "c", "est", "cela", "marche", "fonctionne", "tout",
     "bon", "bien", "tres", "cool", "grand", "mille", "vraiment", "encore", "vous", "te", "toi", "je", "a",
     "et", "remercie", "pour", "la", "reponse", "votre", "aide", "bonne", "journee"}
)  # fmt: skip
_NOT = frozenset({"non", "pas"})
_AROUND_NOT = frozenset(
    {"ca", "cela", "ce", "c", "n", "ne", "est", "marche", "fonctionne", "va", "m", "aide", "du", "tout", "ma",
     "toujours", "desole", "malheureusement", "merci", "mais", "la", "bonne", "reponse", "question"}
)  # fmt: skip
_SOLVED = (
    "(?:c est (?:tout )?(?:bon|regle|resolu|ok|trouve|repare|fait)"
    "|(?:probleme|souci|question) (?:regle|resolu)e?"
    "|(?:j ai|on a) (?:enfin |finalement |deja )?(?:trouve|reussi|resolu|regle)(?: la (?:reponse|solution))?"
    "|(?:ca|cela|tout) (?:re)?(?:marche|fonctionne)|je me suis debrouillee?|(?:plus|pas) (?:la peine|besoin)"
    "|laissez? tomber|oubliez?(?: ma question)?|trouve|regle|resolu)"
)
_BESIDE = (
    "(?:merci|beaucoup|bcp|finalement|en fait|ok|oui|super|bon|ah|desolee?|pardon|"
    "a tous|a toutes|tout le monde|"
    "pour moi|de chercher|maintenant|enfin|quand meme|pour (?:tout|l aide|votre aide)|bonne journee|du coup|"
    "c etait [a-z]+(?: [a-z]+){0,4}|il etait [a-z]+(?: [a-z]+){0,4}|il (?:suffisait|fallait)(?: [a-z]+){1,6})"
)
_FOUND = re.compile(f"(?:{_BESIDE} )*{_SOLVED}(?: (?:{_SOLVED}|{_BESIDE}))*")

# Variation selectors, keycap, zero-width joiner, gender signs and skin tones: decoration of one sign.
_DECORATION = dict.fromkeys([0xFE0E, 0xFE0F, 0x20E3, 0x200D, 0x2640, 0x2642, *range(0x1F3FB, 0x1F400)])


def of_reaction(key: str) -> Tap | None:
    """Return what a reaction's key means, None for any other reaction."""
    return _TAPS.get(key.translate(_DECORATION).strip()) if len(key) <= 16 else None


def of_text(text: str) -> Tap | None:
    """Return what a whole reply means when it is one character or one of the fixed words, else None."""
    if len(text) > 40:
        return None
    word = text.strip().casefold().strip(" .!,;\u00a0").replace("’", "'").replace("\u00a0", " ")
    return _TAPS.get(word.translate(_DECORATION)) or _WORDS.get(word)


def of_feedback(text: str) -> Tap | None:
    """Return what a few words in reply to an answer say of it: « ok merci bcp », « non ça marche pas ».

    Only where an answer waits to be judged: to an offer « ok super » would be a consent. None where anything
    else is said, which is for a person to read.
    """
    words = set(_few_words(text))
    if words & _GLAD and words <= _GLAD | _AROUND:
        return Tap.YES
    if words & _NOT and words <= _NOT | _AROUND_NOT:
        return Tap.NO
    return None


def of_found(text: str) -> bool:
    """Tell whether whoever asked says that nobody need look any more: « c'est bon merci, j'ai trouvé ! ».

    Only where somebody is looked for: to an answer « c'est bon merci » is a ✅.
    """
    return len(text) <= 90 and "?" not in text and _FOUND.fullmatch(" ".join(_words(text))) is not None


def thanks_somebody(text: str) -> bool:
    """Tell whether a text thanks and says no more: « merci Karim », « ok super merci à tous »."""
    words = _few_words(text)
    before = words[: words.index("merci")] if "merci" in words else words
    return len(before) < len(words) <= 6 and set(before) <= _GLAD | _AROUND


def _few_words(text: str) -> list[str]:
    """Return the folded words of a short text that asks nothing; none of any other."""
    return _words(text) if len(text) <= 60 and "?" not in text else []


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", fold(text))


def is_bare(text: str) -> bool:
    """Tell whether a text is a single sign that stands for a button (« 1 », « ✅ »)."""
    return len(text) <= 16 and text.translate(_DECORATION).strip() in _TAPS
